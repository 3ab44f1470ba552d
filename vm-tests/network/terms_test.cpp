// SPDX-License-Identifier: Apache-2.0
// What stays allowed to a container whose network is cut.
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "vm-tests/network/cut.h"

namespace quell::guest {
namespace {

// Only streams and datagrams whose other side is known, and who says no way to it.
const std::set<std::string> kNever = {"raw", "packet", "vsock", "tun", "recvfrom-udp", "batch", "route", "routed", "control"};

void expect_only_streams_and_datagrams(const Ways& ways, const std::string& when) {
    for (const auto& [way, code] : ways) {
        if (code == EBADF || way.starts_with("given")) continue;
        EXPECT_EQ(code, kNever.contains(way) ? EPERM : 0) << way << ", " << when;
    }
}

// Bind, listen and accept say nothing to anybody.
void expect_silent(const Ways& ways, const std::string& when) {
    const std::set<std::string> harmless = {"bind", "listen", "accept"};
    for (const auto& [way, code] : ways) {
        if (code == EBADF || way.starts_with("given")) continue;
        EXPECT_EQ(code, is_local(way) || harmless.contains(way) ? 0 : EPERM) << way << ", " << when;
    }
}

void has_address(const std::string& name, const std::string& address, const std::string& device) {
    must("nsenter -t " + std::to_string(init_of(name)) + " -n ip addr add " + address + " dev " + device);
}

TEST(Terms, WhatIsAllowedGoesOnAndNothingElse) {
    apply_isolating_pack();
    Networked victim("terms");
    for (const char* address : {"10.9.0.1/32", "10.9.0.2/32", "10.9.1.1/32"}) has_address("terms", address, "lo");
    const Peer inside(init_of("terms"));
    Agent dns(victim, "dns", "10.9.0.1"), net(victim, "net", "10.9.1.1"), other(victim, "elsewhere", "10.9.0.2"), loop(victim, "loop", "127.0.0.1");
    const auto id = an_incident_of(victim, "terms");
    for (const char* wrong : {"--allow 10.9.0.1/8", "--allow 127.0.0.1", "--allow ::1", "--allow 10.9.0.1:0", "--allow 10.9.0.1:65536", "--allow x", "--allow '[::1'"}) {
        const auto refused = isolate(id, wrong);
        EXPECT_NE(refused.status, 0) << wrong;
        EXPECT_EQ(show(id)["state"], "pending") << wrong;
    }
    const auto approved = isolate(id, "--allow 10.9.0.1:7000 --allow 10.9.1.0/24");
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(show(id)["note"].get<std::string>().find("allowed: 10.9.0.1:7000, 10.9.1.0/24"), std::string::npos) << show(id)["note"];
    expect_only_streams_and_datagrams(dns.act(), "an address and a port");
    expect_only_streams_and_datagrams(net.act(), "a network");
    expect_silent(other.act(), "an address that is not allowed");
    expect_silent(loop.act(), "loopback that is not allowed");
    const auto rows = quell("history --incident " + id)["rows"];
    bool told = false;
    for (const auto& row : rows)
        if (row["action"] == "approved") told = row.value("detail", "").find("allowed: 10.9.0.1:7000, 10.9.1.0/24") != std::string::npos;
    EXPECT_TRUE(told) << rows;
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(Terms, APortIsTheOthers) {
    apply_isolating_pack();
    Networked victim("port");
    has_address("port", "10.9.0.1/32", "lo");
    const Peer inside(init_of("port"));
    Agent agent(victim, "agent", "10.9.0.1");
    const auto id = an_incident_of(victim, "port");
    ASSERT_EQ(isolate(id, "--allow 10.9.0.1:53").status, 0);
    expect_silent(agent.act(), "another port");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(Terms, LoopbackIsExplicit) {
    apply_isolating_pack();
    Networked victim("loop");
    has_address("loop", "10.9.0.1/32", "lo");
    const Peer inside(init_of("loop"));
    Agent loop(victim, "loop", "127.0.0.1"), other(victim, "elsewhere", "10.9.0.1");
    const auto id = an_incident_of(victim, "loop");
    ASSERT_EQ(isolate(id, "--loopback").status, 0);
    expect_only_streams_and_datagrams(loop.act(), "loopback");
    expect_silent(other.act(), "an address of its own");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

// As a kubelet probes: from the node, by an address of its own, through a device of the container's.
TEST(Terms, TheNodeMayProbeAndIsNotSpokenTo) {
    apply_isolating_pack();
    Networked victim("probed");
    must("ip link add quell0 type veth peer name eth0 netns " + std::to_string(init_of("probed")) + " && ip addr add 10.77.0.1/24 dev quell0 && ip link set quell0 up");
    has_address("probed", "10.77.0.2/24", "eth0");
    must("nsenter -t " + std::to_string(init_of("probed")) + " -n ip link set eth0 up");
    const Peer outside(1);
    const auto probe = [] { return run("timeout 5 bash -c 'exec 3<>/dev/tcp/10.77.0.2/7000 && head -c1 <&3'").text; };
    ASSERT_EQ(victim.exec("(/bin/net peer /proc/self/ns/net /tmp/served >/tmp/out 2>&1 &)").status, 0);
    ASSERT_TRUE(eventually([&] { return probe() == "t"; }));
    Agent agent(victim, "agent", "10.77.0.1");
    auto id = an_incident_of(victim, "probed");
    ASSERT_EQ(isolate(id).status, 0);
    EXPECT_EQ(probe(), "");
    EXPECT_EQ(run("quell undo " + id + " --reason 'and now with the node'").status, 0);
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    id = pending_id("probed", "delete");
    const auto approved = isolate(id, "--allow-node");
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(show(id)["note"].get<std::string>().find("from the node 10.77.0.1"), std::string::npos) << show(id)["note"];
    EXPECT_EQ(probe(), "t");
    const auto ways = agent.act();
    for (const char* way : {"connect", "fastopen", "ring-connect", "connect-udp", "sendto-udp", "send-udp", "recv-udp", "raw", "packet"}) EXPECT_EQ(ways.at(way), EPERM) << way;
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
    must("ip link del quell0");
}

// Without an incident the options are the same, and wrong ones bind nothing.
TEST(Terms, RespondTakesTheSameOptions) {
    apply_isolating_pack();
    Networked victim("asked");
    for (const char* address : {"10.9.0.1/32", "10.9.0.2/32"}) has_address("asked", address, "lo");
    const Peer inside(init_of("asked"));
    Agent dns(victim, "dns", "10.9.0.1"), other(victim, "elsewhere", "10.9.0.2"), loop(victim, "loop", "127.0.0.1");
    const std::string respond = "quell respond isolate-network --container asked --yes --reason told ";
    for (const char* wrong : {"--allow 10.9.0.1/8", "--allow x", "--allow 127.0.0.1"}) EXPECT_EQ(run(respond + wrong).status, 1) << wrong;
    EXPECT_EQ(run("quell respond pause-container --container asked --yes --reason told --loopback").status, 1) << "it allows nothing";
    for (const auto& one : incidents()) EXPECT_NE(one["policy"], "manual") << one;
    const auto approved = run(respond + "--allow 10.9.0.1:7000 --loopback --json 2>/dev/null");
    ASSERT_EQ(approved.status, 0) << approved.text;
    const std::string id = Json::parse(approved.text)["incident"]["id"];
    EXPECT_NE(show(id)["note"].get<std::string>().find("allowed: 10.9.0.1:7000, loopback"), std::string::npos) << show(id)["note"];
    expect_only_streams_and_datagrams(dns.act(), "an address and a port");
    expect_only_streams_and_datagrams(loop.act(), "loopback");
    expect_silent(other.act(), "an address that is not allowed");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing", "undone"}));
}

// All containers of a pod under one digest and with the same terms, and nobody else's.
TEST(Terms, AWholePodIsCutWithTheSameTerms) {
    apply_isolating_pack();
    const Json of_pod = {{"io.kubernetes.pod.name", "web-5d3c"}, {"io.kubernetes.pod.uid", "u1"}};
    Networked web("podweb", of_pod), side("podside", of_pod), neighbour("alone");
    const Peer at_web(init_of("podweb")), at_side(init_of("podside")), at_neighbour(init_of("alone"));
    for (const char* name : {"podweb", "podside"}) has_address(name, "10.9.0.1/32", "lo");
    Agent web_allowed(web, "dns", "10.9.0.1"), side_allowed(side, "dns", "10.9.0.1"), web_other(web, "loop", "127.0.0.1"), side_other(side, "loop", "127.0.0.1"), innocent(neighbour, "agent", "127.0.0.1");
    const auto id = an_incident_of(web, "podweb");
    const auto shown = quell("preview " + id + " isolate-network --scope pod")["previews"][0];
    const auto approved = run("quell approve " + id + "@" + shown["offer"].value("digest", "") + " isolate-network --scope pod --allow 10.9.0.1:7000 --reason test");
    ASSERT_EQ(approved.status, 0) << approved.text;
    for (Agent* one : {&web_allowed, &side_allowed}) expect_only_streams_and_datagrams(one->act(), "allowed");
    for (Agent* one : {&web_other, &side_other}) expect_silent(one->act(), "not allowed");
    const auto before = denied_anywhere();
    expect_all_work(innocent.act(), "another pod's");
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    expect_all_work(side_other.act(), "after it has rejoined");
    reject_all();
}

// The other family, with sockets of its own: cut as IPv4 is, and allowed by its own addresses alone.
TEST(Terms, IPv6IsCutAndAllowedLikeIPv4) {
    apply_isolating_pack();
    Networked victim("six");
    must("nsenter -t " + std::to_string(init_of("six")) + " -n ip -6 addr add 2001:db8::53/128 dev lo nodad");
    has_address("six", "10.9.0.1/32", "lo");
    const Peer inside(init_of("six"));
    Agent six(victim, "six", "2001:db8::53"), loop(victim, "loop", "::1"), mapped(victim, "mapped", "::ffff:10.9.0.1"), four(victim, "four", "10.9.0.1");
    expect_all_work(six.act(), "before");
    const auto id = an_incident_of(victim, "six");
    const auto before = denied("isolate_connect");
    ASSERT_EQ(isolate(id).status, 0);
    const auto here = inside.settled();
    for (Agent* one : {&six, &loop, &mapped, &four}) expect_all_refused(one->act(), "isolated");
    const auto there = inside.settled();
    EXPECT_TRUE(here.tcp == there.tcp && here.udp == there.udp) << "payload arrived";
    EXPECT_GT(denied("isolate_connect"), before);
    EXPECT_EQ(run("quell undo " + id + " --reason 'and now with an address'").status, 0);
    expect_all_work(six.act(), "after it has rejoined");

    const auto respond = [](const std::string& allow) {
        const auto output = run("quell respond isolate-network --container six --yes --reason told --json " + allow + " 2>/dev/null");
        EXPECT_EQ(output.status, 0) << output.text;
        return output.status ? std::string("0") : Json::parse(output.text)["incident"]["id"].get<std::string>();
    };
    auto cut = respond("--allow [2001:db8::53]:7000");
    EXPECT_NE(show(cut)["note"].get<std::string>().find("allowed: [2001:db8::53]:7000"), std::string::npos) << show(cut)["note"];
    expect_only_streams_and_datagrams(six.act(), "an address of IPv6 and a port");
    for (Agent* one : {&loop, &mapped, &four}) expect_silent(one->act(), "what is not allowed");
    EXPECT_EQ(run("quell undo " + cut + " --reason done").status, 0);

    cut = respond("--allow 10.9.0.0/24 --loopback");
    expect_only_streams_and_datagrams(loop.act(), "::1");
    expect_only_streams_and_datagrams(four.act(), "a network of IPv4");
    expect_only_streams_and_datagrams(mapped.act(), "the same by a socket of IPv6");
    expect_silent(six.act(), "an address of IPv6 that is not allowed");
    EXPECT_EQ(run("quell undo " + cut + " --reason done").status, 0);
    reject_all();
}

}  // namespace
}  // namespace quell::guest
