// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/hit_pool.h"

#include "policy/limits.h"

namespace quell::policy::automaton {

HitLists HitPool::lists_of(std::span<const u32> nodes, const Trees& trees) {
    return {list(nodes, trees, &Trees::reach), list(nodes, trees, &Trees::end)};
}

u32 HitPool::list(std::span<const u32> nodes, const Trees& trees, Find find) {
    NodeHits together;
    for (u32 node : nodes) {
        const NodeHits* own = (trees.*find)(node);
        if (own == nullptr) continue;
        if (own->size() > kMaxHitsPerState) overfull_ = node;
        if (overfull_) return 0;
        for (const auto& [hit, positions] : *own) together[hit] |= positions;
        work_ += own->size();
        if (together.size() > kMaxHitsPerState) overfull_ = node;
        if (overfull_) return 0;
    }
    if (together.empty()) return 0;
    std::vector<u32> hits;
    for (const auto& [hit, positions] : together) hits.push_back(hit | positions << 16);
    const auto count = static_cast<u32>(hits.size());
    const auto [at, fresh] = known_.try_emplace(std::move(hits), list_word(static_cast<u32>(hits_.size()), count));
    if (fresh) {
        hits_.insert(hits_.end(), at->first.begin(), at->first.end());
        longest_ = std::max(longest_, count);
        if (hits_.size() > kMaxAutomatonHits) overfull_ = nodes.back();
    }
    return at->second;
}

}  // namespace quell::policy::automaton
