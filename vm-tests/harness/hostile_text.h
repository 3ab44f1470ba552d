// SPDX-License-Identifier: Apache-2.0
// Text as a workload chooses it to fool a terminal, a reader of lines or a
// JSON parser, and how it has to be shown.
#pragma once

#include <string>

namespace quell::guest {

// A line of its own, a coloured word, a cleared screen, half a character, a direction mark, a backslash and a quote.
inline const std::string kNasty = "a\nstate  done\x1b[31m\x1b[2J\xff\xc3\xe2\x80\xae\"\\\x7f";
inline constexpr const char* kNastyShown = "a\\x0astate  done\\x1b[31m\\x1b[2J\\xff\\xc3\\xe2\\x80\\xae\"\\\\\\x7f";

// As escape() promises: printable, and no byte that is not part of a character.
void expect_harmless(const std::string& text, const std::string& what);

// Every way in which an incident is shown, as text and as JSON.
void expect_shown_harmlessly(const std::string& id);

}  // namespace quell::guest
