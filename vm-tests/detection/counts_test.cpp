// SPDX-License-Identifier: Apache-2.0
// What `quell status` counts, for metrics: each hook and each counter of the
// tables once, by its name there, with what the kernel side has counted.
#include <gtest/gtest.h>

#include "user/base/vocabulary.h"
#include "vm-tests/harness/kernel_counts.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

std::vector<std::int64_t> matched() {
    std::vector<std::int64_t> counts;
    const auto status = quell("status")["status"];
    for (const auto& hook : status["hooks"]) counts.push_back(hook["matched"]);
    return counts;
}

TEST(Counts, AreNamedFromTheTables) {
    const auto status = quell("status")["status"];
    ASSERT_EQ(status["hooks"].size(), kHookWords.size());
    for (std::size_t i = 0; i < kHookWords.size(); i++) {
        const auto& hook = status["hooks"][i];
        EXPECT_EQ(hook["name"], kHookWords[i]);
        for (const char* what : {"matched", "denied"}) EXPECT_TRUE(hook[what].is_number_integer()) << hook;
    }
    ASSERT_EQ(status["counters"].size(), counter_rows().size());
    for (std::size_t i = 0; i < counter_rows().size(); i++) EXPECT_EQ(status["counters"][i]["name"], counter_rows()[i].name);
}

TEST(Counts, RiseAtTheHookWhereItHappened) {
    Container container("counts");
    container.start();
    auto expected = matched();
    ASSERT_EQ(expected.size(), kHookWords.size());
    EXPECT_EQ(attack(container, "unlink /var/log/dpkg.log"), 0);
    EXPECT_EQ(attack(container, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("counts", "truncate");
    expected[QUELL_HOOK_inode_unlink]++;
    expected[QUELL_HOOK_inode_setattr]++;
    EXPECT_EQ(matched(), expected);

    ASSERT_EQ(approve(id, "quarantine-file").status, 0);
    expect_refused(container, "read /var/log/b.log");
    const auto status = quell("status")["status"], hook = status["hooks"][QUELL_HOOK_file_open];
    EXPECT_EQ(hook["denied"], denied("file_open"));
    EXPECT_GT(denied("file_open"), 0);
    for (const auto& one : status["counters"])
        if (one["name"] == "events") {
            EXPECT_EQ(one["value"], counter("events"));
        }
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

}  // namespace
}  // namespace quell::guest
