// SPDX-License-Identifier: Apache-2.0
// stop-container: an init that obeys ends in order, one that does not is
// killed with all that is in it, and nothing is refused before that.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>

#include "vm-tests/containment/halted.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;
const Actions kStopped = {"detected", "approved", "flipped", "done"};

class Stop : public Halted {
protected:
    static ContainerOptions with(const std::string& command, const std::string& signal = "") {
        ContainerOptions options;
        options.command = command;
        if (!signal.empty()) options.annotations = {{"org.opencontainers.image.stopSignal", signal}};
        return options;
    }
};

// It writes, starts a program and removes what it leaves: none of that is refused to it.
TEST_F(Stop, AnInitThatObeysEndsInOrder) {
    Container victim("obeys", with("trap '/bin/true && echo bye >/tmp/bye && rm /tmp/other; exit 0' TERM; while :; do sleep 0.1; done"));
    victim.start();
    victim.begin("sleep 1000");
    const auto id = incident_of(victim, "obeys");
    EXPECT_NE(offer(id, "stop-container").value("warning", "").find("nothing is refused"), std::string::npos);
    const auto before = denied_anywhere();
    const auto output = approve(id, "stop-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(run("cat " + victim.directory() + "/upper/tmp/bye").text, "bye\n");
    EXPECT_EQ(victim.ended(), 128 + SIGKILL) << "who had entered it goes with its namespace";
    EXPECT_FALSE(victim.running());
    EXPECT_NE(result_of(id, "done").find("after SIGTERM"), std::string::npos) << result_of(id, "done");
    EXPECT_EQ(actions_of(id), kStopped);
}

TEST_F(Stop, ByTheSignalOfItsImage) {
    Container victim("quits", with("trap 'echo quit >/tmp/bye; exit 0' QUIT; trap 'echo term >/tmp/bye' TERM; while :; do sleep 0.1; done", "SIGQUIT"));
    victim.start();
    const auto id = incident_of(victim, "quits");
    EXPECT_EQ(approve(id, "stop-container").status, 0);
    EXPECT_EQ(run("cat " + victim.directory() + "/upper/tmp/bye").text, "quit\n");
    EXPECT_NE(result_of(id, "done").find("after SIGQUIT"), std::string::npos) << result_of(id, "done");
}

// Meanwhile another one is killed: nobody waits for it. And a daemon that dies then leaves the rest to the next one.
TEST_F(Stop, AnInitThatDoesNotIsKilledWhenItsTimeIsOver) {
    Container victim("deaf", with("trap '' TERM; while :; do sleep 0.1; done")), other("other");
    victim.start();
    other.start();
    victim.begin("trap '' TERM; while :; do sleep 0.1; done");
    const auto id = incident_of(victim, "deaf"), second = incident_of(other, "other");
    const auto digest = digest_of(id, "stop-container");
    const auto begin = std::chrono::steady_clock::now();
    auto stopped = std::async(std::launch::async, [&] { return run("quell approve " + id + "@" + digest + " stop-container --reason test"); });
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "approved"; }));
    const auto before = denied_anywhere();
    EXPECT_EQ(victim.exec("/bin/true").status, 0) << "it goes on for now";
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(approve(second, "kill-container").status, 0);
    EXPECT_EQ(show(id)["state"], "approved") << "the kill was no later than that";
    const auto output = stopped.get();
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_FALSE(victim.running());
    EXPECT_NE(result_of(id, "done").find("not ended within 10s of SIGTERM"), std::string::npos) << result_of(id, "done");
    EXPECT_EQ(actions_of(id), kStopped);
}

TEST_F(Stop, ADaemonThatDiesMeanwhileLeavesItToTheNext) {
    Container victim("orphan", with("trap '' TERM; while :; do sleep 0.1; done"));
    victim.start();
    const auto id = incident_of(victim, "orphan");
    const auto digest = digest_of(id, "stop-container");
    auto stopped = std::async(std::launch::async, [&] { return run("quell approve " + id + "@" + digest + " stop-container --reason test"); });
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "approved"; }));
    kill_daemon(SIGKILL);
    (void)stopped.get();
    EXPECT_TRUE(victim.running());
    start_daemon();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "done"; })) << show(id)["state"];
    EXPECT_FALSE(victim.running());
    EXPECT_EQ(actions_of(id).back(), "done");
}

// The container's end, and another one in its place, while its time runs: what was opened before is what counts.
TEST_F(Stop, WhoIsGoneMeanwhileIsNobodyElse) {
    auto options = with("trap '' TERM; while :; do sleep 0.1; done");
    options.id = random_hex(64);
    Container victim("again", options);
    victim.start();
    const auto id = incident_of(victim, "again");
    const auto digest = digest_of(id, "stop-container");
    auto stopped = std::async(std::launch::async, [&] { return run("quell approve " + id + "@" + digest + " stop-container --reason test"); });
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "approved"; }));
    victim.start();  // of the same id, at the same path
    const auto output = stopped.get();
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "done");
    (void)run("sleep 1");
    EXPECT_EQ(victim.exec("/bin/true").status, 0) << "the newcomer lives";
}

}  // namespace
}  // namespace quell::guest
