// SPDX-License-Identifier: Apache-2.0
#include "policy/identity/doubt.h"

#include <algorithm>

namespace quell::policy {

std::optional<Doubt> doubt_of(const Image& image, std::uint64_t rule, const DoubtMask& mask) {
    const auto found = std::find_if(image.rules.begin(), image.rules.end(), [&](const ImageRule& one) { return one.value.id == rule; });
    if (found == image.rules.end()) return std::nullopt;
    Doubt doubt;
    Doubt::Group group;
    for (std::uint32_t n = 0; n < found->value.conditions; n++) {
        const quell_condition& condition = image.conditions[found->value.condition + n];
        if (mask[n / 64] >> n % 64 & 1) {
            if (!QUELL_FIELD_IS_IDENTITY(condition.field) || condition.first >= image.identities.size()) return std::nullopt;
            group.literals.push_back({image.identities[condition.first], (condition.flags & QUELL_CONDITION_NOT) != 0});
        }
        if ((condition.flags & QUELL_CONDITION_END) == 0) continue;
        group.is_exception = (condition.flags & QUELL_CONDITION_EXCEPT) != 0;
        if (!group.literals.empty()) doubt.groups.push_back(std::move(group));
        group = {};
    }
    return doubt.groups.empty() ? std::nullopt : std::optional(std::move(doubt));
}

Truth judge(const Doubt& doubt, const ContainerNames& names) {
    Truth all = Truth::kHolds;
    for (const Doubt::Group& group : doubt.groups) {
        Truth each = Truth::kHolds;
        for (const Doubt::Literal& literal : group.literals) {
            const Truth truth = holds(literal.identity, names);
            each = std::min(each, literal.negated ? opposite(truth) : truth);
        }
        all = std::min(all, group.is_exception ? opposite(each) : each);
    }
    return all;
}

}  // namespace quell::policy
