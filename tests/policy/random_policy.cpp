// SPDX-License-Identifier: Apache-2.0
#include "random_policy.h"

#include <algorithm>
#include <array>

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
        if (below(random, 2) == 0) rule.exceptions = random_patterns(random, 1, 3);
        checked.rules.push_back(std::move(rule));
    }
    return checked;
}

reference::Act random_act(std::mt19937& random) {
    reference::Act act;
    act.operation = below(random, QUELL_OP_COUNT);
    act.subject = below(random, 2) == 0 ? QUELL_SUBJECT_HOST : QUELL_SUBJECT_CONTAINER;
    act.path = random_path(random, is_place(act.operation) ? 0 : 1, 5);
    if (below(random, 3) != 0) act.exe = random_path(random, 1, 4);
    return act;
}

}  // namespace quell::policy::test
