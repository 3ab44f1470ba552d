// SPDX-License-Identifier: Apache-2.0
// An approval with options, an undo and a response without an incident: by
// keys alone, as a night shift has only these.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "tests/cli/tmux.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

class ConsoleOptions : public testing::Test {
protected:
    static void SetUpTestSuite() {
        setenv("PATH", ("/w:" + std::string(getenv("PATH"))).c_str(), 1);
        setenv("LD_LIBRARY_PATH", "/w", 1);  // of tmux
        must("mkdir -p /tmp/console-options");
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(std::string(kPolicyDirectory) + "/options.yaml",
              "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: options}\nspec:\n  rules:\n"
              "    - {id: kill, severity: high, on: [delete], where: {subject: container}, match: {path: [/var/log/b.log]}, respond: {offer: [kill-container, capture]}}\n"
              "    - {id: cut, severity: high, on: [delete], where: {subject: container}, match: {path: [/var/log/c.log]}, respond: {offer: [isolate-network]}}\n");
        must("quell policy apply");
    }
    static void TearDownTestSuite() {
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        apply_pack();
    }
    void TearDown() override { reject_all(); }

    // Opens the only incident that waits; its first offer is `response`, what it would hit is asked for.
    void begin(const std::string& id, const std::string& response) {
        ASSERT_TRUE(tmux.shows("> " + id));
        tmux.press({"Enter"});
        ASSERT_TRUE(tmux.shows("> " + response));
        approve_marked();
    }
    void approve_marked() {
        tmux.press({"a"});
        ASSERT_TRUE(tmux.shows("Reason, for the history:"));
        ASSERT_TRUE(tmux.shows("risk         "));
    }
    // Reason and word; the last Enter is the caller's.
    void type_reason(const std::string& reason, const std::string& confirmed) {
        tmux.type(reason);
        tmux.press({"Enter"});
        ASSERT_TRUE(tmux.shows("> To confirm"));
        tmux.type("yes");
        ASSERT_TRUE(tmux.shows(confirmed + ": yes"));
    }
    static Json row(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const Json& one : history["rows"])
            if (one["action"] == action) return one;
        ADD_FAILURE() << "no row " << action << " of " << id;
        return {{"reason", ""}, {"detail", ""}};
    }

    const cli::Tmux tmux{"/tmp/console-options", 80, 24, "env -i PATH=/usr/bin:/bin TZ=UTC LC_ALL=C.UTF-8 TERM=\"$TERM\" quell console; echo left with $?; exec sleep 1000"};
};

TEST_F(ConsoleOptions, EvidenceIsTakenAndThenTheContainerKilled) {
    Container victim("proof"), neighbour("other");
    victim.start();
    neighbour.start();
    victim.begin("sleep 1000");
    ASSERT_TRUE(tmux.shows("Nothing waits for a decision."));
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto id = pending_id("proof", "delete");
    ASSERT_NO_FATAL_FAILURE(begin(id, "kill-container"));
    tmux.press({"C-o"});
    ASSERT_TRUE(tmux.shows("> [ ] --with capture"));
    tmux.press({"Space"});
    ASSERT_TRUE(tmux.shows("> [x] --with capture"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("options      --with capture"));
    ASSERT_TRUE(tmux.shows("risk         "));  // asked for anew
    ASSERT_NO_FATAL_FAILURE(type_reason("evidence first", "kill-container"));
    EXPECT_TRUE(victim.running()) << "nothing is decided yet";
    tmux.press({"Enter"});
    // longer than a screen is waited for: it is compressed and written first
    ASSERT_TRUE(eventually([&] { return show(id)["state"] == "done"; }, std::chrono::seconds(120))) << tmux.screen();
    ASSERT_TRUE(tmux.shows("kill-container of " + id + ": done"));
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_FALSE(victim.running());
    EXPECT_TRUE(neighbour.running());
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "evidence", "done"}));
    EXPECT_EQ(row(id, "approved")["reason"], "evidence first");
    const auto verified = run("quell evidence verify " + id);
    EXPECT_EQ(verified.status, 0) << verified.text;
}

TEST_F(ConsoleOptions, TheNetworkIsCutButForWhatIsAllowedAndRejoins) {
    Container victim("wired");
    must("cp /w/acts " + victim.directory() + "/lower/bin/acts");
    victim.start();
    const std::string init = must("crun --cgroup-manager=cgroupfs state wired | jq -j .pid");
    for (const char* address : {"10.9.0.1", "10.9.0.2"}) must("nsenter -t " + init + " -n ip addr add " + address + "/32 dev lo");
    const auto connects = [&](const char* to) { return victim.exec(std::string("/bin/acts connect ") + to).status; };
    for (const char* to : {"10.9.0.1 53", "10.9.0.1 54", "10.9.0.2 53"}) ASSERT_EQ(connects(to), 0) << to;
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto id = pending_id("wired", "delete");
    ASSERT_NO_FATAL_FAILURE(begin(id, "isolate-network"));
    tmux.press({"C-o"});
    ASSERT_TRUE(tmux.shows("> --allow NETWORK[:PORT]"));
    tmux.type("10.9.0.1:53");
    ASSERT_TRUE(tmux.shows("...: 10.9.0.1:53"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("options      --allow 10.9.0.1:53"));
    ASSERT_TRUE(tmux.shows("risk         "));
    ASSERT_NO_FATAL_FAILURE(type_reason("it calls home", "isolate-network"));
    EXPECT_EQ(connects("10.9.0.2 53"), 0) << "nothing is decided yet";
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("isolate-network of " + id + ": enforcing"));
    const auto before = denied("isolate_connect");
    EXPECT_EQ(connects("10.9.0.1 53"), 0) << "it is allowed";
    EXPECT_EQ(denied("isolate_connect"), before);
    EXPECT_EQ(connects("10.9.0.1 54"), EPERM) << "another port";
    EXPECT_EQ(connects("10.9.0.2 53"), EPERM) << "another address";
    EXPECT_GE(denied("isolate_connect"), before + 2);
    EXPECT_TRUE(victim.running());
    EXPECT_NE(row(id, "approved").value("detail", "").find("allowed: 10.9.0.1:53"), std::string::npos) << row(id, "approved");

    ASSERT_TRUE(tmux.shows("state        enforcing"));
    tmux.press({"u"});
    ASSERT_TRUE(tmux.shows("Take the response back: rejoin"));
    ASSERT_NO_FATAL_FAILURE(type_reason("it was a backup", "undo"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("undo of " + id + ": undone"));
    for (const char* to : {"10.9.0.1 54", "10.9.0.2 53"}) EXPECT_EQ(connects(to), 0) << to;
    EXPECT_EQ(row(id, "undone")["reason"], "it was a backup");
}

TEST_F(ConsoleOptions, WhatNobodyDetectedIsBoundLookedAtAndKilled) {
    Container victim("unseen");
    victim.start();
    victim.begin("sleep 1000");
    ASSERT_TRUE(tmux.shows("Nothing waits for a decision."));
    tmux.press({"R"});
    ASSERT_TRUE(tmux.shows("> Response:"));
    tmux.type("kill-container");
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("> Target:"));
    tmux.type("container unseen");
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("> Reason"));
    tmux.type("a call from the owner");
    ASSERT_TRUE(tmux.shows(": a call from the owner"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("bound, nothing is contained yet"));
    ASSERT_TRUE(tmux.shows("> kill-container"));
    EXPECT_TRUE(victim.running());
    ASSERT_NO_FATAL_FAILURE(approve_marked());
    ASSERT_NO_FATAL_FAILURE(type_reason("seen, and meant", "kill-container"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows(": done"));
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_FALSE(victim.running());
}

}  // namespace
}  // namespace quell::guest
