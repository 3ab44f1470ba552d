// SPDX-License-Identifier: Apache-2.0
// A rule of Falco -> drafts of ours, with what became of its meaning.
#pragma once

#include <string>
#include <vector>

#include "policy/import/falco/rules.h"
#include "policy/import/falco/translate/draft.h"
#include "policy/import/falco/translate/language.h"

namespace quell::policy::falco {

enum class Fidelity { kExact, kChanged, kNot };

struct Translation {
    Fidelity outcome = Fidelity::kNot;
    std::vector<Note> notes;    // kChanged: each difference once, in order
    std::string reason;         // kNot: the field, and why
    // None for kNot, and for a rule that never fires,
    // such as one that a macro switches off.
    std::vector<Draft> drafts;  // each becomes a rule of ours; they differ in more than one list
};

// Bounded: at most kMaxFalcoRulesPerRule drafts, and what the budget has left.
// The rule is one about system calls. Thread-safe.
[[nodiscard]] Translation translate(const Rule& rule, const Language& language, Budget& budget);

}  // namespace quell::policy::falco
