// SPDX-License-Identifier: Apache-2.0
// Patterns over arguments -> one automaton for all of them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/automaton/pattern.h"
#include "policy/automaton/table.h"

namespace quell::policy::automaton {

struct Statistics {
    std::size_t states = 0;
    std::size_t classes = 0;       // of bytes, with NUL's
    std::size_t rows = 0;          // default rows
    std::size_t cells = 0;         // in use
    std::size_t lists = 0;         // different lists of hits
    std::size_t longest_list = 0;  // hits of one state
    std::size_t steps = 0;
    std::size_t bytes = 0;         // of all arrays, as rounded up
    std::uint64_t work = 0;        // of kMaxAutomatonWork
};

struct Automaton {
    Table table;
    Statistics statistics;
};

// What is wrong with one pattern, or with all of them together.
struct Refusal {
    std::vector<std::size_t> patterns;  // indexes, the dearest first; empty where there are too many or too long ones
    std::string message;                // safe to print, says nothing about where the pattern was written
    std::string hint;                   // may be empty
};

struct BuildResult {
    std::optional<Automaton> automaton;  // nothing if there is a refusal
    std::vector<Refusal> refusals;       // at most kMaxFindings
};

// For each pattern, the walk reports its output if an argument at its position
// matches. The same patterns in the same order give the same table, byte for
// byte. Time and memory are bounded by policy/limits.h whatever the patterns
// are. Patterns that are equal but for their output cost a hit each where they
// match, at most kMaxHitsPerState: give equal ones one output. Thread-safe.
[[nodiscard]] BuildResult build(std::span<const ArgumentPattern> patterns);

}  // namespace quell::policy::automaton
