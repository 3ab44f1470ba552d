// SPDX-License-Identifier: Apache-2.0
// The process that an incident is bound to ends, and its number is given to
// another one before the approval: nobody is hit.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// A process of this number in this cgroup, forking all the time: whoever contains it meets it.
pid_t born_as(pid_t pid, const std::string& cgroup) {
    const int directory = open(("/sys/fs/cgroup" + cgroup).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uint64_t>(&pid);
    arguments.set_tid_size = 1;
    arguments.cgroup = static_cast<std::uint64_t>(directory);
    const auto child = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
    if (!child) {
        execl("/w/attack", "attack", "repeat-fork", "-", nullptr);
        _exit(124);
    }
    close(directory);
    return child;
}

class PidReuse : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        must("crun --cgroup-manager=cgroupfs exec reuse /bin/sh -c 'rm /var/log/dpkg.log; sleep 1000; :' </dev/null >/dev/null 2>&1 &");
        id_ = pending_id("reuse", "delete");
        digest_ = digest_of(id_, "kill-process");
        ASSERT_NE(digest_, "");
        pid_ = show(id_)["ancestry"][0]["pid"];
        ASSERT_GT(pid_, 1);
    }
    void TearDown() override {
        if (newcomer_ > 0) {
            kill(newcomer_, SIGKILL);
            waitpid(newcomer_, nullptr, 0);
        }
        reject_all();
    }
    // Once its parent has taken note of its end, the number is free.
    void reuse() {
        ASSERT_EQ(kill(pid_, SIGKILL), 0);
        ASSERT_TRUE(eventually([&] { return (newcomer_ = born_as(pid_, victim_.cgroup())) > 0; })) << std::strerror(errno);
        ASSERT_EQ(newcomer_, pid_);
    }
    // It neither died nor is it refused to fork, which would end it.
    void expect_unharmed() {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        int status = 0;
        EXPECT_EQ(waitpid(newcomer_, &status, WNOHANG), 0) << "the newcomer ended: " << status;
        EXPECT_EQ(run("pgrep -x attack | grep -qx " + std::to_string(newcomer_)).status, 0);
        EXPECT_TRUE(victim_.running());
        EXPECT_EQ(denied_anywhere(), denied_);
        EXPECT_EQ(counter("kill-signals"), killed_);
    }

    const std::int64_t denied_ = denied_anywhere(), killed_ = counter("kill-signals");
    Container victim_{"reuse"};
    std::string id_, digest_;
    pid_t pid_ = 0, newcomer_ = 0;
};

TEST_F(PidReuse, AnApprovalIsRefused) {
    reuse();
    const auto output = run("quell approve " + id_ + "@" + digest_ + " kill-process --reason reuse");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("exited"), std::string::npos) << output.text;
    expect_unharmed();
    EXPECT_EQ(show(id_)["state"], "pending");
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused"}));
}

// As when it ends right after the daemon has looked: what is flipped is the mark, and nobody bears it.
TEST_F(PidReuse, AFlipHitsNobody) {
    {
        KernelSide kernel;
        const auto entry = kernel.entry(id_);
        quell_u32 target = 0;
        while (target < entry.chain_count && entry.chain[target].pid != static_cast<quell_u32>(pid_)) target++;
        ASSERT_LT(target, entry.chain_count);
        reuse();
        ASSERT_EQ(kernel.approve(id_, QUELL_RESPONSE_KILL_PROCESS, target), 0);
        expect_unharmed();
    }
    EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "done"; })) << show(id_).dump(1);
    expect_unharmed();
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "approved", "done"}));
}

}  // namespace
}  // namespace quell::guest
