// SPDX-License-Identifier: Apache-2.0
// The tree of a condition, free of text. Trees are immutable and share their
// parts: a macro that a hundred rules use is one tree. Thread-safe to read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/source_text.h"

namespace quell::policy::falco {

enum class Operator {
    kExists,
    kEqual,  // = and ==
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kContains,
    kIcontains,
    kBcontains,
    kStartswith,
    kBstartswith,
    kEndswith,
    kGlob,
    kIglob,
    kRegex,
    kIn,
    kIntersects,
    kPmatch,
};

// What may stand to the right of it.
enum class Right { kNothing, kNumber, kText, kList };

[[nodiscard]] std::string_view operator_word(Operator op);
[[nodiscard]] Right right_of(Operator op);
[[nodiscard]] std::optional<Operator> operator_of(std::string_view word);

enum class Transformer { kToLower, kToUpper, kBase64, kBasename, kLength, kValue };

[[nodiscard]] std::string_view transformer_word(Transformer transformer);
[[nodiscard]] std::optional<Transformer> transformer_of(std::string_view word);

// A field of the event: proc.aname[2] is {proc.aname, 2}; evt.arg.flags and
// evt.arg[flags] are both {evt.arg, flags}.
struct Operand {
    std::string field;
    std::optional<std::string> argument;
    std::vector<Transformer> transformers;  // the outermost first
    Location where;
};

struct Value {
    std::string text;  // without its quotes
    bool quoted = false;
    Location where;
};

// One comparison. Both `values` and `right` are empty for kExists, and for
// `in ()`, which is never true.
struct Check {
    Operand left;
    Operator op{};
    std::vector<Value> values;     // one, unless right_of(op) is kList
    std::optional<Operand> right;  // another field instead of values
    std::vector<std::string> lists;  // whose items are among the values, sorted
    Location where;                // of the left operand
    std::string identity;          // digest of to_text(): set by resolving
};

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

struct Expression {
    enum class Kind { kAnd, kOr, kNot, kCheck, kMacro };
    Kind kind{};
    Location where;
    std::vector<ExpressionPtr> children;  // kAnd, kOr: two or more; kNot: one
    std::shared_ptr<const Check> check;   // kCheck
    std::string macro;                    // kMacro: before resolve() only
    // Of the tree, this part included: what several share counts each time. Saturates.
    std::uint32_t nodes = 1;
    std::uint32_t depth = 1;
};

// kAnd, kOr or kNot over `children`, with its size. Flattens nothing.
[[nodiscard]] ExpressionPtr make_expression(Expression::Kind kind, std::vector<ExpressionPtr> children,
                                            const Location& where);

// As Falco's language writes it, in as few parentheses as it needs. Equal texts
// mean the same. For keys, messages, reports and tests.
[[nodiscard]] std::string to_text(const Operand& operand);
[[nodiscard]] std::string to_text(const Check& check);
[[nodiscard]] std::string to_text(const Expression& expression);

}  // namespace quell::policy::falco
