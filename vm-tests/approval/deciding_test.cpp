// SPDX-License-Identifier: Apache-2.0
// Who may approve what: roles, two persons, guards, breaking the glass, dry
// runs and many at once, with real users and groups.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "vm-tests/faults/held_threads.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

Output as(const std::string& user, const std::string& command) { return run("setpriv --reuid " + user + " --regid " + user + " --init-groups -- " + command); }

std::string rule(const std::string& id, const std::string& severity, const std::string& file, const std::string& respond) {
    return "    - {id: " + id + ", severity: " + severity + ", on: [delete], where: {subject: container}, match: {path: [/var/log/" + file + "]}, respond: {" + respond + "}}\n";
}

class Deciding : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must("groupadd soc; groupadd lead; groupadd watchers; groupadd oncall; for u in alice bob lena vera dave; do useradd -M $u; done");
        must("usermod -aG soc alice; usermod -aG soc bob; usermod -aG lead lena; usermod -aG watchers vera; usermod -aG oncall dave");
        must("cp /etc/quell/quell.yaml /tmp/quell.yaml");
        must("printf 'operators: {break_glass: [oncall]}\\nroles: {viewer: [watchers, nowhere], responder: [soc], senior: [lead]}\\n"
             "guards: {protected_images: [\"registry.example/guarded:*\"]}\\n' >>/etc/quell/quell.yaml");
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(std::string(kPolicyDirectory) + "/deciding.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n" +
              rule("two", "high", "c.log", "offer: [kill-container], two-persons: true, reason-required: true") + rule("worst", "critical", "dpkg.log", "offer: [kill-container]") +
              rule("plain", "high", "b.log", "offer: [kill-container]"));
        kill_daemon(SIGTERM);
        start_daemon();  // which applies the directory
    }
    static void TearDownTestSuite() {
        must(std::string("cp /tmp/quell.yaml /etc/quell/quell.yaml; rm -f ") + kPolicyDirectory + "/*");
        kill_daemon(SIGTERM);
        start_daemon();
        apply_pack();
    }
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }

    // Removes the log that a rule is about; the incident's id.
    static std::string act(const Container& container, const std::string& name, const std::string& file) {
        EXPECT_EQ(attack(container, "unlink /var/log/" + file), 0);
        return pending_id(name, "delete");
    }
    static std::string approval(const std::string& id, const std::string& more = "") {
        return "quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container" + (more.empty() ? "" : " " + more);
    }
    static Json row(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& one : history["rows"])
            if (one["action"] == action) return one;
        ADD_FAILURE() << "no row " << action << " of " << id;
        return {{"who", {{"user", ""}}}, {"result", ""}, {"reason", ""}, {"detail", ""}};
    }
    // What was refused contained nobody, and its newest row says why and to whom.
    static void expect_refused_to(const std::string& user, const std::string& why, const std::string& id, const Container& container) {
        const auto refused = row(id, "refused");
        EXPECT_EQ(refused["who"]["user"], user);
        EXPECT_NE(refused["result"].get<std::string>().find(why), std::string::npos) << refused;
        EXPECT_EQ(show(id)["state"], "pending");
        EXPECT_EQ(attack(container, "append /var/log/sub/deep.log"), 0);
    }
};

// Looked up once, at the start: whoever misses his role sees why.
TEST_F(Deciding, AGroupThatDoesNotExistIsToldInStatus) {
    const auto warnings = quell("status")["status"]["warnings"].dump();
    EXPECT_NE(warnings.find("no such group: nowhere (quell.yaml)"), std::string::npos) << warnings;
    EXPECT_EQ(as("vera", "quell incidents").status, 0) << "the others count";
}

TEST_F(Deciding, TwoPersonsAreTwoUsersAndNotRoot) {
    Container victim("pair");
    victim.start();
    victim.begin("sleep 1000");
    const auto id = act(victim, "pair", "c.log");
    const auto command = approval(id);
    const auto before = denied_anywhere();
    EXPECT_EQ(as("alice", command).status, 4);
    expect_refused_to("alice", "asks for a reason", id, victim);
    EXPECT_EQ(run(command + " --reason mine").status, 4);
    expect_refused_to("root", "root is none", id, victim);

    const auto first = as("alice", command + " --reason first");
    EXPECT_EQ(first.status, 6) << first.text;
    EXPECT_EQ(row(id, "approved-by-one")["who"]["user"], "alice");
    EXPECT_EQ(show(id)["first_approval"]["who"]["user"], "alice");
    EXPECT_EQ(as("alice", command + " --reason again").status, 4);
    expect_refused_to("alice", "this one was the first", id, victim);
    EXPECT_EQ(as("alice", "quell assign " + id + " bob").status, 0);
    EXPECT_EQ(as("alice", "quell note " + id + " 'look at the upload'").status, 0);
    EXPECT_EQ(as("vera", "quell note " + id + " me").status, 4);

    kill_daemon(SIGTERM);
    start_daemon();
    const auto kept = show(id);
    EXPECT_EQ(kept["first_approval"]["reason"], "first") << kept;
    EXPECT_EQ(kept["assigned_to"], "bob");
    EXPECT_EQ(kept["notes"][0]["text"], "look at the upload");
    EXPECT_EQ(denied_anywhere(), before) << "nothing is contained by the first";
    EXPECT_TRUE(victim.running());

    const auto second = as("bob", command + " --reason second");
    EXPECT_EQ(second.status, 0) << second.text;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    const auto approved = row(id, "approved");
    EXPECT_EQ(approved["who"]["user"], "bob");
    EXPECT_NE(approved["detail"].get<std::string>().find("alice"), std::string::npos) << approved;
    EXPECT_EQ(actions_of(id), (Actions{"detected", "refused", "refused", "approved-by-one", "refused", "assigned", "noted", "approved", "flipped", "done"}));
}

// It was in the daemon alone: what waits goes on waiting, for both of them.
TEST_F(Deciding, TheFirstOfTwoThatIsNotOnTheDiskIsAskedForAgain) {
    Container victim("again");
    victim.start();
    victim.begin("sleep 1000");
    const auto id = act(victim, "again", "c.log");
    const auto command = approval(id);
    must("sleep 2");  // the rows until here are on the disk
    {
        const HeldThreads held("quell-history");
        EXPECT_EQ(as("alice", command + " --reason first").status, 6);
        kill_daemon(SIGKILL);
    }
    start_daemon();
    EXPECT_FALSE(show(id).contains("first_approval")) << show(id);
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(as("bob", command + " --reason second").status, 6) << "he is the first now";
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(as("alice", command + " --reason again").status, 0);
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved-by-one", "approved", "flipped", "done"}));
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(Deciding, ARoleThatIsTooLowIsRefusedWithARow) {
    Container victim("worst");
    victim.start();
    victim.begin("sleep 1000");
    const auto id = act(victim, "worst", "dpkg.log");
    const auto command = approval(id, "--reason x");
    const auto before = denied_anywhere();
    EXPECT_EQ(as("vera", "quell show " + id).status, 0);
    EXPECT_EQ(as("vera", command).status, 4);
    const auto rows = quell("history --limit 5")["rows"];
    const auto told = std::ranges::find_if(rows, [](const Json& one) { return one["action"] == "refused" && one.contains("who") && one["who"]["user"] == "vera"; });
    ASSERT_NE(told, rows.end()) << rows;
    EXPECT_NE((*told)["result"].get<std::string>().find("Approve takes responder, who asks is viewer"), std::string::npos) << *told;
    const auto preview = as("alice", "quell preview " + id);
    EXPECT_NE(preview.text.find("takes the role senior"), std::string::npos) << preview.text;
    EXPECT_EQ(as("alice", command).status, 4);
    expect_refused_to("alice", "takes the role senior, who asks has responder", id, victim);
    EXPECT_EQ(as("alice", "quell reject " + id).status, 4) << "who may not approve it may not wave it away";
    EXPECT_EQ(as("lena", "quell policy apply").status, 4);

    EXPECT_EQ(as("lena", command + " --dry-run").status, 0);
    EXPECT_EQ(row(id, "dry-run")["who"]["user"], "lena");
    EXPECT_EQ(as("lena", "quell approve " + id + "@000000000000 kill-container --dry-run").status, 5) << "it ends as the real thing would";
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(as("lena", command).status, 0);
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
}

TEST_F(Deciding, AGuardTakesAnAdminAndTheWord) {
    Container victim("guarded");
    victim.start();
    victim.begin("sleep 1000");
    const auto id = act(victim, "guarded", "b.log");
    const auto command = approval(id, "--reason x");
    const auto guarded = as("alice", command);
    EXPECT_EQ(guarded.status, 4);
    EXPECT_NE(guarded.text.find("--confirm guarded"), std::string::npos) << guarded.text;
    expect_refused_to("alice", "guard images", id, victim);
    EXPECT_EQ(as("alice", command + " --confirm guarded").status, 4) << "no admin";
    EXPECT_EQ(run(command).status, 4);
    EXPECT_EQ(run(command + " --confirm yes").status, 4);
    expect_refused_to("root", "guard images", id, victim);
    const auto over = run(command + " --confirm guarded");
    EXPECT_EQ(over.status, 0) << over.text;
    EXPECT_NE(over.text.find("you act as root"), std::string::npos) << over.text;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_NE(row(id, "approved")["detail"].get<std::string>().find("images"), std::string::npos);
}

TEST_F(Deciding, OneGuardedContainerGuardsItsWholePod) {
    ContainerOptions of_pod;
    of_pod.annotations = {{"io.kubernetes.pod.name", "shop-1"}, {"io.kubernetes.pod.uid", "u1"}};
    Container victim("free", of_pod), guarded("guarded", of_pod);
    victim.start();
    guarded.start();
    const auto id = act(victim, "free", "b.log");
    const auto before = denied_anywhere();
    const auto shown = quell("preview " + id + " kill-container --scope pod")["previews"][0];
    EXPECT_NE(shown["needs"].dump().find("guarded ("), std::string::npos) << shown["needs"];
    const std::string command = "quell approve " + id + "@" + shown["offer"].value("digest", "") + " kill-container --scope pod --reason x";
    EXPECT_EQ(as("alice", command).status, 4);
    expect_refused_to("alice", "guard images: guarded (", id, victim);
    EXPECT_EQ(run(command + " --confirm free").status, 4) << "the name of one of them is not the pod's";
    expect_refused_to("root", "guard images: guarded (", id, victim);
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(victim.running() && guarded.running());
    const auto over = run(command + " --confirm shop-1");
    EXPECT_EQ(over.status, 0) << over.text;
    EXPECT_FALSE(victim.running() || guarded.running());
    EXPECT_NE(row(id, "approved")["detail"].get<std::string>().find("images"), std::string::npos);
}

TEST_F(Deciding, BreakingTheGlassIsLoud) {
    Container victim("guarded");
    victim.start();
    victim.begin("sleep 1000");
    const auto id = act(victim, "guarded", "c.log");
    const auto command = approval(id, "--break-glass");
    EXPECT_EQ(as("dave", "quell show " + id).status, 0);
    EXPECT_EQ(as("alice", command + " --reason x").status, 4);
    expect_refused_to("alice", "in no group that may break the glass", id, victim);
    EXPECT_EQ(as("dave", command + " --reason ' '").status, 4);
    expect_refused_to("dave", "takes a reason", id, victim);
    const auto output = as("dave", command + " --reason 'nobody else awake'");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    const auto broken = row(id, "break-glass");
    EXPECT_EQ(broken["who"]["user"], "dave");
    EXPECT_EQ(broken["reason"], "nobody else awake");
    for (const char* over : {"takes the role responder", "two persons", "guard images"}) EXPECT_NE(broken["result"].get<std::string>().find(over), std::string::npos) << broken;
    EXPECT_EQ(actions_of(id), (Actions{"detected", "refused", "refused", "break-glass", "approved", "flipped", "done"}));
    EXPECT_EQ(run("grep -q 'BREAK-GLASS: dave' /var/log/quelld.console").status, 0);
}

TEST_F(Deciding, WhatIsNamedTakesTheWordAndTheGlassToo) {
    Container victim("guarded");
    victim.start();
    const std::string command = "quell respond kill-container --container guarded --reason named";
    EXPECT_EQ(run(command + " --dry-run").status, 4) << "the guard, as the real thing would meet it";
    EXPECT_EQ(as("alice", command + " --yes --confirm guarded").status, 4) << "it takes the role senior";
    EXPECT_EQ(as("alice", command + " --yes --break-glass").status, 4) << "in no group that may";
    EXPECT_TRUE(victim.running());
    const auto over = run(command + " --yes --confirm guarded");
    EXPECT_EQ(over.status, 0) << over.text;
    EXPECT_FALSE(victim.running());
    victim.start();
    const auto broken = as("dave", command + " --yes --break-glass");
    EXPECT_EQ(broken.status, 0) << broken.text;
    EXPECT_FALSE(victim.running());
    const auto rows = quell("history --limit 10")["rows"];
    EXPECT_TRUE(std::ranges::any_of(rows, [](const Json& one) { return one["action"] == "break-glass" && one["who"]["user"] == "dave"; })) << rows;
}

TEST_F(Deciding, ManyAtOnceAreOneDigestAndOneApprovalEach) {
    Container a("many-a"), b("many-b"), c("many-c"), aside("aside");
    std::vector<std::string> ids;
    for (auto* one : {&a, &b, &c, &aside}) {
        one->start();
        ids.push_back(act(*one, one == &a ? "many-a" : one == &b ? "many-b" : one == &c ? "many-c" : "aside", "b.log"));
    }
    const std::string command = "quell approve --select 'rule=site/plain,image=registry.example/many-*,severity=high' kill-container --reason worm";
    const auto tried = as("alice", command + " --dry-run --json 2>/dev/null");
    EXPECT_EQ(tried.status, 0) << tried.text;
    const auto told = Json::parse(tried.text, nullptr, false);
    ASSERT_TRUE(told.is_object()) << tried.text;
    EXPECT_EQ(told["results"].size(), 3u) << told;
    EXPECT_TRUE(a.running() && b.running() && c.running());
    EXPECT_EQ(as("alice", command + " --digest 000000000000").status, 5);
    EXPECT_EQ(show(ids[0])["state"], "pending");
    const auto output = as("alice", command + " --digest " + told["digest"].get<std::string>());
    EXPECT_EQ(output.status, 0) << output.text;
    for (std::size_t i = 0; i < 3; i++) {
        EXPECT_EQ(show(ids[i])["state"], "done");
        EXPECT_EQ(actions_of(ids[i]), (Actions{"detected", "dry-run", "approved", "flipped", "done"}));
    }
    for (auto* one : {&a, &b, &c}) EXPECT_TRUE(eventually([&] { return !one->running(); }));
    EXPECT_EQ(show(ids[3])["state"], "pending");
    EXPECT_TRUE(aside.running());
}

// Last: it is of another configuration, which the end of the suite takes back.
TEST_F(Deciding, SoManyContainersInATimeOverRestarts) {
    Container one("one"), two("two");
    one.start();
    two.start();
    const auto first = act(one, "one", "b.log"), second = act(two, "two", "b.log");
    must("sed -i 's/^guards: .*/guards: {containers: 1, per: 10m}/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
    EXPECT_EQ(run(approval(first, "--confirm one")).status, 0) << "whether earlier ones stand in its way or not";
    EXPECT_TRUE(eventually([&] { return !one.running(); }));
    EXPECT_EQ(actions_of(first), (Actions{"detected", "approved", "flipped", "done"}));
    const auto command = approval(second, "--reason x");
    EXPECT_EQ(as("alice", command).status, 4);
    kill_daemon(SIGKILL);
    start_daemon();
    const auto guarded = as("alice", command);
    EXPECT_EQ(guarded.status, 4) << "the history has the first one";
    EXPECT_NE(guarded.text.find("at most 1 containers within 10m"), std::string::npos) << guarded.text;
    expect_refused_to("alice", "guard containers", second, two);
    EXPECT_EQ(run(command + " --confirm two").status, 0);
    EXPECT_TRUE(eventually([&] { return !two.running(); }));
}

}  // namespace
}  // namespace quell::guest
