// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/casts.h"

#include <cstring>

#include "kern/abi.h"

namespace quell::bpf {

std::vector<char> with_cast_calls(std::span<const char> object, std::uint32_t function) {
    constexpr std::uint64_t kOpcode = QUELL_CAST_CALL & UINT32_MAX;
    const std::uint64_t call = std::uint64_t{function} << 32 | kOpcode;
    std::vector<char> patched(object.begin(), object.end());
    for (std::size_t at = 0; at + sizeof(call) <= patched.size(); at += sizeof(call)) {
        std::uint64_t instruction = 0;
        std::memcpy(&instruction, &patched[at], sizeof(instruction));
        if (instruction == QUELL_CAST_CALL) std::memcpy(&patched[at], &call, sizeof(call));
    }
    return patched;
}

}  // namespace quell::bpf
