// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/census.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "policy/import/falco/normal_form.h"
#include "policy/limits.h"
#include "user/base/escape.h"

namespace quell::policy::falco {
namespace {

using nlohmann::json;

struct Total {
    std::size_t uses = 0;
    std::size_t rules = 0;
};

struct Counts {
    std::map<std::string, std::size_t> fields;
    std::map<std::string, std::size_t> operators;
    std::map<std::string, std::set<std::string>> kinds;  // by field
};

// Falco has some 400 of them: a condition that names more is not about events.
constexpr std::size_t kMostKinds = 512;

void count_operand(const Operand& operand, Counts& counts) { counts.fields[escape_cut(to_text(operand), kMaxShownBytes)]++; }

void count_check(const Check& check, bool negated, Counts& counts) {
    count_operand(check.left, counts);
    if (check.right) count_operand(*check.right, counts);
    counts.operators[std::string(operator_word(check.op))]++;
    const std::string& field = check.left.field;
    if (negated || (field != "evt.type" && field != "evt.dir" && field != "syscall.type")) return;
    if (check.op != Operator::kEqual && check.op != Operator::kIn) return;
    auto& kinds = counts.kinds[field];
    for (const Value& value : check.values)
        if (kinds.size() < kMostKinds) kinds.insert(escape_cut(value.text, kMaxShownBytes));
}

void count(const Expression& tree, bool negated, Counts& counts) {
    if (tree.kind == Expression::Kind::kNot) negated = !negated;
    if (tree.check != nullptr) count_check(*tree.check, negated, counts);
    for (const ExpressionPtr& child : tree.children) count(*child, negated, counts);
}

json escaped(const std::vector<std::string>& texts) {
    json list = json::array();
    for (const std::string& text : texts) list.push_back(escape(text));
    return list;
}

json form_of(const Expression& condition) {
    const auto form = normal_form(condition);
    if (!form) return nullptr;
    std::size_t exceptions = form->common.exceptions.size();
    for (const Conjunction& alternative : form->alternatives) exceptions += alternative.exceptions.size();
    return {{"alternatives", form->alternatives.size()}, {"exceptions", exceptions}, {"literals", form->literals()}};
}

json totals(const std::map<std::string, Total>& all) {
    json object = json::object();
    for (const auto& [word, total] : all) object[word] = {{"uses", total.uses}, {"rules", total.rules}};
    return object;
}

void add(std::map<std::string, Total>& to, const std::map<std::string, std::size_t>& counts) {
    for (const auto& [word, uses] : counts) {
        to[word].uses += uses;
        to[word].rules++;
    }
}

}  // namespace

json census(std::span<const Rule> rules) {
    json list = json::array();
    std::map<std::string, Total> fields, operators;
    for (const Rule& rule : rules) {
        Counts counts;
        count(*rule.condition, false, counts);
        add(fields, counts.fields);
        add(operators, counts.operators);
        list.push_back({
            {"rule", escape(rule.name)},
            {"source", escape(rule.source)},
            {"priority", priority_word(rule.priority)},
            {"enabled", rule.enabled},
            {"fields", counts.fields},
            {"operators", counts.operators},
            {"event_types", counts.kinds["evt.type"]},
            {"directions", counts.kinds["evt.dir"]},
            {"syscall_types", counts.kinds["syscall.type"]},
            {"lists", escaped(rule.lists)},
            {"macros", escaped(rule.macros)},
            {"parts", rule.condition->nodes},
            {"form", form_of(*rule.condition)},
        });
    }
    return {{"rules", std::move(list)}, {"fields", totals(fields)}, {"operators", totals(operators)}};
}

}  // namespace quell::policy::falco
