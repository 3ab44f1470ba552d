// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/network/cut.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace quell::guest {
namespace {

// Where the kernel has no such module, or the process no such socket.
const std::set<std::string> kPerhaps = {"vsock", "tun", "given-send", "given-read"};

std::string content(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool exists(const std::string& file) { return std::filesystem::exists(file); }

}  // namespace

Peer::Peer(pid_t whose_network) : file_("/run/peer-" + std::to_string(whose_network)) {
    must("rm -f " + file_ + "*; setsid /w/net peer /proc/" + std::to_string(whose_network) + "/ns/net " + file_ + " >" + file_ + ".out 2>&1 </dev/null &");
    EXPECT_TRUE(eventually([&] { return exists(file_ + ".ready"); })) << content(file_ + ".out");
}

Peer::~Peer() { (void)run("pkill -f 'net peer .* " + file_ + "$'"); }

received Peer::counts() const {
    received counts{};
    std::ifstream in(file_, std::ios::binary);
    in.read(reinterpret_cast<char*>(&counts), sizeof(counts));
    return counts;
}

received Peer::settled() const {
    auto before = counts();
    eventually([&] {
        (void)run("sleep 1");
        const auto now = counts();
        const bool still = std::memcmp(&now, &before, sizeof(now)) == 0;
        before = now;
        return still;
    });
    return before;
}

pid_t init_of(const std::string& name) { return std::stoi("0" + run("crun --cgroup-manager=cgroupfs state " + name + " | jq .pid").text); }

Networked::Networked(const std::string& name, const Json& annotations)
    : Container(name, ContainerOptions{.mounts = {{{"destination", "/dev/net/tun"}, {"type", "bind"}, {"source", "/dev/net/tun"}, {"options", {"bind"}}}}, .annotations = annotations}) {
    (void)run("modprobe -a tun vsock_loopback veth; test -e /dev/net/tun || { mkdir -p /dev/net; mknod /dev/net/tun c 10 200; }");
    must("cp /w/net " + directory() + "/lower/bin/net");
    start();
}

Agent::Agent(const Container& container, const std::string& name, const std::string& address) : command_("net agent " + address + " /tmp/" + name), outside_(container.directory() + "/rootfs/tmp/" + name) {
    must("mkdir -p " + outside_);
    const auto output = container.exec("(/bin/" + command_ + " >/tmp/" + name + "/out 2>&1 &)");
    EXPECT_EQ(output.status, 0) << output.text;
    wait();
}

Agent::Agent(const std::string& name, const std::string& address) : command_("net agent " + address + " /run/" + name), outside_("/run/" + name) {
    must("rm -rf " + outside_ + "; mkdir -p " + outside_ + "; setsid /w/" + command_ + " >" + outside_ + "/out 2>&1 </dev/null &");
    wait();
}

Agent::~Agent() { (void)run("touch " + outside_ + "/stop"); }

void Agent::wait() const {
    EXPECT_TRUE(eventually([&] { return exists(outside_ + "/ready"); })) << content(outside_ + "/out");
}

pid_t Agent::pid() const { return std::stoi("0" + run("pgrep -f '" + command_ + "$'").text); }

void Agent::is_given(const std::string& address) const {
    must("/w/net give " + outside_ + "/give " + address);
    EXPECT_TRUE(eventually([&] { return exists(outside_ + "/given"); }));
}

Ways Agent::act() {
    const auto round = std::to_string(round_++);
    must("touch " + outside_ + "/go-" + round);
    EXPECT_TRUE(eventually([&] { return exists(outside_ + "/result-" + round); }, std::chrono::seconds(60)));
    std::istringstream lines(content(outside_ + "/result-" + round));
    Ways ways;
    std::string name;
    for (int code = 0; lines >> name >> code;) ways[name] = code;
    EXPECT_EQ(ways.size(), 40u);
    return ways;
}

void apply_isolating_pack() { apply_pack("s/offer: .kill-container, kill-process.*/offer: [kill-container, isolate-network]/"); }

std::string an_incident_of(const Container& container, const std::string& name) {
    EXPECT_EQ(attack(container, "truncate /var/log/b.log"), 0);
    return pending_id(name, "truncate");
}

Output isolate(const std::string& id, const std::string& options) {
    return run("quell approve " + id + "@" + digest_of(id, "isolate-network") + " isolate-network " + options + " --reason test");
}

bool is_local(const std::string& way) { return way == "unix" || way == "netlink"; }

void expect_all_refused(const Ways& ways, const std::string& when) {
    for (const auto& [way, code] : ways) {
        if (kPerhaps.contains(way) && code == EBADF) continue;
        if (way == "given-read" && code == ETIMEDOUT && ways.at("given-send") == EBADF) continue;
        EXPECT_EQ(code, is_local(way) ? 0 : EPERM) << way << ", " << when;
    }
}

void expect_all_work(const Ways& ways, const std::string& when) {
    for (const auto& [way, code] : ways) {
        if (kPerhaps.contains(way) && code == EBADF) continue;
        if (way == "given-read" && code == ETIMEDOUT && ways.at("given-send") == EBADF) continue;
        EXPECT_EQ(code, 0) << way << ", " << when << ": " << std::strerror(code);
    }
}

}  // namespace quell::guest
