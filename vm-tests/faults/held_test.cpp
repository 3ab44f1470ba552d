// SPDX-License-Identifier: Apache-2.0
// What a rule denies while nobody has decided is the kernel side's: a daemon
// that is killed changes nothing of it, and the next one decides about it, is
// told once, and gives it back.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

struct Held {
    const char* response;
    const char* rule;
    const char* event;    // refused itself
    const char* refused;  // from then on
    int allowed;          // its end when nothing is denied
};
constexpr Held kHeldRows[] = {
    {"deny-write", "log", "unlink /var/log/b.log", "append /var/log/dpkg.log", 0},
    {"deny-exec", "tool", "execute /tmp/tool", "execute /tmp/link", 255},
};
constexpr const char* kHeldRules =
    "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: held}\nspec:\n  rules:\n"
    "    - id: log\n      severity: high\n      on: [delete]\n      where: {subject: container}\n      match: {path: [/var/log/b.log]}\n"
    "      respond: {offer: [kill-container, deny-write], while-pending: [deny-write], expires: 1h}\n"
    "    - id: tool\n      severity: high\n      on: [exec]\n      where: {subject: container}\n      match: {path: [/tmp/tool]}\n"
    "      respond: {offer: [kill-container, deny-exec], while-pending: [deny-exec], expires: 1h}\n";

class KilledWhileHeld : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(std::string(kPolicyDirectory) + "/held.yaml", kHeldRules);
        must("quell policy apply");
    }
    static void TearDownTestSuite() {
        must(std::string("rm ") + kPolicyDirectory + "/held.yaml");
        apply_pack();
    }
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    static std::string id_of(const std::string& name, const Held& row) {
        std::string id = "0";
        EXPECT_TRUE(eventually([&] {
            for (const auto& one : incidents())
                if (one["rule"] == row.rule && one["state"] == "pending" && one.contains("container") && one["container"].value("name", "") == name) id = one["id"];
            return id != "0";
        }, std::chrono::seconds(60))) << name << " " << run("quell incidents --all").text;
        return id;
    }
    static void expect_actions(const std::string& id, const Actions& expected) {
        EXPECT_TRUE(eventually([&] { return actions_of(id) == expected; })) << Json(actions_of(id)) << " instead of " << Json(expected);
    }
    // `is_told`: killed when the rows are on the disk; else before it has read what happened.
    static void kill_and_decide(const Held& row, bool is_told) {
        SCOPED_TRACE(row.response);
        Container approved("approved"), rejected("rejected"), killed("killed"), neighbour("neighbour");
        for (Container* one : {&approved, &rejected, &killed, &neighbour}) {
            one->start();
            must("cd " + one->directory() + "/rootfs/tmp && cp /w/attack tool && ln tool link");
        }
        const std::vector<Container*> held = {&approved, &rejected, &killed};
        const auto expect_held = [&] {
            for (const auto* one : held) EXPECT_EQ(attack(*one, row.refused), EPERM);
        };
        if (!is_told) {
            EXPECT_EQ(kill(daemon_pid(), SIGSTOP), 0);
        }
        for (const auto* one : held) EXPECT_EQ(attack(*one, row.event), EPERM);
        if (is_told) {
            for (const char* name : {"approved", "rejected", "killed"}) expect_actions(id_of(name, row), {"detected", "held"});
            must("sleep 2");
        }
        kill_daemon(SIGKILL);
        expect_held();
        EXPECT_EQ(attack(neighbour, "append /var/log/dpkg.log"), 0) << "nobody else is meant";
        start_daemon();
        expect_held();
        const auto first = id_of("approved", row), second = id_of("rejected", row), third = id_of("killed", row);
        for (const auto& id : {first, second, third}) expect_actions(id, {"detected", "held"});

        const auto output = approve(first, row.response);
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(show(first)["state"], "enforcing");
        expect_held();
        EXPECT_EQ(run("quell undo " + first + " --reason over").status, 0);
        EXPECT_EQ(attack(approved, row.refused), row.allowed);
        expect_actions(first, {"detected", "held", "approved", "flipped", "enforcing", "undone"});

        EXPECT_EQ(attack(rejected, row.refused), EPERM) << "it is another's";
        EXPECT_EQ(run("quell reject " + second + " --reason no").status, 0);
        EXPECT_EQ(attack(rejected, row.refused), row.allowed);
        expect_actions(second, {"detected", "held", "rejected", "lifted"});

        const auto ended = approve(third, "kill-container");
        EXPECT_EQ(ended.status, 0) << ended.text;
        EXPECT_FALSE(killed.running());
        expect_actions(third, {"detected", "held", "approved", "flipped", "done"});
        EXPECT_EQ(run("quell history verify").status, 0);
        reject_all();
    }
};

TEST_F(KilledWhileHeld, AfterItWasToldItIsDecidedByTheNext) {
    for (const auto& row : kHeldRows) kill_and_decide(row, true);
}

TEST_F(KilledWhileHeld, BeforeItWasReadItIsToldAndDecidedByTheNext) {
    for (const auto& row : kHeldRows) kill_and_decide(row, false);
}

}  // namespace
}  // namespace quell::guest
