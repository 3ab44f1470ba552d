// SPDX-License-Identifier: Apache-2.0
// A pattern over a whole command line, whose words Falco joins with blanks ->
// patterns over single arguments. A blank of the pattern may stand between two
// arguments or within one; nothing of ours goes from one into the next.
#pragma once

#include <string>
#include <vector>

#include "policy/import/falco/translate/draft.h"
#include "policy/import/falco/translate/texts.h"

namespace quell::policy::falco {

// What a line is made of.
enum class Line {
    kArguments,  // argv[1] and what follows
    kCommand,    // the process's name, then these
    kWhole,      // argv[0], then these
};

struct ArgumentClauses {
    std::vector<Clause> any;  // none: nothing can hold
    std::vector<Note> notes;
    bool is_always = false;   // a glob is a star alone
    std::string unsaid;       // why one cannot be said
};

// A line that one of the globs matches satisfies one of the clauses; with
// `wants_less`, one that satisfies a clause is matched. Where it is not both,
// a note says so. Thread-safe.
[[nodiscard]] ArgumentClauses clauses_of(const std::vector<Glob>& globs, Line line, bool wants_less);

}  // namespace quell::policy::falco
