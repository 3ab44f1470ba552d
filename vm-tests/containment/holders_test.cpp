// SPDX-License-Identifier: Apache-2.0
// Who has a file mapped keeps what it mapped: it is listed, and killed with the
// quarantine where it is the container's and somebody says so.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

std::map<std::string, std::string> roles(const Json& incident) {
    std::map<std::string, std::string> found;
    if (incident.contains("holders"))
        for (const auto& one : incident["holders"]) found[one["comm"].get<std::string>()] = one["role"].get<std::string>();
    return found;
}

int sleeper() { return std::atoi(run("pgrep -x -f 'sleep 6633'").text.c_str()); }

class HoldersOf : public testing::TestWithParam<Bound> {
protected:
    void SetUp() override {
        victim_.start();
        EXPECT_EQ(attack(victim_, GetParam().attack), 0);
        id_ = pending_id("held", GetParam().operation);
        victim_.begin("attack " + map_ + " /var/log/b.log /tmp/map");
        EXPECT_TRUE(eventually([&] { return run("test -e " + victim_.directory() + "/rootfs/tmp/map.ready").status == 0; }));
        must("setsid sh -c 'exec sleep 6633 3<" + victim_.directory() + "/rootfs/var/log/b.log' >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([] { return sleeper() > 1; }));
    }
    void TearDown() override {
        (void)run("touch " + victim_.directory() + "/rootfs/tmp/map.go; pkill -x -f 'sleep 6633'");
        reject_all();
    }
    void expect_listed() const {
        for (const auto& incident : {show(id_), quell("preview " + id_)["incident"]}) {
            const auto found = roles(incident);
            EXPECT_EQ(found, (std::map<std::string, std::string>{{"attack", text_}, {"sleep", "has it open; outside the container"}})) << incident;
            EXPECT_EQ(incident["holders_count"], 2) << incident;
        }
        EXPECT_NE(run("quell show " + id_).text.find("Held by\n"), std::string::npos);
        EXPECT_NE(run("quell preview " + id_).text.find("held by"), std::string::npos);
    }
    [[nodiscard]] Output approve_with(const std::string& option) const {
        return run("quell approve " + id_ + "@" + digest_of(id_, "quarantine-file") + " quarantine-file " + option + " --reason test");
    }

    // to map a file writable copies it up: of the image's only a descriptor for reading
    const bool is_image_ = std::string(GetParam().name) == kInTheImage.name;
    const std::string map_ = is_image_ ? "old-read-only" : "old-mprotect", text_ = is_image_ ? "has it open" : "maps it, has it open";
    Container victim_{"held"};
    std::string id_;
};

TEST_P(HoldersOf, TheContainersAreKilledWithItAndOthersAreNot) {
    expect_listed();
    const auto output = approve_with("--kill-holders");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(victim_.ended(), 128 + SIGKILL);
    EXPECT_TRUE(victim_.running()) << "its init holds nothing";
    EXPECT_GT(sleeper(), 1) << "outside";
    const auto incident = show(id_);
    EXPECT_EQ(incident["state"], "enforcing");
    EXPECT_EQ(incident["note"], "every access to the file is refused; 1 process of the container that held it was killed; outside the container 1 process holds it still");
    EXPECT_EQ(roles(incident), (std::map<std::string, std::string>{{"sleep", "has it open; outside the container"}}));
    const auto rows = quell("history --incident " + id_)["rows"];
    bool told = false;
    for (const auto& row : rows) told = told || (row["action"] == "approved" && row.value("detail", "").find("kill_holders") != std::string::npos);
    EXPECT_TRUE(told) << rows;
    expect_refused(victim_, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id_ + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
}

TEST_P(HoldersOf, NobodyIsKilledWithoutTheWord) {
    EXPECT_EQ(approve_with("").status, 0);
    EXPECT_EQ(roles(show(id_)).count("attack"), 1u);
    must("touch " + victim_.directory() + "/rootfs/tmp/map.go");
    EXPECT_EQ(victim_.ended(), EPERM) << "it was refused, not killed";
    EXPECT_EQ(run("quell undo " + id_ + " --reason test").status, 0);
}

INSTANTIATE_TEST_SUITE_P(Layer, HoldersOf, testing::Values(kCopiedUp, kInTheImage), [](const auto& test) { return std::string(test.param.name); });

// On the host it could be anybody.
TEST(HoldersOnTheHost, AreListedAndNotKilledWithIt) {
    must("mkdir -p /var/log/held && echo line >/var/log/held/a && (setsid sleep 6633 3</var/log/held/a >/dev/null 2>&1 &) && truncate -s 0 /var/log/held/a");
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "truncate" && one["subject"] == "host"; });
    ASSERT_TRUE(found);
    const std::string id = (*found)["id"];
    EXPECT_TRUE(eventually([&] { return roles(show(id)) == std::map<std::string, std::string>{{"sleep", "has it open"}}; })) << show(id);
    const auto output = run("quell approve " + id + "@" + digest_of(id, "quarantine-file") + " quarantine-file --kill-holders --reason test");
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_GT(sleeper(), 1);
    EXPECT_EQ(run("cat /var/log/held/a").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    must("pkill -x -f 'sleep 6633'; rm -r /var/log/held");
    reject_all();
}

}  // namespace
}  // namespace quell::guest
