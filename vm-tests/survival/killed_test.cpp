// SPDX-License-Identifier: Apache-2.0
// The daemon dies by SIGKILL, and nothing is lost: what is enforced stays
// enforced, what waits goes on waiting, what happens meanwhile is detected.
#include <gtest/gtest.h>

#include <cerrno>
#include <algorithm>
#include <csignal>
#include <future>
#include <map>
#include <memory>
#include <thread>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Killed : public testing::Test {
protected:
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
};

TEST_F(Killed, EnforcementAndDetectionGoOnAndAreAdopted) {
    Container files("files"), waiting("waiting"), late("late"), neighbour("neighbour");
    for (auto* one : {&files, &waiting, &neighbour}) one->start();
    EXPECT_EQ(attack(files, "truncate /var/log/b.log"), 0);
    const auto enforced = pending_id("files", "truncate");
    ASSERT_EQ(approve(enforced, "quarantine-file").status, 0);
    EXPECT_EQ(attack(waiting, "unlink /var/log/dpkg.log"), 0);
    const auto pending = pending_id("waiting", "delete");
    const auto before = denied("file_open");

    kill_daemon(SIGKILL);
    EXPECT_EQ(run("quell incidents").status, 3);
    EXPECT_EQ(attack(files, "read /var/log/b.log"), EPERM);
    EXPECT_EQ(attack(files, "unlink /var/log/b.log"), EPERM);
    late.start();
    EXPECT_EQ(attack(late, "unlink /var/log/dpkg.log"), 0);

    start_daemon();
    EXPECT_GT(denied("file_open"), before);
    EXPECT_EQ(show(enforced)["state"], "enforcing");
    EXPECT_EQ(show(pending)["state"], "pending");
    const auto newer = pending_id("late", "delete");
    const auto incident = show(newer);
    EXPECT_EQ(incident["file"]["path"], "/var/log/dpkg.log");
    EXPECT_EQ(incident["container"]["pod"], "late-5d3c");
    EXPECT_EQ(attack(files, "read /var/log/b.log"), EPERM);

    for (const auto& id : {pending, newer}) {
        const auto output = approve(id, "kill-container");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    }
    EXPECT_TRUE(eventually([&] { return !waiting.running() && !late.running(); }));
    EXPECT_TRUE(files.running() && neighbour.running());
    EXPECT_EQ(run("quell undo " + enforced + " --reason done").status, 0);
    EXPECT_EQ(attack(files, "read /var/log/b.log"), 0);
    EXPECT_EQ(actions_of(enforced), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(Killed, AContainerOfTheTimeWithoutIsKnown) {
    kill_daemon(SIGKILL);
    Container born("born");
    born.start();
    start_daemon();
    EXPECT_EQ(attack(born, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("born", "delete");
    EXPECT_EQ(show(id)["container"]["name"], "born");
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([&] { return !born.running(); }));
}

TEST_F(Killed, IdsAreNotReused) {
    Container victim("ids");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto first = pending_id("ids", "delete");
    EXPECT_EQ(run("quell reject " + first + " --reason no").status, 0);
    kill_daemon(SIGKILL);
    start_daemon();
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    EXPECT_NE(pending_id("ids", "delete"), first);
    EXPECT_EQ(show(first)["state"], "rejected") << "the history still knows it";
}

TEST_F(Killed, AtEachPointOfAnApproval) {
    Container victim("point");
    for (int round = 0; round < 8; round++) {
        victim.start();
        EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
        const auto id = pending_id("point", "delete");
        const auto command = "quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason point";
        auto approved = std::async(std::launch::async, [&] { return run(command).status; });
        std::this_thread::sleep_for(std::chrono::milliseconds(40 + 15 * round));
        kill_daemon(SIGKILL);
        (void)approved.get();
        start_daemon();
        EXPECT_TRUE(eventually([&] { return show(id)["state"] == "pending" || show(id)["state"] == "done"; })) << show(id).dump(1);
        const bool done = show(id)["state"] == "done";
        EXPECT_EQ(eventually([&] { return !victim.running(); }, std::chrono::milliseconds(done ? 5000 : 300)), done);
        const auto actions = actions_of(id);
        EXPECT_EQ(std::ranges::count(actions, "approved"), done ? 1 : 0) << "round " << round;
        EXPECT_EQ(std::ranges::count(actions, "done"), done ? 1 : 0) << "round " << round;
        EXPECT_EQ(run("quell history verify").status, 0);
        reject_all();
    }
}

// What the kernel side holds when a daemon died before its rows were on the disk: points 6 to 9 of docs/architecture.md.
TEST_F(Killed, WhatIsKnownToTheKernelAloneIsWrittenDown) {
    const std::vector<std::string> names = {"flipped", "swept", "held", "rejected", "undone"};
    std::vector<std::unique_ptr<Container>> containers;
    std::map<std::string, std::string> ids;
    for (const auto& name : names) {
        containers.push_back(std::make_unique<Container>(name));
        containers.back()->start();
        EXPECT_EQ(attack(*containers.back(), "truncate /var/log/b.log"), 0);
        ids[name] = pending_id(name, "truncate");
    }
    {
        KernelSide kernel;
        EXPECT_EQ(kernel.approve(ids["flipped"], QUELL_RESPONSE_KILL_CONTAINER), 0);
        EXPECT_EQ(kernel.approve(ids["swept"], QUELL_RESPONSE_KILL_CONTAINER), 0);
        EXPECT_EQ(kernel.move(ids["swept"], QUELL_STATE_APPROVED, QUELL_STATE_DONE), 0);
        EXPECT_EQ(kernel.approve(ids["held"], QUELL_RESPONSE_QUARANTINE_FILE), 0);
        EXPECT_EQ(kernel.move(ids["held"], QUELL_STATE_APPROVED, QUELL_STATE_ENFORCING), 0);
        EXPECT_EQ(kernel.move(ids["rejected"], QUELL_STATE_PENDING, QUELL_STATE_REJECTED), 0);
        EXPECT_EQ(kernel.approve(ids["undone"], QUELL_RESPONSE_QUARANTINE_FILE), 0);
        EXPECT_EQ(kernel.move(ids["undone"], QUELL_STATE_APPROVED, QUELL_STATE_UNDONE), 0);
    }
    EXPECT_TRUE(eventually([&] { return !containers[0]->running(); })) << "the sweep is made up for";
    using Actions = std::vector<std::string>;
    EXPECT_TRUE(eventually([&] { return actions_of(ids["flipped"]).back() == "done"; }));
    EXPECT_EQ(actions_of(ids["flipped"]), (Actions{"detected", "approved", "done"}));
    EXPECT_EQ(actions_of(ids["swept"]), (Actions{"detected", "approved", "done"}));
    EXPECT_EQ(actions_of(ids["held"]), (Actions{"detected", "approved", "enforcing"}));
    EXPECT_EQ(actions_of(ids["rejected"]), (Actions{"detected", "rejected"}));
    EXPECT_EQ(actions_of(ids["undone"]), (Actions{"detected", "approved", "undone"}));
    EXPECT_EQ(attack(*containers[2], "read /var/log/b.log"), EPERM);
    EXPECT_EQ(run("quell undo " + ids["held"] + " --reason done").status, 0);
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(Killed, TwiceInARowAndAnOrderlyEndToo) {
    Container victim("thrice");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto id = pending_id("thrice", "delete");
    const auto digest = digest_of(id, "kill-container");
    for (const int signal : {SIGKILL, SIGKILL, SIGTERM}) {
        kill_daemon(signal);
        start_daemon();
        EXPECT_EQ(show(id)["state"], "pending") << "after signal " << signal;
        EXPECT_EQ(digest_of(id, "kill-container"), digest) << "what was looked at before can be approved after";
    }
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason late").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

}  // namespace
}  // namespace quell::guest
