// SPDX-License-Identifier: Apache-2.0
// quarantine-file --copy: the file is closed to everybody, and its content is
// kept.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/evidence/taken.h"

namespace quell::guest {
namespace {

class WithCopy : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_evidence_policy(); }
    void SetUp() override { victim_.start(); }
    void TearDown() override { reject_all(); }

    // An incident of a file that `made` writes to standard output.
    std::string read(const std::string& made) {
        EXPECT_EQ(victim_.exec("mkdir -p /srv/data && " + made + " >/srv/data/file && cat /srv/data/file >/dev/null").status, 0);
        return pending_id("victim", "open-read");
    }
    static Output quarantine(const std::string& id) {
        return run("quell approve " + id + "@" + digest_of(id, "quarantine-file") + " quarantine-file --copy --reason test");
    }

    Container victim_{"victim"};
};

TEST_F(WithCopy, QuarantinesAndKeepsTheContentAndEachIsTakenBackByItself) {
    const auto id = read("echo guilty");
    const auto output = quarantine(id);
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_NE(output.text.find("evidence: 7 bytes taken by its path"), std::string::npos) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(victim_.exec("cat /srv/data/file").status, 1);
    EXPECT_EQ(run("cat " + victim_.directory() + "/upper/srv/data/file").status, 1) << "nor is root let read it";
    EXPECT_EQ(content_of(id), "guilty\n");
    EXPECT_EQ(manifest_of(id)["response"], "acquire-file");
    EXPECT_EQ(run("quell evidence verify " + id).status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "evidence"}));

    EXPECT_EQ(run("quell undo " + id + " --reason released").status, 0);
    EXPECT_EQ(victim_.exec("cat /srv/data/file").text, "guilty\n");
    EXPECT_TRUE(has_evidence(id)) << "what is released is kept still";
    EXPECT_EQ(run("quell undo " + id + " --dry-run").status, 0);
    EXPECT_TRUE(has_evidence(id));
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
    EXPECT_FALSE(has_evidence(id));
    EXPECT_EQ(show(id)["state"], "undone");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "evidence", "undone", "dry-run", "evidence"}));
    EXPECT_EQ(run("quell undo " + id + " --reason again").status, 5);
}

TEST_F(WithCopy, WhereNoneCanBeKeptNothingIsApproved) {
    const auto id = read("echo guilty");
    must("rm -rf /var/lib/quell/evidence && touch /var/lib/quell/evidence");
    const auto output = quarantine(id);
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("no copy can be kept, and nothing was approved"), std::string::npos) << output.text;
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_EQ(victim_.exec("cat /srv/data/file").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    must("rm /var/lib/quell/evidence");
    EXPECT_EQ(quarantine(id).status, 0);
    EXPECT_EQ(content_of(id), "guilty\n");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
}

TEST_F(WithCopy, ThatIsCutIsNoSuccessAndTheQuarantineHolds) {
    must("sed -i 's/max_item_bytes: .*/max_item_bytes: 1048576/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
    const auto id = read("head -c 3000000 /dev/urandom");
    const auto output = quarantine(id);
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("the evidence failed"), std::string::npos) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_refused(victim_, "read /srv/data/file");
    EXPECT_EQ(run("stat -c %s /var/lib/quell/evidence/" + id + "-acquire-file/content").text, "1048576\n");
    const auto rows = quell("history --incident " + id)["rows"];
    EXPECT_EQ(rows[0]["action"], "evidence");
    EXPECT_NE(rows[0]["result"].get<std::string>().find("cut"), std::string::npos) << rows[0];
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    must("sed -i 's/max_item_bytes: .*/max_item_bytes: 10737418240/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
}

TEST_F(WithCopy, IsForQuarantineFileAlone) {
    const auto id = read("echo innocent");
    for (const char* response : {"acquire-file", "kill-container"})
        EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, response) + " " + response + " --copy --reason test").status, 1) << response;
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_TRUE(victim_.running());
}

}  // namespace
}  // namespace quell::guest
