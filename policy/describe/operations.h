// SPDX-License-Identifier: Apache-2.0
// The words after `on:` as kern/operations.def has them, for people, and what
// none of them stands for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "policy/check/field_table.h"

namespace quell::policy {

struct Operation {
    std::string_view word;
    ObjectKind kind = ObjectKind::FILE;
    std::vector<std::string_view> hooks;   // that see it; none: no hook can
};

// All of them, at their positions in a rule's mask. Thread-safe.
[[nodiscard]] std::span<const Operation> operations();

// "file", "place", "either", "none"
[[nodiscard]] std::string_view object_word(const Operation& operation);

// "the entry, or any directory above a watched object"
[[nodiscard]] std::string_view object_text(const Operation& operation);

// Hooks that a rule with these operations keeps attached, each once, in the
// order of the operations. Those that are always attached are not among them.
[[nodiscard]] std::vector<std::string_view> hooks_of(std::uint64_t mask);

// A way to change or read an object that no hook sees, so that no word for it exists.
struct Unseen {
    std::string_view what;
    std::string_view why;
};
[[nodiscard]] std::span<const Unseen> unseen();

}  // namespace quell::policy
