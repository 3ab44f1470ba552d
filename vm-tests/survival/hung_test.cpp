// SPDX-License-Identifier: Apache-2.0
// A daemon that does not answer: its status page does, and says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// What the page and the daemon's answer both count.
Json counted() {
    const auto status = quell("status")["status"];
    Json numbers;
    for (const char* word : {"generation", "policies", "rules", "containers", "pending", "enforcing"}) numbers[word] = status[word];
    return numbers;
}

// The daemon's numbers once they have stayed as they are for longer than it takes to write its page, which it does
// once a second: a container of an earlier test may still be going.
Json settled() {
    auto before = counted();
    for (int tries = 0; tries < 10; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2500));
        auto after = counted();
        if (after == before) return after;
        before = std::move(after);
    }
    ADD_FAILURE() << "the daemon's numbers do not come to rest: " << before;
    return before;
}

TEST(Hung, StatusAnswersFromThePageAndSaysSo) {
    const pid_t pid = daemon_pid();
    ASSERT_GT(pid, 1);
    write("/var/log/hung.log", "line\n");
    must("rm /var/log/hung.log");
    const auto incident = wait_for_pending([](const Json& one) { return one["operation"] == "delete"; });
    ASSERT_TRUE(incident);
    const auto said = settled();
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    const auto json = run("quell status --json 2>/dev/null");
    EXPECT_EQ(json.status, 3);
    const auto reply = Json::parse(json.text, nullptr, false);
    ASSERT_TRUE(reply.is_object()) << json.text;
    EXPECT_EQ(reply["error"], "io.quell.cli.NotReachable") << reply;
    const auto& page = reply["parameters"]["page"];
    EXPECT_EQ(page["pid"], pid) << page;
    EXPECT_EQ(page["canary"], "denied") << page;
    for (const auto& [word, number] : said.items()) EXPECT_EQ(page[word], number) << word;
    EXPECT_EQ(page["incidents"][0], (Json{{"id", (*incident)["id"]}, {"state", "pending"}})) << page;
    EXPECT_NE(std::find(page["hooks"].begin(), page["hooks"].end(), "inode_unlink"), page["hooks"].end()) << page;
    const auto output = run("quell status");
    EXPECT_EQ(output.status, 3);
    EXPECT_NE(output.text.find("daemon does not answer, it is stopped (pid " + std::to_string(pid) + ")"), std::string::npos) << output.text;
    ASSERT_EQ(::kill(pid, SIGCONT), 0);
    EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }));
    reject_all();
}

TEST(Hung, ASecondDaemonIsRefused) {
    EXPECT_EQ(run("timeout 20 quelld 2>&1").status, 1);
    EXPECT_EQ(run("quell status").status, 0);
}

}  // namespace
}  // namespace quell::guest
