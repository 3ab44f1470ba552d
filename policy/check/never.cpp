// SPDX-License-Identifier: Apache-2.0
#include "policy/check/never.h"

#include <algorithm>
#include <limits>
#include <span>

#include "policy/check/field_table.h"
#include "policy/check/guard.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

bool all_covered(std::span<const Pattern> narrow, std::span<const Pattern> wide) {
    return !narrow.empty() && std::all_of(narrow.begin(), narrow.end(), [&](const Pattern& path) {
        return std::any_of(wide.begin(), wide.end(), [&](const Pattern& pattern) { return covers(pattern, path); });
    });
}

// Ranges are sorted and apart, so one of them has all of another.
bool all_inside(std::span<const Range> narrow, std::span<const Range> wide) {
    return std::all_of(narrow.begin(), narrow.end(), [&](const Range& range) {
        return std::any_of(wide.begin(), wide.end(), [&](const Range& around) { return around.first <= range.first && range.last <= around.last; });
    });
}

bool are_apart(std::span<const Range> some, std::span<const Range> others) {
    return std::none_of(some.begin(), some.end(), [&](const Range& range) {
        return std::any_of(others.begin(), others.end(), [&](const Range& other) { return range.first <= other.last && other.first <= range.last; });
    });
}

// What meets the first meets the second: both as they stand, without their `not`.
bool is_within(const Condition& narrow, const Condition& wide) {
    switch (kFieldRows[narrow.field].kind) {
        case FieldKind::kPaths: return all_covered(narrow.paths, wide.paths);
        case FieldKind::kBits: return (narrow.ranges[0].first & ~wide.ranges[0].first) == 0;
        default: return all_inside(narrow.ranges, wide.ranges);
    }
}

// Does the first say the second? Both are of one field.
bool implies(const Condition& given, const Condition& asked) {
    if (given.negated && asked.negated) return is_within(asked, given);
    if (given.negated) return false;
    if (!asked.negated) return is_within(given, asked);
    const FieldKind kind = kFieldRows[given.field].kind;
    return kind != FieldKind::kPaths && kind != FieldKind::kBits && are_apart(given.ranges, asked.ranges);
}

bool holds_always(const Condition& condition) {
    const FieldKind kind = kFieldRows[condition.field].kind;
    const std::vector<Range>& ranges = condition.ranges;
    if (condition.negated || kind == FieldKind::kPaths || kind == FieldKind::kBits) return false;
    if (kind == FieldKind::kTypes) return ranges.size() == 1 && ranges[0].first <= 1 && ranges[0].last >= 12;
    return ranges.size() == 1 && ranges[0].first == 0 && ranges[0].last == std::numeric_limits<std::uint32_t>::max();
}

// An executable lets go only where it is intact, which a rule that names it need not ask.
bool is_executable(std::uint32_t field) {
    return field == QUELL_FIELD_EXE || field == QUELL_FIELD_PARENT || field == QUELL_FIELD_ANCESTOR;
}

bool is_implied(const Rule& rule, const Condition& asked) {
    if (is_executable(asked.field)) return false;
    if (holds_always(asked)) return true;
    // operations on places also meet what lies above the rule's paths
    if (asked.field == QUELL_FIELD_PATH && !asked.negated && (rule.operations & place_operations()) == 0 && all_covered(rule.paths, asked.paths)) return true;
    return std::any_of(rule.conditions.begin(), rule.conditions.end(),
                       [&](const Condition& given) { return given.field == asked.field && implies(given, asked); });
}

}  // namespace

bool has_field(std::uint32_t operation, std::uint32_t field) {
    switch (field) {
        case QUELL_FIELD_NEW_MODE: return operation == QUELL_OP_CHMOD || operation == QUELL_OP_CREATE;
        case QUELL_FIELD_NEW_OWNER:
        case QUELL_FIELD_NEW_GROUP: return operation == QUELL_OP_CHOWN;
        case QUELL_FIELD_MODE:
        case QUELL_FIELD_OWNER:
        case QUELL_FIELD_GROUP:
        case QUELL_FIELD_INTACT: return operation != QUELL_OP_CREATE;
        default: return true;
    }
}

void guard_shadowed(const Rule& rule, Findings& findings) {
    for (const Group& exception : rule.exceptions) {
        // guard_exceptions has said so of these
        if (exception.size() == 1 && exception[0].field == QUELL_FIELD_PATH && !exception[0].negated) continue;
        if (!std::all_of(exception.begin(), exception.end(), [&](const Condition& condition) { return is_implied(rule, condition); })) continue;
        std::string text;
        for (const Condition& condition : exception) text += (text.empty() ? "" : ", ") + condition.text();
        findings.add(Code::kQ1320, rule.where, "the exception " + in_quotes("{" + text + "}") + " holds whenever the rule does, which never fires",
                     "ask for something in it that the rule does not ask for", rule.id);
    }
}

void guard_fields(const Rule& rule, Findings& findings) {
    for (const Condition& condition : rule.conditions)
        for (std::uint32_t operation = 0; operation < kOperationWords.size(); operation++) {
            // of what create makes there is a code of its own
            if ((rule.operations & QUELL_BIT(operation)) == 0 || operation == QUELL_OP_CREATE || has_field(operation, condition.field)) continue;
            findings.add(Code::kQ1321, rule.where,
                         in_quotes(kOperationWords[operation]) + " has no " + in_quotes(kFieldRows[condition.field].word) +
                             (condition.negated ? ": the condition says nothing" : ": the rule never fires for it"),
                         "write a rule of its own for " + std::string(kOperationWords[operation]), rule.id);
        }
}

}  // namespace quell::policy
