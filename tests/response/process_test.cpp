// SPDX-License-Identifier: Apache-2.0
#include "user/response/process.h"
#include "user/response/vital.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace quell::response {
namespace {

// As the kernel side binds a file of no overlay.
quell_pending bound(const char* path) {
    struct stat file {};
    EXPECT_EQ(::stat(path, &file), 0) << path;
    quell_pending entry{};
    entry.inode = file.st_ino;
    entry.device = major(file.st_dev) << 20 | minor(file.st_dev);
    return entry;
}

TEST(Process, WhatItExecutesItselfIsVitalAndNothingBesideIt) {
    VitalFiles files;
    const auto is_vital = [&](const quell_pending& one) { return files.has(one); };
    auto entry = bound("/proc/self/exe");
    EXPECT_TRUE(is_vital(entry));
    entry.inode++;
    EXPECT_FALSE(is_vital(entry));
    entry.inode--;
    entry.device++;
    EXPECT_FALSE(is_vital(entry)) << "the same number in another file system";
    entry.overlay_device = entry.device - 1;
    EXPECT_TRUE(is_vital(entry)) << "of an overlay, as it is seen";
    EXPECT_FALSE(is_vital(bound("/etc/passwd")));
}

TEST(Process, OfANumberIsTheOneThatHasItNow) {
    const auto own = task_of(static_cast<quell_u32>(::getpid()));
    EXPECT_EQ(own.pid, static_cast<quell_u32>(::getpid()));
    EXPECT_TRUE(is_alive(own));
    auto earlier = own;
    earlier.start_ns -= 1'000'000'000;
    EXPECT_FALSE(is_alive(earlier));
    EXPECT_EQ(task_of(INT32_MAX).pid, 0u);
    EXPECT_FALSE(is_alive(task_of(INT32_MAX)));
}

}  // namespace
}  // namespace quell::response
