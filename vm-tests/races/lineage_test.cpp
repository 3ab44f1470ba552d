// SPDX-License-Identifier: Apache-2.0
// Forks against moves: whoever is moved to another cgroup, or is born while
// its parent is being moved, still belongs to its container.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "vm-tests/races/jail.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

constexpr unsigned kMoves = 100'000;
constexpr unsigned kForksAtLeast = 500;

class Lineage : public testing::Test {
protected:
    Lineage() { must("mkdir -p /sys/fs/cgroup/nowhere"); }
    ~Lineage() override {
        reject_all();
        must("rmdir /sys/fs/cgroup/nowhere");
    }
    // The parent from one place to the next, and the child that it has just then to another.
    void move(pid_t parent) {
        const std::string pid = std::to_string(parent);
        std::vector<int> places;
        for (const auto& place : places_) places.push_back(open(place.c_str(), O_WRONLY));
        const int children = open(("/proc/" + pid + "/task/" + pid + "/children").c_str(), O_RDONLY);
        ASSERT_GE(children, 0);
        for (unsigned n = 0; moves_ < kMoves; n++) {
            moves_ += ::write(places[n % 3], pid.data(), pid.size()) > 0;
            char child[64];
            const ssize_t size = pread(children, child, sizeof(child), 0);
            if (size > 0) moves_ += ::write(places[(n + 1) % 3], child, static_cast<std::size_t>(size)) > 0;
        }
        for (const int place : places) close(place);
        close(children);
    }

    const races::Globals globals_{races::open_pin("/sys/fs/bpf/quell/maps/globals")};
    Jail home_{"home"}, other_{"other"};
    const std::vector<std::string> places_ = {other_.procs(), "/sys/fs/cgroup/nowhere/cgroup.procs", home_.procs()};
    unsigned moves_ = 0;
};

TEST_F(Lineage, AHundredThousandMovesLoseNobody) {
    const auto before = globals_.matched(QUELL_HOOK_inode_unlink);
    auto forker = home_.start({"fork-and-unlink", "/var/log"});
    ASSERT_TRUE(eventually([&] { return run("readlink /proc/" + std::to_string(forker.pid()) + "/exe | grep -qx /racer").status == 0; }));
    move(forker.pid());
    kill(forker.pid(), SIGTERM);
    const auto result = forker.result();
    std::printf("%u moves, %s\n", moves_, result.dump().c_str());
    EXPECT_GE(moves_, kMoves);
    EXPECT_GE(result["unlinks"], kForksAtLeast);
    EXPECT_EQ(result["failed"], 0) << result;
    EXPECT_EQ(globals_.matched(QUELL_HOOK_inode_unlink) - before, result["unlinks"].get<std::uint64_t>()) << "somebody was taken for another's";
    const auto found = incidents();
    ASSERT_EQ(found.size(), 1u) << "all of one parent, wherever it was";
    EXPECT_EQ(found[0]["container"].value("id", ""), home_.id());
    EXPECT_EQ(found[0]["count"], result["unlinks"]);
    expect_nothing_lost();
}

}  // namespace
}  // namespace quell::guest
