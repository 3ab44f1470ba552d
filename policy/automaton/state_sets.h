// SPDX-License-Identifier: Apache-2.0
// Sets of tree nodes, each with a number: equal sets have one. Kept in one
// array, as there are some hundred thousand. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

namespace quell::policy::automaton {

class StateSets {
public:
    StateSets() : first_{0}, known_(16, Hash{this}, Equal{this}) {}
    StateSets(const StateSets&) = delete;
    StateSets& operator=(const StateSets&) = delete;

    // The set's number, counted up from 0, and whether it is a new one. `nodes` ascend.
    std::pair<std::uint32_t, bool> intern(std::span<const std::uint32_t> nodes) {
        const auto number = static_cast<std::uint32_t>(size());
        nodes_.insert(nodes_.end(), nodes.begin(), nodes.end());
        first_.push_back(nodes_.size());
        const auto [at, fresh] = known_.insert(number);
        if (!fresh) {
            first_.pop_back();
            nodes_.resize(first_.back());
        }
        return {*at, fresh};
    }

    [[nodiscard]] std::size_t size() const { return first_.size() - 1; }
    // Valid until the next intern().
    [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t number) const {
        return std::span(nodes_).subspan(first_[number], first_[number + 1] - first_[number]);
    }

private:
    struct Hash {
        const StateSets* sets;
        std::size_t operator()(std::uint32_t number) const {
            std::uint64_t hash = 0x9e3779b97f4a7c15u;
            for (std::uint32_t node : sets->of(number)) {
                hash = (hash ^ node) * 0xff51afd7ed558ccdu;
                hash ^= hash >> 32;
            }
            return hash;
        }
    };
    struct Equal {
        const StateSets* sets;
        bool operator()(std::uint32_t a, std::uint32_t b) const { return std::ranges::equal(sets->of(a), sets->of(b)); }
    };

    std::vector<std::uint32_t> nodes_;
    std::vector<std::size_t> first_;  // by number; one more at the end
    std::unordered_set<std::uint32_t, Hash, Equal> known_;
};

}  // namespace quell::policy::automaton
