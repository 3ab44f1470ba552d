// SPDX-License-Identifier: Apache-2.0
// The target is not any more what was shown: the approval is refused, hits
// nobody, and says what changed and where to look.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Changed : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        // a shell within a shell: when the inner one has exited, the outer one is the nearest that was bound
        must("crun --cgroup-manager=cgroupfs exec changed /bin/sh -c '/bin/sh -c \"rm /var/log/dpkg.log; sleep 1000; :\"; sleep 1000; :' </dev/null >/dev/null 2>&1 &");
        id_ = pending_id("changed", "delete");
        digest_ = digest_of(id_, "kill-process");
        ASSERT_NE(digest_, "");
        const auto shown = show(id_);
        ASSERT_GE(shown["ancestry"].size(), 2u) << shown;
        inner_ = shown["ancestry"][0]["pid"];
        outer_ = shown["ancestry"][1]["pid"];
        ASSERT_GT(std::min(inner_, outer_), 1);
    }
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    void inner_exits() {
        ASSERT_EQ(kill(inner_, SIGKILL), 0);
        ASSERT_TRUE(eventually([&] { return kill(inner_, 0) != 0; }));
    }
    [[nodiscard]] Output approve_shown(const std::string& response = "kill-process") const { return run("quell approve " + id_ + "@" + digest_ + " " + response + " --reason changed"); }
    // The refusal is told, is a row, and did nothing.
    void expect_refused(const Output& output, const std::vector<std::string>& told) {
        EXPECT_EQ(output.status, 5) << output.text;
        for (const auto& part : told) EXPECT_NE(output.text.find(part), std::string::npos) << part << "\n" << output.text;
        EXPECT_EQ(kill(outer_, 0), 0);
        EXPECT_TRUE(victim_.running());
        EXPECT_EQ(denied_anywhere(), denied_);
        EXPECT_EQ(counter("kill-signals"), killed_);
        EXPECT_EQ(show(id_)["state"], "pending");
        EXPECT_EQ(actions_of(id_).back(), "refused");
    }

    const std::int64_t denied_ = denied_anywhere(), killed_ = counter("kill-signals");
    Container victim_{"changed"};
    std::string id_, digest_;
    pid_t inner_ = 0, outer_ = 0;
};

TEST_F(Changed, AProcessThatHasExitedIsNamedAndSoIsWhoIsOfferedNow) {
    inner_exits();
    expect_refused(approve_shown(), {"since it was shown: the process is another", "(pid " + std::to_string(inner_) + ")", "(pid " + std::to_string(outer_) + ")", "look again with quell show " + id_});
    const auto now = digest_of(id_, "kill-process");
    EXPECT_NE(now, digest_);
    const auto output = run("quell approve " + id_ + "@" + now + " kill-process --reason changed");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([&] { return kill(outer_, 0) != 0; }));
    EXPECT_TRUE(victim_.running());
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "refused", "approved", "flipped", "done"}));
}

TEST_F(Changed, ADigestOfAnotherResponseSaysOfWhich) {
    digest_ = digest_of(id_, "kill-container");
    ASSERT_NE(digest_, "");
    expect_refused(approve_shown(), {"shown for kill-container, not for kill-process", "look again with quell show " + id_});
}

TEST_F(Changed, ADaemonThatBeganSinceSaysThatItDoesNotKnow) {
    inner_exits();
    kill_daemon(SIGKILL);
    start_daemon();
    expect_refused(approve_shown(), {"it was not shown since the daemon began", "look again with quell show " + id_});
}

TEST_F(Changed, AContainerThatWasMadeAnewIsAnotherTarget) {
    digest_ = digest_of(id_, "kill-container");
    ASSERT_NE(digest_, "");
    victim_.destroy();
    victim_.start();
    EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "gone"; })) << show(id_).dump(1);
    const auto output = approve_shown("kill-container");
    EXPECT_EQ(output.status, 5) << output.text;
    for (const char* part : {"it is gone already", "what was made anew is another target", "quell incidents"}) EXPECT_NE(output.text.find(part), std::string::npos) << output.text;
    EXPECT_TRUE(victim_.running());
    EXPECT_EQ(attack(victim_, "append /var/log/sub/deep.log"), 0);
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "gone", "refused"}));
}

}  // namespace
}  // namespace quell::guest
