// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/byte_sets.h"

#include <algorithm>
#include <map>

namespace quell::policy::automaton {
namespace {

// Numbers the pairs of class and key anew, in the order of the bytes.
template <typename Key>
void split(ByteClasses& classes, Key key) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> numbers;
    for (std::uint32_t byte = 1; byte < 256; byte++) {
        const std::pair<std::uint32_t, std::uint32_t> pair(classes.of[byte], key(byte));
        const auto next = static_cast<std::uint32_t>(numbers.size() + 1);
        classes.of[byte] = static_cast<std::uint8_t>(numbers.try_emplace(pair, next).first->second);
    }
    classes.count = static_cast<std::uint32_t>(numbers.size() + 1);
}

}  // namespace

Symbol ByteSets::intern(const ByteSet& set) {
    if (set.count() == 1) {
        Symbol byte = 1;
        while (!set[byte]) byte++;
        return byte;
    }
    const auto next = static_cast<Symbol>(kFirstSet + sets_.size());
    const auto [at, fresh] = symbols_.try_emplace(set, next);
    if (fresh) sets_.push_back(set);
    return at->second;
}

ByteClasses classify(const ByteSet& literal, const ByteSets& sets) {
    ByteClasses classes;
    split(classes, [&](std::uint32_t byte) { return literal[byte] ? byte : 0; });
    for (const ByteSet& set : sets.all()) {
        if (classes.count == 256) break;  // each byte is a class of its own
        split(classes, [&](std::uint32_t byte) -> std::uint32_t { return set[byte] ? 1 : 0; });
    }
    classes.of_symbol.resize(kFirstSet + sets.all().size());
    for (std::uint32_t byte = 1; byte < 256; byte++) classes.of_symbol[byte] = {classes.of[byte]};
    for (std::size_t i = 0; i < sets.all().size(); i++) {
        ByteSet seen;
        for (std::uint32_t byte = 1; byte < 256; byte++)
            if (sets.all()[i][byte]) seen.set(classes.of[byte]);
        std::vector<std::uint8_t>& list = classes.of_symbol[kFirstSet + i];
        for (std::uint32_t number = 1; number < classes.count; number++)
            if (seen[number]) list.push_back(static_cast<std::uint8_t>(number));
    }
    return classes;
}

}  // namespace quell::policy::automaton
