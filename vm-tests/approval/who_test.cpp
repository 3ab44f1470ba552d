// SPDX-License-Identifier: Apache-2.0
// Who may approve, and what the history says of him.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

Output as_user(const std::string& command) { return run("setpriv --reuid user --regid user --init-groups -- " + command); }

Json last_row(const std::string& arguments) {
    const auto history = quell("history --limit 1 " + arguments);
    return history["rows"].empty() ? Json::object() : history["rows"][0];
}

class Who : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        victim_.begin("sleep 1000");
        const auto before = matches();
        EXPECT_EQ(attack(victim_, "unlink /var/log/dpkg.log"), 0);
        id_ = pending_id("who", "delete");
        expect_told(show(id_), before, "the removal");
        denied_ = denied_anywhere();
        command_ = "quell approve " + id_ + "@" + digest_of(id_, "kill-container") + " kill-container --reason mine";
    }
    void TearDown() override { reject_all(); }
    // What was refused to somebody has contained nobody, and then the host's root approves it.
    void expect_still_possible() const {
        EXPECT_EQ(attack(victim_, "append /var/log/b.log"), 0);
        EXPECT_EQ(denied_anywhere(), denied_);
        EXPECT_EQ(run(command_).status, 0) << "from the host it is still possible";
        EXPECT_EQ(victim_.ended(), 128 + SIGKILL);
    }

    static ContainerOptions options() {
        ContainerOptions options;
        // the host's root inside: its programs, and the control socket
        options.mounts = {{{"destination", "/host"}, {"type", "bind"}, {"source", "/"}, {"options", {"rbind", "rw"}}}};
        return options;
    }

    Container victim_{"who", options()};
    std::string id_, command_;
    std::int64_t denied_ = 0;
};

TEST_F(Who, AnybodyElseIsNotAllowed) {
    const auto output = as_user(command_);
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_TRUE(victim_.running());
    const auto row = last_row("");
    EXPECT_EQ(row["action"], "refused");
    EXPECT_EQ(row["who"]["user"], "user");
    EXPECT_EQ(as_user("quell incidents").status, 4);
    expect_still_possible();
}

TEST_F(Who, TheOperatorsGroupMay) {
    must("usermod -aG quell user && cp /etc/quell/quell.yaml /tmp/quell.yaml && printf 'operators:\\n  group: quell\\n' >>/etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
    const auto output = as_user("env " + command_);
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(victim_.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    const auto history = quell("history --incident " + id_);
    for (const auto& row : history["rows"])
        if (row["action"] == "approved") {
            EXPECT_EQ(row["who"]["user"], "user");
            EXPECT_GT(row["who"]["uid"].get<int>(), 0);
            EXPECT_TRUE(row["who"].contains("login_uid"));
        }
    must("cp /tmp/quell.yaml /etc/quell/quell.yaml && gpasswd -d user quell");
    kill_daemon(SIGTERM);
    start_daemon();
}

TEST_F(Who, NobodyInsideTheTargetApproves) {
    const auto output = victim_.exec("chroot /host " + command_);
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_TRUE(victim_.running());
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused"}));
    expect_still_possible();
}

TEST_F(Who, NobodyInsideTheTargetRejects) {
    const auto output = victim_.exec("chroot /host quell reject " + id_ + " --reason mine");
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_EQ(show(id_)["state"], "pending");
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused"}));
    const auto row = last_row("--incident " + id_);
    EXPECT_NE(row["result"].get<std::string>().find("inside the target"), std::string::npos) << row;
    EXPECT_EQ(row["reason"], "mine");
    expect_still_possible();
}

TEST_F(Who, NobodyInsideTheTargetUndoes) {
    EXPECT_EQ(attack(victim_, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("who", "truncate");
    ASSERT_EQ(approve(id, "quarantine-file").status, 0);
    const auto output = victim_.exec("chroot /host quell undo " + id + " --reason mine");
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_refused(victim_, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id + " --reason host").status, 0);
    EXPECT_EQ(attack(victim_, "read /var/log/b.log"), 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "refused", "undone"}));
}

TEST_F(Who, ExitStatusesOfWhatIsNotThere) {
    EXPECT_EQ(run("quell approve zzzzzz@000000000000 kill-container --reason x").status, 1) << "no such incident";
    EXPECT_EQ(run("quell approve " + id_ + "@000000000000 kill-everything --reason x").status, 1) << "no such response";
    EXPECT_EQ(run("quell approve").status, 2);
    EXPECT_EQ(run("quell undo " + id_ + " --reason x").status, 5) << "nothing of it is in force";
    kill_daemon(SIGTERM);
    EXPECT_EQ(run(command_).status, 3);
    EXPECT_EQ(run("quell status").status, 3);
    start_daemon();
    EXPECT_EQ(run(command_).status, 0) << "it waited meanwhile";
}

}  // namespace
}  // namespace quell::guest
