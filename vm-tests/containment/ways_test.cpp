// SPDX-License-Identifier: Apache-2.0
// Every way to a quarantined file, each with the hook that refuses it and
// counts it: in a container's overlay and on the host's ext4.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

struct Way {
    const char* how;  // of /w/attack
    const char* hook;
    const char* other = "other";  // second file, below the place's scratch directory
};

constexpr Way kWays[] = {
    {"read", "file_open"},
    {"append", "file_open"},
    {"open-truncate", "file_open"},
    {"execute", "file_open"},
    {"unlink", "inode_unlink"},
    {"io-uring", "inode_unlink"},
    {"rename-away", "inode_rename", "away"},
    {"rename-over", "inode_rename"},
    {"exchange", "inode_rename"},
    {"link-out", "inode_link", "link"},
    {"truncate", "inode_setattr"},
    {"chmod", "inode_setattr"},
    {"chown", "inode_setattr"},
    {"utimes", "inode_setattr"},
    {"setxattr", "inode_setxattr"},
    {"removexattr", "inode_removexattr"},
};

// Opened or mapped before the containment, used afterwards.
constexpr Way kHeld[] = {
    {"old-write", "file_permission"}, {"old-read", "file_permission"}, {"old-mmap", "mmap_file"},
    {"old-mprotect", "file_mprotect"}, {"old-truncate", "inode_setattr"},
};

enum class Place { Overlay, Host };

class Ways : public testing::Test {
protected:
    void begin(Place place) {
        if (place == Place::Overlay) {
            victim_ = std::make_unique<Container>("ways");
            victim_->start();
            root_ = victim_->directory() + "/rootfs";
            file_ = "/var/log/b.log";
            scratch_ = "/tmp/";
        } else {
            file_ = "/var/log/ways/b.log";
            scratch_ = "/var/log/ways/";
            must("mkdir -p /var/log/ways && echo line >" + file_ + " && echo other >/var/log/ways/other");
            must("test $(stat -f -c %T /var/log/ways) = ext2/ext3");
        }
    }
    void TearDown() override {
        must("for go in " + root_ + scratch_ + "old-*.ready; do touch ${go%.ready}.go; done");
        victim_.reset();
        must("rm -rf /var/log/ways");
        reject_all();
    }
    [[nodiscard]] Output in(const std::string& command) const { return victim_ ? victim_->exec(command) : run(command); }
    [[nodiscard]] std::string attack_text(const std::string& how, const std::string& other) const {
        return std::string(victim_ ? "/bin/attack " : "/w/attack ") + how + " " + file_ + " " + scratch_ + other;
    }
    void expect_way(const Way& way) const {
        const auto before = denied(way.hook);
        const auto output = in(attack_text(way.how, way.other));
        EXPECT_EQ(output.status, EPERM) << way.how << ": " << output.text;
        EXPECT_GT(denied(way.hook), before) << way.how;
    }
    // Returns when it has its descriptor; its exit status goes to a file.
    void hold(const Way& way) const {
        const std::string name = scratch_ + way.how;
        const auto output = in("(" + attack_text(way.how, way.how) + " >/dev/null 2>&1; echo $? >" + name + ".status) >/dev/null 2>&1 </dev/null &");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_TRUE(eventually([&] { return std::filesystem::exists(root_ + name + ".ready"); })) << way.how;
    }
    void expect_held(const Way& way) const {
        const std::string name = root_ + scratch_ + way.how;
        const auto before = denied(way.hook);
        must("touch " + name + ".go");
        EXPECT_TRUE(eventually([&] { return run("test -s " + name + ".status").status == 0; })) << way.how;
        EXPECT_EQ(run("cat " + name + ".status").text, std::to_string(EPERM) + "\n") << way.how;
        EXPECT_GT(denied(way.hook), before) << way.how;
    }
    [[nodiscard]] std::string contain(const std::string& operation) const { return victim_ ? quarantine("ways", operation) : quarantine_on_host(operation); }
    static void expect_undone(const std::string& id) {
        EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    }
    void expect_all_refused() {
        EXPECT_EQ(in("chmod 755 " + file_).status, 0);  // so that an execute gets as far as the hook
        for (const auto& way : kHeld) hold(way);
        EXPECT_EQ(in(attack_text("truncate", "other")).status, 0);
        const auto id = contain("truncate");
        for (const auto& way : kWays) expect_way(way);
        for (const auto& way : kHeld) expect_held(way);
        expect_undone(id);
        for (const char* how : {"read", "chmod", "append", "setxattr", "removexattr", "unlink"})
            EXPECT_EQ(in(attack_text(how, "other")).status, 0) << how << " after the undo";
    }

    std::unique_ptr<Container> victim_;
    std::string root_, file_, scratch_;
};

TEST_F(Ways, OnAContainersOverlay) {
    begin(Place::Overlay);
    expect_all_refused();
}

TEST_F(Ways, OnTheHostsExt4) {
    begin(Place::Host);
    expect_all_refused();
}

// The image's file: what would copy it up is refused where it opens it, and by a descriptor for reading that is older
// than the containment at the operation, before it comes to the copy.
TEST_F(Ways, ToAFileThatWouldBeCopiedUp) {
    constexpr Way flags{"old-flags", "file_permission"}, read{"old-read-only", "file_permission"};
    begin(Place::Overlay);
    hold(flags);
    hold(read);
    EXPECT_EQ(in(attack_text("mount-over", "other")).status, 0);
    const auto id = contain("mount-over");
    for (const auto& way : kWays)
        if (std::string(way.how) != "execute") expect_way(way);  // it has no right to
    expect_held(flags);
    expect_held(read);
    EXPECT_FALSE(std::filesystem::exists(victim_->directory() + "/upper/var/log/b.log"));
    expect_undone(id);
    EXPECT_EQ(in(attack_text("append", "other")).status, 0);
    EXPECT_TRUE(std::filesystem::exists(victim_->directory() + "/upper/var/log/b.log"));
}

}  // namespace
}  // namespace quell::guest
