// SPDX-License-Identifier: Apache-2.0
// escape: text chosen by a workload (names, paths, arguments) made safe to
// print. The result is valid UTF-8 without control characters, so it can go
// to a terminal, into a log line and into JSON as it is.
#pragma once

#include <string>
#include <string_view>

namespace quell {

// Bytes that are not part of a printable character become \xNN, one by one:
// control characters (C0, C1, DEL), invalid UTF-8, characters that change how
// their neighbours are shown (bidi controls, joiners, tags, variation
// selectors), blank characters other than the space, private use and
// non-characters. A backslash becomes two, so that the result has one
// meaning only. At most four times as long as the input. Thread-safe.
[[nodiscard]] std::string escape(std::string_view bytes);

// What the log does to every line: control characters of ASCII become \xNN,
// everything else stays as it is, so text that went through escape() is not
// changed. No substitute for it. Thread-safe.
[[nodiscard]] std::string escape_controls(std::string_view bytes);

// Cuts the input to `max_bytes` first and says so with a final "…".
[[nodiscard]] std::string escape_cut(std::string_view bytes, std::size_t max_bytes);

}  // namespace quell
