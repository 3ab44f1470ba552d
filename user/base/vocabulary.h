// SPDX-License-Identifier: Apache-2.0
// The words of kern/*.def as strings, and back. Every word a person or a
// program sees for an operation, response, state or hook comes from here.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "kern/abi.h"

namespace quell {

inline constexpr std::array kOperationWords = {
#define OPERATION(name, word, object, hooks) std::string_view{word},
#include "kern/operations.def"
#undef OPERATION
};
inline constexpr std::array kResponseWords = {
#define RESPONSE(name, word, hooks, undo, ...) std::string_view{word},
#include "kern/responses.def"
#undef RESPONSE
};
// "" where the response cannot be taken back
inline constexpr std::array kUndoWords = {
#define RESPONSE(name, word, hooks, undo, ...) std::string_view{undo},
#include "kern/responses.def"
#undef RESPONSE
};
// Lists of words, and words, of what is asked about a response (kern/responses.def says which).
inline constexpr std::array kResponseSubjects = {
#define RESPONSE(name, word, hooks, undo, subjects, target, scopes, guard, risk) std::string_view{subjects},
#include "kern/responses.def"
#undef RESPONSE
};
inline constexpr std::array kResponseTargets = {
#define RESPONSE(name, word, hooks, undo, subjects, target, scopes, guard, risk) std::string_view{target},
#include "kern/responses.def"
#undef RESPONSE
};
inline constexpr std::array kResponseScopes = {
#define RESPONSE(name, word, hooks, undo, subjects, target, scopes, guard, risk) std::string_view{scopes},
#include "kern/responses.def"
#undef RESPONSE
};
inline constexpr std::array kResponseGuards = {
#define RESPONSE(name, word, hooks, undo, subjects, target, scopes, guard, risk) std::string_view{guard},
#include "kern/responses.def"
#undef RESPONSE
};
// For people, in a line.
inline constexpr std::array kResponseRisks = {
#define RESPONSE(name, word, hooks, undo, subjects, target, scopes, guard, risk) std::string_view{risk},
#include "kern/responses.def"
#undef RESPONSE
};
inline constexpr std::array kStateWords = {
#define STATE(name, word) std::string_view{word},
#include "kern/states.def"
#undef STATE
};
inline constexpr std::array kCommandWords = {
#define COMMAND(name, word) std::string_view{word},
#include "kern/commands.def"
#undef COMMAND
};
inline constexpr std::array kHookWords = {
#define HOOK(name, program, role) std::string_view{#name},
#include "kern/hooks.def"
#undef HOOK
};
inline constexpr std::array<std::string_view, 5> kSeverityWords = {"info", "low", "medium", "high", "critical"};

// The position of a word, nothing if it is none of them.
template <std::size_t N>
[[nodiscard]] constexpr std::optional<quell_u32> word_index(const std::array<std::string_view, N>& words, std::string_view word) {
    for (std::size_t i = 0; i < N; i++)
        if (words[i] == word) return static_cast<quell_u32>(i);
    return std::nullopt;
}

// The word at a position that may come from the kernel: "?" when out of range.
template <std::size_t N>
[[nodiscard]] constexpr std::string_view word_at(const std::array<std::string_view, N>& words, std::size_t index) {
    return index < N ? words[index] : std::string_view{"?"};
}

// Whether the list at a position, words with a space between, has the word.
template <std::size_t N>
[[nodiscard]] constexpr bool has_word(const std::array<std::string_view, N>& lists, std::size_t index, std::string_view word) {
    if (index >= N) return false;
    for (auto rest = lists[index]; !rest.empty();) {
        const auto end = rest.find(' ');
        if (rest.substr(0, end) == word) return true;
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return false;
}

}  // namespace quell
