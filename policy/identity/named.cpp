// SPDX-License-Identifier: Apache-2.0
#include "policy/identity/named.h"

#include <algorithm>

namespace quell::policy {

ContainerNames ContainerNames::none() {
    ContainerNames names;
    names.lists_.fill(std::vector<std::string>{});
    return names;
}

// The text between two stars is taken where it comes first: what follows has the most room then.
bool name_matches(std::string_view pattern, std::string_view name) {
    std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == name;
    if (!name.starts_with(pattern.substr(0, star))) return false;
    name.remove_prefix(star);
    pattern.remove_prefix(star + 1);
    for (star = pattern.find('*'); star != std::string_view::npos; star = pattern.find('*')) {
        const std::size_t at = name.find(pattern.substr(0, star));
        if (at == std::string_view::npos) return false;
        name.remove_prefix(at + star);
        pattern.remove_prefix(star + 1);
    }
    return name.ends_with(pattern);
}

Truth holds(const Identity& identity, const ContainerNames& names) {
    const auto& known = names.of(identity.field);
    if (!known) return Truth::kUnknown;
    const bool any = std::any_of(known->begin(), known->end(), [&](const std::string& name) {
        return std::any_of(identity.names.begin(), identity.names.end(), [&](const std::string& pattern) { return name_matches(pattern, name); });
    });
    return any ? Truth::kHolds : Truth::kFails;
}

quell_named named_bits(const std::vector<Identity>& identities, const ContainerNames& names) {
    quell_named bits{};
    for (std::size_t i = 0; i < identities.size() && i < QUELL_IDENTITIES_MAX; i++) {
        const Truth truth = holds(identities[i], names);
        if (truth != Truth::kUnknown) bits.known[i / 64] |= 1ull << i % 64;
        if (truth == Truth::kHolds) bits.holds[i / 64] |= 1ull << i % 64;
    }
    return bits;
}

}  // namespace quell::policy
