// SPDX-License-Identifier: Apache-2.0
// What a condition of Falco becomes, piece by piece. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quell::policy::falco {

// A key of ours with its values, each as it is written between brackets. True
// where one of the values holds, or, negated, where none does.
struct Entry {
    std::string key;  // "exe", "container.image"
    bool negated = false;
    std::vector<std::string> values;

    auto operator<=>(const Entry&) const = default;
};

// A key whose value is true or false, and no list.
[[nodiscard]] inline bool is_yes_no(const Entry& entry) {
    for (const std::string_view key : {"terminal", "exe-intact", "first-process", "intact", "memfd"})
        if (entry.key == key) return true;
    return false;
}

// All of them hold.
using Clause = std::vector<Entry>;

enum class Change {
    kWider,     // fires on more than the rule of Falco
    kNarrower,  // fires on less
    kOther,     // asks something else, which is as a rule the same
};

struct Note {
    Change change{};
    std::string text;  // a sentence, without its full stop

    auto operator<=>(const Note&) const = default;
};

// Part of what becomes a rule of ours.
struct Draft {
    std::vector<std::string> operations;  // words after `on`
    std::uint32_t subjects = 0;           // QUELL_SUBJECT_…
    Clause conditions;
    std::vector<Clause> exceptions;
};

// What is left of the work for all rules, in bytes of values that are read or
// written: a condition of a few bytes can stand for much.
struct Budget {
    std::size_t left = 0;

    // False where there is not enough: then nothing is left.
    [[nodiscard]] bool spend(std::size_t bytes) {
        left = bytes < left ? left - bytes : 0;
        return left > 0;
    }
};

// What a comparison becomes: any of `any`.
struct Said {
    enum class Kind { kConditions, kTrue, kFalse, kUnsaid };
    Kind kind = Kind::kUnsaid;
    std::vector<Clause> any;  // kConditions
    std::vector<Note> notes;  // how `any`, or the constant, differs from the comparison
    std::string reason;       // kUnsaid: why
    // kUnsaid: may the rule do without it?
    enum class Need {
        kNone,
        kPositive,  // only as an exception
        kAlways,
    } need = Need::kNone;

    [[nodiscard]] bool has(Change change) const {
        for (const Note& note : notes)
            if (note.change == change) return true;
        return false;
    }
};

[[nodiscard]] inline Said always(std::vector<Note> notes = {}) { return {Said::Kind::kTrue, {}, std::move(notes), {}, {}}; }
[[nodiscard]] inline Said never(std::vector<Note> notes = {}) { return {Said::Kind::kFalse, {}, std::move(notes), {}, {}}; }
[[nodiscard]] inline Said constant(bool value) { return value ? always() : never(); }
[[nodiscard]] inline Said unsaid(std::string reason, Said::Need need = Said::Need::kNone) {
    return {Said::Kind::kUnsaid, {}, {}, std::move(reason), need};
}
[[nodiscard]] inline Said not_yet(std::string_view word) {
    return unsaid("not yet in the language: " + std::string(word), Said::Need::kAlways);
}
// Nothing can hold where there are no values.
[[nodiscard]] inline Said says(std::string_view key, std::vector<std::string> values, std::vector<Note> notes = {}) {
    if (values.empty()) return never(std::move(notes));
    return {Said::Kind::kConditions, {{Entry{std::string(key), false, std::move(values)}}}, std::move(notes), {}, {}};
}

}  // namespace quell::policy::falco
