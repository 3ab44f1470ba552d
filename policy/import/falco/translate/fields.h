// SPDX-License-Identifier: Apache-2.0
// One comparison of Falco -> conditions of ours. The table in fields.cpp has a
// row for each field; what each means is in the file of its kind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/import/falco/expression.h"
#include "policy/import/falco/translate/acts.h"
#include "policy/import/falco/translate/draft.h"
#include "policy/import/falco/translate/language.h"
#include "policy/import/falco/translate/paths.h"

namespace quell::policy::falco {

struct Question {
    const Check& check;  // its operator is not !=
    const Act& act;
    bool in_container;  // whether it is asked of a container's process, or of the host's
    // Where it cannot be said exactly, what holds less often: for an exception.
    bool wants_less;
    const Language& language;
};

// Never says less than the comparison where !wants_less without a note that it
// is narrower, nor more without one that it is wider. Thread-safe.
[[nodiscard]] Said say(const Question& question);

// The parts of the table: `key` is that of the row.
using Sayer = Said (*)(const Question&, std::string_view key);
struct FieldSayer {
    std::string_view field;
    Sayer say;
    std::string_view key;
};
[[nodiscard]] std::vector<FieldSayer> event_fields();
[[nodiscard]] std::vector<FieldSayer> argument_fields();
[[nodiscard]] std::vector<FieldSayer> process_fields();
[[nodiscard]] std::vector<FieldSayer> line_fields();
[[nodiscard]] std::vector<FieldSayer> file_fields();
[[nodiscard]] std::vector<FieldSayer> network_fields();
[[nodiscard]] std::vector<FieldSayer> container_fields();

// What they share.
[[nodiscard]] Said say_paths(const Question& question, std::string_view key, const std::vector<Paths>& all, std::vector<Note> notes);
// Ranges of numbers up to `most`; text that is no number is unsaid.
inline constexpr std::uint32_t kMostWithNone = 0xfffffffe;  // 4294967295 stands for none, which Falco calls -1
[[nodiscard]] Said say_numbers(const Question& question, std::string_view key, std::uint32_t most = 0xffffffff);
// The words whose Falco name satisfies the comparison: {"PTRACE_TRACEME", "traceme"}.
struct WordPair {
    std::string_view falco;
    std::string_view ours;
};
[[nodiscard]] Said say_words(const Question& question, std::string_view key, std::span<const WordPair> words);
// Falco's true or false; nothing where it is neither.
[[nodiscard]] std::optional<bool> truth_of(const Check& check);
// How `intact` differs from an image's layers.
inline constexpr std::string_view kCountsAsNew = "a file of a volume, of tmpfs or a deleted one counts as new, too";
inline constexpr std::string_view kCountsAsImage = "the host's own files count as the image's";
[[nodiscard]] Said operator_unread(const Question& question);

}  // namespace quell::policy::falco
