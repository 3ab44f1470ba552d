// SPDX-License-Identifier: Apache-2.0
// Which of a policy's identities hold for a container: what people call it is
// known to user space alone, which tells the kernel side (kern/match/named.h).
// Three-valued: what is not known yet holds neither, nor does its opposite.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kern/abi.h"

namespace quell::policy {

// A list of texts that conditions ask for, any of them.
struct Identity {
    std::uint32_t field = QUELL_FIELD_CONTAINER_NAME;  // QUELL_FIELD_CONTAINER_…
    std::vector<std::string> names;                    // sorted, no two equal; `*` stands for any characters, or none

    auto operator<=>(const Identity&) const = default;
};

inline constexpr std::size_t kIdentityFields = QUELL_FIELD_CONTAINER_CGROUP - QUELL_FIELD_CONTAINER_NAME + 1;

// What is known of one container, by field. An empty list: it is known to
// have none. Labels and annotations are texts "name=value".
class ContainerNames {
public:
    [[nodiscard]] const std::optional<std::vector<std::string>>& of(std::uint32_t field) const { return lists_[field - QUELL_FIELD_CONTAINER_NAME]; }
    std::optional<std::vector<std::string>>& of(std::uint32_t field) { return lists_[field - QUELL_FIELD_CONTAINER_NAME]; }

    // All is known: there is none, as of the host.
    [[nodiscard]] static ContainerNames none();

    bool operator==(const ContainerNames&) const = default;

private:
    std::array<std::optional<std::vector<std::string>>, kIdentityFields> lists_;
};

// In the order that makes "and" the lesser and "or" the greater of two.
enum class Truth { kFails, kUnknown, kHolds };

[[nodiscard]] constexpr Truth opposite(Truth truth) { return static_cast<Truth>(2 - static_cast<int>(truth)); }

// Time: the product of both lengths at worst.
[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view name);

[[nodiscard]] Truth holds(const Identity& identity, const ContainerNames& names);

// What the kernel side is told of a container; at most QUELL_IDENTITIES_MAX.
[[nodiscard]] quell_named named_bits(const std::vector<Identity>& identities, const ContainerNames& names);

}  // namespace quell::policy
