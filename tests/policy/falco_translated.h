// SPDX-License-Identifier: Apache-2.0
// What one condition of Falco becomes, as text.
#pragma once

#include "falco_support.h"
#include "kern/abi.h"
#include "policy/import/falco/translate/translate.h"
#include "policy/limits.h"

namespace quell::policy::falco::test {

inline std::string joined_texts(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
    return all;
}

inline std::string to_text(const Clause& clause) {
    std::string text;
    for (const Entry& entry : clause) text += (text.empty() ? "" : ", ") + std::string(entry.negated ? "not " : "") + entry.key + "=[" + joined_texts(entry.values) + "]";
    return text;
}

// "on delete any: path=[/x] except exe=[/y]", a line each, then the changes.
inline std::string translated(const std::string& condition, const Language& language = Language::whole()) {
    const auto outcome = read(rule(condition));
    if (outcome.rules.rules.size() != 1) return errors(outcome);
    Budget budget{kMaxFalcoWork};
    const Translation translation = translate(outcome.rules.rules[0], language, budget);
    if (translation.outcome == Fidelity::kNot) return "not: " + translation.reason;
    std::string text;
    for (const Draft& draft : translation.drafts) {
        text += "on " + joined_texts(draft.operations) + (draft.subjects == 3 ? "" : draft.subjects == QUELL_SUBJECT_HOST ? " host" : " container") + ": " + to_text(draft.conditions);
        for (const Clause& exception : draft.exceptions) text += " except " + to_text(exception);
        text += "\n";
    }
    return text;
}

inline std::vector<std::string> changes(const std::string& condition, Change change) {
    std::vector<std::string> texts;
    Budget budget{kMaxFalcoWork};
    for (const Note& note : translate(read(rule(condition)).rules.rules.at(0), Language::whole(), budget).notes)
        if (note.change == change) texts.push_back(note.text);
    return texts;
}

}  // namespace quell::policy::falco::test
