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

#include "vm-tests/races/jail.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

constexpr unsigned kMoves = 100'000;
constexpr unsigned kForks = 4000;

TEST(Lineage, AHundredThousandMovesLoseNobody) {
    const races::Globals globals(races::open_pin("/sys/fs/bpf/quell/maps/globals"));
    Jail home("home"), other("other");
    must("mkdir -p /sys/fs/cgroup/nowhere");
    const std::string places[] = {other.procs(), "/sys/fs/cgroup/nowhere/cgroup.procs", home.procs()};
    const auto before = globals.matched(QUELL_HOOK_inode_unlink);
    auto forker = home.start({"fork-and-unlink", "/var/log", std::to_string(kForks)});
    std::atomic<bool> over = false;
    std::atomic<unsigned> moves = 0;
    // one moves the parent, one whoever is found in the place it comes from
    std::thread parent_mover([&] {
        const std::string pid = std::to_string(forker.pid());
        int fds[3];
        for (int i = 0; i < 3; i++) fds[i] = open(places[i].c_str(), O_WRONLY);
        EXPECT_TRUE(eventually([&] { return run("readlink /proc/" + pid + "/exe | grep -qx /racer").status == 0; }));
        for (unsigned n = 0; moves < kMoves && !over; n++) moves += ::write(fds[n % 3], pid.data(), pid.size()) > 0;
        for (const int fd : fds) close(fd);
    });
    std::thread child_mover([&] {
        for (unsigned n = 0; moves < kMoves && !over; n++) {
            std::ifstream list(places[(n + 1) % 2]);
            const int to = open(places[n % 2].c_str(), O_WRONLY);
            for (std::string pid; std::getline(list, pid);) moves += ::write(to, pid.data(), pid.size()) > 0;
            close(to);
        }
    });
    const auto result = forker.result();
    over = true;
    parent_mover.join();
    child_mover.join();
    std::printf("%u moves, %u forks\n", moves.load(), kForks);
    EXPECT_EQ(result["failed"], 0) << result;
    EXPECT_EQ(globals.matched(QUELL_HOOK_inode_unlink) - before, kForks) << "somebody was taken for another's";
    for (const auto& one : incidents()) EXPECT_EQ(one["container"].value("id", ""), home.id()) << one.dump(1);
    expect_nothing_lost(true);
    reject_all();
    (void)run("rmdir /sys/fs/cgroup/nowhere");
}

}  // namespace
}  // namespace quell::guest
