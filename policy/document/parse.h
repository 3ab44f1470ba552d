// SPDX-License-Identifier: Apache-2.0
// YAML text -> Node. Bounded in bytes, line length, depth, values and time,
// whatever the text is; yaml-cpp's types and exceptions stay behind this header.
#pragma once

#include <optional>

#include "policy/document/node.h"
#include "policy/finding.h"
#include "policy/limits.h"

namespace quell::policy {

// What a kind of file may hold. The defaults are a policy's; rules of other
// tools, which are imported, need more.
struct Dialect {
    std::size_t max_file_bytes = kMaxFileBytes;
    std::size_t max_line_bytes = kMaxLineBytes;
    std::size_t max_documents = 1;
    bool tabs = false;  // may stand in it; whether YAML takes one there is for yaml-cpp to say
};

// `index` is the source's place among the run's sources. Nothing where the
// text cannot be read at all: then at least one error was added. Duplicate
// keys are errors too, but reading goes on with the first. Thread-safe.
[[nodiscard]] std::optional<Node> parse(const SourceText& source, std::uint32_t index, Findings& findings);

// The same of a file with several documents; those that hold nothing are left
// out, so there may be none.
[[nodiscard]] std::optional<std::vector<Node>> parse_documents(const SourceText& source, std::uint32_t index,
                                                               const Dialect& dialect, Findings& findings);

// What must hold before a parser may see the text: size, UTF-8, no control
// characters, line length. False after an error was added.
[[nodiscard]] bool scan(const SourceText& source, std::uint32_t index, const Dialect& dialect, Findings& findings);

}  // namespace quell::policy
