// SPDX-License-Identifier: Apache-2.0
// Who is never hit, whatever is asked for: PID 1, a container's init, and whom
// quelld descends from. The kernel side says so without a daemon, too.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Never : public testing::Test {
protected:
    void SetUp() override { must("rm -f /tmp/go; echo x >/var/log/never.log"); }
    void TearDown() override {
        must("touch /tmp/go");
        reject_all();
    }
    // A shell of the host removes a log and then does this.
    std::string shell_of_the_host(const std::string& then) {
        must("(setsid sh -c 'rm /var/log/never.log; while [ ! -e /tmp/go ]; do sleep 0.1; done; " + then + "' </dev/null >/dev/null 2>&1 &)");
        const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; });
        EXPECT_TRUE(found);
        return found ? (*found)["id"].get<std::string>() : "0";
    }
    static void expect_pending(const KernelSide& kernel, const std::string& id) {
        const auto entry = kernel.entry(id);
        EXPECT_EQ(QUELL_WORD_STATE(entry.word), quell_u32{QUELL_STATE_PENDING});
        EXPECT_EQ(entry.approved_ns, 0u);
    }
};

TEST_F(Never, TheHostsFirstProcess) {
    const auto matched = matches(), before = denied_anywhere();
    const auto id = shell_of_the_host(":");
    expect_told(show(id), matched, "the removal");
    {
        KernelSide kernel;
        const auto entry = kernel.entry(id);
        ASSERT_GT(entry.chain_count, 1u);
        const auto last = entry.chain_count - 1;
        ASSERT_EQ(entry.chain[last].pid, 1u);
        EXPECT_EQ(entry.chain[last].actor, 0u) << "it bears no mark";
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_PROCESS, last), -EACCES);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_PROCESS, QUELL_CHAIN_MAX), -EACCES) << "beyond the chain";
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_PROCESS, QUELL_CHAIN_MAX + bound(entry, "sh")), -EACCES) << "nor does it wrap";
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -EOPNOTSUPP) << "the host is no container";
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_COUNT), -EOPNOTSUPP);
        expect_pending(kernel, id);
        EXPECT_EQ(denied_anywhere(), before);
    }
    EXPECT_EQ(run("quell approve " + id + "@000000000000 kill-container --reason x").status, 1);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    EXPECT_EQ(run("kill -0 1").status, 0);
}

TEST_F(Never, AContainersInit) {
    ContainerOptions options;
    options.command = "sleep 1; rm /var/log/dpkg.log; sleep 1000; :";
    Container victim("never", options);
    victim.start();
    const auto id = pending_id("never", "delete");
    {
        KernelSide kernel;
        const auto entry = kernel.entry(id);
        ASSERT_EQ(entry.chain_count, 2u);
        EXPECT_NE(entry.chain[0].actor, 0u) << "what it ran is bound";
        EXPECT_EQ(entry.chain[1].actor, 0u) << "it bears no mark";
        const auto before = kernel.denied(QUELL_HOOK_task_alloc);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_PROCESS, 1), -EACCES);
        expect_pending(kernel, id);
        EXPECT_EQ(victim.exec("true").status, 0);
        EXPECT_EQ(kernel.denied(QUELL_HOOK_task_alloc), before);
    }
    EXPECT_EQ(run("quell approve " + id + "@000000000000 kill-process --reason x").status, 1) << "what is bound has ended";
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
}

// By hand, from a shell that acted before: the shell is not killed with what it started.
TEST_F(Never, WhoStartedQuell) {
    const auto id = shell_of_the_host("quelld >>/var/log/quelld.console 2>&1; :");
    const auto digest = digest_of(id, "kill-process");
    ASSERT_NE(digest, "");
    kill_daemon(SIGTERM);
    must("touch /tmp/go");
    EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }, std::chrono::seconds(120)));
    const auto daemon = daemon_pid();
    allow_counter("protected");
    const auto before = counter("protected");
    const auto output = run("quell approve " + id + "@" + digest + " kill-process --reason x");
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_NE(output.text.find("protected"), std::string::npos) << output.text;
    EXPECT_EQ(counter("protected"), before + 1);
    EXPECT_EQ(daemon_pid(), daemon);
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    kill_daemon(SIGTERM);
    start_daemon();
}

TEST_F(Never, AContainerThatHoldsTheFirstProcess) {
    Container victim("never");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("never", "delete");
    const auto digest = digest_of(id, "kill-container");
    const auto home = must("cut -d: -f3 /proc/1/cgroup | tr -d '\\n'");
    must("echo 1 >/sys/fs/cgroup" + victim.cgroup() + "/cgroup.procs");
    const auto output = run("quell approve " + id + "@" + digest + " kill-container --reason x");
    EXPECT_EQ(output.status, 1) << output.text;
    for (const auto& told : {std::string("since it was shown: protected"), "look again with quell show " + id}) EXPECT_NE(output.text.find(told), std::string::npos) << output.text;
    {
        KernelSide kernel;
        allow_counter("protected");
        const auto before = kernel.counter(QUELL_COUNTER_PROTECTED);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -EACCES);
        EXPECT_EQ(kernel.counter(QUELL_COUNTER_PROTECTED), before + 1);
        expect_pending(kernel, id);
    }
    must("echo 1 >/sys/fs/cgroup" + home + "/cgroup.procs");
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
}

}  // namespace
}  // namespace quell::guest
