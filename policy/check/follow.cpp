// SPDX-License-Identifier: Apache-2.0
#include "policy/check/follow.h"

#include <algorithm>
#include <array>

#include "policy/check/fields.h"
#include "policy/check/respond.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

constexpr std::array kFollowFields = {Field{"workload", true}};

// Why nothing would follow, nullptr where something may.
const char* not_possible(const Rule& rule) {
    if ((rule.subjects & QUELL_SUBJECT_CONTAINER) == 0) return "the rule is about the host only, which is no workload that comes back";
    const bool offers_one = std::any_of(rule.offers.begin(), rule.offers.end(), [](std::uint32_t offer) { return (kFollowing & QUELL_BIT(offer)) != 0; });
    return offers_one ? nullptr : "none of its offers can: that are isolate-network, deny-write and deny-exec";
}

}  // namespace

void read_follow(const Node* value, Rule& rule, Findings& findings) {
    if (value == nullptr) return;
    if (value->type == Node::Type::kText) {
        constexpr std::array<std::string_view, 1> kWords = {"workload"};
        const Node* text = text_of(value, "follow", findings);
        if (text == nullptr || !word_of(*text, "follow", kWords, findings)) return;
        rule.follow_ns = kDefaultFollowNs;
    } else {
        if (!check_map(*value, "follow", kFollowFields, findings)) return;
        const auto term = read_duration(value->find("workload"), "workload", findings);
        if (!term) return;
        rule.follow_ns = *term;
    }
    if (const char* why = not_possible(rule)) findings.add(Code::kQ1317, value->where, std::string("nothing follows: ") + why, "remove it, or offer one of them", value->text);
}

}  // namespace quell::policy
