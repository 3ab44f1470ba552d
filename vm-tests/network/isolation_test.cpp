// SPDX-License-Identifier: Apache-2.0
// isolate-network: what is cut, for how long, and for whom.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "vm-tests/network/cut.h"

namespace quell::guest {
namespace {

const char* const kHooks[] = {"isolate_connect", "isolate_bind", "isolate_listen", "isolate_accept", "socket_sendmsg", "socket_recvmsg", "socket_getsockopt", "file_permission"};

bool same(const received& one, const received& other) {
    return one.tcp == other.tcp && one.slow == other.slow && one.udp == other.udp && one.vsock == other.vsock && one.raw == other.raw;
}

TEST(IsolateNetwork, EveryWayOutIsRefusedUntilItIsUndone) {
    apply_isolating_pack();
    Networked victim("cut"), neighbour("whole");
    const Peer inside(init_of("cut")), beside(init_of("whole")), outside(1);
    Agent agent(victim, "agent", "127.0.0.1"), innocent(neighbour, "agent", "127.0.0.1");
    agent.is_given("127.0.0.1");  // the host's: a socket of another network namespace
    const auto before = agent.act();
    expect_all_work(before, "before");
    for (const char* way : {"vsock", "tun", "given-send", "given-read"}) EXPECT_EQ(before.at(way), 0) << way << " is not tried";
    const auto id = an_incident_of(victim, "cut");
    for (const Json all = show(id)["offers"]; const auto& offer : all)
        if (offer["response"] == "isolate-network") {
            EXPECT_NE(offer["warning"].get<std::string>().find("unix ones, which stay"), std::string::npos) << offer;
            EXPECT_EQ(offer["undo"], "rejoin");
        }
    std::map<std::string, std::int64_t> denied_before;
    for (const auto* hook : kHooks) denied_before[hook] = denied(hook);

    const auto approved = isolate(id);
    ASSERT_EQ(approved.status, 0) << approved.text;
    const auto incident = show(id);
    EXPECT_EQ(incident["state"], "enforcing");
    for (const char* said : {"the network is cut, nothing is allowed; ", "; unix sockets stay"}) EXPECT_NE(incident["note"].get<std::string>().find(said), std::string::npos) << incident["note"];
    const auto here = inside.settled(), there = outside.settled();
    expect_all_refused(agent.act(), "isolated");
    EXPECT_TRUE(same(inside.settled(), here)) << "payload arrived";
    EXPECT_TRUE(same(outside.settled(), there)) << "payload arrived by the socket that was passed";
    for (const auto* hook : kHooks) EXPECT_GT(denied(hook), denied_before[hook]) << hook;
    EXPECT_NE(attack(victim, "read /var/log/c.log"), EPERM) << "files are not cut";
    const auto innocent_before = denied_anywhere();
    expect_all_work(innocent.act(), "the neighbour");
    EXPECT_EQ(denied_anywhere(), innocent_before);

    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    expect_all_work(agent.act(), "after it has rejoined");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    EXPECT_EQ(show(id)["note"], "rejoined");
    reject_all();
}

TEST(IsolateNetwork, WhatIsBlockedBeginsAnew) {
    apply_isolating_pack();
    Networked victim("blocked");
    const Peer inside(init_of("blocked"));
    const auto directory = victim.directory() + "/rootfs/tmp/block";
    must("mkdir -p " + directory);
    ASSERT_EQ(victim.exec("(/bin/net block 127.0.0.1 /tmp/block >/tmp/block/out 2>&1 &)").status, 0);
    ASSERT_TRUE(eventually([&] { return inside.counts().slow > 0; }));
    const auto id = an_incident_of(victim, "blocked");
    const auto approved = isolate(id);
    ASSERT_EQ(approved.status, 0) << approved.text;
    const auto said = [&](const std::string& what) {
        const auto file = directory + "/" + what;
        return eventually([&] { return std::filesystem::exists(file); }) ? run("cat " + file).text : "still blocked";
    };
    EXPECT_EQ(said("recv"), "EPERM");
    EXPECT_EQ(said("accept"), "EPERM");
    EXPECT_EQ(said("send"), "some") << "of the 64 MB what was queued";
    const std::string note = show(id)["note"];
    EXPECT_NE(note.find(" bytes in the send queues of "), std::string::npos) << note;
    EXPECT_EQ(note.find("could not be interrupted"), std::string::npos) << note;
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(run("cat /sys/fs/cgroup" + victim.cgroup() + "/cgroup.freeze").text, "0\n") << "it goes on";
    EXPECT_LT(inside.counts().slow, 64u << 20);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(IsolateNetwork, ASocketFromOutsideAndAProcessThatLeft) {
    apply_isolating_pack();
    Networked victim("lineage");
    const Peer inside(init_of("lineage")), outside(1);
    Agent left(victim, "left", "127.0.0.1"), came("came", "127.0.0.1");
    const auto id = an_incident_of(victim, "lineage");
    must("echo " + std::to_string(came.pid()) + " > /sys/fs/cgroup" + victim.cgroup() + "/cgroup.procs");
    must("echo " + std::to_string(left.pid()) + " > /sys/fs/cgroup/cgroup.procs");
    const auto cgroup_of = [](const Agent& agent) { return must("cat /proc/" + std::to_string(agent.pid()) + "/cgroup"); };
    EXPECT_EQ(cgroup_of(left), "0::/\n");
    EXPECT_EQ(cgroup_of(came), "0::" + victim.cgroup() + "\n");
    const auto approved = isolate(id);
    ASSERT_EQ(approved.status, 0) << approved.text;
    expect_all_refused(left.act(), "it left the cgroup");
    expect_all_refused(came.act(), "it came with sockets that were made outside");
    must("echo " + std::to_string(came.pid()) + " > /sys/fs/cgroup/cgroup.procs");
    expect_all_work(came.act(), "of the host, and back there");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(IsolateNetwork, TheDaemonMayDie) {
    apply_isolating_pack();
    Networked victim("alone");
    const Peer inside(init_of("alone"));
    Agent agent(victim, "agent", "127.0.0.1");
    const auto id = an_incident_of(victim, "alone");
    ASSERT_EQ(isolate(id).status, 0);
    kill_daemon(SIGKILL);
    expect_all_refused(agent.act(), "without a daemon");
    start_daemon();
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_all_refused(agent.act(), "with the next daemon");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    expect_all_work(agent.act(), "after it has rejoined");
    reject_all();
}

TEST(IsolateNetwork, OneContainerHasOneAndAKillComesAfterIt) {
    apply_isolating_pack();
    Networked victim("twice");
    const auto id = an_incident_of(victim, "twice");
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto other = pending_id("twice", "delete");
    const auto digest = digest_of(other, "isolate-network");
    ASSERT_EQ(isolate(id).status, 0);
    const auto second = run("quell approve " + other + "@" + digest + " isolate-network --reason again");
    EXPECT_NE(second.status, 0);
    EXPECT_NE(second.text.find("isolated already by incident " + id), std::string::npos) << second.text;
    EXPECT_EQ(show(other)["state"], "pending");
    EXPECT_EQ(approve(other, "kill-container").status, 0);
    EXPECT_FALSE(victim.running());
    victim.destroy();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    EXPECT_EQ(must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/globals | jq '[.. | .isolated? | numbers][0]'"), "0\n");
    reject_all();
}

}  // namespace
}  // namespace quell::guest
