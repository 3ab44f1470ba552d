// SPDX-License-Identifier: Apache-2.0
// Maps of one generation of a policy: each made by the loader, as large as
// what it will hold, pinned below <root>/policy, and put into the map of maps
// where the kernel side finds it by its half (kern/maps.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "kern/abi.h"
#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::bpf {

struct PolicyMapRow {
    const char* name;
    std::uint32_t key_size, value_size;
    std::uint32_t most;  // elements of one generation
};

enum PolicyMap : std::size_t { kEdges, kRuleSets, kRules, kConditions, kMembers, kPolicyMapCount };

inline constexpr std::array<PolicyMapRow, kPolicyMapCount> kPolicyMaps{{
    {"edges", sizeof(quell_edge_key), sizeof(quell_edge), QUELL_EDGES_MAX},
    {"rule_sets", sizeof(quell_set_key), sizeof(quell_set), QUELL_SETS_MAX},
    {"rules", sizeof(quell_rule_key), sizeof(quell_rule), QUELL_RULES_MAX},
    {"conditions", sizeof(quell_condition_key), sizeof(quell_condition), QUELL_CONDITIONS_MAX},
    {"condition_members", sizeof(quell_member_key), sizeof(quell_u32), QUELL_MEMBERS_MAX},
}};

// What is asked of the loader. It believes none of it: sizes are bounded there.
struct LoadRequest {
    std::uint64_t hooks = 0;                                // whose programs are missing, by quell_hook
    std::uint32_t half = 0;                                 // 0 or 1
    std::uint32_t with_maps = 0;                            // 1: the maps of that half, anew
    std::array<std::uint32_t, kPolicyMapCount> elements{};  // of them; at least one each
    std::uint32_t with_rates = 0;                           // 1: the map of thresholds, if it is not there
    std::uint32_t with_texts = 0;                           // 1: the table of texts of that half, anew
};

// In the loader's process, for it takes CAP_BPF.
[[nodiscard]] Status make_policy_maps(const std::string& root, const LoadRequest& request);
// To be filled: by PolicyMap.
[[nodiscard]] Result<std::array<Fd, kPolicyMapCount>> open_policy_maps(const std::string& root, std::uint32_t half);
// The table of texts, to be mapped; -1: that half has none.
[[nodiscard]] Fd open_text_table(const std::string& root, std::uint32_t half);
// Takes a generation away: its memory is given back once no program uses it.
[[nodiscard]] Status drop_policy_maps(const std::string& root, std::uint32_t half);

}  // namespace quell::bpf
