// SPDX-License-Identifier: Apache-2.0
#include "policy/describe/operations.h"

#include <algorithm>
#include <array>

#include "kern/abi.h"
#include "policy/check/checked.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::array kHookLists = {
#define OPERATION(name, word, object, hooks) std::string_view{hooks},
#include "kern/operations.def"
#undef OPERATION
};

constexpr std::array kUnseen = {
#define UNSEEN(what, why) Unseen{what, why},
#include "policy/describe/unseen.def"
#undef UNSEEN
};

std::vector<std::string_view> split(std::string_view names) {
    std::vector<std::string_view> list;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find(' '), names.size());
        if (end > 0) list.push_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    return list;
}

}  // namespace

std::span<const Operation> operations() {
    static const std::vector<Operation> kOperations = [] {
        std::vector<Operation> all;
        for (std::uint32_t i = 0; i < kOperationWords.size(); i++)
            all.push_back(Operation{kOperationWords[i], kObjectKinds[i], split(kHookLists[i])});
        return all;
    }();
    return kOperations;
}

std::string_view object_word(const Operation& operation) {
    constexpr std::array<std::string_view, 4> kWords = {"file", "place", "either", "none"};
    return kWords[static_cast<std::size_t>(operation.kind)];
}

std::string_view object_text(const Operation& operation) {
    switch (operation.kind) {
        case ObjectKind::FILE: return "the entry";
        case ObjectKind::PLACE: return "the entry, or any directory above a watched object";
        case ObjectKind::EITHER: return "the entry; a rule may ask for no path";
        case ObjectKind::NONE: break;
    }
    return "none that has a path";
}

std::vector<std::string_view> hooks_of(std::uint64_t mask) {
    std::vector<std::string_view> hooks;
    for (std::uint32_t i = 0; i < operations().size(); i++) {
        if ((mask & QUELL_OP_BIT(i)) == 0) continue;
        for (std::string_view hook : operations()[i].hooks)
            if (std::find(hooks.begin(), hooks.end(), hook) == hooks.end()) hooks.push_back(hook);
    }
    return hooks;
}

std::span<const Unseen> unseen() { return kUnseen; }

}  // namespace quell::policy
