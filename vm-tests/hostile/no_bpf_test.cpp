// SPDX-License-Identifier: Apache-2.0
// On a kernel that was booted without bpf in lsm= nothing is loaded, nothing
// is claimed, and the exact boot parameter is printed.
#include <gtest/gtest.h>

#include "vm-tests/harness/guest.h"

namespace quell::guest {
namespace {

TEST(NoBpf, QuelldSaysWhatToBootWith) {
    const auto output = run("timeout 60 quelld");
    EXPECT_EQ(output.status, 1) << output.text;
    const auto active = must("cat /sys/kernel/security/lsm");
    ASSERT_EQ(active.find("bpf"), std::string::npos) << active;
    EXPECT_NE(output.text.find("lsm=" + active + ",bpf"), std::string::npos) << output.text;
    EXPECT_NE(run("ls /sys/fs/bpf/quell").status, 0) << "something was loaded";
}

TEST(NoBpf, DoctorSaysTheSame) {
    const auto output = run("quell doctor");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("lsm=" + must("cat /sys/kernel/security/lsm") + ",bpf"), std::string::npos) << output.text;
    const auto json = run("quell doctor --json 2>/dev/null");
    EXPECT_TRUE(Json::parse(json.text, nullptr, false).is_object()) << json.text;
    EXPECT_EQ(run("quell status").status, 3);
}

}  // namespace
}  // namespace quell::guest
