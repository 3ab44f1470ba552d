// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/silence.h"

#include <gtest/gtest.h>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

Silence::Silence(By by) : by_(by), matches_(matches()), excepted_(counter("excepted")) {}

void Silence::expect(const std::string& after, const std::function<int()>& control) const {
    EXPECT_EQ(matches(), matches_) << after;
    if (by_ == By::Exceptions) {
        EXPECT_GT(counter("excepted"), excepted_) << after << " met no rule: this says nothing of exceptions";
    } else {
        EXPECT_EQ(counter("excepted"), excepted_) << after << " met a rule";
    }
    const auto before = matches();
    EXPECT_EQ(control(), 0) << "the control after " << after;
    expect_told(wait_for([](const Json& one) { return one["operation"] == "delete"; }), before, "the control after " + after);
    EXPECT_EQ(matches(), before + 1) << after;
    const auto all = incidents();
    EXPECT_EQ(all.size(), 1u) << after << ": " << Json(all).dump(1);
    reject_all();
}

}  // namespace quell::guest
