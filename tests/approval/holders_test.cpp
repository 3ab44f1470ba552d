// SPDX-License-Identifier: Apache-2.0
#include "user/approval/holders.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/incident/made.h"

namespace quell::approval {
namespace {

using incident::FakeKernel;
using incident::Incident;

Incident instance_in(std::uint64_t container, const std::string& name) {
    auto one = incident::an_incident();
    one.key.container = container;
    one.identity.name = name;
    return one;
}

quell_container protected_one() {
    quell_container made{};
    made.flags = QUELL_CONTAINER_PROTECTED;
    return made;
}

TEST(HoldersKilled, MayBeKilledInAContainerThatRuns) {
    FakeKernel kernel;
    EXPECT_EQ(why_holders_stay(kernel, instance_in(1, "web"), nullptr), "");
    EXPECT_NE(why_holders_stay(kernel, instance_in(0, ""), nullptr).find("not of a container that runs"), std::string::npos);
    kernel.containers_[1] = protected_one();
    EXPECT_EQ(why_holders_stay(kernel, instance_in(1, "web"), nullptr), "the container is gone or protected");
    kernel.containers_[1] = std::nullopt;
    EXPECT_EQ(why_holders_stay(kernel, instance_in(1, "web"), nullptr), "the container is gone or protected");
}

// Each instance of the file loses who holds it in its own container: one that is protected refuses the whole, by its name.
TEST(HoldersKilled, AreNotKilledWhereOneOfTheOtherContainersIsProtected) {
    FakeKernel kernel;
    Joint joint;
    joint.others = {instance_in(2, "side"), instance_in(3, "node")};
    const auto first = instance_in(1, "web");
    EXPECT_EQ(why_holders_stay(kernel, first, &joint), "");
    const auto expect_named = [&] {
        const auto why = why_holders_stay(kernel, first, &joint);
        EXPECT_EQ(why.find("node ("), 0u) << why;
        EXPECT_NE(why.find("gone or protected"), std::string::npos) << why;
    };
    kernel.containers_[3] = protected_one();
    expect_named();
    kernel.containers_[3] = std::nullopt;
    expect_named();
    kernel.containers_.clear();
    kernel.self_cgroup = 3;
    expect_named();
    EXPECT_EQ(why_holders_stay(kernel, first, nullptr), "") << "the incident alone";
}

}  // namespace
}  // namespace quell::approval
