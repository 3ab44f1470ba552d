// SPDX-License-Identifier: Apache-2.0
// The configuration as it is installed: evidence may be taken, and nothing is
// contained, whoever asks.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/evidence/taken.h"
#include "vm-tests/harness/kernel_side.h"

namespace quell::guest {
namespace {

constexpr const char* kOff = "switched off in /etc/quell/quell.yaml";

class Installed : public testing::Test {
protected:
    void SetUp() override {
        apply_evidence_policy();
        restart_with("cp /etc/quell/quell.yaml /tmp/quell.yaml && cp /usr/lib/quell-vm/quell.yaml.installed /etc/quell/quell.yaml");
    }
    void TearDown() override {
        if (run("test -e /tmp/quell.yaml").status == 0) as_the_tests_have_it();
        reject_all();
    }
    static void restart_with(const std::string& change) {
        must(change);
        kill_daemon(SIGTERM);
        start_daemon();
    }
    static void as_the_tests_have_it() { restart_with("mv /tmp/quell.yaml /etc/quell/quell.yaml"); }
};

TEST_F(Installed, EvidenceIsTakenAndNothingIsContained) {
    Container victim("victim");
    must("mkdir -p " + victim.directory() + "/lower/srv/data");
    write(victim.directory() + "/lower/srv/data/file", "of the image\n");
    victim.start();
    ASSERT_EQ(victim.exec("cat /srv/data/file >/dev/null").status, 0);
    const auto id = pending_id("victim", "open-read");
    const auto incident = show(id);
    EXPECT_EQ(incident["offers"].size(), 4u) << incident["offers"];
    for (const auto& offer : incident["offers"]) {
        const bool is_evidence = offer["response"] == "acquire-file" || offer["response"] == "capture";
        EXPECT_EQ(offer["available"], is_evidence) << offer;
        if (!is_evidence) {
            EXPECT_EQ(offer["reason"], kOff);
        }
    }
    EXPECT_NE(run("quell show " + id).text.find(std::string("kill-container: not offered, ") + kOff), std::string::npos) << run("quell show " + id).text;

    const auto refused = run("quell approve " + id + "@000000000000 kill-container --reason test");
    EXPECT_EQ(refused.status, 1) << refused.text;
    EXPECT_NE(refused.text.find(kOff), std::string::npos) << refused.text;
    EXPECT_EQ(run("quell respond kill-container --container victim --yes --reason test").status, 1);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    {
        KernelSide kernel;
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -EOPNOTSUPP) << "nor would the kernel side";
    }
    take(id, "acquire-file");
    EXPECT_EQ(content_of(id), "of the image\n");
    EXPECT_EQ(run("quell respond kill-container --from " + id + " --yes --reason test").status, 1);
    EXPECT_TRUE(victim.running());

    // what was looked at can be contained, once the host may do it
    as_the_tests_have_it();
    const auto killed = run("quell respond kill-container --from " + id + " --yes --reason test --json 2>/dev/null");
    EXPECT_EQ(killed.status, 0) << killed.text;
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    EXPECT_EQ(actions_of(Json::parse(killed.text)["incident"]["id"]), (std::vector<std::string>{"requested", "approved", "flipped", "done"}));
    EXPECT_TRUE(has_evidence(id));
}

}  // namespace
}  // namespace quell::guest
