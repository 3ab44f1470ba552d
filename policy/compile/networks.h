// SPDX-License-Identifier: Apache-2.0
// What the addresses of one kind of subject stand for: the kernel takes the
// longest prefix only, so each says what the shorter ones around it say too.
#pragma once

#include <map>

#include "policy/check/network.h"
#include "policy/compile/trie.h"

namespace quell::policy {

struct NetworkLists {
    RuleList rules;       // that are found by it
    RuleList conditions;  // that hold for it
};

using Networks = std::map<Network, NetworkLists>;

// Each list with those of all networks that hold its network: sorted, none twice.
void spread(Networks& networks);

}  // namespace quell::policy
