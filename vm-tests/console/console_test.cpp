// SPDX-License-Identifier: Apache-2.0
// An operator at a terminal: a log was removed in a container, he sees it,
// looks at it, kills the container and reads what came of it, with keys only.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>

#include "tests/cli/tmux.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Console : public testing::Test {
protected:
    static void SetUpTestSuite() {
        setenv("PATH", ("/w:" + std::string(getenv("PATH"))).c_str(), 1);
        setenv("LD_LIBRARY_PATH", "/w", 1);  // of tmux
        apply_pack();
        must("mkdir -p /tmp/console");
    }
    void TearDown() override { reject_all(); }

    static constexpr const char* kConsole = "env -i PATH=/usr/bin:/bin TZ=UTC LC_ALL=C.UTF-8 TERM=\"$TERM\" quell console; echo left with $?; exec sleep 1000";
};

TEST_F(Console, ALogIsRemovedAndTheContainerKilledByKeysAlone) {
    const auto start = std::chrono::steady_clock::now();
    Container victim("web"), neighbour("db");
    victim.start();
    neighbour.start();
    const cli::Tmux tmux("/tmp/console", 80, 24, kConsole);
    ASSERT_TRUE(tmux.shows("Nothing waits for a decision."));
    const auto before = matches();
    victim.begin("rm /var/log/dpkg.log; sleep 1000");
    ASSERT_TRUE(tmux.shows("Clear Log Activ"));
    ASSERT_TRUE(tmux.shows("pending"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("> kill-container"));
    ASSERT_TRUE(tmux.shows("would hit"));
    tmux.press({"a"});
    ASSERT_TRUE(tmux.shows("Reason, for the history:"));
    ASSERT_TRUE(tmux.shows("risk         every process of the container ends"));  // what would be hit now
    tmux.type("log removed, case 42");
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("> To confirm"));
    tmux.type("yes");
    ASSERT_TRUE(tmux.shows("kill-container: yes"));
    EXPECT_TRUE(victim.running()) << "nothing is decided yet";
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows(": done, every process is gone"));
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    EXPECT_TRUE(neighbour.running());

    tmux.press({"h"});
    ASSERT_TRUE(tmux.shows("approved"));
    ASSERT_TRUE(tmux.shows("root (uid 0"));
    ASSERT_TRUE(tmux.shows("detected"));
    const auto screen = tmux.screen();
    EXPECT_NE(screen.find("flipped"), std::string::npos) << screen;
    EXPECT_NE(screen.find("done"), std::string::npos) << screen;
    tmux.press({"q", "q", "q"});
    EXPECT_TRUE(tmux.shows("left with 0"));

    std::string id;
    for (const Json& one : incidents(true))
        if (one["operation"] == "delete" && one["state"] == "done") id = one["id"];
    ASSERT_NE(id, "");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    const auto history = quell("history --incident " + id);
    for (const Json& row : history["rows"])
        if (row["action"] == "approved") {
            EXPECT_EQ(row["who"]["user"], "root");
            EXPECT_EQ(row["reason"], "log removed, case 42");
        }
    EXPECT_GT(matches(), before);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST_F(Console, ADaemonThatIsKilledAndStartedAgainIsTheSameJob) {
    Container victim("web");
    victim.start();
    (void)victim.exec("rm /var/log/dpkg.log");
    const cli::Tmux tmux("/tmp/console", 80, 24, kConsole);
    ASSERT_TRUE(tmux.shows("Clear Log Activ"));
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows("> kill-container"));
    kill_daemon(SIGKILL);
    ASSERT_TRUE(tmux.shows("daemon away since"));
    tmux.press({"a"});
    ASSERT_TRUE(tmux.shows("nothing can be decided until it is back"));
    EXPECT_TRUE(victim.running());
    start_daemon();
    ASSERT_TRUE(tmux.shows_no_more("daemon away since"));
    ASSERT_TRUE(tmux.shows("> kill-container"));
    tmux.press({"x", "Tab"});
    ASSERT_TRUE(tmux.shows("> To confirm"));
    tmux.type("yes");
    tmux.press({"Enter"});
    ASSERT_TRUE(tmux.shows(": rejected"));
    EXPECT_TRUE(victim.running());
    tmux.press({"t"});
    ASSERT_TRUE(tmux.shows("canary       denied"));
    tmux.press({"End"});
    ASSERT_TRUE(tmux.shows("Counters"));
}

}  // namespace
}  // namespace quell::guest
