// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/expression.h"

#include <algorithm>
#include <array>
#include <limits>

namespace quell::policy::falco {
namespace {

struct OperatorRow {
    std::string_view word;
    Right right;
};

constexpr std::array kOperators = {
    OperatorRow{"exists", Right::kNothing},    OperatorRow{"=", Right::kText},
    OperatorRow{"!=", Right::kText},           OperatorRow{"<", Right::kNumber},
    OperatorRow{"<=", Right::kNumber},         OperatorRow{">", Right::kNumber},
    OperatorRow{">=", Right::kNumber},         OperatorRow{"contains", Right::kText},
    OperatorRow{"icontains", Right::kText},    OperatorRow{"bcontains", Right::kText},
    OperatorRow{"startswith", Right::kText},   OperatorRow{"bstartswith", Right::kText},
    OperatorRow{"endswith", Right::kText},     OperatorRow{"glob", Right::kText},
    OperatorRow{"iglob", Right::kText},        OperatorRow{"regex", Right::kText},
    OperatorRow{"in", Right::kList},           OperatorRow{"intersects", Right::kList},
    OperatorRow{"pmatch", Right::kList},
};
static_assert(kOperators.size() == static_cast<std::size_t>(Operator::kPmatch) + 1);

constexpr std::array<std::string_view, 6> kTransformers = {"tolower", "toupper", "b64", "basename", "len", "val"};
static_assert(kTransformers.size() == static_cast<std::size_t>(Transformer::kValue) + 1);

std::uint32_t add(std::uint32_t a, std::uint32_t b) {
    return a > std::numeric_limits<std::uint32_t>::max() - b ? std::numeric_limits<std::uint32_t>::max() : a + b;
}

bool is_bare(std::string_view text) {
    return !text.empty() && text.find_first_of(" \t\r\n\v\f()\"'=,") == std::string_view::npos;
}

std::string in_double_quotes(std::string_view value) {
    std::string text = "\"";
    for (char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + "\"";
}

std::string value_text(const Value& value) { return is_bare(value.text) ? value.text : in_double_quotes(value.text); }

bool is_bare_argument(std::string_view text) {
    return !text.empty() && text.find_first_of(" \t\r\n\v\f[]\"'") == std::string_view::npos;
}

// Binds less than what stands around it.
bool needs_parentheses(const Expression& inner, Expression::Kind outer) {
    if (outer == Expression::Kind::kAnd) return inner.kind == Expression::Kind::kOr;
    // `not not x` would be read as x
    return outer == Expression::Kind::kNot && inner.kind != Expression::Kind::kCheck &&
           inner.kind != Expression::Kind::kMacro;
}

}  // namespace

std::string_view operator_word(Operator op) { return kOperators[static_cast<std::size_t>(op)].word; }
Right right_of(Operator op) { return kOperators[static_cast<std::size_t>(op)].right; }

std::optional<Operator> operator_of(std::string_view word) {
    if (word == "==") return Operator::kEqual;
    for (std::size_t i = 0; i < kOperators.size(); i++)
        if (kOperators[i].word == word) return static_cast<Operator>(i);
    return std::nullopt;
}

std::string_view transformer_word(Transformer transformer) { return kTransformers[static_cast<std::size_t>(transformer)]; }

std::optional<Transformer> transformer_of(std::string_view word) {
    const auto found = std::find(kTransformers.begin(), kTransformers.end(), word);
    if (found == kTransformers.end()) return std::nullopt;
    return static_cast<Transformer>(found - kTransformers.begin());
}

ExpressionPtr make_expression(Expression::Kind kind, std::vector<ExpressionPtr> children, const Location& where) {
    auto made = std::make_shared<Expression>();
    made->kind = kind;
    made->where = where;
    for (const ExpressionPtr& child : children) {
        made->nodes = add(made->nodes, child->nodes);
        made->depth = std::max(made->depth, add(child->depth, 1));
    }
    made->children = std::move(children);
    return made;
}

std::string to_text(const Operand& operand) {
    std::string text;
    for (const Transformer transformer : operand.transformers) text += std::string(transformer_word(transformer)) + "(";
    text += operand.field;
    if (operand.argument)
        text += "[" + (is_bare_argument(*operand.argument) ? *operand.argument : in_double_quotes(*operand.argument)) + "]";
    return text + std::string(operand.transformers.size(), ')');
}

std::string to_text(const Check& check) {
    std::string text = to_text(check.left) + " " + std::string(operator_word(check.op));
    const Right right = right_of(check.op);
    if (right == Right::kNothing) return text;
    if (check.right) return text + " " + to_text(*check.right);
    if (right != Right::kList) return text + " " + (check.values.empty() ? "" : value_text(check.values[0]));
    text += " (";
    for (std::size_t i = 0; i < check.values.size(); i++) text += (i > 0 ? ", " : "") + value_text(check.values[i]);
    return text + ")";
}

std::string to_text(const Expression& expression) {
    switch (expression.kind) {
        case Expression::Kind::kCheck: return to_text(*expression.check);
        case Expression::Kind::kMacro: return expression.macro;
        default: break;
    }
    std::string text;
    for (const ExpressionPtr& child : expression.children) {
        if (expression.kind == Expression::Kind::kNot)
            text += "not ";
        else if (child != expression.children.front() || !text.empty())
            text += expression.kind == Expression::Kind::kAnd ? " and " : " or ";
        text += needs_parentheses(*child, expression.kind) ? "(" + to_text(*child) + ")" : to_text(*child);
    }
    return text;
}

}  // namespace quell::policy::falco
