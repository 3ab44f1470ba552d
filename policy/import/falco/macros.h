// SPDX-License-Identifier: Apache-2.0
// Macros and conditions with their macros and lists put in their places.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/import/falco/collect.h"
#include "policy/import/falco/expression.h"
#include "policy/import/falco/lists.h"

namespace quell::policy::falco {

// Not thread-safe. What it is made of must outlive this.
class Macros {
public:
    Macros(const std::vector<MacroDefinition>& definitions, std::span<const SourceText> sources, Lists& lists,
           Findings& findings);

    // A rule's condition, from its text. nullptr after an error.
    [[nodiscard]] ExpressionPtr resolve(const PlacedText& condition, std::vector<std::string>& macros);

    // Reads those that no rule uses too, and warns of them.
    void finish();

private:
    enum class State { kNew, kOpen, kDone, kBroken };
    struct Macro {
        const MacroDefinition* definition = nullptr;
        State state = State::kNew;
        bool used = false;
        std::uint32_t level = 1;  // of macros within it, itself included
        ExpressionPtr tree;
        std::vector<Macro*> uses;  // directly
    };
    // Whose condition is being put together: a macro's, or a rule's.
    struct Place {
        Macro* macro = nullptr;
        std::uint32_t level = 1;
        std::vector<Macro*> uses;
    };

    ExpressionPtr read(const PlacedText& condition, Place& place);
    ExpressionPtr replace(const ExpressionPtr& written, Place& place);
    ExpressionPtr replace_check(const Expression& written);
    ExpressionPtr replace_macro(const Expression& written, Place& place);
    bool resolve(Macro& macro);
    bool fits(const Expression& tree, const Location& where);
    bool unknown(const Expression& written, const Macro* later);

    std::span<const SourceText> sources_;
    Lists& lists_;
    Findings& findings_;
    std::vector<Macro> macros_;
    std::unordered_map<std::string, std::size_t> names_;
    std::uint32_t open_ = 0;
    std::size_t bytes_ = 0;  // of conditions read
};

}  // namespace quell::policy::falco
