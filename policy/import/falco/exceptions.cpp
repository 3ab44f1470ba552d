// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/exceptions.h"

#include "policy/import/falco/expression.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

bool takes_list(std::string_view word) {
    const auto op = operator_of(word);
    return op && right_of(*op) == Right::kList;
}

ExceptionEntry word_at(std::string_view word, const Location& where) {
    ExceptionEntry entry;
    entry.where = where;
    entry.text.append(word, where);
    return entry;
}

class Writer {
public:
    explicit Writer(const PlacedText& condition) {
        all_.append("(", condition.at(0, 1));
        all_.append(condition);
        word(")");
    }

    // Of one field: (field in (value, …)).
    bool one_field(const Exception& exception, Findings& findings) {
        if (exception.values.empty()) return true;
        where_ = exception.where;
        word(" and not (");
        all_.append(exception.fields->text);
        word(" ");
        all_.append(exception.comps->text);
        word(" (");
        for (std::size_t i = 0; i < exception.values.size(); i++) {
            const ExceptionEntry& value = exception.values[i];
            if (value.is_list) {
                findings.add(Code::kQ2008, value.where, "each value must be a text: the exception has one field",
                             "write the values out, one by one");
                return false;
            }
            if (i > 0) word(", ");
            quoted(value.text);
            if (!fits(findings)) return false;
        }
        word("))");
        return true;
    }

    // Of several fields: ((a = x and b in (y, …)) or …).
    bool fields(const Exception& exception, Findings& findings) {
        if (exception.values.empty()) return true;
        where_ = exception.where;
        word(" and not (");
        for (std::size_t i = 0; i < exception.values.size(); i++) {
            const ExceptionEntry& value = exception.values[i];
            if (value.items.size() != exception.fields->items.size()) {
                findings.add(Code::kQ2008, value.where,
                             "the exception has " + std::to_string(exception.fields->items.size()) + " fields, this has " +
                                 std::to_string(value.items.size()) + " values",
                             "write a list with one value for each field");
                return false;
            }
            where_ = value.where;
            word(i > 0 ? " or (" : "(");
            for (std::size_t k = 0; k < value.items.size(); k++) {
                if (k > 0) word(" and ");
                comparison(exception.fields->items[k].text, exception.comps->items[k].text, value.items[k]);
                if (!fits(findings)) return false;
            }
            word(")");
        }
        word(")");
        return true;
    }

    PlacedText take() { return std::move(all_); }

private:
    void word(std::string_view text) { all_.append(text, where_); }

    void comparison(const PlacedText& field, const PlacedText& comp, const ExceptionEntry& value) {
        all_.append(field);
        word(" ");
        all_.append(comp);
        word(" ");
        if (value.is_list) {
            word("(");
            for (std::size_t i = 0; i < value.items.size(); i++) {
                if (i > 0) word(", ");
                quoted(value.items[i].text);
            }
            word(")");
        } else if (takes_list(comp.text())) {
            const bool bare = !value.text.text().starts_with('(');
            if (bare) word("(");
            all_.append(value.text);
            if (bare) word(")");
        } else {
            quoted(value.text);
        }
    }

    // As Falco does: quotes around what has blanks and none yet.
    void quoted(const PlacedText& value) {
        const std::string& text = value.text();
        const bool needs = text.find(' ') != std::string::npos && text[0] != '"' && text[0] != '\'';
        if (needs) word("\"");
        all_.append(value);
        if (needs) word("\"");
    }

    bool fits(Findings& findings) {
        if (all_.text().size() <= kMaxFalcoConditionBytes) return true;
        findings.add(Code::kQ2103, where_,
                     "with its exceptions the condition has more than " + std::to_string(kMaxFalcoConditionBytes) + " bytes",
                     "use lists and macros");
        return false;
    }

    PlacedText all_;
    Location where_;
};

}  // namespace

bool check_exception(Exception& exception, Findings& findings) {
    const auto fail = [&](const Location& where, std::string message, std::string hint) {
        findings.add(Code::kQ2008, where, std::move(message), std::move(hint), exception.name);
        return false;
    };
    if (!exception.fields) return fail(exception.where, "the exception has no 'fields'", "add 'fields:'");
    if (!exception.fields->is_list) {
        if (!exception.comps) exception.comps = word_at("in", exception.where);
        if (exception.comps->is_list) return fail(exception.comps->where, "there is one field, so comps must be one word", "");
        if (!takes_list(exception.comps->text.text()))
            return fail(exception.comps->where, "one field is compared with a list", "one of: in, pmatch, intersects");
        return true;
    }
    if (!exception.comps) {
        exception.comps.emplace();
        exception.comps->is_list = true;
        for (const ExceptionEntry& field : exception.fields->items)
            exception.comps->items.push_back(word_at("=", field.where));
    }
    if (!exception.comps->is_list || exception.comps->items.size() != exception.fields->items.size())
        return fail(exception.comps->where, "comps must be a list, with one word for each field", "");
    for (const ExceptionEntry& comp : exception.comps->items)
        if (!operator_of(comp.text.text()))
            return fail(comp.where, in_quotes(comp.text.text()) + " is no operator",
                        "one of: = != in contains startswith endswith and the like");
    return true;
}

std::optional<PlacedText> with_exceptions(const PlacedText& condition, const std::vector<Exception>& exceptions,
                                          Findings& findings) {
    if (exceptions.empty()) return condition;
    Writer writer(condition);
    for (const Exception& exception : exceptions) {
        const bool one = !exception.fields->is_list;
        if (!(one ? writer.one_field(exception, findings) : writer.fields(exception, findings))) return std::nullopt;
    }
    return writer.take();
}

}  // namespace quell::policy::falco
