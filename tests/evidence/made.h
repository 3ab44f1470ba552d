// SPDX-License-Identifier: Apache-2.0
// Files, orders and processes for the tests of user/evidence.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "tests/base/temp_dir.h"
#include "user/base/files.h"
#include "user/base/time.h"
#include "user/evidence/find.h"
#include "user/evidence/order.h"

namespace quell::evidence {

inline constexpr std::uint64_t kSecond = 1'000'000'000;

inline void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

inline std::string whole(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

// Field 22 of its stat, as nanoseconds.
inline std::uint64_t start_of(pid_t pid) {
    const std::string stat = whole("/proc/" + std::to_string(pid) + "/stat");
    const char* at = std::strrchr(stat.c_str(), ')');
    for (int field = 2; at && field < 22; field++) at = std::strchr(at + 1, ' ');
    return at ? std::strtoull(at, nullptr, 10) * (kSecond / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))) : 0;
}

inline Process process_of(pid_t pid) { return {pid, start_of(pid)}; }

// A forked process that does `begin`, tells, and waits to be killed.
class Child {
public:
    explicit Child(const std::function<void()>& begin) {
        int ends[2];
        EXPECT_EQ(::pipe(ends), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(ends[0]);
            begin();
            (void)!::write(ends[1], "x", 1);
            for (;;) ::pause();
        }
        ::close(ends[1]);
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1);
        ::close(ends[0]);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { end(); }
    void end() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_ = 0;
};

inline Order an_order(const TempDir& dir, quell_response what = QUELL_RESPONSE_ACQUIRE_FILE) {
    Order order;
    order.limits.dir = dir / "evidence";
    order.limits.max_item_bytes = order.limits.max_total_bytes = 1u << 30;
    order.what = what;
    order.incident = "00012";
    order.facts = {{"rule", "t/r"}};
    order.deadline_ns = boottime_ns() + 60 * kSecond;
    order.viewer = ::getpid();
    order.incident_json = {{"id", "00012"}};
    order.recent = Json::array();
    return order;
}

inline struct stat stat_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info;
}

// The order's file is the one that lies at `path` now.
inline IsObject object_at(Order& order, const std::string& path) {
    const auto bound = stat_of(path);
    order.path = path;
    order.inode = order.file.inode = bound.st_ino;
    return [bound](int fd) -> Result<bool> {
        struct stat info {};
        return ::fstat(fd, &info) == 0 && info.st_ino == bound.st_ino && info.st_dev == bound.st_dev;
    };
}

}  // namespace quell::evidence
