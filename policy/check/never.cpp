// SPDX-License-Identifier: Apache-2.0
#include "policy/check/never.h"

#include <algorithm>
#include <limits>
#include <span>

#include "policy/check/field_table.h"
#include "policy/check/guard.h"

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

bool all_among(std::span<const TextPattern> some, std::span<const TextPattern> others) {
    return std::all_of(some.begin(), some.end(), [&](const TextPattern& pattern) {
        return std::any_of(others.begin(), others.end(), [&](const TextPattern& other) { return other.glob == pattern.glob && other.at == pattern.at; });
    });
}

// What meets the first meets the second: both as they stand, without their `not`.
bool is_within(const Condition& narrow, const Condition& wide) {
    switch (kFieldRows[narrow.field].kind) {
        case FieldKind::kPaths: return all_covered(narrow.paths, wide.paths);
        case FieldKind::kNetworks:
            return std::all_of(narrow.networks.begin(), narrow.networks.end(), [&](const Network& network) {
                return std::any_of(wide.networks.begin(), wide.networks.end(), [&](const Network& around) { return around.holds(network); });
            });
        case FieldKind::kNames: return std::includes(wide.names.begin(), wide.names.end(), narrow.names.begin(), narrow.names.end());
        case FieldKind::kBits:
        case FieldKind::kOpenFlags:
        case FieldKind::kMountFlags: return (narrow.ranges[0].first & ~wide.ranges[0].first) == 0;
        case FieldKind::kTexts:
            // of all that must be there, more is less
            return narrow.field == QUELL_FIELD_ALL_ARGUMENTS ? all_among(wide.texts, narrow.texts) : all_among(narrow.texts, wide.texts);
        default: return all_inside(narrow.ranges, wide.ranges);
    }
}

// Does the first say the second? Both are of one field.
bool implies(const Condition& given, const Condition& asked) {
    if (given.negated && asked.negated) return is_within(asked, given);
    if (given.negated) return false;
    if (!asked.negated) return is_within(given, asked);
    const FieldKind kind = kFieldRows[given.field].kind;
    const bool has_one_value = kind != FieldKind::kPaths && !is_mask(kind) && kind != FieldKind::kNetworks && kind != FieldKind::kNames && kind != FieldKind::kTexts && given.field != QUELL_FIELD_HOLDS;
    return has_one_value && are_apart(given.ranges, asked.ranges);
}

bool holds_always(const Condition& condition) {
    const std::vector<Range>& ranges = condition.ranges;
    if (condition.negated || !is_numbers(kFieldRows[condition.field].kind)) return false;
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

}  // namespace quell::policy
