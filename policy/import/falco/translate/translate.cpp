// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/translate.h"

#include <algorithm>
#include <map>
#include <set>

#include "kern/abi.h"
#include "policy/import/falco/normal_form.h"
#include "policy/import/falco/translate/acts.h"
#include "policy/import/falco/translate/build.h"
#include "policy/import/falco/translate/fit.h"
#include "policy/import/falco/translate/merge.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

Conjunction with(const Conjunction& common, const Conjunction& alternative) {
    Conjunction all = common;
    all.literals.insert(all.literals.end(), alternative.literals.begin(), alternative.literals.end());
    all.exceptions.insert(all.exceptions.end(), alternative.exceptions.begin(), alternative.exceptions.end());
    return all;
}

void add(std::vector<Note>& to, const std::vector<Note>& more) {
    for (const Note& note : more)
        if (std::find(to.begin(), to.end(), note) == to.end()) to.push_back(note);
}

// Of no event at all: `in ()`, and what macros are switched off with.
bool is_never(const Literal& literal) {
    const Check& check = *literal.check;
    if (literal.negated || check.right) return false;
    if (right_of(check.op) == Right::kList && check.values.empty()) return true;
    return check.left.field == "evt.num" && check.op == Operator::kEqual && check.values[0].text == "0";
}

// An event is several acts: one of them must be sure.
struct Doubts {
    std::size_t acts = 0;
    std::vector<std::string> texts;
};

// Events, by the operation that they are seen as, and by subject.
using Seen = std::map<std::pair<std::string_view, bool>, std::set<std::string_view>>;

class Translator {
public:
    Translator(const Language& language, Budget& budget) : language_(language), budget_(budget) {}

    Translation translate(const NormalForm& form) {
        if (form.alternatives.empty()) alternative(form.common);
        for (const Conjunction& one : form.alternatives) {
            alternative(with(form.common, one));
            if (drafts_.size() > kMaxFalcoParts) drafts_ = merged(std::move(drafts_));
            if (drafts_.size() > kMaxFalcoParts) return refused("its condition: it has too many alternatives");
        }
        drafts_ = merged(std::move(drafts_));
        if (drafts_.size() > kMaxFalcoRulesPerRule)
            return refused("its condition: it would be " + std::to_string(drafts_.size()) + " rules, at most " + std::to_string(kMaxFalcoRulesPerRule) + " are made of one");
        if (budget_.left == 0) return refused("its condition: all conditions together stand for too much");
        if (drafts_.empty() && reason_.empty()) return {Fidelity::kExact, {}, {}, {}};  // no event is like that
        if (drafts_.empty()) return refused(reason_);
        for (Draft& draft : drafts_)
            if (const auto note = fit(draft)) add(notes_, {*note});
        for (const std::string& left : left_) add(notes_, {{Change::kNarrower, "an alternative is left out, " + left}});
        return {notes_.empty() ? Fidelity::kExact : Fidelity::kChanged, std::move(notes_), {}, std::move(drafts_)};
    }

private:
    static Translation refused(std::string reason) { return {Fidelity::kNot, {}, std::move(reason), {}}; }

    void alternative(const Conjunction& conjunction) {
        if (std::any_of(conjunction.literals.begin(), conjunction.literals.end(), is_never)) return;
        const Acts acts = acts_of(conjunction.literals);
        if (acts.acts.empty()) return leave(acts.reason);
        bool is_used = false;
        std::vector<std::string> reasons;
        std::map<std::pair<std::string_view, bool>, Doubts> doubts;  // by event and subject
        Seen used, unused;
        for (const Act& act : acts.acts) {
            for (const bool in_container : {false, true}) {
                Built built = build(conjunction, act, in_container, language_, budget_);
                Doubts& doubt = doubts[{act.event, in_container}];
                doubt.acts += act.when == Act::When::kAlways ? 1 : 0;
                (built.drafts.empty() ? unused : used)[{act.operation, in_container}].insert(act.event);
                if (built.drafts.empty()) {
                    if (!built.doubt.empty()) doubt.texts.push_back(built.doubt);
                    if (!built.reason.empty()) reasons.push_back(built.reason);
                    continue;
                }
                is_used = true;
                add(notes_, built.notes);
                std::move(built.drafts.begin(), built.drafts.end(), std::back_inserter(drafts_));
            }
            if (drafts_.size() > 4 * kMaxFalcoParts) drafts_ = merged(std::move(drafts_));
        }
        for (const auto& [of, doubt] : doubts)
            if (!doubt.texts.empty() && doubt.texts.size() >= doubt.acts) reasons.push_back(doubt.texts[0]);
        if (is_used) add(notes_, acts.notes);
        // of two calls that are one operation, what only one of them meets is asked of both
        for (const auto& [of, events] : used)
            for (const std::string_view event : unused[of])
                if (!events.contains(event)) add(notes_, {{Change::kWider, std::string(event) + " cannot be told from " + std::string(*events.begin()) + ", and counts as well"}});
        // it may hold of an event that is not asked for
        for (const Note& note : acts.notes)
            if (!is_used && reasons.empty() && note.change == Change::kNarrower) reasons.push_back("evt.type: " + note.text);
        for (const std::string& one : reasons) leave(one);
    }

    void leave(const std::string& reason) {
        if (reason_.empty()) reason_ = reason;
        if (std::find(left_.begin(), left_.end(), reason) == left_.end()) left_.push_back(reason);
    }

    const Language& language_;
    Budget& budget_;
    std::vector<Draft> drafts_;
    std::vector<Note> notes_;
    std::vector<std::string> left_;
    std::string reason_;
};

}  // namespace

Translation translate(const Rule& rule, const Language& language, Budget& budget) {
    const auto form = normal_form(*rule.condition);
    if (!form) return {Fidelity::kNot, {}, "its condition: it has too many alternatives", {}};
    return Translator(language, budget).translate(*form);
}

}  // namespace quell::policy::falco
