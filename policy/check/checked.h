// SPDX-License-Identifier: Apache-2.0
// The checked form: what policies mean, with nothing left to refuse but what
// only shows when all of it is put together. The compiler and the reference
// matcher both start from here, and share nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kern/abi.h"
#include "policy/document/source_text.h"

namespace quell::policy {

// A path in `match` or `except`. Absolute, no `.`, `..`, `//`, no trailing slash.
struct Pattern {
    enum class Kind {
        kExact,  // /x/name
        kStar,   // /x/*   every entry of /x
        kCover,  // /x/**  everything below /x, at any depth; not /x itself
    };
    Kind kind = Kind::kExact;
    std::string base;  // kExact: the path; else the directory, "/" for the root
    Location where;

    [[nodiscard]] std::string text() const;
};

// Numbers from first to last.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;

    auto operator<=>(const Range&) const = default;
};

// One key of kern/fields.def with its values: any of them, or with `negated`
// none of them.
struct Condition {
    std::uint32_t field = 0;  // QUELL_FIELD_…
    bool negated = false;
    std::vector<Pattern> paths;  // kPaths; sorted, no two equal
    std::vector<Range> ranges;   // other kinds; sorted, apart from one another. kBits: one, its `first` is the mask

    // As a policy has it: "not uid: [0, 1000-1999]".
    [[nodiscard]] std::string text() const;
};

// All of them hold. Sorted by field; each field at most twice, one negated.
using Group = std::vector<Condition>;

struct Rule {
    std::string policy;  // metadata.name
    std::string id;
    std::string name;
    std::vector<std::string> tags;
    std::uint32_t severity = 0;    // position in kSeverityWords
    std::uint32_t operations = 0;  // mask of QUELL_BIT(QUELL_OP_…)
    std::uint32_t subjects = 0;    // mask of QUELL_SUBJECT_…
    std::vector<Pattern> paths;    // sorted, no two equal
    Group conditions;               // of `where` and `match`
    std::vector<Group> exceptions;  // none may hold; sorted by their text, no two equal
    std::vector<std::uint32_t> offers;  // positions in kResponseWords, in the policy's order
    std::uint64_t expires_ns = 0;
    std::uint32_t flags = 0;  // QUELL_RULE_…, only of built-in rules
    Location where;           // of its id
};

// Rules sorted by policy and id, so that the order of files means nothing.
struct Checked {
    std::vector<Rule> rules;
    std::map<std::string, std::string> versions = {};  // by policy, of those that have one; not part of the meaning
};

// Operations whose object is a place: they also hit what lies below it.
[[nodiscard]] bool is_place(std::uint32_t operation);
[[nodiscard]] std::uint32_t place_operations();

// "/x/y" -> {"x", "y"}; "/" -> {}.
[[nodiscard]] std::vector<std::string_view> components(std::string_view path);

}  // namespace quell::policy
