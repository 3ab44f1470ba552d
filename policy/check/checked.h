// SPDX-License-Identifier: Apache-2.0
// The checked form: what policies mean, with nothing left to refuse but what
// only shows when all of it is put together. The compiler and the reference
// matcher both start from here, and share nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kern/abi.h"
#include "policy/check/network.h"
#include "policy/document/source_text.h"

namespace quell::policy {

// A path in `match` or `except`. Absolute, no `.`, `..`, `//`, no trailing slash.
struct Pattern {
    enum class Kind {
        kExact,  // /x/name
        kStar,   // /x/*   every entry of /x
        kCover,  // /x/**  everything below /x, at any depth; not /x itself
        kWild,   // wildcards elsewhere, or within a name: **/x, /x/*/y, /x/*.log (name_pattern.h)
    };
    Kind kind = Kind::kExact;
    std::string base;  // kExact: the path; kWild: the pattern as it is written; else the directory, "/" for the root
    Location where;

    [[nodiscard]] std::string text() const;
};

// Numbers from first to last.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;

    auto operator<=>(const Range&) const = default;
};

// A pattern over a text: `*` any bytes, `?` one byte, `[a-z]` one of those, `\` quotes.
struct TextPattern {
    std::string glob;
    std::optional<std::uint32_t> at = {};  // of an argument: 0 is argv[0]; nothing: any behind it
    Location where = {};

    // As a policy has it, quoted: "*.sh", or {at: 1, is: "-c"}.
    [[nodiscard]] std::string text() const;
};

// One key of kern/fields.def with its values: any of them, or with `negated`
// none of them.
struct Condition {
    std::uint32_t field = 0;  // QUELL_FIELD_…
    bool negated = false;
    std::vector<Pattern> paths;  // kPaths; sorted, no two equal
    std::vector<Range> ranges;   // other kinds; sorted, apart from one another. of a mask: one, its `first`
    std::vector<Network> networks = {};  // kNetworks; sorted, no two equal
    std::vector<std::string> names = {};  // kNames; sorted, no two equal
    std::vector<TextPattern> texts = {};  // kTexts; sorted, no two equal

    // As a policy has it: "not uid: [0, 1000-1999]".
    [[nodiscard]] std::string text() const;
};

// All of them hold. Sorted by field; of one field there are several where macros say it too.
using Group = std::vector<Condition>;

// What becomes of a rule. In the order of kModeWords.
enum class Mode {
    kOn,
    kObserve,  // detected and told; nothing is offered, denied or done by itself
    kOff,      // not loaded
};
inline constexpr std::array<std::string_view, 3> kModeWords = {"on", "observe", "off"};

// A response that the rule itself approves when it fires.
struct Automatic {
    std::uint32_t response = 0;  // position in kResponseWords; one of the rule's offers
    std::uint32_t per_hour = 0;  // at most so many an hour
    bool dry_run = false;        // everything but the flip

    bool operator==(const Automatic&) const = default;
};

// What holds an incident's subject or object while nobody has decided
// (while_pending.h).
inline constexpr std::array<std::string_view, 4> kHoldWords = {"isolate-network", "deny-exec", "deny-write", "pause-container"};
enum class Hold : std::uint32_t { kIsolateNetwork, kDenyExec, kDenyWrite, kPauseContainer };

struct Rule {
    std::string policy;  // metadata.name
    std::string id;
    std::string name;
    std::vector<std::string> tags;  // sorted
    std::uint32_t severity = 0;    // position in kSeverityWords
    std::uint64_t operations = 0;  // mask of QUELL_OP_BIT(QUELL_OP_…)
    std::uint32_t subjects = 0;    // mask of QUELL_SUBJECT_…
    std::vector<Pattern> paths;    // sorted, no two equal; none: any object, or none
    Group conditions;               // of `where` and `match`
    std::vector<Group> exceptions;  // none may hold; sorted by their text, no two equal
    std::vector<std::uint32_t> offers;  // positions in kResponseWords, in the policy's order
    std::uint64_t expires_ns = 0;
    std::uint32_t flags = 0;      // QUELL_RULE_…
    std::uint32_t threshold = 0;  // events within within_ns of one subject before it fires, 0: at each
    std::uint64_t within_ns = 0;
    std::uint64_t once_ns = 0;    // time after which it speaks again of one subject, 0: at once
    std::optional<Automatic> automatic = {};
    std::uint32_t while_pending = 0;  // mask of positions in kHoldWords
    std::uint64_t follow_ns = 0;      // what is approved follows its workload for so long, 0: it does not
    bool two_persons = false;         // must approve
    bool reason_required = false;     // of who approves
    Mode mode = Mode::kOn;
    Location where;           // of its id
};

// The condition that finds the rule by an address, as paths do: the one of
// `match` itself. nullptr: there is none.
[[nodiscard]] const Condition* address_of(const Rule& rule);

// Rules sorted by policy and id, so that the order of files means nothing.
struct Checked {
    std::vector<Rule> rules;
    std::map<std::string, std::string> versions = {};  // by policy, of those that have one; not part of the meaning
};

// What is loaded of it: observed, it has nothing to respond with. Not for kOff.
[[nodiscard]] Rule as_loaded(Rule rule);

// Operations whose object is a place: they also hit what lies below it.
[[nodiscard]] bool is_place(std::uint32_t operation);
[[nodiscard]] std::uint64_t place_operations();

// "/x/y" -> {"x", "y"}; "/" -> {}.
[[nodiscard]] std::vector<std::string_view> components(std::string_view path);

}  // namespace quell::policy
