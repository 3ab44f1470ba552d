// SPDX-License-Identifier: Apache-2.0
// while-pending: what holds a container while nobody has decided. The network
// is cut by the kernel side at the event, with a daemon or without one, and
// until its deadline at most; who is frozen is so by the daemon.
#include "vm-tests/containment/while_pending.h"

namespace quell::guest {
namespace {

TEST_F(WhilePending, TheNetworkIsCutAtTheEventWhileTheDaemonDoesNothing) {
    apply("isolate-network");
    EXPECT_TRUE(attached("isolate_connect")) << "from apply on, without an incident";
    Container victim("victim"), neighbour("neighbour");
    victim.start();
    neighbour.start();
    EXPECT_EQ(connects(victim), 0);
    const auto before = denied("isolate_connect");
    ASSERT_EQ(::kill(daemon_pid(), SIGSTOP), 0);
    // nothing comes in between: what it does next is refused
    EXPECT_EQ(victim.exec("attack unlink /var/log/b.log && acts connect 127.0.0.1 7000").status, EPERM);
    EXPECT_EQ(connects(victim), EPERM);
    EXPECT_GE(denied("isolate_connect") - before, 2);
    const auto innocent_before = denied_anywhere();
    EXPECT_EQ(connects(neighbour), 0);
    EXPECT_EQ(denied_anywhere(), innocent_before);
    ASSERT_EQ(::kill(daemon_pid(), SIGCONT), 0);

    const auto id = incident("victim");
    expect_actions(id, {"detected", "held"});
    EXPECT_NE(result(id, "held").find("isolate-network: in force from the event on"), std::string::npos) << result(id, "held");
    EXPECT_EQ(hold(id, "isolate-network")["state"], "in force") << show(id);
    EXPECT_NE(run("quell show " + id).text.find("isolate-network: in force from the event on"), std::string::npos);
    EXPECT_EQ(connects(victim), EPERM) << "until it is decided";
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_EQ(connects(victim), 0);
    EXPECT_EQ(hold(id, "isolate-network")["state"], "lifted");
    expect_actions(id, {"detected", "held", "rejected", "lifted"});
}

TEST_F(WhilePending, ItEndsWithItsDeadlineAlsoWithoutADaemon) {
    apply("isolate-network", "90s");
    Container victim("late");
    victim.start();
    kill_daemon(SIGKILL);
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    EXPECT_EQ(connects(victim), EPERM);
    EXPECT_TRUE(eventually([&] { return connects(victim) == 0; }, std::chrono::seconds(180))) << "the deadline is over";
    start_daemon();
    const auto id = incident("late");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; })) << show(id)["state"];
    EXPECT_EQ(connects(victim), 0);

    // and while one runs: it is expired, not only let go
    apply("isolate-network", "15s");
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto other = incident("late", "c-log");
    EXPECT_TRUE(eventually([&] { return show(other)["state"] == "expired"; }));
    EXPECT_EQ(connects(victim), 0);
    expect_actions(other, {"detected", "held", "expired", "lifted"});
}

TEST_F(WhilePending, OfSeveralTheLastLetsItGo) {
    apply("isolate-network");
    Container victim("several");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto first = incident("several"), second = incident("several", "c-log");
    EXPECT_EQ(run("quell reject " + first + " --reason test").status, 0);
    EXPECT_EQ(connects(victim), EPERM) << "the other one holds it still";
    EXPECT_EQ(run("quell reject " + second + " --reason test").status, 0);
    EXPECT_EQ(connects(victim), 0);
}

TEST_F(WhilePending, AnApprovalOfItBringsItsTermsAndAnUndoGivesItBackToWhoWaits) {
    apply("isolate-network");
    Container victim("terms");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto id = incident("terms");
    EXPECT_TRUE(eventually([&] { return has(id, "held"); }));
    EXPECT_EQ(connects(victim), EPERM);
    const auto approved = run("quell approve " + id + "@" + digest_of(id, "isolate-network") + " isolate-network --loopback --reason test");
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_EQ(connects(victim), 0) << "the loopback";
    EXPECT_EQ(connects(victim, "10.1.2.3"), EPERM);
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto other = incident("terms", "c-log");
    EXPECT_EQ(connects(victim), 0) << "as it was approved";
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(connects(victim), EPERM) << "the other one waits";
    EXPECT_EQ(run("quell reject " + other + " --reason test").status, 0);
    EXPECT_EQ(connects(victim), 0);
    expect_actions(id, {"detected", "held", "approved", "flipped", "enforcing", "undone"});
}

TEST_F(WhilePending, AKillFindsItCutOffUntilNobodyIsLeft) {
    apply("isolate-network, pause-container");
    ContainerOptions options;
    options.command = "while :; do acts connect 127.0.0.1 7000; echo $? >>/tmp/codes; done";
    Container victim("killed", options);
    victim.start();
    EXPECT_TRUE(eventually([&] { return run("grep -qx 0 " + victim.directory() + "/rootfs/tmp/codes").status == 0; }));
    remove(victim);
    const auto id = incident("killed");
    EXPECT_TRUE(eventually([&] { return frozen(victim) && has(id, "held"); })) << "its own incident has it frozen";
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "done");
    // once refused, always refused
    const auto codes = must("uniq " + victim.directory() + "/rootfs/tmp/codes | tr '\\n' ' '");
    EXPECT_TRUE(codes == "0 1 " || codes == "0 ") << codes;
    expect_actions(id, {"detected", "held", "approved", "flipped", "done"});
    victim.destroy();
}

TEST_F(WhilePending, OnAPerhapsNothingIsHeldAndOnceItIsKnownItIs) {
    apply("isolate-network", "1h", "{container: {name: [named]}}");
    Container victim("named"), other("other");
    ASSERT_EQ(::kill(daemon_pid(), SIGSTOP), 0);
    victim.start();
    other.start();
    for (const auto* one : {&victim, &other}) {
        EXPECT_EQ(attack(*one, "unlink /var/log/b.log"), 0);
        EXPECT_EQ(connects(*one), 0) << "who it is is not known";
    }
    ASSERT_EQ(::kill(daemon_pid(), SIGCONT), 0);
    EXPECT_TRUE(eventually([&] { return connects(victim) == EPERM; })) << "it is the one";
    const auto id = incident("named");
    EXPECT_TRUE(eventually([&] { return has(id, "held"); })) << testing::PrintToString(actions_of(id));
    EXPECT_TRUE(eventually([&] { return has(id, "identified"); }));
    EXPECT_EQ(connects(other), 0) << "it is not";
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_EQ(connects(victim), 0);
}

TEST_F(WhilePending, TheHostIsNeverHeld) {
    apply("isolate-network, pause-container");
    must("mkdir -p /var/log && : >/var/log/b.log && rm /var/log/b.log");
    const auto found = wait_for([](const Json& one) { return one["rule"] == "b-log" && one["subject"] == "host"; });
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->contains("while_pending")) << *found;
    EXPECT_EQ(run("/w/acts connect 127.0.0.1 7000").status, 0);
}

TEST_F(WhilePending, WhoIsFrozenGoesOnWhenItIsRejected) {
    apply("pause-container");
    Container victim("frozen", counting());
    victim.start();
    EXPECT_GT(beats(victim), 0);
    remove(victim);
    const auto id = incident("frozen");
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    EXPECT_EQ(beats(victim), 0);
    EXPECT_TRUE(eventually([&] { return has(id, "held"); }));
    const auto held = hold(id, "pause-container");
    EXPECT_EQ(held["state"], "frozen") << held;
    EXPECT_GT(held.value("after_us", 0), 0) << held;
    std::printf("detection -> frozen: %ld us\n", held.value("after_us", 0L));
    EXPECT_NE(run("quell show " + id).text.find("pause-container: frozen "), std::string::npos);
    EXPECT_EQ(result(id, "held").rfind("pause-container: frozen ", 0), 0u) << result(id, "held");
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_GT(beats(victim), 0);
    expect_actions(id, {"detected", "held", "rejected", "lifted"});

    // and when its time is over
    apply("pause-container", "15s");
    remove(victim, "c.log");
    const auto other = incident("frozen", "c-log");
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    EXPECT_TRUE(eventually([&] { return show(other)["state"] == "expired"; }, std::chrono::seconds(60)));
    EXPECT_TRUE(eventually([&] { return !frozen(victim); }));
    EXPECT_GT(beats(victim), 0);
}

TEST_F(WhilePending, AnApprovedPauseTakesItOverAndAStopMustRun) {
    apply("pause-container");
    Container victim("over", counting());
    victim.start();
    remove(victim);
    const auto id = incident("over");
    EXPECT_TRUE(eventually([&] { return frozen(victim) && has(id, "held"); }));
    const auto output = approve(id, "pause-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing") << show(id);
    EXPECT_EQ(beats(victim), 0);
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_GT(beats(victim), 0);
    expect_actions(id, {"detected", "held", "approved", "flipped", "enforcing", "undone"});

    remove(victim, "c.log");
    const auto other = incident("over", "c-log");
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    EXPECT_EQ(approve(other, "stop-container").status, 0);
    EXPECT_EQ(show(other)["state"], "done");
    EXPECT_TRUE(has(other, "lifted")) << "it was let go on to end";
}

TEST_F(WhilePending, WithoutADaemonItIsNotFrozenWhichIsToldAndThenItIs) {
    apply("pause-container", "20m");
    Container victim("away", counting());
    victim.start();
    kill_daemon(SIGKILL);
    EXPECT_EQ(victim.exec("rm /var/log/b.log").status, 0);
    EXPECT_GT(beats(victim), 0);
    start_daemon();
    const auto id = incident("away");
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    EXPECT_TRUE(eventually([&] { return has(id, "held"); })) << testing::PrintToString(actions_of(id));
    EXPECT_NE(result(id, "not-held").find("not frozen, no daemon ran when it happened"), std::string::npos) << result(id, "not-held");
    EXPECT_NE(result(id, "held").find("frozen late, "), std::string::npos) << result(id, "held");
    EXPECT_EQ(hold(id, "pause-container")["state"], "frozen");

    // killed, it stays so; the next one knows whose it is, and lets it go
    EXPECT_TRUE(eventually([&] { return quell("history --incident " + id)["rows"][0]["row"] != 0; })) << "a row that was only made is lost with it";
    kill_daemon(SIGKILL);
    EXPECT_TRUE(frozen(victim));
    start_daemon();
    EXPECT_TRUE(frozen(victim));
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_GT(beats(victim), 0);
    expect_actions(id, {"detected", "not-held", "held", "rejected", "lifted"});
}

// The deadline passes while no daemon is there: who was frozen is thawed by the next one all the same.
TEST_F(WhilePending, WhoWasFrozenIsNotForgottenWithItsDaemon) {
    apply("pause-container", "60s");
    Container victim("forgotten", counting());
    victim.start();
    remove(victim);
    const auto id = incident("forgotten");
    EXPECT_TRUE(eventually([&] { return frozen(victim) && has(id, "held"); }));
    kill_daemon(SIGKILL);
    must("sleep 61");
    EXPECT_TRUE(frozen(victim)) << "only a daemon thaws";
    start_daemon();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; })) << show(id)["state"];
    EXPECT_TRUE(eventually([&] { return !frozen(victim); }));
    EXPECT_GT(beats(victim), 0);
}

TEST_F(WhilePending, WhatSomebodyElseHasFrozenIsLeftAlone) {
    apply("pause-container");
    Container victim("theirs", counting());
    victim.start();
    ASSERT_EQ(::kill(daemon_pid(), SIGSTOP), 0);
    EXPECT_EQ(victim.exec("rm /var/log/b.log").status, 0);
    must("echo 1 >/sys/fs/cgroup" + victim.cgroup() + "/cgroup.freeze");
    ASSERT_EQ(::kill(daemon_pid(), SIGCONT), 0);
    const auto id = incident("theirs");
    EXPECT_TRUE(eventually([&] { return has(id, "not-held"); }));
    EXPECT_EQ(hold(id, "pause-container")["state"], "not frozen");
    EXPECT_EQ(run("quell reject " + id + " --reason test").status, 0);
    EXPECT_TRUE(frozen(victim)) << "theirs";
    must("echo 0 >/sys/fs/cgroup" + victim.cgroup() + "/cgroup.freeze");
}

}  // namespace
}  // namespace quell::guest
