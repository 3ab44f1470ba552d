// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vm-tests/harness/guest.h"

namespace quell::guest {
namespace {

// Its first check that does not hold ends it, and is the last line.
TEST(Demo, EveryStepIsSeen) {
    // to a file: who supervises the containers goes on, and holds what the scenario writes to open
    const auto output = run("/w/scenario >/tmp/scenario.log 2>&1 </dev/null");
    const auto text = run("cat /tmp/scenario.log").text;
    EXPECT_EQ(output.status, 0) << text;
    EXPECT_NE(text.find("checks were seen"), std::string::npos) << text;
}

}  // namespace
}  // namespace quell::guest
