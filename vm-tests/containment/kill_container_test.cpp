// SPDX-License-Identifier: Apache-2.0
// The story: a log is removed in a container, an operator kills it, nothing
// else is touched, the history tells it all.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "vm-tests/harness/container.h"

namespace quell::guest {
namespace {

bool is_delete(const Json& one) { return one["operation"] == "delete" && one["subject"] == "container"; }

class KillContainer : public testing::Test {
protected:
    void TearDown() override { reject_all(); }
    // The incident of a removal in a container, told as it must be.
    [[nodiscard]] std::optional<Json> deletion() const {
        auto incident = wait_for_pending(is_delete);
        expect_told(incident, before_, "the removal");
        return incident;
    }

    const std::int64_t before_ = matches();
};

TEST_F(KillContainer, EverythingInItDiesAndNothingElse) {
    Container victim("web"), neighbour("db");
    victim.start();
    neighbour.start();
    victim.begin("sleep 1000");
    (void)victim.exec("sleep 1000 >/dev/null 2>&1 & (sleep 1000 >/dev/null 2>&1 &) ; rm /var/log/dpkg.log");
    const auto incident = deletion();
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    EXPECT_EQ((*incident)["name"], "Clear Log Activities");
    EXPECT_EQ((*incident)["severity"], "high");
    EXPECT_EQ((*incident)["container"]["name"], "web");
    EXPECT_EQ((*incident)["container"]["pod"], "web-5d3c");
    EXPECT_EQ((*incident)["container"]["namespace"], "shop");
    EXPECT_EQ((*incident)["container"]["image"], "registry.example/web:1");
    EXPECT_EQ((*incident)["file"]["path"], "/var/log/dpkg.log");
    EXPECT_EQ((*incident)["hook"], "inode_unlink");
    EXPECT_EQ((*incident)["verdict"], "allowed");

    const auto output = run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason 'incident 42'");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_NE(output.text.find("last process gone"), std::string::npos) << output.text;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    EXPECT_TRUE(neighbour.running());
    EXPECT_EQ(neighbour.exec("cat /var/log/dpkg.log").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    const auto history = quell("history --incident " + id);
    for (const auto& row : history["rows"])
        if (row["action"] == "approved") {
            EXPECT_EQ(row["who"]["user"], "root");
            EXPECT_EQ(row["who"]["uid"], 0);
            EXPECT_EQ(row["reason"], "incident 42");
        }
    EXPECT_EQ(run("quell history verify").status, 0);

    victim.start();  // as its runtime would: on a fresh upper layer
    EXPECT_EQ(victim.exec("cat /var/log/dpkg.log").status, 0);
}

// What is refused in front of every hook is counted: a count that is not given back costs every operation of the host.
TEST_F(KillContainer, TwoIncidentsOfOneContainerAreCountedBack) {
    for (int round = 0; round < 3; round++) {
        Container victim("twice");
        victim.start();
        victim.begin("sleep 1000");
        const auto before = matches();
        // two actors: what one does is one incident
        (void)victim.exec("rm /var/log/dpkg.log");
        (void)victim.exec("echo x > /var/log/apt.log; rm /var/log/apt.log");
        std::vector<std::string> ids;
        eventually([&] {
            ids.clear();
            for (const auto& one : incidents())
                if (is_delete(one) && one["state"] == "pending") ids.push_back(one["id"]);
            return ids.size() == 2;
        });
        ASSERT_EQ(ids.size(), 2U);
        EXPECT_EQ(matches(), before + 2);
        std::string both;
        for (const auto& id : ids) both += "quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason twice & ";
        (void)run(both + "wait");
        EXPECT_EQ(victim.ended(), 128 + SIGKILL);
        bool done = false;  // the other one may have come too late
        for (const auto& id : ids) {
            EXPECT_TRUE(eventually([&] { return show(id)["state"] == "done" || show(id)["state"] == "gone"; })) << show(id).dump();
            const auto actions = actions_of(id);
            EXPECT_EQ(actions.front(), "detected");
            done = done || actions == std::vector<std::string>{"detected", "approved", "flipped", "done"};
        }
        EXPECT_TRUE(done);
    }
    EXPECT_TRUE(eventually([] {
        return must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/globals | jq '[.. | .contained_subjects? | numbers][0]'") == "0\n";
    }));
}

// Fifty of them: Storm.FiftyForkBombsHaveNoSurvivor.
TEST_F(KillContainer, AForkBombHasNoSurvivor) {
    Container victim("bomb");
    for (int round = 0; round < 3 && !HasFailure(); round++) {
        victim.start();
        victim.begin("sleep 1000");
        (void)victim.exec("(b() { b | b & sleep 0.01; b; }; b) >/dev/null 2>&1 & sleep 0.3; rm /var/log/dpkg.log");
        const auto incident = deletion();
        ASSERT_TRUE(incident);
        const std::string id = (*incident)["id"];
        const auto output = run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason bomb");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(run("grep -q 'populated 1' /sys/fs/cgroup" + victim.cgroup() + "/cgroup.events").status, 1);
        EXPECT_EQ(victim.ended(), 128 + SIGKILL);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    }
}

TEST_F(KillContainer, WhoLeftTheCgroupDoesNotLeaveTheContainer) {
    ContainerOptions options;
    options.host_pid = true;  // else the kernel kills it with the init, before or after the sweep
    Container victim("runaway", options);
    victim.start();
    victim.begin("exec sleep 4321");
    EXPECT_TRUE(eventually([] { return run("pgrep -fx 'sleep 4321'").status == 0; }));
    (void)victim.exec("rm /var/log/dpkg.log");
    const auto pid = must("pgrep -fx 'sleep 4321'");
    must("echo " + pid.substr(0, pid.size() - 1) + " > /sys/fs/cgroup/system.slice/cgroup.procs || { mkdir -p /sys/fs/cgroup/elsewhere; echo " +
         pid.substr(0, pid.size() - 1) + " > /sys/fs/cgroup/elsewhere/cgroup.procs; }");
    const auto incident = deletion();
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason away").status, 0);
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    const auto row = quell("history --limit 1 --incident " + id)["rows"][0];
    EXPECT_EQ(row["action"], "done");
    EXPECT_NE(row["result"].get<std::string>().find("1 had left the cgroup"), std::string::npos) << row;
}

TEST_F(KillContainer, WhoEnteredItDiesAndItsParentIsTold) {
    Container victim("entered");
    victim.start();
    auto entered = std::async(std::launch::async, [&] { return victim.exec("while :; do /bin/true; done").status; });
    (void)victim.exec("rm /var/log/dpkg.log");
    const auto incident = deletion();
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason entered").status, 0);
    EXPECT_EQ(entered.get(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

// The path of its cgroup comes back, its id does not.
TEST_F(KillContainer, ANewcomerAtTheSamePathIsAnother) {
    ContainerOptions options;
    options.id = random_hex(64);
    Container victim("path", options);
    victim.start();
    (void)victim.exec("rm /var/log/dpkg.log");
    const auto incident = deletion();
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"], stat = "stat -c %i /sys/fs/cgroup" + victim.cgroup();
    const auto digest = digest_of(id, "kill-container"), before = must(stat);
    victim.start();
    EXPECT_NE(must(stat), before);
    const auto denied_before = denied_anywhere();
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason late").status, 5);
    EXPECT_EQ(victim.exec("true").status, 0);
    EXPECT_EQ(denied_anywhere(), denied_before);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "gone", "refused"}));
}

}  // namespace
}  // namespace quell::guest
