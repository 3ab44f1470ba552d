// SPDX-License-Identifier: Apache-2.0
// Several operators at their terminals, each a user with a role: two persons,
// one who may only look, several incidents at once, and what is told.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "tests/cli/tmux.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

class ConsoleTeam : public testing::Test {
protected:
    static void SetUpTestSuite() {
        setenv("PATH", ("/w:" + std::string(getenv("PATH"))).c_str(), 1);
        setenv("LD_LIBRARY_PATH", "/w", 1);  // of tmux
        must("groupadd soc; groupadd watchers; for u in alice bob vera; do useradd -M $u; done");
        must("usermod -aG soc alice; usermod -aG soc bob; usermod -aG watchers vera");
        must("cp /etc/quell/quell.yaml /tmp/quell.yaml; mkdir -p /tmp/console-alice /tmp/console-bob /tmp/console-vera /tmp/console-root");
        must("printf 'roles: {viewer: [watchers], responder: [soc]}\\n' >>/etc/quell/quell.yaml");
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(std::string(kPolicyDirectory) + "/team.yaml",
              "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: team}\nspec:\n  rules:\n"
              "    - {id: two, severity: high, on: [delete], where: {subject: container}, match: {path: [/var/log/c.log]},"
              " respond: {offer: [kill-container], two-persons: true, reason-required: true}}\n"
              "    - {id: plain, severity: high, on: [delete], where: {subject: container}, match: {path: [/var/log/b.log]}, respond: {offer: [kill-container]}}\n");
        kill_daemon(SIGTERM);
        start_daemon();  // which applies the directory
    }
    static void TearDownTestSuite() {
        must(std::string("cp /tmp/quell.yaml /etc/quell/quell.yaml; rm -f ") + kPolicyDirectory + "/*");
        kill_daemon(SIGTERM);
        start_daemon();
        apply_pack();
    }
    void TearDown() override { reject_all(); }

    // A terminal of this user's, 100 columns wide.
    static std::unique_ptr<cli::Tmux> console_of(const std::string& user) {
        const std::string as = user == "root" ? "" : "setpriv --reuid " + user + " --regid " + user + " --init-groups -- ";
        return std::make_unique<cli::Tmux>("/tmp/console-" + user, 100, 30, "env -i PATH=/usr/bin:/bin TZ=UTC LC_ALL=C.UTF-8 TERM=\"$TERM\" " + as + "quell console; echo left with $?; exec sleep 1000");
    }
    // Opens the chosen incident and approves the marked offer, as far as the last Enter.
    static void type_approval(const cli::Tmux& tmux, const std::string& reason) {
        tmux.press({"Enter"});
        ASSERT_TRUE(tmux.shows("> kill-container"));
        tmux.press({"a"});
        ASSERT_TRUE(tmux.shows("risk         every process of the container ends"));
        tmux.type(reason);
        tmux.press({"Enter"});
        ASSERT_TRUE(tmux.shows("> To confirm"));
        tmux.type("yes");
        ASSERT_TRUE(tmux.shows("kill-container: yes"));
        tmux.press({"Enter"});
    }
    static Json row(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const Json& one : history["rows"])
            if (one["action"] == action) return one;
        ADD_FAILURE() << "no row " << action << " of " << id;
        return {{"who", {{"user", ""}}}, {"reason", ""}};
    }
};

TEST_F(ConsoleTeam, TheSecondPersonKillsWhatTheFirstApproved) {
    Container victim("pair");
    victim.start();
    victim.begin("sleep 1000");
    const auto alice = console_of("alice"), bob = console_of("bob"), vera = console_of("vera");
    for (const auto* one : {alice.get(), bob.get(), vera.get()}) ASSERT_TRUE(one->shows("Nothing waits for a decision."));
    ASSERT_TRUE(alice->shows("alice, responder"));
    ASSERT_TRUE(vera->shows("vera, viewer"));
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto id = pending_id("pair", "delete");
    for (const auto* one : {alice.get(), bob.get(), vera.get()}) ASSERT_TRUE(one->shows("> " + id)) << "chosen in the list: the line below tells of it before";

    vera->press({"Enter"});
    ASSERT_TRUE(vera->shows("you may not"));
    vera->press({"a"});
    ASSERT_TRUE(vera->shows("your role is viewer"));

    type_approval(*alice, "first");
    ASSERT_TRUE(alice->shows("approved by one of two; nothing is contained yet"));
    EXPECT_TRUE(victim.running());
    ASSERT_TRUE(bob->shows("1 of 2")) << "he is told";
    alice->press({"r"});
    ASSERT_TRUE(alice->shows("this one was the first"));
    alice->press({"a"});
    ASSERT_TRUE(alice->shows("you may not: its rule asks for two persons"));

    type_approval(*bob, "second");
    ASSERT_TRUE(bob->shows(": done"));
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    ASSERT_TRUE(alice->shows("state        done")) << "she is told";
    EXPECT_EQ(row(id, "approved-by-one")["who"]["user"], "alice");
    EXPECT_EQ(row(id, "approved")["who"]["user"], "bob");
    EXPECT_EQ(row(id, "approved")["reason"], "second");
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved-by-one", "approved", "flipped", "done"})) << "nobody was refused: what one may not is not asked for";
}

TEST_F(ConsoleTeam, ThreeContainersByOneDigestAndTheFourthLives) {
    Container one("one"), two("two"), three("three"), four("four");
    for (Container* victim : {&one, &two, &three, &four}) {
        victim->start();
        victim->begin("sleep 1000");
        EXPECT_EQ(attack(*victim, "unlink /var/log/b.log"), 0);
    }
    const std::vector<std::string> ids = {pending_id("one", "delete"), pending_id("two", "delete"), pending_id("three", "delete"), pending_id("four", "delete")};
    const auto tmux = console_of("alice");
    for (const std::string& id : ids) ASSERT_TRUE(tmux->shows(id));
    tmux->press({"M"});
    ASSERT_TRUE(tmux->shows("4 marked"));
    tmux->press({"/"});
    tmux->type(ids[3]);
    ASSERT_TRUE(tmux->shows("1 of 4"));
    tmux->press({"Enter", "m", "Escape"});
    ASSERT_TRUE(tmux->shows("3 marked"));
    tmux->press({"a"});
    ASSERT_TRUE(tmux->shows("kill-container for 3 of the 3 marked, digest "));
    tmux->type("the same upload");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> To confirm"));
    tmux->type("yes");
    for (const Container* victim : {&one, &two, &three}) EXPECT_TRUE(victim->running());
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("3 of 3 hold, 3 were asked for"));
    for (const Container* victim : {&one, &two, &three}) EXPECT_EQ(victim->ended(), 128 + SIGKILL);
    EXPECT_TRUE(four.running());
    for (std::size_t i = 0; i < 3; i++) {
        EXPECT_EQ(actions_of(ids[i]), (Actions{"detected", "approved", "flipped", "done"}));
        EXPECT_EQ(row(ids[i], "approved")["who"]["user"], "alice");
        EXPECT_EQ(row(ids[i], "approved")["reason"], "the same upload");
    }
    EXPECT_EQ(show(ids[3])["state"], "pending");
}

TEST_F(ConsoleTeam, DeadlineAssigneeAndNoteAreRows) {
    Container subject("beside");
    subject.start();
    EXPECT_EQ(attack(subject, "unlink /var/log/b.log"), 0);
    const auto id = pending_id("beside", "delete");
    const auto tmux = console_of("bob");
    ASSERT_TRUE(tmux->shows("> " + id));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> kill-container"));
    tmux->press({"e"});
    ASSERT_TRUE(tmux->shows("> For how long from now"));
    tmux->type("5h");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> Reason"));
    tmux->type("the owner is called");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows(id + ": waits until"));
    tmux->press({"o"});
    ASSERT_TRUE(tmux->shows("> Whose it is"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows(id + ": assigned to bob"));
    tmux->press({"w"});
    ASSERT_TRUE(tmux->shows("> Note:"));
    tmux->type("look at the upload");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows(id + ": noted"));
    ASSERT_TRUE(tmux->shows("bob: look at the upload"));
    const auto shown = show(id);
    EXPECT_GT(shown["time_left_s"].get<int>(), 4 * 3600);
    EXPECT_EQ(shown["assigned_to"], "bob");
    EXPECT_EQ(shown["notes"][0]["text"], "look at the upload");
    EXPECT_EQ(row(id, "extended")["reason"], "the owner is called");
    EXPECT_EQ(row(id, "extended")["who"]["user"], "bob");
    EXPECT_EQ(actions_of(id), (Actions{"detected", "extended", "assigned", "noted"}));
    EXPECT_TRUE(subject.running());
}

}  // namespace
}  // namespace quell::guest
