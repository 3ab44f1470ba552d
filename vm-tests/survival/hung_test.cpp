// SPDX-License-Identifier: Apache-2.0
// A daemon that does not answer: its status page does, and says so.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

TEST(Hung, StatusAnswersFromThePageAndSaysSo) {
    const pid_t pid = daemon_pid();
    ASSERT_GT(pid, 1);
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    int status = 0;
    const auto reply = quell("status", &status);
    EXPECT_EQ(status, 3);
    const auto output = run("quell status");
    EXPECT_EQ(output.status, 3);
    EXPECT_NE(output.text.find("not answer"), std::string::npos) << output.text;
    ASSERT_EQ(::kill(pid, SIGCONT), 0);
    EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }));
}

TEST(Hung, ASecondDaemonIsRefused) {
    EXPECT_EQ(run("timeout 20 quelld 2>&1").status, 1);
    EXPECT_EQ(run("quell status").status, 0);
}

}  // namespace
}  // namespace quell::guest
