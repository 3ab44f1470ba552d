// SPDX-License-Identifier: Apache-2.0
// A quarantine stays with the file: by its path in the layer, after eviction,
// and in the container that is started again on the same layer.
#include <gtest/gtest.h>

#include <cstring>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

constexpr const char* kAfterUndo[] = {"detected", "approved", "flipped", "enforcing", "undone"};

class Restarted : public testing::TestWithParam<Bound> {
protected:
    [[nodiscard]] static bool copied() { return !std::strcmp(GetParam().name, "CopiedUp"); }
    [[nodiscard]] std::string in_the_layer() const { return victim_.directory() + "/upper/var/log/b.log"; }

    void expect_denied() {
        for (const char* how : {"read /var/log/b.log", "append /var/log/b.log", "by-self-root /var/log/b.log"})
            expect_refused(victim_, how, std::strncmp(how, "by-", 3) ? "file_open" : "inode_unlink");
        expect_refused(victim_, "unlink /var/log/b.log", "inode_unlink");
        expect_refused(victim_, "rename-away /var/log/b.log /tmp/away", "inode_rename");
        expect_refused(victim_, "truncate /var/log/b.log", "inode_setattr");
        expect_refused_on_host("cat " + victim_.directory() + "/rootfs/var/log/b.log");
        if (copied()) expect_refused_on_host("cat " + in_the_layer());
        EXPECT_EQ(attack(victim_, "read /var/log/c.log"), 0);
        EXPECT_EQ(run("cat " + victim_.directory() + "/lower/var/log/b.log").status, 0) << "the image's layer";
    }

    Container victim_{"again"};
};

TEST_P(Restarted, TheFileOfTheSameLayerIsDenied) {
    victim_.start();
    EXPECT_EQ(attack(victim_, GetParam().attack), 0);
    const auto id = quarantine("again", GetParam().operation);
    expect_denied();
    victim_.destroy();
    if (copied()) expect_refused_on_host("cat " + in_the_layer());
    must("echo 3 >/proc/sys/vm/drop_caches");
    for (int start = 0; start < 2; start++) {
        victim_.restart();
        expect_denied();
    }
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(attack(victim_, "append /var/log/b.log"), 0);
    EXPECT_EQ(actions_of(id), std::vector<std::string>(std::begin(kAfterUndo), std::end(kAfterUndo)));
    reject_all();
}

// On a fresh layer it is the image's file again, and that is innocent.
TEST_P(Restarted, TheFileOfAFreshLayerIsNotDenied) {
    victim_.start();
    EXPECT_EQ(attack(victim_, GetParam().attack), 0);
    const auto id = quarantine("again", GetParam().operation);
    expect_refused(victim_, "read /var/log/b.log");
    victim_.start();
    const auto before = denied_anywhere();
    for (const char* how : {"read /var/log/b.log", "append /var/log/b.log", "unlink /var/log/b.log"}) EXPECT_EQ(attack(victim_, how), 0) << how;
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Layer, Restarted, testing::Values(kCopiedUp, kInTheImage), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace quell::guest
