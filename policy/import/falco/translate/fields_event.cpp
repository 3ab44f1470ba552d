// SPDX-License-Identifier: Apache-2.0
// evt.* that is not an argument: what the call was, and how it ended.
#include <algorithm>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

// In an exception it is what all of ours leave aside (docs/import.md).
Said attempted(const Question& question) {
    return always({{question.wants_less ? Change::kOther : Change::kWider, "an attempt is seen before its result is known"}});
}

Said never_seen() { return unsaid("a hook sees an attempt before it fails, and none that was refused earlier", Said::Need::kPositive); }

Said type(const Question& question, std::string_view) {
    const auto holds = holds_for(question.check, question.act.event);
    return holds ? constant(*holds) : operator_unread(question);
}

Said direction(const Question& question, std::string_view) {
    const auto globs = globs_of(question.check);
    if (!globs) return question.check.op == Operator::kExists ? always() : operator_unread(question);
    const auto holds = [&](std::string_view way) { return std::any_of(globs->begin(), globs->end(), [&](const Glob& glob) { return wild_matches(glob, way); }); };
    // a hook is between the call's begin and end
    return constant(question.wants_less ? holds("<") && holds(">") : holds("<") || holds(">"));
}

// Every event has a number of its own, above 0.
Said number(const Question& question, std::string_view) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    if (check.values.size() != 1 || check.values[0].text != "0") return unsaid("the number of an event means nothing to a hook");
    return constant(check.op == Operator::kGreater || check.op == Operator::kGreaterEqual);
}

bool is_failure(std::string_view text) { return text.starts_with('E') && text != "EINPROGRESS"; }

Said result(const Question& question, std::string_view) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    const bool is_equal = check.op == Operator::kEqual || check.op == Operator::kIn;
    const auto succeeds = [](const Value& value) { return value.text == "SUCCESS" || value.text == "0" || value.text == "EINPROGRESS"; };
    if (is_equal && std::any_of(check.values.begin(), check.values.end(), succeeds)) return attempted(question);
    if (check.op == Operator::kContains && check.values[0].text == "SUCCESS") return attempted(question);
    if (!check.values.empty() && is_failure(check.values[0].text)) return never_seen();
    return unsaid("a hook does not know the result");
}

Said raw_result(const Question& question, std::string_view) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    if (question.act.kind == Act::Kind::kStream) {
        std::vector<Clause> any;
        for (const Value& value : check.values) {
            if (value.text == "0") any.push_back({Entry{"stdin", false, {"socket"}}});
            if (value.text == "1") any.push_back({Entry{"stdout", false, {"socket"}}});
        }
        if (check.op != Operator::kEqual && check.op != Operator::kIn) return unsaid("only descriptors 0 and 1 are known");
        if (any.empty()) return unsaid("only descriptors 0 and 1 are known", Said::Need::kPositive);
        Said said{Said::Kind::kConditions, std::move(any), {}, {}, {}};
        said.notes.push_back({Change::kWider, "any socket counts, not only one of the network"});
        if (said.any.size() < check.values.size()) said.notes.push_back({Change::kNarrower, "only descriptors 0 and 1 are known"});
        return said;
    }
    if (check.values.empty()) return never();
    const std::string& text = check.values[0].text;
    const bool is_negative = text.starts_with('-');
    switch (check.op) {
        case Operator::kGreaterEqual:
        case Operator::kGreater: return attempted(question);
        case Operator::kLess:
        case Operator::kLessEqual: return never_seen();
        case Operator::kEqual:
        case Operator::kIn:
            if (is_negative) return never_seen();
            if (text == "0") return attempted(question);
            return unsaid("a hook does not know the result");
        default: return operator_unread(question);
    }
}

Said failed(const Question& question, std::string_view) {
    const auto truth = truth_of(question.check);
    if (!truth) return operator_unread(question);
    return *truth ? never_seen() : attempted(question);
}

// evt.is_open_read and the like: which of the acts that one event stands for.
Said is_open(const Question& question, std::string_view operation) {
    const auto truth = truth_of(question.check);
    if (!truth) return operator_unread(question);
    const std::string_view own = question.act.operation;
    const bool is_open = own == "open-read" || own == "open-write" || question.act.event.starts_with("open") || question.act.event == "creat";
    if (!is_open) return constant(!*truth);
    const bool holds = own == operation;
    // an open for both is seen as one and as the other
    const bool may_be_both = !holds && own.starts_with("open-") && operation.starts_with("open-");
    const std::string both = "an open for reading and writing counts as either";
    if (*truth) return holds ? always() : never(may_be_both ? std::vector<Note>{{Change::kNarrower, both}} : std::vector<Note>{});
    return holds ? never() : always(may_be_both ? std::vector<Note>{{Change::kWider, both}} : std::vector<Note>{});
}

Said is_open_exec(const Question& question, std::string_view) {
    const auto truth = truth_of(question.check);
    if (!truth) return operator_unread(question);
    if (question.act.operation != "create") return constant(!*truth);
    Said said = says("new-mode", {"executable"});
    if (!*truth) said.any[0][0].negated = true;
    return said;
}

Said source(const Question& question, std::string_view) {
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    return constant(std::any_of(globs->begin(), globs->end(), [](const Glob& glob) { return wild_matches(glob, "syscall"); }));
}

// fd.num: of the descriptor that the call made.
Said descriptor(const Question& question, std::string_view) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    if (check.values.empty()) return never();
    const bool is_negative = check.values[0].text.starts_with('-');
    if (check.op == Operator::kGreaterEqual && check.values[0].text == "0") return attempted(question);
    if (check.op == Operator::kGreater && is_negative) return attempted(question);
    if ((check.op == Operator::kEqual && is_negative) || (check.op == Operator::kLess && check.values[0].text == "0")) return never_seen();
    return unsaid("a hook does not know the descriptor");
}

}  // namespace

std::vector<FieldSayer> event_fields() {
    return {
        {"evt.type", type, ""},
        {"syscall.type", type, ""},
        {"evt.dir", direction, ""},
        {"evt.num", number, ""},
        {"evt.res", result, ""},
        {"evt.arg.res", result, ""},
        {"evt.rawres", raw_result, ""},
        {"evt.rawarg.res", raw_result, ""},
        {"evt.failed", failed, ""},
        {"evt.is_open_read", is_open, "open-read"},
        {"evt.is_open_write", is_open, "open-write"},
        {"evt.is_open_create", is_open, "create"},
        {"evt.is_open_exec", is_open_exec, ""},
        {"evt.source", source, ""},
        {"fd.num", descriptor, ""},
    };
}

}  // namespace quell::policy::falco
