// SPDX-License-Identifier: Apache-2.0
#include "user/approval/rights.h"

#include <algorithm>

#include "user/approval/guards.h"
#include "user/base/vocabulary.h"

namespace quell::approval {
namespace {

constexpr std::uint32_t kHigh = 3, kCritical = 4;

bool is_member(const Caller& caller, gid_t group) { return caller.gid == group || std::ranges::find(caller.groups, group) != caller.groups.end(); }

struct MethodRow {
    std::string_view method;
    Role least;
};

constexpr Role VIEWER = Role::kViewer, RESPONDER = Role::kResponder, SENIOR = Role::kSenior, ADMIN = Role::kAdmin;
constexpr std::array kMethods = {
#define METHOD(name, role) MethodRow{#name, role},
#include "user/approval/methods.def"
#undef METHOD
};

const std::vector<Grant>& usual(quell_u32 response) {
    static const std::vector<Grant> kWhatCanBeUndone{{Role::kResponder, kCritical, {}}};
    static const std::vector<Grant> kWhatCannot{{Role::kResponder, kHigh, {}}, {Role::kSenior, kCritical, {}}};
    return word_at(kUndoWords, response).empty() ? kWhatCannot : kWhatCanBeUndone;
}

// Labels that are not known are none that a right could hang on.
bool fits(const Grant& grant, const Matter& matter) {
    if (std::min(matter.severity, kCritical) > grant.severity_up_to) return false;
    const auto has = [&](const std::string& label) { return matter.labels && std::ranges::find(*matter.labels, label) != matter.labels->end(); };
    return std::ranges::all_of(grant.labels, has);
}

}  // namespace

Role role_of(const Caller& caller, const Groups& groups) {
    if (caller.uid == 0) return Role::kAdmin;
    Role role = may_break_glass(caller, groups) ? Role::kViewer : Role::kNone;
    for (const auto& [group, given] : groups.roles)
        if (is_member(caller, group)) role = std::max(role, given);
    return role;
}

bool may_break_glass(const Caller& caller, const Groups& groups) {
    return caller.uid == 0 || std::ranges::any_of(groups.break_glass, [&](gid_t group) { return is_member(caller, group); });
}

Role least_role(std::string_view method) {
    const auto found = std::ranges::find(kMethods, method, &MethodRow::method);
    return found == kMethods.end() ? Role::kAdmin : found->least;
}

Role role_needed(const Rights& rights, const Matter& matter) {
    const auto named = rights.find(matter.response);
    Role needed = Role::kAdmin;
    for (const Grant& grant : named == rights.end() ? usual(matter.response) : named->second)
        if (fits(grant, matter)) needed = std::min(needed, grant.role);
    return std::max(needed, Role::kResponder);
}

Role role_to_reject(const Rights& rights, Matter matter, std::span<const quell_u32> offers) {
    Role needed = offers.empty() ? Role::kResponder : Role::kAdmin;
    const auto looks = [](quell_u32 offer) { return only_looks(word_at(kResponseWords, offer)); };
    const bool contains = !std::ranges::all_of(offers, looks);
    for (const auto offer : offers) {
        if (contains && looks(offer)) continue;  // who may look at a target may not therefore decide that nothing is done to it
        matter.response = static_cast<quell_response>(std::min<quell_u32>(offer, QUELL_RESPONSE_COUNT));
        needed = std::min(needed, role_needed(rights, matter));
    }
    return needed;
}

}  // namespace quell::approval
