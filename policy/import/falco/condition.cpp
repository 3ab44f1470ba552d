// SPDX-License-Identifier: Apache-2.0
// Recursive descent: the recursion is as deep as the parentheses, which are counted.
#include "policy/import/falco/condition.h"

#include <algorithm>

#include "policy/check/words.h"
#include "policy/import/falco/cursor.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

// Fields whose argument may be written behind a dot.
constexpr std::string_view kDotted[] = {"evt.arg.", "evt.rawarg.", "container.label."};

class Parser {
public:
    Parser(const PlacedText& text, Findings& findings) : placed_(text), cursor_(text.text()), findings_(findings) {}

    ExpressionPtr condition() {
        ExpressionPtr all = alternatives();
        if (all != nullptr && !cursor_.at_end()) return fail("expected 'and', 'or' or the end of the condition");
        return all;
    }

    // Value, or values with commas between, up to the end.
    std::optional<std::vector<Value>> item() {
        std::vector<Value> found;
        do {
            cursor_.skip_blanks();
            if (!value(found)) return std::nullopt;
            cursor_.skip_blanks();
        } while (cursor_.take(','));
        if (cursor_.at_end()) return found;
        fail("expected a comma or the end of the item", "put the whole item into quotes once more: '\"…\"'");
        return std::nullopt;
    }

private:
    using Kind = Expression::Kind;

    ExpressionPtr alternatives() {
        return joined(Kind::kOr, "or", [&] { return joined(Kind::kAnd, "and", [&] { return negation(); }); });
    }

    template <typename Part>
    ExpressionPtr joined(Kind kind, std::string_view word, Part&& part) {
        cursor_.skip_blanks();
        const std::size_t begin = cursor_.at();
        std::vector<ExpressionPtr> parts;
        do {
            ExpressionPtr one = part();
            if (one == nullptr) return nullptr;
            parts.push_back(std::move(one));
            cursor_.skip_blanks();
        } while (cursor_.keyword(word));
        if (parts.size() == 1) return parts[0];
        return make_expression(kind, std::move(parts), placed_.at(begin, 1));
    }

    ExpressionPtr negation() {
        cursor_.skip_blanks();
        const std::size_t begin = cursor_.at();
        bool negated = false;
        while (cursor_.keyword("not")) {
            negated = !negated;
            cursor_.skip_blanks();
        }
        ExpressionPtr inner = primary();
        if (inner == nullptr || !negated) return inner;
        return make_expression(Kind::kNot, {std::move(inner)}, placed_.at(begin, 3));
    }

    ExpressionPtr primary() {
        const std::size_t begin = cursor_.at();
        if (cursor_.take('(')) {
            if (!deeper(begin)) return nullptr;
            ExpressionPtr inner = alternatives();
            if (inner == nullptr) return nullptr;
            nesting_--;
            if (!cursor_.take(')')) return fail("expected 'and', 'or' or ')'");
            return inner;
        }
        bool failed = false;
        if (auto left = operand(false, failed)) return comparison(std::move(*left));
        if (failed) return nullptr;
        return macro();
    }

    ExpressionPtr macro() {
        const std::size_t begin = cursor_.at();
        const std::string_view name = cursor_.identifier();
        if (name.empty() || name == "and" || name == "or") {
            cursor_.back_to(begin);
            return fail("expected a field, a macro or '('");
        }
        auto made = std::make_shared<Expression>();
        made->kind = Kind::kMacro;
        made->where = placed_.at(begin, name.size());
        made->macro = name;
        return made;
    }

    ExpressionPtr comparison(Operand left) {
        auto check = std::make_shared<Check>();
        check->where = left.where;
        check->left = std::move(left);
        cursor_.skip_blanks();
        const std::size_t begin = cursor_.at();
        std::string_view word = cursor_.sign();
        if (word.empty()) word = cursor_.identifier();
        const std::optional<Operator> op = operator_of(word);
        if (!op) {
            cursor_.back_to(begin);
            return fail("expected an operator", "one of = != < <= > >= contains startswith endswith glob regex in "
                        "intersects pmatch exists, and their variants");
        }
        check->op = *op;
        cursor_.skip_blanks();
        if (!right(*check)) return nullptr;
        auto made = std::make_shared<Expression>();
        made->kind = Kind::kCheck;
        made->where = check->where;
        made->check = std::move(check);
        return made;
    }

    bool right(Check& check) {
        const Right wanted = right_of(check.op);
        if (wanted == Right::kNothing) return true;
        bool failed = false;
        if (auto other = operand(true, failed)) {
            check.right = std::move(other);
            return true;
        }
        if (failed) return false;
        if (wanted == Right::kNumber) return number(check.values);
        if (wanted == Right::kText) return value(check.values);
        return list(check.values);
    }

    // A field, or one within transformers. On the right side only the latter:
    // there a bare proc.name is a text.
    std::optional<Operand> operand(bool on_the_right, bool& failed) {
        const std::size_t begin = cursor_.at();
        const std::uint32_t nesting = nesting_;
        Operand made;
        while (const auto transformer = transformer_call(on_the_right)) {
            made.transformers.push_back(*transformer);
            cursor_.skip_blanks();
            if (!deeper(begin)) return failure(failed);
        }
        if (made.transformers.empty() && on_the_right) return std::nullopt;
        const std::string_view name = cursor_.field_name();
        if (name.empty()) {
            if (made.transformers.empty()) return std::nullopt;
            fail("expected a field");
            return failure(failed);
        }
        if (!argument(name, made)) return failure(failed);
        for (std::size_t i = 0; i < made.transformers.size(); i++) {
            cursor_.skip_blanks();
            if (cursor_.take(')')) continue;
            fail("expected ')' behind the field", "transformers of several fields are not read");
            return failure(failed);
        }
        nesting_ = nesting;
        made.where = placed_.at(begin, cursor_.at() - begin);
        return made;
    }

    std::optional<Transformer> transformer_call(bool on_the_right) {
        const std::size_t begin = cursor_.at();
        const std::optional<Transformer> found = transformer_of(cursor_.identifier());
        if (found && (*found != Transformer::kValue || on_the_right) && cursor_.take('(')) return found;
        cursor_.back_to(begin);
        return std::nullopt;
    }

    bool argument(std::string_view name, Operand& made) {
        made.field = name;
        if (cursor_.take('[')) {
            std::string text;
            if (!quoted(text)) {
                if (failed_) return false;
                text = cursor_.argument();
                if (text.empty()) return fail("expected an argument within the brackets") != nullptr;
            }
            if (!cursor_.take(']')) return fail("expected ']'") != nullptr;
            made.argument = std::move(text);
            return true;
        }
        for (const std::string_view prefix : kDotted) {
            if (!name.starts_with(prefix)) continue;
            made.field = prefix.substr(0, prefix.size() - 1);
            made.argument = name.substr(prefix.size());
        }
        return true;
    }

    bool number(std::vector<Value>& values) {
        const std::size_t begin = cursor_.at();
        const std::string_view text = cursor_.number();
        if (text.empty()) return fail("expected a number") != nullptr;
        values.push_back(Value{std::string(text), false, placed_.at(begin, text.size())});
        return true;
    }

    bool value(std::vector<Value>& values) {
        const std::size_t begin = cursor_.at();
        Value made;
        if (quoted(made.text)) {
            made.quoted = true;
        } else {
            if (failed_) return false;
            made.text = cursor_.bare();
            if (made.text.empty()) return fail("expected a value") != nullptr;
        }
        made.where = placed_.at(begin, cursor_.at() - begin);
        values.push_back(std::move(made));
        return true;
    }

    bool list(std::vector<Value>& values) {
        const std::size_t begin = cursor_.at();
        if (!cursor_.take('(')) {
            const std::string_view name = cursor_.identifier();
            if (name.empty()) return fail("expected '(' or the name of a list") != nullptr;
            values.push_back(Value{std::string(name), false, placed_.at(begin, name.size())});
            return true;
        }
        cursor_.skip_blanks();
        if (cursor_.take(')')) return true;
        do {
            cursor_.skip_blanks();
            if (!value(values)) return false;
            cursor_.skip_blanks();
        } while (cursor_.take(','));
        return cursor_.take(')') || fail("expected ',' or ')'") != nullptr;
    }

    // False without an error where there is no quote.
    bool quoted(std::string& text) {
        switch (cursor_.quoted(text)) {
            case Cursor::Quoted::kNone: return false;
            case Cursor::Quoted::kTaken: return true;
            case Cursor::Quoted::kOpen: return fail("the quote that begins here never ends") != nullptr;
            case Cursor::Quoted::kBadEscape: break;
        }
        return fail("Falco knows no such escape",
                    "\\b \\f \\n \\r \\t \\/ \\\\ and the quote that the text begins with") != nullptr;
    }

    bool deeper(std::size_t begin) {
        if (++nesting_ <= kMaxFalcoNesting) return true;
        failed_ = true;
        findings_.add(Code::kQ2102, placed_.at(begin, 1),
                      "nested more than " + std::to_string(kMaxFalcoNesting) + " levels deep", "use macros");
        return false;
    }

    static std::optional<Operand> failure(bool& failed) {
        failed = true;
        return std::nullopt;
    }

    // Returns nullptr, for whoever returns a tree.
    ExpressionPtr fail(std::string message, std::string hint = {}) {
        if (failed_) return nullptr;
        failed_ = true;
        const std::string_view here = cursor_.here();
        if (!here.empty()) message += ", not " + in_quotes(here);
        findings_.add(Code::kQ2101, placed_.at(cursor_.at(), std::max<std::size_t>(here.size(), 1)), std::move(message),
                      std::move(hint), here);
        return nullptr;
    }

    const PlacedText& placed_;
    Cursor cursor_;
    Findings& findings_;
    std::uint32_t nesting_ = 0;
    bool failed_ = false;
};

}  // namespace

bool check_text(const PlacedText& text, Findings& findings) {
    if (text.text().size() > kMaxFalcoConditionBytes) {
        findings.add(Code::kQ2103, text.at(0, 1),
                     "the text has " + std::to_string(text.text().size()) + " bytes, at most " +
                         std::to_string(kMaxFalcoConditionBytes) + " are accepted",
                     "use lists and macros");
        return false;
    }
    const std::string_view all = text.text();
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = std::min(all.find_first_of("\t\r", begin), all.size());
        if (!is_printable(all.substr(begin, end - begin), true)) {
            findings.add(Code::kQ1107, text.at(begin, 1), "the text holds control characters", "remove them");
            return false;
        }
        begin = end + 1;
    }
    return true;
}

ExpressionPtr parse_condition(const PlacedText& text, Findings& findings) {
    if (!check_text(text, findings)) return nullptr;
    return Parser(text, findings).condition();
}

std::optional<std::vector<Value>> parse_item(const PlacedText& item, Findings& findings) {
    if (!check_text(item, findings)) return std::nullopt;
    const std::string& text = item.text();
    if (text.find(' ') == std::string::npos || text[0] == '"' || text[0] == '\'') return Parser(item, findings).item();
    // Falco puts quotes around it, and then reads it as it reads any
    PlacedText quoted;
    quoted.append("\"", item.at(0, 1));
    quoted.append(item);
    quoted.append("\"", item.at(text.size(), 1));
    return Parser(quoted, findings).item();
}

}  // namespace quell::policy::falco
