// SPDX-License-Identifier: Apache-2.0
// A later deadline, and what it is refused for.
#include <cerrno>

#include "vm-tests/containment/halted.h"
#include "vm-tests/harness/kernel_side.h"

namespace quell::guest {
namespace {

class Extend : public Halted {};

TEST_F(Extend, MovesTheDeadlineAndSaysWhoDidIt) {
    Container victim("late");
    victim.start();
    const auto id = incident_of(victim, "late");
    const auto before = show(id);
    const auto output = run("quell extend " + id + " --for 2h --reason 'asked the owner'");
    EXPECT_EQ(output.status, 0) << output.text;
    const auto after = show(id);
    EXPECT_EQ(after["state"], "pending");
    EXPECT_GT(after["deadline"].get<std::string>(), before["deadline"].get<std::string>());
    EXPECT_GT(after["time_left_s"].get<int>(), 7000);
    EXPECT_LE(after["time_left_s"].get<int>(), 7200);
    EXPECT_NE(after["note"].get<std::string>().find("extended"), std::string::npos);
    const auto row = quell("history --limit 1 --incident " + id)["rows"][0];
    EXPECT_EQ(row["action"], "extended");
    EXPECT_EQ(row["reason"], "asked the owner");
    EXPECT_EQ(row["who"]["user"], "root");
    EXPECT_EQ(run("quell extend " + id + " --for 1h --reason x").status, 1) << "that would be earlier";
    EXPECT_EQ(run("quell extend " + id + " --for 1h --reason x --dry-run").status, 1) << "a dry run ends as the real thing would";
    EXPECT_EQ(run("quell extend " + id + " --for 8d --reason x").status, 2);
    EXPECT_EQ(run("quell extend " + id + " --for 3h").status, 2) << "without a reason";
    EXPECT_EQ(run("quell extend " + id + " --for 3h --reason ' '").status, 4) << "without one that says anything";
    EXPECT_EQ(run("quell extend " + id + " --for 3h --reason x --dry-run").status, 0);
    EXPECT_EQ(run("quell assign " + id + " alice --dry-run").status, 0);
    EXPECT_EQ(run("quell note " + id + " hello --dry-run").status, 0);
    EXPECT_EQ(show(id).value("assigned_to", ""), "");
    EXPECT_FALSE(show(id).contains("notes"));
    EXPECT_EQ(show(id)["deadline"], after["deadline"]);
    EXPECT_EQ(run("quell reject " + id + " --reason no").status, 0);
    EXPECT_EQ(run("quell extend " + id + " --for 3h --reason x").status, 5) << "it is decided";
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "extended", "refused", "refused", "refused", "dry-run", "dry-run", "dry-run", "rejected", "refused"}));
}

TEST_F(Extend, IsJudgedByTheKernelSide) {
    Container victim("judged");
    victim.start();
    const auto id = incident_of(victim, "judged");
    KernelSide kernel;
    const auto found = kernel.find(id);
    auto request = approval_of(found, QUELL_RESPONSE_COUNT);
    const auto extended = [&](quell_u64 deadline) {
        request.to = request.from;
        request.deadline_ns = deadline;
        return kernel.transition(request).error;
    };
    const auto deadline = found.value.deadline_ns;
    EXPECT_EQ(extended(deadline), -ERANGE);
    EXPECT_EQ(extended(deadline + QUELL_EXTEND_MAX_NS), -ERANGE);
    request.approver_container = request.key.container;
    EXPECT_EQ(extended(deadline + 1), -EPERM) << "from inside the target";
    request.approver_container = 0;
    request.incident++;
    EXPECT_EQ(extended(deadline + 1), -EBUSY);
    request.incident--;
    EXPECT_EQ(kernel.entry(id).deadline_ns, deadline);
    EXPECT_EQ(extended(deadline + 1), 0);
    EXPECT_EQ(kernel.entry(id).deadline_ns, deadline + 1);
    EXPECT_EQ(QUELL_WORD_STATE(kernel.entry(id).word), quell_u32{QUELL_STATE_PENDING});
}

}  // namespace
}  // namespace quell::guest
