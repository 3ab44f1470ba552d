// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/byte_sets.h"


namespace quell::policy::automaton {
namespace {

// Each class becomes two, of what is in the set and of what is not, numbered
// in the order of the bytes.
void split(ByteClasses& classes, const ByteSet& set) {
    std::array<std::uint8_t, 512> numbers{};  // by class and whether it is in the set
    std::uint32_t next = 1;
    for (std::uint32_t byte = 1; byte < 256; byte++) {
        std::uint8_t& number = numbers[classes.of[byte] * 2u + set[byte]];
        if (number == 0) number = static_cast<std::uint8_t>(next++);
        classes.of[byte] = number;
    }
    classes.count = next;
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
    split(classes, ByteSet());  // all but NUL's are one class
    for (std::uint32_t byte = 1; byte < 256; byte++)
        if (literal[byte]) split(classes, ByteSet().set(byte));
    for (const ByteSet& set : sets.all()) {
        if (classes.count == 256) break;  // each byte is a class of its own
        split(classes, set);
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
