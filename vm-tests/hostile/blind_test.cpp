// SPDX-License-Identifier: Apache-2.0
// ftrace_enabled=0 silently disables every BPF LSM program: Quell notices, and
// claims nothing while it is so.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

std::string state() { return quell("status")["status"]["state"]; }
void set_ftrace(int on) { must("echo " + std::to_string(on) + " >/proc/sys/kernel/ftrace_enabled"); }

class Blind : public testing::Test {
protected:
    void TearDown() override {
        set_ftrace(1);
        EXPECT_TRUE(eventually([] { return state() == "ready"; }, std::chrono::seconds(15)));
        reject_all();
    }
};

TEST_F(Blind, IsSaidWithinFifteenSecondsAndNothingIsApproved) {
    Container victim("blind");
    victim.start();
    victim.begin("sleep 1000");
    const auto before = matches();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("blind", "delete");
    expect_told(show(id), before, "before it is blind");
    set_ftrace(0);
    const auto output = approve(id, "kill-container");  // at once: it looks before it flips
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("blind"), std::string::npos) << output.text;
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    const auto doctor = run("quell doctor");
    EXPECT_EQ(doctor.status, 1);
    EXPECT_NE(doctor.text.find("ftrace_enabled"), std::string::npos) << doctor.text;
    set_ftrace(1);
    EXPECT_TRUE(eventually([] { return state() == "ready"; }, std::chrono::seconds(15)));
    EXPECT_EQ(approve(id, "kill-container").status, 0) << "it sees again";
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused", "approved", "flipped", "done"}));
}

TEST_F(Blind, IsNoticedWithNobodyAsking) {
    EXPECT_EQ(state(), "ready");
    // not by asking the daemon, which tries the canary when it is asked
    const auto times_said = [] { return std::stoi(run("grep -c 'blind: the canary' /var/log/quelld.console").text); };
    const int before = times_said();
    set_ftrace(0);
    EXPECT_TRUE(eventually([&] { return times_said() > before; }, std::chrono::seconds(15)));
    const auto text = run("quell status").text;
    EXPECT_NE(text.find("ftrace_enabled"), std::string::npos) << text;
    EXPECT_EQ(quell("status")["status"]["canary"], "not-denied");
}

TEST_F(Blind, NothingIsCalledEnforcing) {
    Container victim("blind");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("blind", "truncate");
    ASSERT_EQ(approve(id, "quarantine-file").status, 0);
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(quell("status")["status"]["enforcing"], 1);
    expect_refused(victim, "read /var/log/b.log");
    set_ftrace(0);
    const auto before = denied_anywhere();
    EXPECT_EQ(attack(victim, "read /var/log/b.log"), 0) << "that is how it is";
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(eventually([] { return state() == "blind"; }, std::chrono::seconds(15)));
    EXPECT_EQ(quell("status")["status"]["enforcing"], 0);
    EXPECT_EQ(quell("status")["status"]["approved"], 1);
    EXPECT_EQ(show(id)["state"], "approved");
    for (const auto& what : {std::string("incidents --all"), "show " + id}) {
        const auto text = run("quell " + what).text;
        EXPECT_EQ(text.find("enforcing"), std::string::npos) << text;
    }
    EXPECT_NE(run("quell show " + id).text.find("not proven"), std::string::npos);
    set_ftrace(1);
    EXPECT_TRUE(eventually([] { return state() == "ready"; }, std::chrono::seconds(15)));
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
}

}  // namespace
}  // namespace quell::guest
