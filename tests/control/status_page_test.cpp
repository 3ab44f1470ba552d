// SPDX-License-Identifier: Apache-2.0
#include "user/control/status_page.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/base/temp_dir.h"

namespace quell::control {
namespace {

StatusSnapshot sample(std::uint64_t n) {
    StatusSnapshot snapshot;
    snapshot.pid = snapshot.heartbeat_ns = snapshot.hooks = n;
    snapshot.counters.fill(n);
    snapshot.incidents.fill(n);
    return snapshot;
}

void overwrite(const std::string& path, std::streamoff at, std::uint64_t value) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
}

TEST(StatusPage, WhatIsWrittenIsRead) {
    const TempDir dir;
    auto writer = StatusPageWriter::create(dir / "status", getgid());
    ASSERT_TRUE(writer) << writer.error().message;
    struct stat found{};
    ASSERT_EQ(stat((dir / "status").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0640u);
    EXPECT_EQ(read_status_page(dir / "status").error().code, EAGAIN);  // nothing yet
    writer->write(sample(7));
    EXPECT_EQ(*read_status_page(dir / "status"), sample(7));
    auto next = StatusPageWriter::create(dir / "status", {});  // the daemon started again
    ASSERT_TRUE(next);
    next->write(sample(8));
    writer->write(sample(9));
    EXPECT_EQ(*read_status_page(dir / "status"), sample(8));
}

TEST(StatusPage, NeverATornSnapshot) {
    const TempDir dir;
    auto writer = StatusPageWriter::create(dir / "status", {});
    ASSERT_TRUE(writer);
    writer->write(sample(1));
    std::atomic<bool> stop = false;
    std::thread busy([&] {
        for (std::uint64_t n = 2; !stop; n++) writer->write(sample(n));
    });
    for (int i = 0; i < 2000; i++) {
        const auto got = read_status_page(dir / "status");
        if (got) { ASSERT_EQ(*got, sample(got->pid)); }
    }
    stop = true;
    busy.join();
}

TEST(StatusPage, HalfWrittenForEverIsSaid) {
    const TempDir dir;
    auto writer = StatusPageWriter::create(dir / "status", {});
    ASSERT_TRUE(writer);
    writer->write(sample(1));
    overwrite(dir / "status", 24, 3);  // the sequence word
    EXPECT_EQ(read_status_page(dir / "status").error().code, EAGAIN);
}

TEST(StatusPage, AnythingElseIsRefused) {
    const TempDir dir;
    EXPECT_EQ(read_status_page(dir / "none").error().code, ENOENT);
    const auto code_of = [&] { return read_status_page(dir / "status").error().code; };
    const auto fresh = [&] {
        std::filesystem::remove_all(dir / "status");
        StatusPageWriter::create(dir / "status", {})->write(sample(1));
    };
    for (const std::streamoff at : {0, 8, 16}) {  // magic, version, size
        fresh();
        overwrite(dir / "status", at, 0x4141414141414141);
        EXPECT_EQ(code_of(), EINVAL);
    }
    fresh();
    std::filesystem::resize_file(dir / "status", 100);
    EXPECT_EQ(code_of(), EINVAL);
    std::filesystem::resize_file(dir / "status", 0);
    EXPECT_EQ(code_of(), EINVAL);
    std::filesystem::remove(dir / "status");
    ASSERT_EQ(mkfifo((dir / "status").c_str(), 0600), 0);
    EXPECT_EQ(code_of(), EINVAL);  // and did not wait
    std::filesystem::remove(dir / "status");
    std::filesystem::create_symlink("/etc/passwd", dir / "status");
    EXPECT_EQ(code_of(), ELOOP);
}

TEST(ProcessStart, OfLivingAndMissingProcesses) {
    char state = 0;
    EXPECT_NE(process_start(static_cast<std::uint64_t>(getpid()), &state), 0u);
    EXPECT_TRUE(state == 'R' || state == 'S') << state;
    EXPECT_EQ(process_start(0), 0u);
}

}  // namespace
}  // namespace quell::control
