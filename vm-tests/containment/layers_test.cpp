// SPDX-License-Identifier: Apache-2.0
// An overlay that the container mounts itself: what it stands on is the
// attacker's to remove, and that takes no quarantine away.
#include <gtest/gtest.h>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

constexpr const char* kMount = "mount -t overlay overlay -o lowerdir=/var/log,upperdir=/mnt/own/up,workdir=/mnt/own/work ";

class OwnOverlay : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        const auto output = victim_.exec(std::string("mkdir -p /mnt/own && mount -t tmpfs tmpfs /mnt/own && mkdir /mnt/own/up /mnt/own/work /mnt/own/at /mnt/own/twice && ") + kMount + "/mnt/own/at");
        ASSERT_EQ(output.status, 0) << output.text;
        const auto reply = Json::parse(run("quell --json respond quarantine-file --container own --file /mnt/own/at/b.log --reason test --yes 2>/dev/null").text, nullptr, false);
        ASSERT_TRUE(reply.is_object() && reply.contains("incident")) << reply;
        id_ = reply["incident"]["id"];
        EXPECT_EQ(show(id_)["state"], "enforcing");
        expect_refused(victim_, "read /mnt/own/at/b.log");
    }
    void TearDown() override { reject_all(); }

    void expect_held() {
        expect_refused(victim_, "read /mnt/own/at/b.log");
        must("sleep 2");  // told of, if it were so
        EXPECT_EQ(show(id_)["state"], "enforcing");
        EXPECT_EQ(run("quell undo " + id_ + " --reason test").status, 0);
        EXPECT_EQ(attack(victim_, "read /mnt/own/at/b.log"), 0) << "its lower file is there all the time";
        EXPECT_EQ(actions_of(id_).back(), "undone");
    }

    Container victim_{"own"};
    std::string id_;
};

TEST_F(OwnOverlay, WhoRemovesWhatItStandsOnEndsNoQuarantine) {
    EXPECT_EQ(victim_.exec("rmdir /mnt/own/up").status, 0);
    expect_held();
}

// A second mount on the same layer is unmounted: the first one is known no longer, and stands.
TEST_F(OwnOverlay, NorWhoHasMountedItTwice) {
    const auto output = victim_.exec(std::string(kMount) + "/mnt/own/twice && umount /mnt/own/twice && rmdir /mnt/own/up");
    EXPECT_EQ(output.status, 0) << output.text;
    expect_held();
}

}  // namespace
}  // namespace quell::guest
