// SPDX-License-Identifier: Apache-2.0
// The flip alone contains: the daemon is dead, nobody writes cgroup.kill, the
// pinned transition program is run, and the hooks end whoever acts.
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <map>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// What is done every 5 ms, and the hook that refuses it. An exec opens its file first.
const std::map<std::string, quell_hook> kActs = {
    {"repeat-fork -", QUELL_HOOK_task_alloc},
    {"repeat-exec -", QUELL_HOOK_file_open},
    {"repeat-open /etc/passwd", QUELL_HOOK_file_open},
    {"repeat-unlink /tmp/many", QUELL_HOOK_inode_unlink},
};

std::future<int> act(const Container& container, const std::string& what) {
    return std::async(std::launch::async, [&container, what] { return attack(container, what); });
}

TEST(FlipAlone, EveryActInTheContainerFailsAndANeighboursDoNot) {
    std::map<std::string, std::future<int>> acts, others;  // before the containers: these end them when a check fails
    Container victim("victim"), neighbour("neighbour");
    victim.start();
    neighbour.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("victim", "delete");
    for (const auto& [what, hook] : kActs) {
        acts[what] = act(victim, what);
        others[what] = act(neighbour, what);
    }
    must("sleep 3");  // all of them are in the middle of it
    kill_daemon(SIGKILL);

    auto engine = bpf::Engine::open({.loader = "/bin/false"});
    ASSERT_TRUE(engine) << engine.error().message;
    ASSERT_TRUE((*engine)->adopted());
    auto& globals = (*engine)->globals();
    std::map<quell_hook, std::uint64_t> before;
    for (const auto& [what, hook] : kActs) before[hook] = globals.denied[hook];
    auto entries = (*engine)->pending();
    std::erase_if(entries, [](const auto& one) { return QUELL_WORD_STATE(one.value.word) != QUELL_STATE_PENDING; });
    ASSERT_EQ(entries.size(), 1u);
    const auto answer = (*engine)->transition(approval_of(entries.front(), QUELL_RESPONSE_KILL_CONTAINER));
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->error, 0);

    for (const auto& [what, hook] : kActs) {
        ASSERT_EQ(acts[what].wait_for(std::chrono::seconds(10)), std::future_status::ready) << what << " goes on";
        EXPECT_EQ(acts[what].get(), 128 + SIGKILL) << what;
        EXPECT_GT(globals.denied[hook], before[hook]) << what;
        EXPECT_EQ(others[what].wait_for(std::chrono::seconds(0)), std::future_status::timeout) << what << " in the neighbour";
    }
    EXPECT_EQ(neighbour.exec("true").status, 0);
    EXPECT_NE(victim.exec("true").status, 0) << "nobody enters it any more";

    start_daemon();  // and carries out the rest
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "done"; })) << show(id).dump(1);
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    neighbour.destroy();
    const auto actions = actions_of(id);
    EXPECT_EQ(actions, (std::vector<std::string>{"detected", "approved", "done"}));
    reject_all();
}

}  // namespace
}  // namespace quell::guest
