// SPDX-License-Identifier: Apache-2.0
// The process that a scenario acts on: it goes with the one that acts, also
// when that has ended before it could ask for the signal.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "user/base/fd.h"
#include "user/cli/policy_test/actor/plan.h"

namespace quell::act {
namespace {

// Started as its parent starts it.
pid_t start_target(int tells) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const std::string name = std::string(kActorName) + ":" + std::to_string(kStages);
    if (::dup2(tells, kWaitsFd) >= 0) ::execl(QUELL_ACTOR_PROGRAM, name.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
}

class Target : public testing::Test {
protected:
    Target() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        hears_ = Fd(ends[0]);
        tells_ = Fd(ends[1]);
    }
    Fd hears_, tells_;
};

TEST_F(Target, SaysThatItWaits) {
    const pid_t target = start_target(tells_.get());
    ASSERT_GT(target, 0);
    tells_.reset();
    char word = 0;
    EXPECT_EQ(::read(hears_.get(), &word, 1), 1);
    EXPECT_EQ(word, 'w');
    EXPECT_EQ(::read(hears_.get(), &word, 1), 0) << "and holds nobody's end open";
    int status = 0;
    EXPECT_EQ(::waitpid(target, &status, WNOHANG), 0) << "it is there to be acted on";
    ASSERT_EQ(::kill(target, SIGKILL), 0);
    EXPECT_EQ(::waitpid(target, &status, 0), target);
}

TEST_F(Target, EndsWhereNobodyWaitsForItAnyMore) {
    hears_.reset();
    const pid_t target = start_target(tells_.get());
    ASSERT_GT(target, 0);
    int status = 0;
    for (int turn = 0; turn < 1000 && ::waitpid(target, &status, WNOHANG) == 0; turn++) (void)::poll(nullptr, 0, 10);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), SIGPIPE);
}

}  // namespace
}  // namespace quell::act
