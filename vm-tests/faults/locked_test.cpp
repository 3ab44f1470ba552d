// SPDX-License-Identifier: Apache-2.0
// The history's file is locked by somebody else: every response is carried
// out, each row waits, and none is lost.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/faults/rows.h"

namespace quell::guest {
namespace {

class Locked : public testing::Test {
protected:
    void TearDown() override {
        unlock();
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    static void lock() {
        // to read and to write, which waits for nobody: a shell that waits for the other end has the test's own pipe open still
        must("rm -f /run/locks; mkfifo /run/locks; sqlite3 /var/lib/quell/history.db 0<>/run/locks >/run/locked 2>&1 &");
        must("echo 'PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE;' >/run/locks");
        EXPECT_TRUE(eventually([] { return run("sqlite3 /var/lib/quell/history.db 'BEGIN IMMEDIATE; ROLLBACK;'").status != 0; })) << run("cat /run/locked").text;
    }
    static void unlock() { (void)run("pkill -9 -x sqlite3; rm -f /run/locks"); }
    static bool warns() { return quell("status")["status"]["warnings"].dump().find("the history cannot be written") != std::string::npos; }
};

TEST_F(Locked, NoResponseWaitsAndNoRowIsLost) {
    const auto cases = all_cases();
    lock();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        one->request();
        const auto output = one->approve();
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_TRUE(one->in_force());
        EXPECT_EQ(one->state(), one->row().end);
    }
    EXPECT_TRUE(eventually(warns)) << quell("status").dump(1);
    unlock();
    EXPECT_TRUE(eventually([] { return !warns(); })) << quell("status").dump(1);
    for (const auto& one : cases) one->expect_whole();
    for (const auto& one : cases) one->expect_undone();
}

// It dies with its rows in memory, and the next one starts with the file still locked.
TEST_F(Locked, AlsoOverADaemonsDeath) {
    const auto cases = all_cases();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        one->request();
    }
    must("sleep 2");  // the requests are on the disk
    lock();
    for (const auto& one : cases) EXPECT_EQ(one->approve().status, 0) << one->row().response;
    kill_daemon(SIGKILL);
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        EXPECT_EQ(one->state(), one->row().end);
        EXPECT_TRUE(one->in_force());
    }
    unlock();
    EXPECT_TRUE(eventually([] { return !warns(); })) << quell("status").dump(1);
    for (const auto& one : cases) one->expect_whole();
    for (const auto& one : cases) one->expect_undone();
}

}  // namespace
}  // namespace quell::guest
