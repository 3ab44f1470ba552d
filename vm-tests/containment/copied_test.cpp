// SPDX-License-Identifier: Apache-2.0
// What the daemon goes to right after the flip, where an image's file was
// copied up meanwhile: that copy, and nothing else that a container has put at
// its path.
#include <gtest/gtest.h>
#include <sys/inotify.h>

#include <array>
#include <future>

#include "user/base/fd.h"
#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

// Counts who opens it; as a path is not counted.
class Opens {
public:
    explicit Opens(const std::string& path) : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
        EXPECT_GE(::inotify_add_watch(events_.get(), path.c_str(), IN_OPEN), 0) << path;
    }
    [[nodiscard]] long count() const {
        alignas(inotify_event) std::array<char, 4096> events;
        const auto n = ::read(events_.get(), events.data(), events.size());
        return n > 0 ? n / static_cast<long>(sizeof(inotify_event)) : 0;
    }

private:
    const Fd events_;
};

TEST(CopiedSince, WhatElseLiesAtItsPathIsNotOpened) {
    for (const std::string instead : {"mknod /var/log/b.log c 1 3", "mknod /var/log/b.log b 7 0", "mkfifo /var/log/b.log"}) {
        SCOPED_TRACE(instead);
        Container victim("instead");
        victim.start();
        EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
        ASSERT_EQ(victim.exec("rm /var/log/b.log && " + instead).status, 0);
        const Opens opens(victim.directory() + "/rootfs/var/log/b.log");
        const auto id = quarantine("instead", "truncate");
        EXPECT_EQ(opens.count(), 0);
        if (instead.find(" c ") != std::string::npos) {
            must(": <" + victim.directory() + "/rootfs/var/log/b.log");
            EXPECT_EQ(opens.count(), 1) << "it would have been seen";
        }
        EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
        reject_all();
    }
}

// The file is refused all the same, from its next access on.
TEST(CopiedSince, AFileSystemThatMayNeverAnswerIsNotWalkedInto) {
    Container victim("behind");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    ASSERT_EQ(victim.exec("mount -t ramfs ramfs /var/log && echo x >/var/log/b.log").status, 0);
    const auto id = quarantine("behind", "truncate");
    EXPECT_NE(show(id).value("note", "").find("a file system that is not walked"), std::string::npos) << show(id)["note"];
    ASSERT_EQ(victim.exec("cat /var/log/b.log && umount /var/log").status, 0) << "another file";
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

// Files with more names are met by the daemon alone: by each of its sweepers, at the same time.
TEST(CopiedSince, EachOfManyIsMet) {
    constexpr int kFiles = 12;
    const auto file = [](const char* name, int i) { return "/var/log/" + std::string(name) + std::to_string(i) + ".log"; };
    Container victim("many");
    for (int i = 0; i < kFiles; i++) {
        const auto lower = victim.directory() + "/lower";
        write(lower + file("file", i), "line\n");
        must("ln " + lower + file("file", i) + " " + lower + file("alias", i));
    }
    victim.start();
    std::vector<std::string> ids, commands;
    for (int i = 0; i < kFiles; i++) {
        EXPECT_EQ(attack(victim, "truncate " + file("file", i)), 0);
        EXPECT_EQ(attack(victim, "append " + file("alias", i)), 0);
        const auto found = wait_for_pending([&](const Json& one) { return one["operation"] == "truncate" && show(one["id"])["file"].value("path", "") == file("file", i); });
        ASSERT_TRUE(found) << i << run("quell incidents --all").text;
        ids.push_back((*found)["id"]);
        commands.push_back("quell approve " + ids.back() + "@" + digest_of(ids.back(), "quarantine-file") + " quarantine-file --reason many");
    }
    std::vector<std::future<Output>> approvals;
    for (const auto& command : commands) approvals.push_back(std::async(std::launch::async, [command] { return run(command); }));
    for (auto& one : approvals) {
        const auto output = one.get();
        EXPECT_EQ(output.status, 0) << output.text;
    }
    for (int i = 0; i < kFiles; i++) expect_refused(victim, "read " + file("file", i));
    const auto before = denied_anywhere();
    for (int i = 0; i < kFiles; i++) EXPECT_EQ(attack(victim, "read " + file("alias", i)), 0) << i;
    EXPECT_EQ(denied_anywhere(), before);
    for (const auto& id : ids) EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    reject_all();
}

}  // namespace
}  // namespace quell::guest
