// SPDX-License-Identifier: Apache-2.0
#include "policy/imagefile/valid_conditions.h"

#include <algorithm>
#include <functional>

#include "policy/check/field_table.h"
#include "policy/check/names.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

constexpr std::uint32_t kConditionFlags = QUELL_CONDITION_NOT | QUELL_CONDITION_OR | QUELL_CONDITION_END | QUELL_CONDITION_INTACT |
                                 QUELL_CONDITION_EXCEPT;

bool is_condition(const quell_condition& condition) {
    if (condition.field >= QUELL_FIELD_COUNT || (condition.flags & ~kConditionFlags) != 0) return false;
    if (kFieldRows[condition.field].kind == FieldKind::kTexts && (condition.first >= kMaxArgumentOutputs || condition.last != 0)) return false;
    // a group does not end in the middle of a clause
    return (condition.flags & (QUELL_CONDITION_OR | QUELL_CONDITION_END)) != (QUELL_CONDITION_OR | QUELL_CONDITION_END);
}

// A rule's groups: the last one has an end, `where` and `match` come before exceptions, each group is of one kind.
bool is_whole(const Image& image, const quell_rule& rule) {
    std::uint32_t needs = 0, kind = 0;
    bool is_first = true, is_begin = true;
    for (std::uint32_t i = rule.condition; i < rule.condition + rule.conditions; i++) {
        const quell_condition& condition = image.conditions[i];
        const std::uint32_t except = condition.flags & QUELL_CONDITION_EXCEPT;
        if (is_begin && !is_first && except == 0) return false;
        if (!is_begin && except != kind) return false;
        kind = except;
        is_begin = (condition.flags & QUELL_CONDITION_END) != 0;
        is_first = false;
        needs |= need_of(condition.field);
    }
    return is_begin && needs == rule.needs;
}

// Each of one field and with names that a policy may have; in order, so that none is there twice. A condition leads to one of its own field.
std::string valid_identities(const Image& image) {
    if (image.identities.size() > kMaxIdentities) return "the number of identities";
    for (std::size_t i = 0; i < image.identities.size(); i++) {
        const Identity& one = image.identities[i];
        if (!QUELL_FIELD_IS_IDENTITY(one.field) || one.names.empty() || one.names.size() > kMaxValuesPerCondition ||
            !std::all_of(one.names.begin(), one.names.end(), [&](const std::string& name) { return is_name_pattern(one.field, name); }) ||
            std::adjacent_find(one.names.begin(), one.names.end(), std::greater_equal<>()) != one.names.end() || (i != 0 && !(image.identities[i - 1] < one)))
            return "identity " + std::to_string(i);
    }
    for (std::size_t i = 0; i < image.conditions.size(); i++) {
        const quell_condition& condition = image.conditions[i];
        if (QUELL_FIELD_IS_IDENTITY(condition.field) &&
            (condition.first != condition.last || condition.first >= image.identities.size() || image.identities[condition.first].field != condition.field))
            return "condition " + std::to_string(i);
    }
    return {};
}

// Where each array begins. What stands in them leads a walk nowhere that it must not be.
std::string valid_texts(const Image& image) {
    const quell_text_head& head = image.texts.head;
    const bool asked = std::any_of(image.rules.begin(), image.rules.end(), [](const ImageRule& rule) { return (rule.value.needs & QUELL_NEED_TEXTS) != 0; });
    if (asked == image.texts.words.empty() || image.texts.words.size() > kMaxTextWords || head.generation != 0) return "the number of words of texts";
    for (const std::uint32_t begin : {head.states, head.cells, head.rows, head.lists, head.hits, head.steps})
        if (begin > image.texts.words.size()) return "an array of texts";
    return head.row_shift > 8 || head.places >= 1u << QUELL_PLACES ? "the head of texts" : "";
}

}  // namespace

std::string valid_conditions(const Image& image) {
    if (const std::string where = valid_texts(image); !where.empty()) return where;
    if (image.conditions.size() > kMaxConditions) return "the number of conditions";
    for (std::size_t i = 0; i < image.conditions.size(); i++)
        if (!is_condition(image.conditions[i])) return "condition " + std::to_string(i);
    if (const std::string where = valid_identities(image); !where.empty()) return where;
    std::size_t next = 0;
    for (std::size_t i = 0; i < image.rules.size(); i++) {
        const quell_rule& rule = image.rules[i].value;
        if (rule.condition != next || rule.conditions > kMaxConditionsPerRule || rule.conditions > image.conditions.size() - next ||
            !is_whole(image, rule))
            return "the conditions of rule " + std::to_string(i);
        next += rule.conditions;
    }
    return next == image.conditions.size() ? "" : "conditions of no rule";
}

}  // namespace quell::policy
