// SPDX-License-Identifier: Apache-2.0
// On a kernel that was booted without bpf in lsm= nothing is loaded, nothing
// is claimed, and the exact boot parameter is printed.
#include <gtest/gtest.h>

#include "vm-tests/harness/guest.h"

namespace quell::guest {
namespace {

// What is there stays there; "capability" is there by itself and cannot be named.
std::string parameter() {
    auto list = must("cat /sys/kernel/security/lsm") + ",bpf";
    if (const auto at = list.find("capability,"); at != std::string::npos) list.erase(at, 11);
    return "lsm=" + list;
}

TEST(NoBpf, QuelldSaysWhatToBootWith) {
    EXPECT_EQ(must("cat /sys/kernel/security/lsm").find("bpf"), std::string::npos);
    const auto output = run("timeout 60 quelld");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find(parameter()), std::string::npos) << output.text;
    EXPECT_NE(run("ls /sys/fs/bpf/quell").status, 0) << "something was loaded";
    EXPECT_EQ(run("quell status").status, 3);
}

TEST(NoBpf, DoctorSaysTheSame) {
    const auto output = run("quell doctor --json 2>/dev/null");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_TRUE(Json::parse(output.text, nullptr, false).is_object()) << output.text;
    EXPECT_NE(output.text.find(parameter()), std::string::npos) << output.text;
}

}  // namespace
}  // namespace quell::guest
