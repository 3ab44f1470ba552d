// SPDX-License-Identifier: Apache-2.0
// Two persons: whose approval is the first, whose the second, and whose none.
// Persons are told apart by the uid that the socket gives; root is none, since
// it can be anybody. Pure. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace quell::approval {

// A first approval that its target left behind makes room for another first one; so often in the life of an incident.
inline constexpr std::uint32_t kFirstsMax = 8;

struct First {
    std::uint32_t uid = 0;
    std::string digest;  // which says the response, too
};

enum class Person {
    kFirst,    // nobody else approved the same yet
    kSecond,   // it may be flipped
    kSame,     // he was the first
    kRoot,
    kTooMany,  // first ones
};

// `firsts`: how many first approvals the incident had so far; `digest`: that of now, which he gave.
[[nodiscard]] Person person_of(const std::optional<First>& first, std::uint32_t firsts, std::uint32_t uid, const std::string& digest);

}  // namespace quell::approval
