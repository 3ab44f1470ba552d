// SPDX-License-Identifier: Apache-2.0
// What a rule approves by itself: as an operator's approval, within its bound
// an hour, whoever restarts in between.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

const std::string kFile = std::string(kPolicyDirectory) + "/automatic.yaml";

using Actions = std::vector<std::string>;

class Automatic : public testing::Test {
protected:
    static void SetUpTestSuite() { must(std::string("rm -f ") + kPolicyDirectory + "/*"); }
    static void TearDownTestSuite() {
        must("rm -f " + kFile + " " + kPolicyDirectory + "/override.yaml");
        apply_pack();
    }
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }

    // One rule on logs, with an id of its own: what rules did within the hour counts for each by itself.
    static void apply(const std::string& id, const std::string& respond, const std::string& more = "") {
        write(kFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: " + id +
                         "\n      severity: high\n      on: [delete, truncate]\n" + more + "      match: {path: [/var/log/**]}\n      respond: {" + respond + "}\n");
        must("quell policy apply");
    }
    // Removes a log and says which incident that was.
    static std::string act(const Container& container, const std::string& name) {
        EXPECT_EQ(attack(container, "unlink /var/log/b.log"), 0);
        const auto found = wait_for([&](const Json& one) { return one["operation"] == "delete" && one.contains("container") && one["container"].value("name", "") == name; });
        EXPECT_TRUE(found) << name;
        return found ? (*found)["id"].get<std::string>() : "0";
    }
    static Json row(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& one : history["rows"])
            if (one["action"] == action) return one;
        ADD_FAILURE() << "no row " << action << " of " << id;
        return {{"who", {{"user", ""}}}, {"result", ""}, {"reason", ""}, {"detail", ""}, {"response", ""}};
    }
    static void expect_held_back(const std::string& id, const Container& container) {
        EXPECT_TRUE(eventually([&] { return actions_of(id) == Actions{"detected", "held-back"}; })) << testing::PrintToString(actions_of(id));
        EXPECT_NE(row(id, "held-back")["result"].get<std::string>().find("held back by the guard"), std::string::npos);
        EXPECT_TRUE(eventually([&] { return show(id)["state"] == "pending"; }));
        EXPECT_NE(show(id).value("note", "").find("held back"), std::string::npos) << show(id);
        EXPECT_TRUE(container.running());
    }
};

TEST_F(Automatic, KillsWithinItsBoundAndLeavesTheRestToAPerson) {
    apply("bounded", "offer: [kill-container, kill-process], automatic: {response: kill-container, per-hour: 2}");
    Container first("first"), second("second"), third("third"), fourth("fourth"), neighbour("neighbour");
    for (auto* one : {&first, &second, &third, &fourth, &neighbour}) one->start();
    for (auto* one : {&first, &second}) {
        const std::string name = one == &first ? "first" : "second";
        one->begin("sleep 1000");
        (void)attack(*one, "unlink /var/log/b.log");
        EXPECT_EQ(one->ended(), 128 + SIGKILL) << name;
        EXPECT_TRUE(eventually([&] { return !one->running(); })) << name;
        std::string id;
        for (const auto& incident : incidents(true))
            if (incident.contains("container") && incident["container"].value("name", "") == name) id = incident["id"];
        ASSERT_NE(id, "") << name;
        EXPECT_TRUE(eventually([&] { return actions_of(id) == Actions{"detected", "approved", "flipped", "done"}; })) << testing::PrintToString(actions_of(id));
        const auto approved = row(id, "approved");
        EXPECT_EQ(approved["who"]["user"], "automatic") << approved;
        EXPECT_EQ(approved["reason"], "rule site/bounded");
        EXPECT_EQ(approved["response"], "kill-container");
        EXPECT_EQ(approved["detail"], R"({"automatic":"site/bounded"})");
        EXPECT_EQ(show(id)["decided_by"]["user"], "automatic");
    }
    const auto held = act(third, "third");
    expect_held_back(held, third);

    kill_daemon(SIGKILL);
    start_daemon();
    EXPECT_EQ(show(held)["state"], "pending") << "a restart is no second chance";
    expect_held_back(act(fourth, "fourth"), fourth);
    expect_held_back(held, third);
    const auto output = approve(held, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([&] { return !third.running(); }));
    EXPECT_EQ(row(held, "approved")["who"]["user"], "root");
    EXPECT_TRUE(fourth.running() && neighbour.running());
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(Automatic, ADryRunDoesAllButTheFlip) {
    apply("tried", "offer: [kill-container], automatic: {response: kill-container, per-hour: 1, dry-run: true}");
    Container first("first"), second("second");
    first.start();
    second.start();
    const auto refused = denied_anywhere();
    const auto id = act(first, "first");
    EXPECT_TRUE(eventually([&] { return actions_of(id) == Actions{"detected", "dry-run"}; })) << testing::PrintToString(actions_of(id));
    const auto told = row(id, "dry-run");
    EXPECT_NE(told["result"].get<std::string>().find("would have been approved"), std::string::npos) << told;
    EXPECT_EQ(told["who"]["user"], "automatic");
    EXPECT_EQ(told["response"], "kill-container");
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_TRUE(first.running());
    EXPECT_EQ(attack(first, "append /var/log/dpkg.log"), 0);
    EXPECT_EQ(denied_anywhere(), refused);
    expect_held_back(act(second, "second"), second);
    EXPECT_EQ(run("quell reject " + id + " --reason no").status, 0);
    EXPECT_EQ(actions_of(id), (Actions{"detected", "dry-run", "rejected"}));
}

TEST_F(Automatic, AQuarantineIsUndoneLikeAnyOther) {
    apply("kept", "offer: [quarantine-file], automatic: {response: quarantine-file, per-hour: 5}");
    Container victim("victim");
    victim.start();
    EXPECT_EQ(victim.exec("ln /var/log/dpkg.log /tmp/kept && rm /var/log/dpkg.log").status, 0);
    const auto found = wait_for([&](const Json& one) { return one["state"] == "enforcing"; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    const std::string id = (*found)["id"];
    expect_refused(victim, "read /tmp/kept");
    EXPECT_EQ(run("quell undo " + id + " --reason mistaken").status, 0);
    EXPECT_EQ(attack(victim, "read /tmp/kept"), 0);
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "enforcing", "undone"}));
    EXPECT_EQ(row(id, "undone")["who"]["user"], "root");
}

TEST_F(Automatic, NeverWhatIsProtectedObservedOrSwitchedOff) {
    // the container's init is never hit: what was asked for is not possible. Its shell acts by itself: a child of it could
    // still be there when the rule decides, and be killed.
    apply("protected", "offer: [kill-process], automatic: {response: kill-process, per-hour: 5}");
    ContainerOptions options;
    options.command = "sleep 1; : >/var/log/b.log; sleep 1000; :";
    Container init("init", options);
    init.start();
    const auto found = wait_for([](const Json& one) { return one["operation"] == "truncate" && one.contains("container") && one["container"].value("name", "") == "init"; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    const std::string spared = (*found)["id"];
    EXPECT_TRUE(eventually([&] { return actions_of(spared) == Actions{"detected", "refused"}; })) << testing::PrintToString(actions_of(spared));
    EXPECT_EQ(row(spared, "refused")["who"]["user"], "automatic");
    EXPECT_TRUE(init.running());

    apply("observed", "offer: [kill-container], automatic: {response: kill-container, per-hour: 5}", "      mode: observe\n");
    Container watched("watched");
    watched.start();
    const auto seen = act(watched, "watched");

    apply("overridden", "offer: [kill-container], automatic: {response: kill-container, per-hour: 5}");
    write(std::string(kPolicyDirectory) + "/override.yaml",
          "apiVersion: quell/v1\nkind: Override\nmetadata: {name: calm}\nspec:\n  overrides:\n    - {rule: site/overridden, automatic: off}\n");
    must("quell policy apply");
    Container calm("calm");
    calm.start();
    const auto left = act(calm, "calm");
    must(std::string("rm ") + kPolicyDirectory + "/override.yaml");

    must("sleep 3");  // longer than what a rule waits for
    EXPECT_EQ(actions_of(seen), (Actions{"detected"}));
    EXPECT_EQ(actions_of(left), (Actions{"detected"}));
    EXPECT_EQ(show(left)["state"], "pending");
    EXPECT_TRUE(watched.running() && calm.running());
}

}  // namespace
}  // namespace quell::guest
