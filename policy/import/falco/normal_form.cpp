// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/normal_form.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>

#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

// A literal: the comparison's number times two, plus one if it is negated.
// Sorted and without repetitions wherever they are kept.
using Literals = std::vector<std::uint32_t>;

struct Term {
    Literals literals;
    std::vector<Literals> exceptions;
    bool operator==(const Term&) const = default;
    bool operator<(const Term& other) const {
        return literals != other.literals ? literals < other.literals : exceptions < other.exceptions;
    }
};
using Terms = std::vector<Term>;

// Ends the search; there is no normal form within the bounds.
struct TooMany {};

template <typename T>
void sort_unique(std::vector<T>& all) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
}

template <typename T>
std::vector<T> merged(const std::vector<T>& a, const std::vector<T>& b) {
    std::vector<T> all;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
    return all;
}

std::size_t size_of(const Term& term) {
    std::size_t size = term.literals.size();
    for (const Literals& exception : term.exceptions) size += exception.size();
    return size;
}

void check_size(const Terms& terms, std::size_t most) {
    std::size_t literals = 0, exceptions = 0;
    for (const Term& term : terms) {
        literals += size_of(term);
        exceptions += term.exceptions.size();
    }
    if (terms.size() > most || exceptions > kMaxFalcoExceptions || literals > kMaxFalcoFormLiterals) throw TooMany{};
}

Terms product(const Terms& a, const Terms& b, std::size_t most) {
    Terms all;
    std::size_t literals = 0;
    for (const Term& left : a) {
        for (const Term& right : b) {
            all.push_back({merged(left.literals, right.literals), merged(left.exceptions, right.exceptions)});
            literals += size_of(all.back());
            // Twice the bound: some may turn out to be the same.
            if (all.size() > 2 * most || literals > 2 * kMaxFalcoFormLiterals) throw TooMany{};
        }
    }
    sort_unique(all);
    check_size(all, most);
    return all;
}

Terms product(const std::vector<Terms>& choices, std::size_t most) {
    Terms all = choices[0];
    for (std::size_t i = 1; i < choices.size(); i++) all = product(all, choices[i], most);
    check_size(all, most);
    return all;
}

// Unsorted: sort() must follow.
void join(Term& to, Term&& more) {
    to.literals.insert(to.literals.end(), more.literals.begin(), more.literals.end());
    std::move(more.exceptions.begin(), more.exceptions.end(), std::back_inserter(to.exceptions));
}

void sort(Term& term) {
    sort_unique(term.literals);
    sort_unique(term.exceptions);
}

class FormBuilder {
public:
    NormalForm build(const Expression& condition) {
        Term common;
        std::vector<Terms> choices;
        conjuncts(condition, common, choices);
        sort(common);
        Terms alternatives = choices.empty() ? Terms{} : product(choices, kMaxFalcoAlternatives);
        factor(common, alternatives);
        check_size(alternatives, kMaxFalcoAlternatives);
        check_size({common}, 1);
        NormalForm form;
        form.common = conjunction(common);
        for (const Term& term : alternatives) form.alternatives.push_back(conjunction(term));
        return form;
    }

private:
    using Kind = Expression::Kind;

    std::uint32_t number(const std::shared_ptr<const Check>& check) {
        const auto [place, added] = numbers_.emplace(check->identity, static_cast<std::uint32_t>(checks_.size()));
        if (added) checks_.push_back(check);
        return place->second;
    }

    // Splits at the topmost ands: what has one alternative is common to all.
    void conjuncts(const Expression& tree, Term& common, std::vector<Terms>& choices) {
        if (tree.kind == Kind::kAnd) {
            for (const ExpressionPtr& child : tree.children) conjuncts(*child, common, choices);
            return;
        }
        Terms terms = with_exceptions(tree, false);
        if (terms.size() > 1) {
            choices.push_back(std::move(terms));
            return;
        }
        join(common, std::move(terms[0]));
        if (common.exceptions.size() > kMaxFalcoFormLiterals) throw TooMany{};
    }

    // The tree, or its negation, as alternatives. A negation is always one.
    Terms with_exceptions(const Expression& tree, bool negated) {
        if (tree.kind == Kind::kNot) return with_exceptions(*tree.children[0], !negated);
        if (negated) return {exceptions(plain(tree, false))};
        return combined(tree, false, kMaxFalcoAlternatives,
                        [&](const Expression& child, bool inner) { return with_exceptions(child, inner); });
    }

    // The same without exceptions: negations are pushed down to the literals.
    Terms plain(const Expression& tree, bool negated) {
        if (tree.kind == Kind::kNot) return plain(*tree.children[0], !negated);
        return combined(tree, negated, kMaxFalcoExceptions,
                        [&](const Expression& child, bool inner) { return plain(child, inner); });
    }

    template <typename Part>
    Terms combined(const Expression& tree, bool negated, std::size_t most, Part&& part) {
        if (tree.kind == Kind::kCheck) return {Term{{number(tree.check) * 2 + (negated ? 1u : 0u)}, {}}};
        if ((tree.kind == Kind::kOr) == negated) return all_of(tree, negated, most, part);
        Terms any;
        std::size_t literals = 0;
        for (const ExpressionPtr& child : tree.children) {
            for (Term& term : part(*child, negated)) {
                literals += size_of(term);
                any.push_back(std::move(term));
            }
            if (any.size() > 2 * most || literals > 2 * kMaxFalcoFormLiterals) throw TooMany{};
        }
        sort_unique(any);
        check_size(any, most);
        return any;
    }

    // Parts with one term are put together first: most are.
    template <typename Part>
    Terms all_of(const Expression& tree, bool negated, std::size_t most, Part&& part) {
        Term base;
        std::vector<Terms> choices;
        for (const ExpressionPtr& child : tree.children) {
            Terms terms = part(*child, negated);
            if (terms.size() == 1)
                join(base, std::move(terms[0]));
            else
                choices.push_back(std::move(terms));
        }
        sort(base);
        choices.push_back({std::move(base)});
        return product(choices, most);
    }

    static Term exceptions(const Terms& excepted) {
        Term term;
        for (const Term& one : excepted) {
            if (one.literals.size() == 1)
                term.literals.push_back(one.literals[0] ^ 1u);
            else
                term.exceptions.push_back(one.literals);
        }
        sort(term);
        return term;
    }

    // Moves what every alternative has to the common part. One that has
    // nothing else makes the others superfluous.
    static void factor(Term& common, Terms& alternatives) {
        if (alternatives.empty()) return;
        Term shared = alternatives[0];
        for (const Term& term : alternatives) {
            shared.literals = intersection(shared.literals, term.literals);
            shared.exceptions = intersection(shared.exceptions, term.exceptions);
        }
        common.literals = merged(common.literals, shared.literals);
        common.exceptions = merged(common.exceptions, shared.exceptions);
        for (Term& term : alternatives) {
            term.literals = difference(term.literals, common.literals);
            term.exceptions = difference(term.exceptions, common.exceptions);
        }
        sort_unique(alternatives);
        if (alternatives[0] == Term{}) alternatives.clear();
        if (alternatives.size() != 1) return;
        common.literals = merged(common.literals, alternatives[0].literals);
        common.exceptions = merged(common.exceptions, alternatives[0].exceptions);
        alternatives.clear();
    }

    template <typename T>
    static std::vector<T> intersection(const std::vector<T>& a, const std::vector<T>& b) {
        std::vector<T> all;
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
        return all;
    }
    template <typename T>
    static std::vector<T> difference(const std::vector<T>& a, const std::vector<T>& b) {
        std::vector<T> all;
        std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
        return all;
    }

    [[nodiscard]] std::vector<Literal> named(const Literals& literals) const {
        std::vector<Literal> all;
        for (const std::uint32_t literal : literals) all.push_back({checks_[literal / 2], literal % 2 != 0});
        return all;
    }

    [[nodiscard]] Conjunction conjunction(const Term& term) const {
        Conjunction all;
        all.literals = named(term.literals);
        for (const Literals& exception : term.exceptions) all.exceptions.push_back(named(exception));
        return all;
    }

    std::vector<std::shared_ptr<const Check>> checks_;  // by number
    std::unordered_map<std::string_view, std::uint32_t> numbers_;  // by identity
};

std::size_t count(const Conjunction& conjunction) {
    std::size_t size = conjunction.literals.size();
    for (const auto& exception : conjunction.exceptions) size += exception.size();
    return size;
}

}  // namespace

std::size_t NormalForm::literals() const {
    std::size_t size = count(common);
    for (const Conjunction& alternative : alternatives) size += count(alternative);
    return size;
}

std::optional<NormalForm> normal_form(const Expression& condition) {
    try {
        return FormBuilder().build(condition);
    } catch (const TooMany&) {
        return std::nullopt;
    }
}

std::optional<NormalForm> normal_form(const Rule& rule, Findings& findings) {
    auto form = normal_form(*rule.condition);
    if (!form)
        findings.add(Code::kQ2301, rule.where,
                     "the condition of " + in_quotes(rule.name) + " has more than " + std::to_string(kMaxFalcoAlternatives) +
                         " alternatives, or more than " + std::to_string(kMaxFalcoExceptions) + " exceptions or " +
                         std::to_string(kMaxFalcoFormLiterals) + " comparisons in them",
                     "split the rule", rule.name);
    return form;
}

}  // namespace quell::policy::falco
