// SPDX-License-Identifier: Apache-2.0
// A thousand clients at once: each is served or refused, in words, and nobody
// waits; what is decided meanwhile is decided.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/hostile/raw_client.h"

namespace quell::guest {
namespace {

constexpr std::size_t kCrowd = 1000, kServed = 16;  // of one user, user/control/server.h
constexpr const char* kStatus = R"({"method":"io.quell.Status"})";

bool is_refusal(const std::string& answer) { return answer.find("too many connections") != std::string::npos; }
bool is_answer(const std::string& answer) { return answer.find("\"parameters\"") != std::string::npos && !is_refusal(answer); }

TEST(ClientCrowd, AThousandAreServedOrRefused) {
    const rlimit files{4096, 4096};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
    Container victim("crowd");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("crowd", "delete");
    const auto digest = digest_of(id, "kill-container");
    std::vector<std::string> answers;
    {
        std::vector<RawClient> crowd(kCrowd);
        for (auto& one : crowd) (void)one.call(kStatus);  // who was refused may have been hung up on
        for (auto& one : crowd) answers.push_back(one.get(20'000).value_or("nothing"));
        std::size_t served = 0, refused = 0;
        for (const auto& one : answers) {
            served += is_answer(one);
            refused += is_refusal(one);
        }
        EXPECT_EQ(served, kServed);
        EXPECT_EQ(served + refused, kCrowd) << "nobody is left without a word";
        for (std::size_t i = 0; i < kServed; i++) EXPECT_TRUE(is_answer(answers[i])) << "the first ones have their place: " << answers[i];
        // whose place it is goes on being served
        EXPECT_TRUE(crowd[0].call(kStatus));
        EXPECT_TRUE(is_answer(crowd[0].get(20'000).value_or("")));
    }
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }));
    const auto output = run("quell approve " + id + "@" + digest + " kill-container --reason crowd");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
    EXPECT_FALSE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

// As a script does it that has a loop too many: each by a process of its own, all of them of an operator.
TEST(ClientCrowd, OfCommandsDecidesNothingTwice) {
    Container victim("commands");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("commands", "delete");
    const auto command = "quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason crowd";
    must("cd /run && rm -f said-*; for i in $(seq 100); do (" + command + " >/dev/null 2>&1; echo $? >said-$i) & done; wait");
    EXPECT_EQ(must("cat /run/said-* | grep -c '^0$'"), "1\n") << run("cat /run/said-* | sort | uniq -c").text;
    EXPECT_EQ(run("cat /run/said-* | grep -vx '[015]'").text, "") << "done, refused, or no room; nothing else";
    must("rm /run/said-*");
    const auto actions = actions_of(id);
    EXPECT_EQ(std::count(actions.begin(), actions.end(), "approved"), 1);
    EXPECT_EQ(std::count(actions.begin(), actions.end(), "done"), 1);
    EXPECT_EQ(run("quell history verify").status, 0);
    reject_all();
}

}  // namespace
}  // namespace quell::guest
