// SPDX-License-Identifier: Apache-2.0
// Node: a value of a policy file with its place, free of parser types. Every
// scalar is text: what `yes` or `1e3` mean is for the check to say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/document/source_text.h"

namespace quell::policy {

struct Entry;

struct Node {
    enum class Type { kNull, kText, kList, kMap };
    Type type = Type::kNull;
    Location where;
    std::string text;            // kText
    std::vector<Node> items;     // kList
    std::vector<Entry> entries;  // kMap, keys are unique and kText

    // The value of a key, nullptr where there is none or this is no map.
    [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Entry {
    Node key;
    Node value;
};

// "text", "a list", "a map", "nothing"
[[nodiscard]] std::string_view type_word(Node::Type type);

}  // namespace quell::policy
