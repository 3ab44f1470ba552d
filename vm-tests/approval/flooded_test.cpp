// SPDX-License-Identifier: Apache-2.0
// Somebody floods: what is enforced of another container stays enforced, what
// waits of it stays to be decided, when there is no room for one more.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>

#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

constexpr int kFlooding = 13, kActors = 66;  // 768 of 12 containers are all that those have who have one already

TEST(Flooded, NobodysEntryIsEvicted) {
    for (const char* full : {"pending-full", "pending-subject", "ring-dropped"}) allow_counter(full);
    Container held("held"), waiting("waiting");
    held.start();
    waiting.start();
    waiting.begin("sleep 1000");
    const auto matched = matches();
    EXPECT_EQ(attack(held, "truncate /var/log/b.log"), 0);
    const auto enforced = pending_id("held", "truncate");
    expect_told(show(enforced), matched, "the truncation");
    ASSERT_EQ(approve(enforced, "quarantine-file").status, 0);
    EXPECT_EQ(attack(waiting, "unlink /var/log/b.log"), 0);
    const auto waits = pending_id("waiting", "delete");
    {
        const auto before = counter("pending-full");
        std::vector<std::unique_ptr<Jail>> jails;
        for (int i = 0; i < kFlooding; i++) {
            jails.push_back(std::make_unique<Jail>("flood" + std::to_string(i)));
            EXPECT_EQ(jails.back()->run({"many-actors", "/var/log", std::to_string(kActors), "1"})["failed"], 0);
        }
        EXPECT_GT(counter("pending-full"), before) << "there was room for all";
        expect_refused(held, "read /var/log/b.log");
        EXPECT_EQ(show(enforced)["state"], "enforcing");
        const auto output = approve(waits, "kill-container");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(waiting.ended(), 128 + SIGKILL);
    }
    EXPECT_EQ(actions_of(waits), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    expect_refused(held, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + enforced + " --reason done").status, 0);
    EXPECT_EQ(attack(held, "read /var/log/b.log"), 0);
    EXPECT_EQ(actions_of(enforced), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

}  // namespace
}  // namespace quell::guest
