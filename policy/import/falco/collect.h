// SPDX-License-Identifier: Apache-2.0
// Items, in the order of the files -> what each list, macro and rule is in the
// end, with everything appended, overridden and redefined.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/items.h"

namespace quell::policy::falco {

// When something was written, counted in items. A macro or list sees those
// whose first definition is older than its own last change.
struct Age {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

struct ListDefinition {
    std::string name;
    Location where;
    Age age;
    std::vector<PlacedText> items;
};

struct MacroDefinition {
    std::string name;
    Location where;
    Age age;
    PlacedText condition;
};

struct RuleDefinition {
    std::string name;
    Location where;
    RuleParts parts;  // condition, output, description and priority are there
};

struct Definitions {
    std::vector<ListDefinition> lists;    // each in the order of the first definitions
    std::vector<MacroDefinition> macros;
    std::vector<RuleDefinition> rules;
    std::vector<Requirement> requirements;
};

// Not thread-safe.
class Collector {
public:
    explicit Collector(Findings& findings) : findings_(findings) {}

    void add(std::vector<Item> items);
    [[nodiscard]] std::size_t items() const { return clock_; }
    [[nodiscard]] Definitions take() { return std::move(definitions_); }

private:
    using Names = std::unordered_map<std::string, std::size_t>;

    void add(ListItem item);
    void add(MacroItem item);
    void add(RuleItem item);
    void add(Requirement item) { definitions_.requirements.push_back(std::move(item)); }
    void define(RuleItem item, RuleDefinition* earlier);
    void append(RuleParts& to, RuleParts&& more, const Location& where);
    void append_exceptions(std::vector<Exception>& to, std::vector<Exception>&& more);
    bool room(std::size_t size, std::size_t most, const std::string& what, const Location& where);
    void nothing_to_change(const std::string& what, const std::string& name, const Location& where);

    Findings& findings_;
    Definitions definitions_;
    Names lists_, macros_, rules_;
    std::uint32_t clock_ = 0;
};

}  // namespace quell::policy::falco
