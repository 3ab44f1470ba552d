// SPDX-License-Identifier: Apache-2.0
#include "user/approval/rights.h"

#include <gtest/gtest.h>

#include <set>

#include "user/base/vocabulary.h"
#include "user/control/interface.h"

namespace quell::approval {
namespace {

constexpr std::uint32_t kInfo = 0, kHigh = 3, kCritical = 4;
const std::vector<gid_t> kSoc{7, 20};

Matter matter(quell_response response, std::uint32_t severity) {
    Matter made;
    made.response = response;
    made.severity = severity;
    made.is_container = true;
    return made;
}

TEST(Roles, TheHighestOfHisGroupsCounts) {
    const Groups groups{{{10, Role::kViewer}, {20, Role::kResponder}, {30, Role::kSenior}, {40, Role::kAdmin}}, {50}};
    EXPECT_EQ(role_of({0, 0, {}}, {}), Role::kAdmin);
    EXPECT_EQ(role_of({1000, 10, {}}, groups), Role::kViewer) << "the first group counts as well";
    EXPECT_EQ(role_of({1000, 10, kSoc}, groups), Role::kResponder);
    EXPECT_EQ(role_of({1000, 30, kSoc}, groups), Role::kSenior);
    EXPECT_EQ(role_of({1000, 40, kSoc}, groups), Role::kAdmin);
    EXPECT_EQ(role_of({1000, 99, {}}, groups), Role::kNone);
    EXPECT_EQ(role_of({1000, 0, {}}, groups), Role::kNone) << "root's group is no root";
    EXPECT_EQ(role_of({}, {}), Role::kNone);
}

TEST(Roles, WhoMayBreakTheGlassMayLook) {
    const Groups groups{{{20, Role::kSenior}}, {50}};
    EXPECT_EQ(role_of({1000, 50, {}}, groups), Role::kViewer);
    EXPECT_EQ(role_of({1000, 50, kSoc}, groups), Role::kSenior);
    EXPECT_TRUE(may_break_glass({1000, 50, {}}, groups));
    EXPECT_TRUE(may_break_glass({0, 0, {}}, {}));
    EXPECT_FALSE(may_break_glass({1000, 20, {}}, groups));
}

TEST(Rights, WithoutAnyConfiguredWhatCannotBeUndoneTakesMoreAtCritical) {
    for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++) {
        const auto response = static_cast<quell_response>(which);
        const bool can_be_undone = !kUndoWords[which].empty();
        EXPECT_EQ(role_needed({}, matter(response, kInfo)), Role::kResponder);
        EXPECT_EQ(role_needed({}, matter(response, kHigh)), Role::kResponder);
        EXPECT_EQ(role_needed({}, matter(response, kCritical)), can_be_undone ? Role::kResponder : Role::kSenior) << kResponseWords[which];
        EXPECT_EQ(role_needed({}, matter(response, 77)), can_be_undone ? Role::kResponder : Role::kSenior) << "an unknown severity is a critical one";
    }
}

TEST(Rights, EachGrantIsAWayOfItsOwn) {
    const Rights rights{{QUELL_RESPONSE_KILL_CONTAINER, {{Role::kResponder, kHigh, {"env=test", "team=shop"}}, {Role::kSenior, kHigh, {}}}}};
    auto one = matter(QUELL_RESPONSE_KILL_CONTAINER, kHigh);
    EXPECT_EQ(role_needed(rights, one), Role::kSenior) << "labels that are not known give no right";
    const std::vector<std::string> env{"env=test"}, all{"team=shop", "x=y", "env=test"};
    one.labels = &env;
    EXPECT_EQ(role_needed(rights, one), Role::kSenior) << "all of them have to be there";
    one.labels = &all;
    EXPECT_EQ(role_needed(rights, one), Role::kResponder);
    one.severity = kCritical;
    EXPECT_EQ(role_needed(rights, one), Role::kAdmin) << "no grant reaches it";
    one.response = QUELL_RESPONSE_KILL_PROCESS;
    EXPECT_EQ(role_needed(rights, one), Role::kSenior) << "the usual ones, where the configuration names none";
}

TEST(Rights, NobodyBelowAResponderDecides) {
    const Rights rights{{QUELL_RESPONSE_KILL_CONTAINER, {{Role::kViewer, kCritical, {}}}}};
    EXPECT_EQ(role_needed(rights, matter(QUELL_RESPONSE_KILL_CONTAINER, kInfo)), Role::kResponder);
}

TEST(Rights, ARejectionTakesTheRightToOneOfTheOffers) {
    const Rights rights{{QUELL_RESPONSE_KILL_CONTAINER, {{Role::kSenior, kCritical, {}}}}, {QUELL_RESPONSE_QUARANTINE_FILE, {{Role::kResponder, kHigh, {}}}}};
    const std::vector<quell_u32> kill{QUELL_RESPONSE_KILL_CONTAINER}, both{QUELL_RESPONSE_KILL_CONTAINER, QUELL_RESPONSE_QUARANTINE_FILE}, strange{77};
    EXPECT_EQ(role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kHigh), kill), Role::kSenior);
    EXPECT_EQ(role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kHigh), both), Role::kResponder);
    EXPECT_EQ(role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kCritical), both), Role::kSenior);
    EXPECT_EQ(role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kCritical), {}), Role::kResponder) << "nothing could be approved";
    (void)role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kCritical), strange);
    const std::vector<quell_u32> looked_at{QUELL_RESPONSE_KILL_CONTAINER, QUELL_RESPONSE_CAPTURE, QUELL_RESPONSE_ACQUIRE_FILE}, only{QUELL_RESPONSE_CAPTURE};
    EXPECT_EQ(role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kCritical), looked_at), Role::kSenior) << "evidence gives no right to decide against a kill";
    EXPECT_EQ(role_to_reject(rights, matter(QUELL_RESPONSE_COUNT, kCritical), only), Role::kResponder);
}

TEST(Methods, EachHasItsRole) {
    std::set<std::string_view> listed{
#define METHOD(name, role) #name,
#include "user/approval/methods.def"
#undef METHOD
    };
    for (const auto& [name, method] : control::quell_interface().methods) EXPECT_EQ(listed.erase(name), 1u) << name << " has no row in user/approval/methods.def";
    EXPECT_TRUE(listed.empty()) << *listed.begin();
    EXPECT_EQ(least_role("Show"), Role::kViewer);
    EXPECT_EQ(least_role("Approve"), Role::kResponder);
    EXPECT_EQ(least_role("ApplyPolicy"), Role::kAdmin);
    EXPECT_EQ(least_role("NoSuchMethod"), Role::kAdmin);
}

}  // namespace
}  // namespace quell::approval
