// SPDX-License-Identifier: Apache-2.0
// main of a VM suite: the shipped pack is in force before the first test (a
// fresh installation has an empty policy directory), and no test loses
// anything unless it is made to.
#include <gtest/gtest.h>

#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class PackInForce : public testing::Environment {
    void SetUp() override {
        if (run("quell status").status == 0) apply_pack();
    }
};

}  // namespace
}  // namespace quell::guest

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    testing::AddGlobalTestEnvironment(new quell::guest::PackInForce);
    testing::UnitTest::GetInstance()->listeners().Append(quell::guest::losses_listener());
    return RUN_ALL_TESTS();
}
