// SPDX-License-Identifier: Apache-2.0
// Interned sets of rules: equal sets have one id. Ids count up from 1, so
// there is no ceiling on how many rules or sets a policy has.
#pragma once

#include <cstdint>
#include <map>

#include "policy/compile/trie.h"
#include "policy/image.h"

namespace quell::policy {

class Sets {
public:
    // Never called with an empty list: "no rules" is an edge that is missing.
    [[nodiscard]] std::uint64_t id(const RuleList& rules) {
        return ids_.try_emplace(rules, ids_.size() + 1).first->second;
    }
    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    [[nodiscard]] const std::map<RuleList, std::uint64_t>& all() const { return ids_; }

private:
    std::map<RuleList, std::uint64_t> ids_;
};

}  // namespace quell::policy
