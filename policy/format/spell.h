// SPDX-License-Identifier: Apache-2.0
// How a text is written: plain where every reader of YAML takes it for that
// text, else in quotes. A character that cannot be seen, or changes how others
// are shown, is always written as an escape. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quell::policy {

// One line. `flow`: inside brackets. `was_plain`: the author wrote it without
// quotes; where he did not, what looks like a number or a truth value keeps them.
[[nodiscard]] std::string spell(std::string_view value, bool flow, bool was_plain);

// Lines of at most `width` columns, or one word each where that is longer,
// that a `>-` scalar folds back to `value`. Empty where there are none:
// line breaks or blanks that folding would not keep.
[[nodiscard]] std::vector<std::string> fold(std::string_view value, std::size_t width);

}  // namespace quell::policy
