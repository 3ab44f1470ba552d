// SPDX-License-Identifier: Apache-2.0
// Random conditions against slow and obvious references: a reader of the
// language that knows nothing but recursion, text replacement for macros and
// lists as Falco does it, and the truth table of the normal form.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "falco_support.h"
#include "policy/import/falco/normal_form.h"
#include "random_below.h"

namespace quell::policy::falco::test {
namespace {

using Random = std::mt19937;
using World = std::map<std::string, std::string>;  // field -> value

constexpr const char* kFields[] = {"a.a", "a.b", "a.c"};
constexpr const char* kValues[] = {"x", "y", "z", "w"};

// Lists and macros of one round; a macro uses earlier ones only.
struct Names {
    std::vector<std::string> macros;
    std::vector<std::string> lists;
};

std::string random_check(Random& random, const Names& names) {
    const std::string field = kFields[below(random, 3)];
    switch (below(random, 4)) {
        case 0: return field + (below(random, 2) == 0 ? "=" : " != ") + kValues[below(random, 4)];
        case 1: return field + " exists";
        case 2: {
            std::string text = field + " in (";
            for (std::size_t i = 0, count = below(random, 4); i < count; i++) {
                const bool named = !names.lists.empty() && below(random, 2) == 0;
                text += (i > 0 ? ", " : "") + (named ? names.lists[below(random, names.lists.size())] : kValues[below(random, 4)]);
            }
            return text + ")";
        }
        default: return names.macros.empty() ? field + "=x" : names.macros[below(random, names.macros.size())];
    }
}

std::string random_condition(Random& random, const Names& names, unsigned depth) {
    if (depth == 0 || below(random, 5) == 0) return random_check(random, names);
    std::string text;
    for (std::size_t i = 0, count = 1 + below(random, 3); i < count; i++) {
        if (i > 0) text += below(random, 2) == 0 ? " and " : " or ";
        if (below(random, 4) == 0) text += "not ";
        const std::string part = random_condition(random, names, depth - 1);
        text += below(random, 2) == 0 ? "(" + part + ")" : part;
    }
    return text;
}

// The reference: evaluates text while reading it, with macros and lists taken
// from their definitions at that moment.
class Evaluator {
public:
    std::map<std::string, std::string> macros;
    std::map<std::string, std::vector<std::string>> lists;

    bool evaluate(const std::string& text, const World& world) const {
        std::vector<std::string> words;
        for (std::size_t i = 0; i < text.size();) {
            if (text[i] == ' ') {
                i++;
            } else if (std::string("(),").find(text[i]) != std::string::npos) {
                words.push_back(text.substr(i++, 1));
            } else if (text[i] == '=' || text[i] == '!') {
                const std::size_t size = text[i] == '!' ? 2 : 1;
                words.push_back(text.substr(i, size));
                i += size;
            } else {
                const std::size_t end = std::min(text.find_first_of(" (),=!", i), text.size());
                words.push_back(text.substr(i, end - i));
                i = end;
            }
        }
        words.push_back("");
        std::size_t at = 0;
        return any(words, at, world);
    }

private:
    bool any(const std::vector<std::string>& words, std::size_t& at, const World& world) const {
        bool result = all(words, at, world);
        while (words[at] == "or") result = all(words, ++at, world) || result;
        return result;
    }
    bool all(const std::vector<std::string>& words, std::size_t& at, const World& world) const {
        bool result = one(words, at, world);
        while (words[at] == "and") result = one(words, ++at, world) && result;
        return result;
    }
    bool one(const std::vector<std::string>& words, std::size_t& at, const World& world) const {
        if (words[at] == "not") return !one(words, ++at, world);
        if (words[at] == "(") {
            const bool result = any(words, ++at, world);
            at++;  // )
            return result;
        }
        const std::string name = words[at++];
        const auto macro = macros.find(name);
        if (macro != macros.end()) return evaluate(macro->second, world);
        const auto field = world.find(name);
        const bool there = field != world.end();
        const std::string op = words[at++];
        if (op == "exists") return there;
        if (op == "=" || op == "!=") {
            const std::string value = words[at++];
            return there && (field->second == value) == (op == "=");
        }
        bool found = false;
        for (at++; words[at] != ")"; at++)
            if (words[at] != ",") found = found || (there && holds(words[at], field->second));
        at++;
        return found;
    }
    bool holds(const std::string& name, const std::string& value) const {
        const auto list = lists.find(name);
        if (list == lists.end()) return name == value;
        bool found = false;
        for (const std::string& item : list->second) found = found || holds(item, value);
        return found;
    }
};

bool holds(const Check& check, const World& world) {
    const auto field = world.find(check.left.field);
    if (field == world.end()) return false;
    if (check.op == Operator::kExists) return true;
    bool found = false;
    for (const Value& value : check.values) found = found || value.text == field->second;
    return check.op == Operator::kNotEqual ? !found : found;
}

bool holds(const Expression& tree, const World& world) {
    if (tree.check != nullptr) return holds(*tree.check, world);
    if (tree.kind == Expression::Kind::kNot) return !holds(*tree.children[0], world);
    for (const ExpressionPtr& child : tree.children)
        if (holds(*child, world) != (tree.kind == Expression::Kind::kAnd)) return tree.kind != Expression::Kind::kAnd;
    return tree.kind == Expression::Kind::kAnd;
}

bool holds(const std::vector<Literal>& literals, const World& world) {
    for (const Literal& literal : literals)
        if (holds(*literal.check, world) == literal.negated) return false;
    return true;
}

bool holds(const Conjunction& conjunction, const World& world) {
    if (!holds(conjunction.literals, world)) return false;
    for (const auto& exception : conjunction.exceptions)
        if (holds(exception, world)) return false;
    return true;
}

bool holds(const NormalForm& form, const World& world) {
    if (!holds(form.common, world)) return false;
    for (const Conjunction& alternative : form.alternatives)
        if (holds(alternative, world)) return true;
    return form.alternatives.empty();
}

// Every field with every value, and without one.
std::vector<World> worlds() {
    std::vector<World> all{World{}};
    for (const char* field : kFields) {
        std::vector<World> more = all;
        for (const World& world : all)
            for (const char* value : kValues) {
                more.push_back(world);
                more.back()[field] = value;
            }
        all = more;
    }
    return all;
}

struct Round {
    std::string text;       // the rule file
    std::string condition;  // of its rule
    Evaluator reference;
};

Round random_round(Random& random) {
    Round round;
    Names names;
    for (std::size_t i = 0; i < below(random, 4); i++) {
        const std::string name = "l" + std::to_string(i);
        std::string items;
        for (std::size_t k = 0, count = below(random, 4); k < count; k++) {
            const bool named = !names.lists.empty() && below(random, 3) == 0;
            const std::string item = named ? names.lists[below(random, names.lists.size())] : kValues[below(random, 4)];
            round.reference.lists[name].push_back(item);
            items += (k > 0 ? ", " : "") + item;
        }
        round.reference.lists[name];
        names.lists.push_back(name);
        round.text += list(name, items);
    }
    for (std::size_t i = 0; i < below(random, 4); i++) {
        const std::string name = "m" + std::to_string(i), condition = random_condition(random, names, 2);
        round.reference.macros[name] = condition;
        round.text += macro(name, condition);
        names.macros.push_back(name);
    }
    round.condition = random_condition(random, names, 3);
    round.text += rule(round.condition);
    return round;
}

TEST(FalcoDifferential, MeaningOfRandomRules) {
    Random random(20251127);
    const std::vector<World> all = worlds();
    std::size_t fired = 0, asked = 0, formed = 0;
    for (unsigned i = 0; i < 3'000; i++) {
        const Round round = random_round(random);
        const Outcome outcome = read(round.text);
        ASSERT_EQ(errors(outcome), "") << round.text;
        ASSERT_EQ(outcome.rules.rules.size(), 1u);
        const Expression& tree = *outcome.rules.rules[0].condition;
        const auto form = normal_form(tree);
        formed += form ? 1 : 0;
        for (const World& world : all) {
            const bool expected = round.reference.evaluate(round.condition, world);
            ASSERT_EQ(holds(tree, world), expected) << round.text << to_text(tree);
            if (form) {
                ASSERT_EQ(holds(*form, world), expected) << round.text << to_text(tree);
            }
            fired += expected ? 1 : 0;
            asked++;
        }
    }
    // a test in which nothing, or everything, holds would prove nothing
    EXPECT_GT(fired, asked / 5);
    EXPECT_LT(fired, asked * 4 / 5);
    EXPECT_GT(formed, 2'900u);
}

TEST(FalcoDifferential, TextsAreReadBackAsTheyWere) {
    Random random(7);
    for (unsigned i = 0; i < 3'000; i++) {
        const std::string first = condition_of(random_round(random).text);
        ASSERT_EQ(condition_of(rule("'" + first + "'")), first);
    }
}

// A list is replaced as text by Falco: the result must be what is read here.
TEST(FalcoDifferential, ListsAsTextReplacement) {
    Random random(11);
    constexpr const char* kItems[] = {"a", "b-c", "/d/e", "two words", "\"q r\"", "'s t'", "\"(u)\"", "1"};
    for (unsigned i = 0; i < 2'000; i++) {
        std::string items, replaced;
        for (std::size_t k = 0, count = 1 + below(random, 5); k < count; k++) {
            const std::string item = kItems[below(random, 8)];
            std::string in_yaml;
            for (char c : item) in_yaml += c == '\'' ? "''" : std::string(1, c);
            items += (k > 0 ? ", '" : "'") + in_yaml + "'";
            const bool quote = item.find(' ') != std::string::npos && item[0] != '"' && item[0] != '\'';
            replaced += (k > 0 ? ", " : "") + (quote ? "\"" + item + "\"" : item);
        }
        const std::string by_us = condition_of(list("l", items) + rule(">\n    x.y in (l) and x.z in (0, l)\n"));
        const std::string by_text = condition_of(rule(">\n    x.y in (" + replaced + ") and x.z in (0, " + replaced + ")\n"));
        ASSERT_EQ(by_us, by_text) << items;
        ASSERT_EQ(by_us.find('['), std::string::npos) << items;
    }
}

}  // namespace
}  // namespace quell::policy::falco::test
