// SPDX-License-Identifier: Apache-2.0
// Parts of a pattern over a command line. Thread-safe.
#pragma once

#include <cstddef>
#include <vector>

#include "policy/import/falco/translate/texts.h"

namespace quell::policy::falco {

inline constexpr std::size_t kProcessNameBytes = 15;  // TASK_COMM_LEN without its NUL

// What stands between its stars, without what is empty; none of a star alone.
[[nodiscard]] std::vector<Glob> segments_of(const Glob& glob);
[[nodiscard]] bool ends_with_star(const Glob& glob);

// What stands between the blanks of a segment: one more than there are blanks.
[[nodiscard]] std::vector<Glob> words_of(const Glob& segment);
[[nodiscard]] Glob joined_words(const std::vector<Glob>& words, std::size_t from, std::size_t to);

// Ways to make arguments of words: each is one, or all are one; where there is
// a -c, all behind it are one, as a shell has it.
[[nodiscard]] std::vector<std::vector<Glob>> readings_of(const std::vector<Glob>& words);

// Whether a process may have that name, or one that begins or goes on with it.
[[nodiscard]] bool is_name(const Glob& glob, bool is_part);

// Whether a piece of it that is no byte may be a blank.
[[nodiscard]] bool has_blank_piece(const Glob& glob);

}  // namespace quell::policy::falco
