// SPDX-License-Identifier: Apache-2.0
// The keyed hash of a path component, the same as kern/path/name.h computes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace quell::bpf {

inline constexpr std::uint64_t kMixA = 0x9E3779B97F4A7C15ull;
inline constexpr std::uint64_t kMixB = 0xC2B2AE3D27D4EB4Full;

[[nodiscard]] inline std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * kMixA;
    return hash ^ (hash >> 29);
}

[[nodiscard]] inline std::uint64_t name_hash(std::uint64_t key, std::string_view name) {
    std::uint64_t hash = key;
    for (std::size_t done = 0; done < name.size(); done += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, name.data() + done, std::min<std::size_t>(8, name.size() - done));
        hash = mix(hash, word);
    }
    return mix(hash, name.size() * kMixB);
}

}  // namespace quell::bpf
