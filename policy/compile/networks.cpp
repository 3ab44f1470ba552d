// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/networks.h"

#include <algorithm>

namespace quell::policy {
namespace {

void put_in_order(RuleList& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

void take(RuleList& list, const RuleList& from) { list.insert(list.end(), from.begin(), from.end()); }

}  // namespace

void spread(Networks& networks) {
    // A network comes before those in it where those of one address are in the order of their prefixes.
    std::vector<std::pair<const Network*, NetworkLists*>> order;
    for (auto& [network, lists] : networks) order.emplace_back(&network, &lists);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first->six, a.first->bytes, a.first->length) < std::tie(b.first->six, b.first->bytes, b.first->length);
    });
    std::vector<std::pair<const Network*, NetworkLists*>> around;
    for (const auto& [network, lists] : order) {
        while (!around.empty() && !around.back().first->holds(*network)) around.pop_back();
        if (!around.empty()) {
            take(lists->rules, around.back().second->rules);
            take(lists->conditions, around.back().second->conditions);
        }
        put_in_order(lists->rules);
        put_in_order(lists->conditions);
        around.emplace_back(network, lists);
    }
}

}  // namespace quell::policy
