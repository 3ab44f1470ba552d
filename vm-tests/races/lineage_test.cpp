// SPDX-License-Identifier: Apache-2.0
// Forks against moves: whoever is moved to another cgroup, or is born while
// its parent is being moved, still belongs to its container.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "vm-tests/races/jail.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

constexpr unsigned kMoves = 100'000;
constexpr unsigned kForksAtLeast = 2000;

class Lineage : public testing::Test {
protected:
    // Otherwise each move waits for a grace period of RCU, and is over long before the next.
    Lineage() { must("mount -o remount,favordynmods /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/nowhere"); }
    ~Lineage() override {
        reject_all();
        must("mount -o remount,nofavordynmods /sys/fs/cgroup && rmdir /sys/fs/cgroup/nowhere");
    }
    // The parent, from one place to the next.
    void move_parent(pid_t parent) {
        const std::string pid = std::to_string(parent);
        std::vector<int> fds;
        for (const auto& place : places_) fds.push_back(open(place.c_str(), O_WRONLY));
        for (unsigned n = 0; moves_ < kMoves; n++) moves_ += ::write(fds[n % fds.size()], pid.data(), pid.size()) > 0;
        for (const int fd : fds) close(fd);
    }
    // Whoever is found in one place, to another.
    void move_children() {
        for (unsigned n = 0; moves_ < kMoves; n++) {
            std::ifstream list(places_[(n + 1) % 2]);
            const int to = open(places_[n % 2].c_str(), O_WRONLY);
            for (std::string pid; std::getline(list, pid);) moves_ += ::write(to, pid.data(), pid.size()) > 0;
            close(to);
        }
    }

    const races::Globals globals_{races::open_pin("/sys/fs/bpf/quell/maps/globals")};
    Jail home_{"home"}, other_{"other"};
    const std::vector<std::string> places_ = {other_.procs(), "/sys/fs/cgroup/nowhere/cgroup.procs", home_.procs()};
    std::atomic<unsigned> moves_ = 0;
};

TEST_F(Lineage, AHundredThousandMovesLoseNobody) {
    const auto before = globals_.matched(QUELL_HOOK_inode_unlink);
    auto forker = home_.start({"fork-and-unlink", "/var/log"});
    ASSERT_TRUE(eventually([&] { return run("readlink /proc/" + std::to_string(forker.pid()) + "/exe | grep -qx /racer").status == 0; }));
    std::thread parent_mover([&] { move_parent(forker.pid()); });
    std::thread child_mover([&] { move_children(); });
    parent_mover.join();
    child_mover.join();
    kill(forker.pid(), SIGTERM);
    const auto result = forker.result();
    std::printf("%u moves, %s\n", moves_.load(), result.dump().c_str());
    EXPECT_GE(moves_, kMoves);
    EXPECT_GE(result["unlinks"], kForksAtLeast);
    EXPECT_EQ(result["failed"], 0) << result;
    EXPECT_EQ(globals_.matched(QUELL_HOOK_inode_unlink) - before, result["unlinks"].get<std::uint64_t>()) << "somebody was taken for another's";
    const auto found = incidents();
    EXPECT_FALSE(found.empty());
    for (const auto& one : found) EXPECT_EQ(one["container"].value("id", ""), home_.id()) << one.dump(1);
    expect_nothing_lost();
}

}  // namespace
}  // namespace quell::guest
