// SPDX-License-Identifier: Apache-2.0
// Document and layout -> canonical text: two columns a level, lists one level
// in, one blank line where there were some, flow collections on one line
// where they fit and hold no comment, else as a block. The order of keys and
// entries is the author's, so that comments stay where they belong.
#pragma once

#include <string>
#include <string_view>

#include "policy/document/node.h"
#include "policy/format/layout.h"

namespace quell::policy {

// Flow collections up to here; the sources' own width.
inline constexpr std::size_t kLineColumns = 128;
// Where a text of several lines is broken anew.
inline constexpr std::size_t kFoldColumns = 80;

// `layout` is of `text` and `root`. Every comment of it is in the result
// once, in the same order. Thread-safe.
[[nodiscard]] std::string emit(std::string_view text, const Node& root, const Layout& layout);

}  // namespace quell::policy
