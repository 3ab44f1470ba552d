// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/macros.h"

#include <algorithm>
#include <unordered_set>

#include "policy/import/falco/condition.h"
#include "policy/limits.h"
#include "user/base/sha256.h"

namespace quell::policy::falco {

Macros::Macros(const std::vector<MacroDefinition>& definitions, std::span<const SourceText> sources, Lists& lists,
               Findings& findings)
    : sources_(sources), lists_(lists), findings_(findings), macros_(definitions.size()) {
    for (std::size_t i = 0; i < definitions.size(); i++) {
        macros_[i].definition = &definitions[i];
        names_.emplace(definitions[i].name, i);
    }
}

ExpressionPtr Macros::resolve(const PlacedText& condition, std::vector<std::string>& macros) {
    Place place;
    ExpressionPtr tree = read(condition, place);
    if (tree == nullptr) return nullptr;
    std::unordered_set<const Macro*> seen;
    std::vector<const Macro*> left(place.uses.begin(), place.uses.end());
    while (!left.empty()) {
        const Macro* macro = left.back();
        left.pop_back();
        if (!seen.insert(macro).second) continue;
        macros.push_back(macro->definition->name);
        left.insert(left.end(), macro->uses.begin(), macro->uses.end());
    }
    std::sort(macros.begin(), macros.end());
    return tree;
}

void Macros::finish() {
    for (Macro& macro : macros_) (void)resolve(macro);
    for (const Macro& macro : macros_)
        if (!macro.used)
            findings_.add(Code::kQ2206, macro.definition->where,
                          "no rule or macro uses the macro " + in_quotes(macro.definition->name), "", macro.definition->name);
}

ExpressionPtr Macros::read(const PlacedText& condition, Place& place) {
    bytes_ += condition.text().size();
    if (bytes_ > kMaxFalcoConditionsBytes) {
        findings_.add(Code::kQ2103, condition.at(0, 1),
                      "all conditions have more than " + std::to_string(kMaxFalcoConditionsBytes) + " bytes together");
        return nullptr;
    }
    const ExpressionPtr written = parse_condition(condition, findings_);
    if (written == nullptr) return nullptr;
    ExpressionPtr tree = replace(written, place);
    if (tree == nullptr || !fits(*tree, written->where)) return nullptr;
    return tree;
}

bool Macros::fits(const Expression& tree, const Location& where) {
    if (tree.depth > kMaxFalcoTreeDepth) {
        findings_.add(Code::kQ2102, where,
                      "with its macros the condition is more than " + std::to_string(kMaxFalcoTreeDepth) + " levels deep");
        return false;
    }
    if (tree.nodes > kMaxFalcoTreeNodes) {
        findings_.add(Code::kQ2205, where,
                      "with its macros the condition has more than " + std::to_string(kMaxFalcoTreeNodes) + " parts");
        return false;
    }
    return true;
}

// Recurses as deep as the text is nested.
ExpressionPtr Macros::replace(const ExpressionPtr& written, Place& place) {
    if (written->kind == Expression::Kind::kCheck) return replace_check(*written);
    if (written->kind == Expression::Kind::kMacro) return replace_macro(*written, place);
    std::vector<ExpressionPtr> children;
    for (const ExpressionPtr& child : written->children) {
        ExpressionPtr replaced = replace(child, place);
        if (replaced == nullptr) return nullptr;
        children.push_back(std::move(replaced));
    }
    return make_expression(written->kind, std::move(children), written->where);
}

ExpressionPtr Macros::replace_check(const Expression& written) {
    auto check = std::make_shared<Check>(*written.check);
    if (right_of(check->op) != Right::kNumber && !lists_.expand(*check)) return nullptr;
    if (right_of(check->op) == Right::kText && !check->right && check->values.size() != 1) {
        findings_.add(Code::kQ2204, written.check->values[0].where,
                      "the list " + in_quotes(written.check->values[0].text) + " has " + std::to_string(check->values.size()) +
                          " values, " + in_quotes(operator_word(check->op)) + " compares with one",
                      "write 'in (…)'");
        return nullptr;
    }
    check->identity = sha256_hex(to_text(*check));
    auto made = std::make_shared<Expression>(written);
    made->check = std::move(check);
    return made;
}

bool Macros::unknown(const Expression& written, const Macro* later) {
    std::string message = "there is no macro " + in_quotes(written.macro);
    std::string hint;
    if (later != nullptr) {
        const Location& where = later->definition->where;
        message = "the macro " + in_quotes(written.macro) + " is defined after this";
        hint = "move it before this: it stands at " + in_quotes(sources_[where.source].file()) + ", line " +
               std::to_string(where.line);
    }
    findings_.add(Code::kQ2201, written.where, std::move(message), std::move(hint), written.macro);
    return false;
}

ExpressionPtr Macros::replace_macro(const Expression& written, Place& place) {
    const auto found = names_.find(written.macro);
    if (found == names_.end()) {
        (void)unknown(written, nullptr);
        return nullptr;
    }
    Macro& macro = macros_[found->second];
    if (place.macro != nullptr && macro.definition->age.first >= place.macro->definition->age.last) {
        (void)unknown(written, &macro);
        return nullptr;
    }
    macro.used = true;
    if (macro.state == State::kOpen) {
        findings_.add(Code::kQ2202, written.where, "the macro " + in_quotes(written.macro) + " leads back to itself here",
                      "take it out", written.macro);
        return nullptr;
    }
    if (!resolve(macro)) return nullptr;
    place.level = std::max(place.level, macro.level + 1);
    place.uses.push_back(&macro);
    return macro.tree;
}

bool Macros::resolve(Macro& macro) {
    if (macro.state == State::kDone || macro.state == State::kBroken) return macro.state == State::kDone;
    const auto too_deep = [&] {
        findings_.add(Code::kQ2102, macro.definition->where,
                      "more than " + std::to_string(kMaxFalcoNesting) + " macros within macros", "", macro.definition->name);
        macro.state = State::kBroken;
        return false;
    };
    if (open_ >= kMaxFalcoNesting) return too_deep();
    macro.state = State::kOpen;
    Place place;
    place.macro = &macro;
    open_++;
    macro.tree = read(macro.definition->condition, place);
    open_--;
    if (place.level > kMaxFalcoNesting) return too_deep();
    macro.level = place.level;
    macro.uses = std::move(place.uses);
    macro.state = macro.tree != nullptr ? State::kDone : State::kBroken;
    return macro.tree != nullptr;
}

}  // namespace quell::policy::falco
