// SPDX-License-Identifier: Apache-2.0
#include "policy/document/node.h"

namespace quell::policy {

const Node* Node::find(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key.text == key) return &entry.value;
    return nullptr;
}

std::string_view type_word(Node::Type type) {
    switch (type) {
        case Node::Type::kNull: return "nothing";
        case Node::Type::kText: return "text";
        case Node::Type::kList: return "a list";
        case Node::Type::kMap: return "a map";
    }
    return "nothing";
}

}  // namespace quell::policy
