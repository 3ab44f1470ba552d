// SPDX-License-Identifier: Apache-2.0
// while-pending: a directory and an executable that are denied by the kernel
// side at the event, with a daemon or without one, and until its deadline.
#include "vm-tests/containment/while_pending.h"

namespace quell::guest {
namespace {

TEST_F(WhilePending, TheDirectoryIsWrittenIntoNoMoreFromTheEventOn) {
    apply("deny-write");
    EXPECT_TRUE(attached("deny_create")) << "from apply on, without an incident";
    Container victim("writes"), neighbour("beside");
    victim.start();
    neighbour.start();
    EXPECT_EQ(attack(victim, "append /var/log/dpkg.log"), 0);
    ASSERT_EQ(::kill(daemon_pid(), SIGSTOP), 0);
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), EPERM) << "the event's own";
    for (const char* how : {"append /var/log/dpkg.log", "append /var/log/sub/deep.log", "creat /var/log/new", "unlink /var/log/c.log", "rename-away /var/log/dpkg.log", "chmod /var/log/dpkg.log"})
        EXPECT_EQ(attack(victim, how), EPERM) << how;
    EXPECT_EQ(attack(victim, "read /var/log/dpkg.log"), 0);
    EXPECT_EQ(attack(victim, "creat /tmp/new"), 0) << "beside it";
    const auto innocent_before = denied_anywhere();
    EXPECT_EQ(attack(neighbour, "append /var/log/dpkg.log"), 0) << "of the same image";
    EXPECT_EQ(denied_anywhere(), innocent_before);
    ASSERT_EQ(::kill(daemon_pid(), SIGCONT), 0);

    const auto id = incident("writes");
    expect_actions(id, {"detected", "held"});
    EXPECT_NE(result(id, "held").find("deny-write: in force from the event on"), std::string::npos) << result(id, "held");
    EXPECT_EQ(hold(id, "deny-write")["state"], "in force") << show(id);
    EXPECT_EQ(attack(victim, "append /var/log/dpkg.log"), EPERM) << "until it is decided";
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_EQ(attack(victim, "append /var/log/dpkg.log"), 0);
    EXPECT_EQ(hold(id, "deny-write")["state"], "lifted");
    expect_actions(id, {"detected", "held", "rejected", "lifted"});
}

TEST_F(WhilePending, ADirectoryIsGivenBackAtTheDeadlineAlsoWithoutADaemon) {
    apply("deny-write", "30s");
    Container victim("written");
    victim.start();
    kill_daemon(SIGKILL);
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), EPERM);
    EXPECT_EQ(attack(victim, "append /var/log/dpkg.log"), EPERM);
    EXPECT_TRUE(eventually([&] { return attack(victim, "append /var/log/dpkg.log") == 0; }, std::chrono::seconds(120))) << "the deadline is over";
    start_daemon();
    const auto id = incident("written");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; })) << show(id)["state"];
    EXPECT_EQ(attack(victim, "append /var/log/dpkg.log"), 0);
}

// What is met again behind its deadline, before a daemon has seen that it is over, makes room for the next one at once: what it
// held goes with it, and is nobody's record in a map that all containers share.
TEST_F(WhilePending, WhatIsMetAgainBehindItsDeadlineLeavesNoRecord) {
    write(kRuleFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: b-log\n      severity: high\n      on: [delete]\n      where: {subject: any}\n"
                     "      match: {path: [/var/log/b.log, /mnt/b.log]}\n      respond: {offer: [kill-container], while-pending: [deny-write], expires: 30s}\n");
    must("quell policy apply");
    const auto begins = [](const std::string& when) { return "while ! test -e /tmp/" + when + "; do sleep 0.1; done; "; };
    ContainerOptions options;  // one process, and not the first, begins both: an actor's incident of a rule is one
    options.command = "(" + begins("first") + "attack unlink /var/log/b.log; echo $? >/tmp/one; " + begins("second") + "attack unlink /mnt/b.log; echo $? >/tmp/two); sleep 1000";
    Container victim("again", options);
    victim.start();
    const auto root = victim.directory() + "/rootfs";
    must("mkdir -p " + root + "/mnt; touch " + root + "/mnt/b.log");
    const auto says = [&](const std::string& file) { return eventually([&] { return run("grep -qx 1 " + root + "/tmp/" + file).status == 0; }, std::chrono::seconds(60)); };
    const auto held = [] { return must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/held_objects | jq length"); };
    ASSERT_EQ(held(), "0\n");
    kill_daemon(SIGKILL);
    must("touch " + root + "/tmp/first");
    EXPECT_TRUE(says("one")) << "refused, by what is held at the event itself";
    EXPECT_EQ(held(), "1\n");
    EXPECT_TRUE(eventually([&] { return attack(victim, "append /var/log/dpkg.log") == 0; }, std::chrono::seconds(120))) << "the deadline is over";
    must("touch " + root + "/tmp/second");
    EXPECT_TRUE(says("two")) << "held by the next one";
    EXPECT_EQ(held(), "1\n") << "and the first one's is gone";
    start_daemon();
    EXPECT_TRUE(eventually([&] { return held() == "0\n"; }, std::chrono::seconds(120)));
    EXPECT_EQ(attack(victim, "append /mnt/b.log"), 0);
}

// A removal that is refused takes no name: what the file can be contained by is offered on.
TEST_F(WhilePending, AFileWhoseRemovalIsRefusedIsThere) {
    const auto policy = [](const std::string& words) {
        write(kRuleFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: b-log\n      severity: high\n      on: [delete]\n      where: {subject: container}\n"
                         "      match: {path: [/var/log/b.log]}\n      respond: {offer: [quarantine-file], " + words + "}\n");
        must("quell policy apply");
    };
    for (const auto& [name, words] : {std::pair{"stays-held", "while-pending: [deny-write]"}, {"stays-denied", "deny: true"}}) {
        policy(words);
        Container victim(name);
        victim.start();
        EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), EPERM) << words;
        const auto id = incident(name);
        EXPECT_EQ(show(id)["file"]["exists"], true) << words << show(id);
        const auto approved = approve(id, "quarantine-file");
        EXPECT_EQ(approved.status, 0) << words << approved.text;
        EXPECT_EQ(attack(victim, "read /var/log/b.log"), EPERM) << words;
        EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
        victim.destroy();
    }
    policy("while-pending: [isolate-network]");
    Container victim("goes");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto id = incident("goes");
    EXPECT_EQ(show(id)["file"]["exists"], false) << show(id);
    EXPECT_NE(approve(id, "quarantine-file").status, 0) << "nothing is left of it";
}

TEST_F(WhilePending, AKillFindsWhatIsDeniedSoUntilNobodyIsLeft) {
    apply("deny-write");
    ContainerOptions options;
    options.command = "while :; do attack append /var/log/dpkg.log; echo $? >>/tmp/codes; done";
    Container victim("denied", options);
    victim.start();
    const auto codes = victim.directory() + "/rootfs/tmp/codes";
    EXPECT_TRUE(eventually([&] { return run("grep -qx 0 " + codes).status == 0; }));
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), EPERM);
    const auto id = incident("denied");
    EXPECT_TRUE(eventually([&] { return has(id, "held") && run("grep -qx 1 " + codes).status == 0; }));
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "done");
    EXPECT_EQ(must("uniq " + codes + " | tr '\\n' ' '"), "0 1 ") << "once refused, always refused";
    victim.destroy();
}

TEST_F(WhilePending, AnExecutableIsExecutedNoMoreFromTheEventOn) {
    apply_on_tool("deny-exec");
    EXPECT_TRUE(attached("file_mprotect")) << "from apply on, without an incident";
    Container victim("executes");
    victim.start();
    lay_tool_into(victim);
    EXPECT_EQ(attack(victim, "execute /tmp/link"), 255) << "it runs";
    ASSERT_EQ(::kill(daemon_pid(), SIGSTOP), 0);
    const auto before = denied("bprm_check_security");
    EXPECT_EQ(attack(victim, "execute /tmp/tool"), EPERM) << "the event's own is refused, not killed";
    EXPECT_EQ(attack(victim, "execute /tmp/link"), EPERM) << "by another name";
    EXPECT_GE(denied("bprm_check_security") - before, 2);
    EXPECT_EQ(attack(victim, "execute /tmp/copy"), 255) << "another file";
    EXPECT_EQ(run(victim.directory() + "/rootfs/tmp/link").status, 255) << "the host is not meant";
    ASSERT_EQ(::kill(daemon_pid(), SIGCONT), 0);

    const auto id = incident("executes", "tool");
    expect_actions(id, {"detected", "held"});
    EXPECT_NE(result(id, "held").find("deny-exec: in force from the event on"), std::string::npos) << result(id, "held");
    EXPECT_EQ(hold(id, "deny-exec")["state"], "in force") << show(id);
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_EQ(attack(victim, "execute /tmp/link"), 255);
    expect_actions(id, {"detected", "held", "rejected", "lifted"});
}

TEST_F(WhilePending, AnApprovedDenialOfAnExecutableTakesItsPlace) {
    apply_on_tool("deny-exec");
    Container victim("executed");
    victim.start();
    lay_tool_into(victim);
    EXPECT_EQ(attack(victim, "execute /tmp/tool"), EPERM);
    const auto id = incident("executed", "tool");
    EXPECT_TRUE(eventually([&] { return has(id, "held"); }));
    const auto output = approve(id, "deny-exec");
    ASSERT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(attack(victim, "execute /tmp/link"), EPERM);
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(attack(victim, "execute /tmp/link"), 255);
    expect_actions(id, {"detected", "held", "approved", "flipped", "enforcing", "undone"});
}

// A file of the image that the host copies up in between is told by another name from then on: nothing of the former is left.
TEST_F(WhilePending, AQuarantineTakesItsPlaceAlsoOfWhatIsCopiedUp) {
    Container victim("copied");
    victim.start();
    const auto runs = attack(victim, "execute /bin/acts");
    ASSERT_NE(runs, EPERM);
    write(kRuleFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: tool\n      severity: high\n      on: [exec]\n      where: {subject: container}\n"
                     "      match: {path: [/bin/acts]}\n      respond: {offer: [quarantine-file], while-pending: [deny-exec], expires: 1h}\n");
    must("quell policy apply");
    EXPECT_EQ(attack(victim, "execute /bin/acts"), EPERM);
    const auto id = incident("copied", "tool");
    EXPECT_TRUE(eventually([&] { return has(id, "held"); }));
    const auto root = victim.directory() + "/rootfs";
    must("chmod 711 " + root + "/bin/acts; ln " + root + "/bin/acts " + root + "/tmp/link");  // by the link it is no event
    const auto output = approve(id, "quarantine-file");
    ASSERT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/held_objects | jq length"), "0\n") << "it refuses that, too";
    EXPECT_EQ(attack(victim, "execute /tmp/link"), EPERM);
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(attack(victim, "execute /tmp/link"), runs);
}

// The last name goes with the event: there is nothing left that could be executed by one.
TEST_F(WhilePending, WhereThereIsNoObjectItIsTold) {
    apply("deny-exec");
    Container victim("nothing");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto id = incident("nothing");
    EXPECT_TRUE(eventually([&] { return has(id, "not-held"); })) << testing::PrintToString(actions_of(id));
    EXPECT_NE(result(id, "not-held").find("deny-exec: not in force, what happened has no object"), std::string::npos) << result(id, "not-held");
    EXPECT_EQ(hold(id, "deny-exec")["state"], "not in force");
}

}  // namespace
}  // namespace quell::guest
