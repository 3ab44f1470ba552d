// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/quick.h"

#include <bitset>
#include <optional>

namespace quell::bpf {
namespace {

constexpr quell_u64 kAll = ~0ull;
constexpr quell_u32 kBits = 64;  // as many as six bits of the detail tell apart

// Where the number is in quell_detail.value (field_value in kern/match/condition.h); none: it is asked of something else, or of files,
// whose answers are remembered without it.
std::optional<quell_u32> place_of(quell_u32 field) {
    switch (field) {
        case QUELL_FIELD_SIGNAL:
        case QUELL_FIELD_TRACE:
        case QUELL_FIELD_NEW_UID:
        case QUELL_FIELD_CAPABILITY:
        case QUELL_FIELD_COMMAND:
        case QUELL_FIELD_FAMILY: return 0;
        case QUELL_FIELD_SOCKET_TYPE: return 8;
        case QUELL_FIELD_PROTOCOL: return 16;
        case QUELL_FIELD_NEW_GID:
        case QUELL_FIELD_PORT: return 32;
        default: return std::nullopt;
    }
}

quell_u64 values_of(const quell_condition& condition) {
    if (condition.last - condition.first >= kBits - 1) return kAll;
    quell_u64 bits = 0;
    for (quell_u64 value = condition.first; value <= condition.last; value++) bits |= 1ull << value % kBits;
    return bits;
}

}  // namespace

quell_quick quick_of(const quell_rule& rule, const std::vector<quell_condition>& conditions) {
    quell_quick quick{kAll, 0, 0};
    quell_u64 bits = 0;  // of the conditions joined by OR so far
    std::optional<quell_u32> place;
    bool usable = true, begins = true;
    for (quell_u32 i = 0; i < rule.conditions; i++) {
        const quell_condition& condition = conditions[rule.condition + i];
        const auto at = place_of(condition.field);
        if (begins) place = at;
        usable = usable && at && at == place && (condition.flags & (QUELL_CONDITION_NOT | QUELL_CONDITION_EXCEPT)) == 0;
        bits |= usable ? values_of(condition) : 0;
        begins = (condition.flags & QUELL_CONDITION_OR) == 0;
        if (!begins) continue;
        if (usable && std::bitset<kBits>(bits).count() < std::bitset<kBits>(quick.bits).count()) quick = {bits, *place, 0};
        bits = 0;
        usable = true;
    }
    return quick;
}

quell_quick either(const quell_quick& one, const quell_quick& other) {
    return one.at == other.at ? quell_quick{one.bits | other.bits, one.at, 0} : quell_quick{kAll, 0, 0};
}

}  // namespace quell::bpf
