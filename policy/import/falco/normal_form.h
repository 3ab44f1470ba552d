// SPDX-License-Identifier: Apache-2.0
// A condition as a translator can walk it: alternatives of comparisons, with
// what is common to all of them taken out, and negated conjunctions as
// exceptions instead of multiplied out. A rule
//     spawned and (a or b) and not (c and d) and not (e or f)
// has in common: spawned, not e, not f, except (c and d); two alternatives: a; b.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/rules.h"

namespace quell::policy::falco {

// `not proc.name = x` is no `proc.name != x`: where there is no name, Falco
// takes the first for true and the second for false.
struct Literal {
    std::shared_ptr<const Check> check;
    bool negated = false;
};

// Holds where each of `literals` does, and of no exception each.
struct Conjunction {
    std::vector<Literal> literals;
    std::vector<std::vector<Literal>> exceptions;  // two literals or more each
};

// Holds where `common` does and, if there are any, one of the alternatives.
struct NormalForm {
    Conjunction common;
    std::vector<Conjunction> alternatives;  // none or at least two
    // Literals in all of it.
    [[nodiscard]] std::size_t literals() const;
};

// Same meaning as the tree, for every outcome of its comparisons; those that
// are written alike are one. The tree is one that read_rules() made. Literals are in the order in which they stand in
// the condition. Nothing where it would have more than kMaxFalcoAlternatives,
// kMaxFalcoExceptions or kMaxFalcoFormLiterals. Thread-safe.
[[nodiscard]] std::optional<NormalForm> normal_form(const Expression& condition);

// The same, with a warning at the rule where there is nothing.
[[nodiscard]] std::optional<NormalForm> normal_form(const Rule& rule, Findings& findings);

}  // namespace quell::policy::falco
