// SPDX-License-Identifier: Apache-2.0
// The components of a path with wildcards, read from its text. A backslash
// takes a wildcard's meaning away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/check/checked.h"

namespace quell::policy {

// A name, or with `star` all names that begin with `head` and end with `tail`
// where both have room beside each other; `deep`: any number of directories.
struct NamePattern {
    bool deep = false;
    bool star = false;
    std::string head;  // without a star: the name
    std::string tail;

    auto operator<=>(const NamePattern&) const = default;
};

// Characters that are wildcards, or may become some.
inline constexpr std::string_view kWildCharacters = "*?[]{}\\";

// `text` is one component that check_pattern() accepted.
[[nodiscard]] NamePattern name_pattern(std::string_view text);

// Of a path in a pattern of kind kWild, and of its beginning up to the first wildcard: a directory, "/" for the root.
[[nodiscard]] std::vector<NamePattern> name_patterns(const Pattern& pattern);
[[nodiscard]] std::string literal_directory(const Pattern& pattern);

[[nodiscard]] bool name_matches(const NamePattern& pattern, std::string_view name);
// The whole path.
[[nodiscard]] bool wild_matches(const Pattern& pattern, std::string_view path);

// The text with backslashes before what would be wildcards.
[[nodiscard]] std::string escaped_wildcards(std::string_view text);

}  // namespace quell::policy
