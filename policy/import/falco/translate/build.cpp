// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/build.h"

#include <algorithm>

#include "kern/abi.h"
#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

using Kind = Said::Kind;
using Need = Said::Need;

// Ends the work on this alternative: it cannot hold here ("") or be said.
struct Given {
    std::string reason;
    std::string doubt = {};
};

Note flipped(Note note) {
    if (note.change == Change::kWider)
        note.change = Change::kNarrower;
    else if (note.change == Change::kNarrower)
        note.change = Change::kWider;
    return note;
}

// Conditions that tell little by themselves: a rule is more than these.
bool is_selective(const Entry& entry) {
    static constexpr std::string_view kWeak[] = {"terminal", "type", "first-process", "protocol", "family", "stdin", "stdout"};
    if (entry.negated || std::find(std::begin(kWeak), std::end(kWeak), entry.key) != std::end(kWeak)) return false;
    return entry.values != std::vector<std::string>{"/**"} && entry.values != std::vector<std::string>{"\"/**\""};
}

// Operations that are rare enough to be told without more.
bool is_rare(std::string_view operation) {
    static constexpr std::string_view kRare[] = {"bpf", "io-uring", "module-load", "mount", "pivot-root", "ptrace", "user-namespace"};
    return std::find(std::begin(kRare), std::end(kRare), operation) != std::end(kRare);
}

std::size_t size_of(const Clause& clause) {
    constexpr std::size_t kEach = 32;
    std::size_t bytes = 0;
    for (const Entry& entry : clause)
        for (const std::string& value : entry.values) bytes += value.size() + kEach;
    return bytes;
}

std::size_t size_of(const Draft& draft) {
    std::size_t bytes = size_of(draft.conditions);
    for (const Clause& exception : draft.exceptions) bytes += size_of(exception);
    return bytes;
}

class Builder {
public:
    Builder(const Act& act, bool in_container, const Language& language, Budget& budget)
        : act_(act), in_container_(in_container), language_(language), budget_(budget) {}

    Built build(const Conjunction& conjunction) {
        Draft first;
        first.operations = {std::string(act_.operation)};
        first.subjects = in_container_ ? QUELL_SUBJECT_CONTAINER : QUELL_SUBJECT_HOST;
        drafts_ = {std::move(first)};
        if (!in_container_ && act_.condition.starts_with("first-process")) throw Given{};
        // what is certain first: a false one ends the work before another is found unsayable
        for (const Literal& literal : conjunction.literals) literal_of_rule(literal);
        for (const auto& exception : conjunction.exceptions) exception_of_rule(exception);
        if (!reason_.empty()) throw Given{reason_};
        for (Draft& draft : drafts_) finish(draft);
        if (!act_.note.empty()) note({act_.note.ends_with(" too") ? Change::kWider : act_.note.starts_with("only ") ? Change::kNarrower : Change::kOther, std::string(act_.note)});
        return {std::move(drafts_), std::move(notes_), {}, {}};
    }

private:
    void spend(std::size_t bytes) {
        if (!budget_.spend(bytes)) throw Given{"its condition: all conditions together stand for too much"};
    }

    Said ask(const Literal& literal, bool wants_less, bool& negated) {
        constexpr std::size_t kEach = 32;
        std::size_t bytes = kEach;
        for (const Value& value : literal.check->values) bytes += value.text.size() + kEach;
        spend(bytes);
        negated = literal.negated;
        if (literal.check->op != Operator::kNotEqual) return say({*literal.check, act_, in_container_, wants_less != negated, language_});
        Check check = *literal.check;
        check.op = Operator::kEqual;
        negated = !negated;
        return say({check, act_, in_container_, wants_less != negated, language_});
    }

    void literal_of_rule(const Literal& literal) {
        bool negated = false;
        Said said = ask(literal, false, negated);
        if (said.kind == Kind::kTrue || said.kind == Kind::kFalse) {
            for (const Note& one : said.notes) note(negated ? flipped(one) : one);
            const Change doubt = negated ? Change::kWider : Change::kNarrower;
            if ((said.kind == Kind::kTrue) == negated) throw Given{{}, said.has(doubt) ? to_text(literal.check->left) + ": " + reason_of(said, doubt) : ""};
            return;
        }
        if (said.kind == Kind::kUnsaid) return leave_out(literal, said, negated);
        if (!negated) {
            for (Note& one : said.notes) note(std::move(one));
            std::vector<Draft> all;
            for (const Draft& draft : drafts_)
                for (const Clause& clause : said.any) {
                    spend(size_of(draft) + size_of(clause));
                    all.push_back(draft);
                    all.back().conditions.insert(all.back().conditions.end(), clause.begin(), clause.end());
                }
            if (all.size() > kMaxFalcoParts) throw Given{"its condition: it has too many alternatives"};
            drafts_ = std::move(all);
            return;
        }
        if (said.has(Change::kWider)) return leave_out(literal, unsaid(reason_of(said, Change::kWider)), true);
        for (Note& one : said.notes) note(flipped(std::move(one)));
        keeps_exception_ = keeps_exception_ || literal.negated;
        if (said.any.size() == 1 && said.any[0].size() == 1 && is_yes_no(said.any[0][0]) && !said.any[0][0].negated) {
            Entry& entry = said.any[0][0];
            entry.values[0] = entry.values[0] == "true" ? "false" : "true";
            for (Draft& draft : drafts_) draft.conditions.push_back(entry);
            return;
        }
        for (Clause& clause : said.any) except(std::move(clause));
    }

    void leave_out(const Literal& literal, const Said& said, bool negated) {
        const std::string field = to_text(literal.check->left);
        const std::string why = field + ": " + said.reason;
        const bool is_there = negated && asks_for_none(*literal.check);
        if (said.need == Need::kAlways || (said.need == Need::kPositive && (!negated || is_there))) {
            if (reason_.empty()) reason_ = why;
            return;
        }
        const bool is_condition = !negated || is_there || literal.check->op == Operator::kNotEqual;
        if (!is_condition) return leave_out_exception(why);
        if (left_out_.empty()) left_out_ = why;
        note({Change::kWider, "a condition is left out, " + why});
    }

    // `not x in ("<NA>")` says that there is an x.
    static bool asks_for_none(const Check& check) {
        return !check.values.empty() && std::all_of(check.values.begin(), check.values.end(), [](const Value& value) { return value.text == "<NA>" || value.text == "N/A"; });
    }

    void leave_out_exception(const std::string& why) {
        if (lost_exception_.empty()) lost_exception_ = why;
        note({Change::kWider, "an exception is left out, " + why});
    }

    // All literals hold: then the rule does not.
    void exception_of_rule(const std::vector<Literal>& literals) {
        std::vector<Clause> all{Clause{}};
        std::vector<Note> notes;
        std::string unsaid_why;
        for (const Literal& literal : literals) {
            bool negated = false;
            Said said = ask(literal, true, negated);
            if (said.kind == Kind::kTrue || said.kind == Kind::kFalse) {
                if ((said.kind == Kind::kTrue) == negated) {  // it excepts nothing here
                    for (Note& one : said.notes) note(negated ? std::move(one) : flipped(std::move(one)));
                    return;
                }
                if (has_more(said, negated)) unsaid_why = first_of(unsaid_why, literal, reason_of(said, negated ? Change::kNarrower : Change::kWider));
                continue;
            }
            if (said.kind == Kind::kUnsaid) {
                if (said.need == Need::kAlways && reason_.empty()) missing_ = to_text(literal.check->left) + ": " + said.reason;
                unsaid_why = first_of(unsaid_why, literal, said.reason);
                continue;
            }
            if (has_more(said, negated)) {
                unsaid_why = first_of(unsaid_why, literal, reason_of(said, negated ? Change::kNarrower : Change::kWider));
                continue;
            }
            if (!(negated ? join_negated(all, said.any) : join(all, said.any))) {
                unsaid_why = first_of(unsaid_why, literal, "it has too many alternatives");
                continue;
            }
            for (Note& one : said.notes) notes.push_back(negated ? std::move(one) : flipped(std::move(one)));
        }
        if (!missing_.empty()) {
            if (reason_.empty()) reason_ = missing_;
            missing_.clear();
            return;
        }
        if (!unsaid_why.empty()) return leave_out_exception(unsaid_why);
        if (all.size() == 1 && all[0].empty()) throw Given{};  // it excepts everything
        for (Note& one : notes) note(std::move(one));
        keeps_exception_ = true;
        for (Clause& clause : all) except(std::move(clause));
    }

    // Whether an exception with it would let go what Falco's does not.
    static bool has_more(const Said& said, bool negated) { return said.has(negated ? Change::kNarrower : Change::kWider); }

    static std::string first_of(const std::string& before, const Literal& literal, const std::string& why) {
        return before.empty() ? to_text(literal.check->left) + ": " + why : before;
    }

    static std::string reason_of(const Said& said, Change change) {
        for (const Note& one : said.notes)
            if (one.change == change) return one.text;
        return "it cannot be said exactly";
    }

    bool join(std::vector<Clause>& all, const std::vector<Clause>& choices) {
        constexpr std::size_t kMost = 32;
        if (all.size() * choices.size() > kMost) return false;
        std::vector<Clause> more;
        for (const Clause& clause : all)
            for (const Clause& choice : choices) {
                spend(size_of(clause) + size_of(choice));
                more.push_back(clause);
                more.back().insert(more.back().end(), choice.begin(), choice.end());
            }
        all = std::move(more);
        return true;
    }

    // None of the choices holds: of each, one entry does not.
    bool join_negated(std::vector<Clause>& all, const std::vector<Clause>& choices) {
        for (const Clause& choice : choices) {
            std::vector<Clause> any;
            for (Entry entry : choice) {
                entry.negated = !entry.negated;
                any.push_back({std::move(entry)});
            }
            if (!join(all, any)) return false;
        }
        return true;
    }

    void except(Clause clause) {
        for (const Entry& entry : clause) {
            if (!in_container_ || (entry.key != "exe" && entry.key != "parent" && entry.key != "ancestor") || entry.negated) continue;
            note({Change::kWider, "an executable that was written in its container excepts nothing"});
        }
        // what identifies a container may never be known: without it, the rule still works
        for (const Entry& entry : clause)
            if (entry.key.starts_with("container.") && !language_.knows(entry.key))
                return leave_out_exception(not_yet(entry.key).reason);
        spend(size_of(clause) * drafts_.size());
        for (Draft& draft : drafts_) draft.exceptions.push_back(clause);
    }

    void finish(Draft& draft) {
        if (!act_.condition.empty()) {
            const std::size_t colon = act_.condition.find(": ");
            Entry entry{std::string(act_.condition.substr(0, colon)), false, {}};
            for (std::string_view rest = act_.condition.substr(colon + 2); !rest.empty();) {
                const std::size_t end = std::min(rest.find(','), rest.size());
                entry.values.emplace_back(rest.substr(0, end));
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
            if (std::find(draft.conditions.begin(), draft.conditions.end(), entry) == draft.conditions.end()) draft.conditions.push_back(std::move(entry));
        }
        const auto has = [&](std::string_view key) {
            return std::any_of(draft.conditions.begin(), draft.conditions.end(), [&](const Entry& entry) { return entry.key == key && !entry.negated; });
        };
        if (act_.kind == Act::Kind::kStream && !has("stdin") && !has("stdout")) throw Given{"evt.rawres: a standard stream is known only where 0 or 1 is asked for"};
        const bool tells = is_rare(act_.operation) || std::any_of(draft.conditions.begin(), draft.conditions.end(), is_selective);
        if (!left_out_.empty() && !tells) throw Given{left_out_};
        // about everything but what cannot be said
        if (!lost_exception_.empty() && !keeps_exception_ && !tells) throw Given{lost_exception_};
        check_words(draft);
        const bool is_place = act_.operation == "rename" || act_.operation == "mount-over" || act_.operation == "unmount";
        if (act_.kind == Act::Kind::kExec && asks(draft, {"arguments", "environment"}) && asks(draft, {"path"}))
            note({Change::kOther, "where a rule asks for arguments or the environment, a script is known as its interpreter"});
        if (is_place && has("path")) note({Change::kWider, "a directory above what is watched counts as well"});
        const bool needs_path = act_.kind == Act::Kind::kFile;
        const bool takes_path = act_.kind == Act::Kind::kExec || act_.kind == Act::Kind::kStream;
        if (has("path") || (!needs_path && !takes_path) || act_.operation == "symlink") return;
        if (takes_path && language_.knows("executions without a path")) return;
        draft.conditions.push_back({"path", false, {"/**"}});
        if (takes_path) note({Change::kNarrower, "a file without a name is not seen"});
    }

    static bool asks(const Draft& draft, std::initializer_list<std::string_view> keys) {
        const auto has = [&](const Clause& clause) {
            return std::any_of(clause.begin(), clause.end(), [&](const Entry& entry) { return std::find(keys.begin(), keys.end(), entry.key) != keys.end(); });
        };
        return has(draft.conditions) || std::any_of(draft.exceptions.begin(), draft.exceptions.end(), has);
    }

    void check_words(const Draft& draft) const {
        const std::string operation = "on " + std::string(act_.operation);
        if (!language_.knows(operation)) throw Given{"evt.type: " + not_yet(operation).reason};
        const auto check = [&](const Clause& clause) {
            for (std::size_t i = 0; i < clause.size(); i++) {
                const Entry& entry = clause[i];
                if (!language_.knows(entry.key)) throw Given{entry.key + ": " + not_yet(entry.key).reason};
                const auto same = [&](const Entry& one) { return one.key == entry.key && !one.negated && one.values != entry.values; };
                const bool is_again = !entry.negated && std::any_of(clause.begin(), clause.begin() + static_cast<std::ptrdiff_t>(i), same);
                if (is_again && !language_.knows("all")) throw Given{entry.key + " twice: " + not_yet("all").reason};
            }
        };
        check(draft.conditions);
        for (const Clause& clause : draft.exceptions) check(clause);
    }

    void note(Note one) {
        if (std::find(notes_.begin(), notes_.end(), one) == notes_.end()) notes_.push_back(std::move(one));
    }

    const Act& act_;
    bool in_container_;
    const Language& language_;
    Budget& budget_;
    std::vector<Draft> drafts_;
    std::vector<Note> notes_;
    std::string reason_;    // a condition that the rule cannot do without
    std::string left_out_;  // the first that was left out
    std::string lost_exception_;  // likewise
    bool keeps_exception_ = false;
    std::string missing_;
};

}  // namespace

Built build(const Conjunction& conjunction, const Act& act, bool in_container, const Language& language, Budget& budget) {
    try {
        return Builder(act, in_container, language, budget).build(conjunction);
    } catch (const Given& given) {
        return {{}, {}, given.reason, given.doubt};
    }
}

}  // namespace quell::policy::falco
