// SPDX-License-Identifier: Apache-2.0
// kern/hooks.def, responses.def and operations.def as tables: which program
// sits on which hook, when it is attached, and what a response or a rule needs.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kern/abi.h"
#include "user/base/vocabulary.h"

namespace quell::bpf {

enum class Role { kSubject, kPath, kOperation, kContain, kPeer };

namespace role_names {
inline constexpr Role SUBJECT = Role::kSubject;
inline constexpr Role PATH = Role::kPath;
inline constexpr Role OPERATION = Role::kOperation;
inline constexpr Role CONTAIN = Role::kContain;
inline constexpr Role PEER = Role::kPeer;
}  // namespace role_names

struct HookRow {
    std::string_view name;
    const char* program;
    Role role;
};

inline constexpr std::array kHooks = {
#define HOOK(name, program, role) HookRow{#name, #program, role_names::role},
#include "kern/hooks.def"
#undef HOOK
};

// Programs that come and go with a hook, each at a place of its own.
struct MoreRow {
    quell_hook hook;
    const char* program;
    const char* function;  // of the kernel, without which the program is not loaded; null: every kernel has its place
};

inline constexpr std::array kMorePrograms = {
#define HOOK(name, program, role)
#define MORE(hook, program) MoreRow{QUELL_HOOK_##hook, #program, nullptr},
#define MORE_IF(hook, program, function) MoreRow{QUELL_HOOK_##hook, #program, #function},
#include "kern/hooks.def"
#undef MORE_IF
#undef MORE
#undef HOOK
};

inline constexpr std::array kRoleWords = {std::string_view{"subject"}, std::string_view{"path"},
                                          std::string_view{"operation"}, std::string_view{"contain"},
                                          std::string_view{"peer"}};

// Bits by quell_hook of a list of hook names separated by spaces.
[[nodiscard]] constexpr std::uint64_t hook_mask(std::string_view names) {
    std::uint64_t mask = 0;
    while (!names.empty()) {
        const auto end = names.find(' ');
        const auto name = names.substr(0, end);
        for (std::size_t i = 0; i < kHooks.size(); i++)
            if (kHooks[i].name == name) mask |= std::uint64_t{1} << i;
        names = end == std::string_view::npos ? std::string_view{} : names.substr(end + 1);
    }
    return mask;
}

inline constexpr std::array kResponseHooks = {
#define RESPONSE(name, word, hooks, undo, ...) hook_mask(hooks),
#include "kern/responses.def"
#undef RESPONSE
};

inline constexpr std::array kOperationHooks = {
#define OPERATION(name, word, object, hooks) hook_mask(hooks),
#include "kern/operations.def"
#undef OPERATION
};

// Hooks that are attached whatever the policy says.
[[nodiscard]] constexpr std::uint64_t standing_hooks() {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kHooks.size(); i++)
        if (kHooks[i].role != Role::kOperation && kHooks[i].role != Role::kContain) mask |= std::uint64_t{1} << i;
    return mask;
}

// Hooks that a mask of operations needs.
[[nodiscard]] constexpr std::uint64_t operation_hooks(std::uint64_t operations) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kOperationHooks.size(); i++)
        if (operations & QUELL_OP_BIT(i)) mask |= kOperationHooks[i];
    return mask;
}

// Hooks that read texts, by bit of QUELL_TEXTS_…, and what they need is made with the first of them.
inline constexpr std::array kTextHooks = {hook_mask("bprm_committing_creds"), hook_mask("symlink_target"), hook_mask("mount_source")};

// Hooks that a policy needs: by its operations, and by what of its texts its rules ask for.
[[nodiscard]] constexpr std::uint64_t policy_hooks(std::uint64_t operations, std::uint32_t texts) {
    std::uint64_t mask = operation_hooks(operations);
    for (std::size_t i = 0; i < kTextHooks.size(); i++)
        if ((texts >> i) & 1) mask |= kTextHooks[i];
    return mask;
}

// Hooks that a mask of responses needs.
[[nodiscard]] constexpr std::uint64_t response_hooks(std::uint32_t responses) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kResponseHooks.size(); i++)
        if ((responses >> i) & 1) mask |= kResponseHooks[i];
    return mask;
}

// Hooks whose programs are loaded when a policy first asks for them: each is verified with all that it calls, which makes a
// start slow. What a response needs is never among them: arming waits for no verifier.
[[nodiscard]] constexpr std::uint64_t late_hooks() {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kHooks.size(); i++)
        if (kHooks[i].role == Role::kOperation) mask |= std::uint64_t{1} << i;
    for (const auto hooks : kResponseHooks) mask &= ~hooks;
    return mask;
}

}  // namespace quell::bpf
