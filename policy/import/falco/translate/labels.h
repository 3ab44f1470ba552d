// SPDX-License-Identifier: Apache-2.0
// A rule's name, tags, priority and texts -> ours. Everything that comes out
// is printable and within its bounds. Thread-safe.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/import/falco/rules.h"

namespace quell::policy::falco {

// "Write below etc" -> "falco-write-below-etc", cut to leave `room` bytes for a suffix.
[[nodiscard]] std::string id_of(std::string_view name, std::size_t room = 0);

// The id, with a number behind it where `taken` has it. Adds it there.
[[nodiscard]] std::string unique_id(std::string_view name, std::set<std::string>& taken);

[[nodiscard]] std::string title_of(std::string_view name);
[[nodiscard]] std::string_view severity_of(Priority priority);

// Techniques of ATT&CK in upper case, tactics as their ids beside their names.
[[nodiscard]] std::vector<std::string> tags_of(const std::vector<std::string>& tags);

// What it says of itself, what its output would tell, and where it is from.
[[nodiscard]] std::string description_of(const Rule& rule, std::string_view file);

// "Shell started | command=%proc.cmdline" -> "Shell started | command=<command line>"
[[nodiscard]] std::string summary_of(std::string_view output);

}  // namespace quell::policy::falco
