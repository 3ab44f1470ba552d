// SPDX-License-Identifier: Apache-2.0
// Lists, and lists within lists -> values.
//
// Falco replaces a list's name wherever it stands, as text and one level deep.
// Here a name is replaced where a value may stand, unless it is in quotes, and
// however deep lists are within lists, in whatever order they were defined. A
// list's own name within it is an ordinary value.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/import/falco/collect.h"
#include "policy/import/falco/expression.h"

namespace quell::policy::falco {

// Not thread-safe. `definitions` must outlive this.
class Lists {
public:
    Lists(const std::vector<ListDefinition>& definitions, Findings& findings);

    // Puts the lists in place of their names, each value once, in order, and
    // says which they were. False after an error, said now or before.
    [[nodiscard]] bool expand(Check& check);

    // A warning for each that nothing has named.
    void warn_unused();

private:
    enum class State { kNew, kOpen, kDone, kBroken };
    struct List {
        const ListDefinition* definition = nullptr;
        State state = State::kNew;
        bool used = false;
        std::uint32_t depth = 1;  // of lists within it, itself included
        std::vector<Value> values;
        std::vector<std::string> lists;  // within it, sorted
    };

    // What is put together for one list or comparison.
    struct Gathered {
        const List* inside = nullptr;  // the list that it is for
        std::uint32_t depth = 1;
        std::vector<Value> values;
        std::vector<std::string> lists;
        std::unordered_set<const List*> seen;
    };

    List* find(const Value& value, const List* inside);
    bool resolve(List& list);
    bool read(List& list);
    bool add(const Value& value, Gathered& to);
    bool finish(Gathered& found, const Location& where, std::vector<Value>& values, std::vector<std::string>& lists);

    Findings& findings_;
    std::vector<List> lists_;
    std::unordered_map<std::string, std::size_t> names_;
    std::uint32_t open_ = 0;
    std::size_t total_ = 0;  // of what is kept: values and names, and bytes of them
    std::size_t bytes_ = 0;
};

}  // namespace quell::policy::falco
