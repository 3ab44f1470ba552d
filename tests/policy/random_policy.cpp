// SPDX-License-Identifier: Apache-2.0
#include "random_policy.h"

#include <algorithm>
#include <array>

#include "policy/check/conditions.h"

namespace quell::policy::test {
namespace {

unsigned below(std::mt19937& random, unsigned bound) { return static_cast<unsigned>(random() % bound); }

std::string random_path(std::mt19937& random, unsigned shortest, unsigned longest) {
    static constexpr std::array<const char*, 4> kNames = {"a", "b", "c", "ab"};
    std::string path;
    for (unsigned left = shortest + below(random, longest - shortest + 1); left > 0; left--)
        path += std::string("/") + kNames[below(random, kNames.size())];
    return path.empty() ? "/" : path;
}

Pattern random_pattern(std::mt19937& random) {
    switch (below(random, 3)) {
        case 0: return {Pattern::Kind::kExact, random_path(random, 1, 4), {}};
        case 1: return {Pattern::Kind::kStar, random_path(random, 0, 3), {}};
        default: return {Pattern::Kind::kCover, random_path(random, 0, 3), {}};
    }
}

std::vector<Pattern> random_patterns(std::mt19937& random, unsigned shortest, unsigned longest) {
    std::vector<Pattern> patterns;
    for (unsigned left = shortest + below(random, longest - shortest + 1); left > 0; left--)
        patterns.push_back(random_pattern(random));
    return patterns;
}

std::uint32_t random_number(std::mt19937& random, FieldKind kind) {
    switch (kind) {
        case FieldKind::kYesNo: return below(random, 2);
        case FieldKind::kBits: return below(random, 07777);
        default: return below(random, 12) == 0 ? 0xffffffffu : below(random, 14);
    }
}

std::vector<Range> random_ranges(std::mt19937& random, FieldKind kind) {
    if (kind == FieldKind::kBits) return {{1 + below(random, 07777), 0}};
    std::vector<Range> ranges;
    std::uint32_t at = below(random, 3);
    for (unsigned left = kind == FieldKind::kYesNo ? 1 : 1 + below(random, 3); left > 0; left--) {
        const std::uint32_t last = kind == FieldKind::kNumbers ? at + below(random, 3) : at;
        ranges.push_back({at, last});
        at = last + 2 + below(random, 3);
    }
    return ranges;
}

Group random_group(std::mt19937& random) {
    Group group;
    for (unsigned left = 1 + below(random, 3); left > 0; left--) {
        Condition condition;
        condition.field = below(random, QUELL_FIELD_COUNT);
        condition.negated = below(random, 3) == 0;
        const FieldKind kind = kFieldRows[condition.field].kind;
        if (kind == FieldKind::kPaths)
            condition.paths = random_patterns(random, 1, 3);
        else
            condition.ranges = random_ranges(random, kind);
        group.push_back(std::move(condition));
    }
    return group;
}

}  // namespace

Checked random_policy(std::mt19937& random) {
    Checked checked;
    const unsigned count = 1 + below(random, 8);
    for (unsigned i = 0; i < count; i++) {
        Rule rule;
        rule.policy = "random";
        rule.id = "r" + std::to_string(i);
        rule.where.line = 1;
        rule.operations = 1 + below(random, QUELL_BIT(QUELL_OP_COUNT) - 1);
        rule.subjects = 1 + below(random, 3);
        rule.severity = below(random, 5);
        rule.paths = random_patterns(random, 1, 4);
        if (below(random, 2) == 0) rule.conditions = random_group(random);
        for (unsigned left = below(random, 3); left > 0; left--) rule.exceptions.push_back(random_group(random));
        normalise(rule.exceptions);
        checked.rules.push_back(std::move(rule));
    }
    return checked;
}

reference::Act random_act(std::mt19937& random) {
    reference::Act act;
    act.operation = below(random, QUELL_OP_COUNT);
    act.subject = below(random, 2) == 0 ? QUELL_SUBJECT_HOST : QUELL_SUBJECT_CONTAINER;
    act.path = random_path(random, is_place(act.operation) ? 0 : 1, 5);
    for (unsigned left = below(random, 11); left > 0; left--)
        act.executables.push_back({below(random, 3) != 0 ? random_path(random, 1, 4) : "", below(random, 2) == 0});
    for (std::uint32_t field = 0; field < QUELL_FIELD_COUNT; field++) act.numbers[field] = random_number(random, kFieldRows[field].kind);
    return act;
}

}  // namespace quell::policy::test
