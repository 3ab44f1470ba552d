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
#define RESPONSE(name, word, hooks, undo) std::string_view{word},
#include "kern/responses.def"
#undef RESPONSE
};
// "" where the response cannot be taken back
inline constexpr std::array kUndoWords = {
#define RESPONSE(name, word, hooks, undo) std::string_view{undo},
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

}  // namespace quell
