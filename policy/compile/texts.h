// SPDX-License-Identifier: Apache-2.0
// Patterns over texts of all rules -> one automaton, with an output for each
// list of them that a condition asks for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/check/checked.h"
#include "policy/finding.h"
#include "policy/image.h"

namespace quell::policy {

// First add() of each rule, then build(), then outputs(). Not thread-safe.
class Texts {
public:
    void add(const Rule& rule);
    // Nothing where no rule asks for texts, or after a finding.
    [[nodiscard]] ImageTexts build(Findings& findings);
    // The outputs of a condition that was added: one of them must be set, or, of those that must all be there, each.
    [[nodiscard]] std::vector<std::uint32_t> outputs(const Condition& condition) const;

private:
    using List = std::vector<std::uint32_t>;  // of patterns: ascending
    struct Known {
        std::string glob;
        std::uint32_t places = 0;
        Location where;
        std::size_t lists = 0;  // different ones that it stands in
    };

    void add(const Group& group);
    std::uint32_t pattern(const TextPattern& pattern, std::uint32_t field);
    // What a condition asks for, as lists of patterns.
    [[nodiscard]] std::vector<List> lists_of(const Condition& condition) const;
    // The same, with patterns that stand in many lists by themselves.
    [[nodiscard]] std::vector<List> parts_of(const List& list) const;

    std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> numbers_;  // by glob and places
    std::vector<Known> patterns_;
    std::map<List, std::uint32_t> lists_;    // each once
    std::map<List, std::uint32_t> outputs_;  // of their parts
};

}  // namespace quell::policy
