// SPDX-License-Identifier: Apache-2.0
// A comparison of text -> patterns, whatever its operator is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/import/falco/expression.h"

namespace quell::policy::falco {

struct Piece {
    enum class Kind {
        kByte,  // `text` is one byte
        kAny,   // ?
        kSet,   // [a-z], brackets included
        kStar,  // *, also over slashes
        kName,  // *, within a name
    };
    Kind kind{};
    std::string text;

    bool operator==(const Piece&) const = default;
};

// The whole text matches. No two stars stand side by side.
using Glob = std::vector<Piece>;

// One of them matches where the comparison holds: =, in, contains, startswith,
// endswith, glob, and their forms that ignore case, also through tolower( ) and
// toupper( ). Nothing for other operators, for another field on the right and
// for patterns that are not of these pieces. What stands for a value that is
// not known ("<NA>") is left out. Thread-safe.
[[nodiscard]] std::optional<std::vector<Glob>> globs_of(const Check& check);

// Where it compares basename(FIELD): the same check of a name, without that word.
[[nodiscard]] std::optional<Check> without_basename(const Check& check);

[[nodiscard]] Glob literal(std::string_view text);
[[nodiscard]] Glob joined(Glob first, const Glob& second);
[[nodiscard]] Glob star();
// Each star of it stays within a name.
[[nodiscard]] Glob within_name(Glob glob);

// The text where there is no other piece than bytes.
[[nodiscard]] std::optional<std::string> plain_text(const Glob& glob);
[[nodiscard]] bool begins_with_star(const Glob& glob);
// As our paths are written, with \ before what would mean something.
[[nodiscard]] std::string glob_text(const Glob& glob);

// As a pattern over a text, spelt as a value: of any argument behind argv[0],
// of a variable's name, of a link's text; and of the argument at one place.
[[nodiscard]] std::string text_value(const Glob& glob);
[[nodiscard]] std::string placed_value(const Glob& glob, unsigned place);
// With ? for each byte that no pattern of ours may hold; whether there are any.
[[nodiscard]] bool has_controls(const Glob& glob);
[[nodiscard]] Glob without_controls(Glob glob);
// One text between brackets, in quotes where it needs them.
[[nodiscard]] std::string spelt(std::string_view text);

}  // namespace quell::policy::falco
