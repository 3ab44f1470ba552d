// SPDX-License-Identifier: Apache-2.0
// Who removes a quarantined file from the layer it lies in: the host's runtime
// may once the container is dead, and nobody while one lives on that layer,
// also a later one than that of the event.
#include <gtest/gtest.h>

#include <filesystem>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

class Removal : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        EXPECT_EQ(attack(victim_, "truncate /var/log/b.log"), 0);
        id_ = quarantine("removal", "truncate");
    }
    void TearDown() override {
        (void)run("pkill -fx 'sleep 7781'");
        reject_all();
    }
    // A mount namespace that keeps the container's overlay mounted.
    static void leak() {
        must("(unshare -m sleep 7781 </dev/null >/dev/null 2>&1 &)");
        EXPECT_TRUE(eventually([] { return run("grep -q removal/rootfs /proc/$(pgrep -fx 'sleep 7781')/mounts").status == 0; }));
    }
    static void end_the_leak() {
        must("pkill -fx 'sleep 7781'");
        EXPECT_TRUE(eventually([] { return run("pgrep -fx 'sleep 7781'").status != 0; }));
        must("sleep 0.5");  // its mounts go behind it
    }
    void expect_kept() const {
        expect_refused_on_host("rm -f " + file_, "inode_unlink");
        EXPECT_TRUE(std::filesystem::exists(file_));
        EXPECT_EQ(show(id_)["state"], "enforcing");
    }
    void expect_removable() const {
        const auto before = denied("inode_unlink");
        EXPECT_EQ(run("rm " + file_).status, 0);
        EXPECT_EQ(denied("inode_unlink"), before);
        EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "gone"; })) << show(id_)["state"];
        EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    }

    Container victim_{"removal"};
    const std::string file_ = victim_.directory() + "/upper/var/log/b.log";
    std::string id_;
};

TEST_F(Removal, WaitsForTheEndOfTheContainerThatIsStartedAgain) {
    expect_kept();
    for (int start = 0; start < 2; start++) {
        victim_.restart();
        expect_kept();
    }
    victim_.destroy();
    expect_removable();
}

// Its overlay stands on, held by a stranger's mount namespace.
TEST_F(Removal, WaitsForNoLeakedMount) {
    leak();
    expect_kept();
    victim_.destroy();
    expect_removable();
}

TEST_F(Removal, WaitsForTheLaterContainerBesidesALeakedMount) {
    leak();
    victim_.restart();
    expect_kept();
    victim_.destroy();
    expect_removable();
}

TEST_F(Removal, WaitsForTheLaterContainerWhenALeakedMountEnds) {
    leak();
    victim_.restart();
    end_the_leak();
    expect_kept();
    victim_.destroy();
    expect_removable();
}

}  // namespace
}  // namespace quell::guest
