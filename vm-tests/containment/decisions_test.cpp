// SPDX-License-Identifier: Apache-2.0
// What an approval is refused for, with its exit status and its row.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

Json row_of(const std::string& id, const std::string& action) {
    const auto history = quell("history --incident " + id);
    for (const auto& row : history["rows"])
        if (row["action"] == action) return row;
    ADD_FAILURE() << "no row " << action << " of " << id;
    return {{"result", ""}, {"reason", ""}};
}

class Decisions : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        victim_.begin("sleep 1000");
        const auto before = matches();
        (void)victim_.exec("rm /var/log/dpkg.log");
        const auto incident = wait_for_pending([](const Json& one) { return one["operation"] == "delete"; });
        expect_told(incident, before, "the removal");
        ASSERT_TRUE(incident);
        id_ = (*incident)["id"];
        denied_ = denied_anywhere();
    }
    void TearDown() override { reject_all(); }
    // What was refused to the operator has contained nobody.
    void expect_free() const {
        EXPECT_EQ(attack(victim_, "append /var/log/b.log"), 0);
        EXPECT_EQ(denied_anywhere(), denied_);
    }

    Container victim_{"case"};
    std::int64_t denied_ = 0;
    std::string id_;
};

TEST_F(Decisions, RejectedOnceIsRejected) {
    EXPECT_EQ(run("quell reject " + id_ + " --reason no").status, 0);
    EXPECT_EQ(run("quell approve " + id_ + "@000000000000 kill-container --reason late").status, 5);
    expect_free();
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "rejected", "refused"}));
}

TEST_F(Decisions, AWrongDigestIsRefused) {
    EXPECT_EQ(run("quell approve " + id_ + "@000000000000 kill-container --reason x").status, 5);
    expect_free();
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused"}));
}

TEST_F(Decisions, AScriptMustNameTheDigest) {
    EXPECT_EQ(run("quell approve " + id_ + " kill-container --reason x </dev/null").status, 2);
    expect_free();
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected"})) << "the daemon was not even asked";
}

TEST_F(Decisions, WhatIsNotOfferedIsRefused) {
    EXPECT_EQ(run("quell approve " + id_ + "@000000000000 quarantine-file --reason x").status, 1) << "rm removed its last name";
    expect_free();
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused"}));
    EXPECT_NE(row_of(id_, "refused")["result"].get<std::string>().find("last name"), std::string::npos) << row_of(id_, "refused");
    EXPECT_EQ(show(id_)["state"], "pending");
}

TEST_F(Decisions, OneOfTwoApprovalsAtOnceWins) {
    const auto digest = digest_of(id_, "kill-container");
    const auto command = "quell approve " + id_ + "@" + digest + " kill-container --reason ";
    const auto output = run("(" + command + "one; echo one $?) & (" + command + "two; echo two $?) & wait");
    const bool one = output.text.find("one 0") != std::string::npos, two = output.text.find("two 0") != std::string::npos;
    EXPECT_NE(one, two) << output.text;
    EXPECT_NE(output.text.find(one ? "two 5" : "one 5"), std::string::npos) << output.text;
    const auto actions = actions_of(id_);
    EXPECT_EQ(victim_.ended(), 128 + SIGKILL);
    for (const char* action : {"approved", "refused", "flipped", "done"}) EXPECT_EQ(std::ranges::count(actions, action), 1) << action;
    EXPECT_EQ(row_of(id_, "approved")["reason"], one ? "one" : "two");
    EXPECT_EQ(row_of(id_, "refused")["reason"], one ? "two" : "one");
}

TEST_F(Decisions, AContainerThatExitedIsGone) {
    const auto digest = digest_of(id_, "kill-container");
    victim_.destroy();
    EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "gone"; }));
    EXPECT_EQ(run("quell approve " + id_ + "@" + digest + " kill-container --reason late").status, 5);
    EXPECT_EQ(denied_anywhere(), denied_);
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "gone", "refused"}));
}

TEST_F(Decisions, WithoutFtraceItIsBlindAndSaysSo) {
    must("echo 0 > /proc/sys/kernel/ftrace_enabled");
    const auto output = run("quell approve " + id_ + "@" + digest_of(id_, "kill-container") + " kill-container --reason x");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_TRUE(eventually([] { return quell("status")["status"]["state"] == "blind"; }, std::chrono::seconds(15)));
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused"}));
    EXPECT_NE(row_of(id_, "refused")["result"].get<std::string>().find("canary"), std::string::npos) << row_of(id_, "refused");
    EXPECT_EQ(show(id_)["state"], "pending");
    must("echo 1 > /proc/sys/kernel/ftrace_enabled");
    EXPECT_TRUE(eventually([] { return quell("status")["status"]["state"] == "ready"; }, std::chrono::seconds(15)));
    expect_free();
}

}  // namespace
}  // namespace quell::guest
