// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/import.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "policy/format/format.h"
#include "policy/import/falco/translate/emit.h"
#include "policy/import/falco/translate/labels.h"
#include "policy/limits.h"
#include "policy/policy.h"

namespace quell::policy::falco {
namespace {

constexpr std::string_view kSyscalls = "syscall";
constexpr int kMostRounds = 32;  // each finds up to kMaxFindings

// What became of one file's rules. `owner`: of each rule of ours, the place of Falco's.
struct Work {
    std::string name;
    std::vector<EmittedRule> rules;
    std::vector<std::size_t> owner;
    PolicyText text;
};

std::vector<std::string> remarks_of(const ImportedRule& rule) {
    std::vector<std::string> remarks;
    for (const Note& note : rule.notes) remarks.push_back(std::string(change_word(note.change)) + ": " + note.text);
    return remarks;
}

class Importer {
public:
    Importer(std::span<const Source> sources, const ImportOptions& options) : sources_(sources), options_(options) {}

    Imported run() {
        const std::vector<SourceText> texts(sources_.begin(), sources_.end());
        Findings findings(texts);
        const Rules rules = read_rules(texts, findings);
        const bool has_errors = findings.has_errors();
        result_.findings = findings.take();
        if (has_errors) return std::move(result_);
        work_.resize(sources_.size());
        std::set<std::string> names;
        for (std::size_t i = 0; i < work_.size(); i++) work_[i].name = unique_id(std::filesystem::path(sources_[i].file).stem().string(), names);
        taken_.resize(sources_.size());
        for (const Rule& rule : rules.rules) add(rule);
        // what `policy check` refuses is taken out, and the rest tried again
        bool is_accepted = write();
        for (int round = 0; round < kMostRounds && !is_accepted; round++) is_accepted = write();
        if (is_accepted)
            finish();
        else if (std::none_of(result_.findings.begin(), result_.findings.end(), [](const Finding& finding) { return finding.severity == Severity::kError; }))
            for (std::size_t i = 0; i < result_.rules.size(); i++)
                if (!result_.rules[i].ids.empty()) refuse(i, "with so many others");
        return std::move(result_);
    }

private:
    void add(const Rule& rule) {
        if (rule.source != kSyscalls && !rule.source.empty()) {
            result_.other_sources[rule.source]++;
            return;
        }
        const Source& source = sources_[rule.where.source];
        ImportedRule report{rule.name, source.file, rule.where.line, Fidelity::kNot, {}, {}, {}};
        const bool is_off = !rule.enabled && !options_.with_disabled;
        if (is_off && !options_.language.knows("mode")) {
            report.reason = "enabled: the rule is disabled; --with-disabled takes it all the same";
            result_.rules.push_back(std::move(report));
            return;
        }
        Translation translation = translate(rule, options_.language, budget_);
        report.outcome = translation.outcome;
        report.notes = std::move(translation.notes);
        report.reason = std::move(translation.reason);
        Work& work = work_[rule.where.source];
        for (Draft& draft : translation.drafts) {
            EmittedRule one;
            one.id = unique_id(rule.name, taken_[rule.where.source]);
            one.name = title_of(rule.name);
            one.description = description_of(rule, source.file);
            one.severity = severity_of(rule.priority);
            one.tags = tags_of(rule.tags);
            one.remarks = remarks_of(report);
            one.is_off = is_off;
            one.draft = std::move(draft);
            report.ids.push_back(work.name + "/" + one.id);
            work.rules.push_back(std::move(one));
            work.owner.push_back(result_.rules.size());
        }
        result_.rules.push_back(std::move(report));
    }

    // True where `policy check` has nothing against it. What it has against all
    // of it is an error of the import.
    bool write() {
        std::vector<Source> texts;
        std::vector<Work*> of;
        for (Work& work : work_) {
            if (work.rules.empty()) continue;
            work.text = emit_policy(work.name, sources_[static_cast<std::size_t>(&work - work_.data())].file, work.rules);
            texts.push_back({work.name, work.text.text});
            of.push_back(&work);
        }
        if (texts.empty()) return true;
        std::vector<Finding> findings = compile(texts).findings;
        std::vector<Finding> general;
        std::map<std::size_t, std::string> refused;  // by Falco's rule
        for (const Finding& finding : findings) {
            if (finding.severity != Severity::kError) continue;
            const auto work = std::find_if(of.begin(), of.end(), [&](const Work* one) { return one->name == finding.file; });
            if (work == of.end() || finding.line == 0) {
                general.push_back(finding);
                continue;
            }
            const auto& lines = (*work)->text.lines;
            const auto behind = std::upper_bound(lines.begin(), lines.end(), finding.line);
            if (behind == lines.begin()) continue;
            const std::size_t index = static_cast<std::size_t>(behind - lines.begin()) - 1;
            refused.try_emplace((*work)->owner[index], std::string(code_name(finding.code)) + ": " + finding.message);
        }
        // words that are not in the language yet are wrong by intent
        if (!checks()) return true;
        if (refused.empty()) {
            result_.findings.insert(result_.findings.end(), general.begin(), general.end());
            return general.empty();
        }
        for (const auto& [rule, why] : refused) refuse(rule, why);
        return false;
    }

    [[nodiscard]] bool checks() const { return !is_ahead(); }
    // Whether more may be written than `policy check` knows.
    [[nodiscard]] bool is_ahead() const {
        return std::any_of(language_rows().begin(), language_rows().end(), [&](const LanguageRow& row) { return !row.known && options_.language.knows(row.word); });
    }

    void refuse(std::size_t rule, const std::string& why) {
        ImportedRule& report = result_.rules[rule];
        report.outcome = Fidelity::kNot;
        report.notes.clear();
        report.ids.clear();
        report.reason = "`policy check` refuses it: " + why;
        for (Work& work : work_)
            for (std::size_t i = work.rules.size(); i-- > 0;) {
                if (work.owner[i] != rule) continue;
                work.rules.erase(work.rules.begin() + static_cast<std::ptrdiff_t>(i));
                work.owner.erase(work.owner.begin() + static_cast<std::ptrdiff_t>(i));
            }
    }

    void finish() {
        for (std::size_t i = 0; i < work_.size(); i++) {
            if (work_[i].rules.empty()) continue;
            Formatted formatted = format({work_[i].name + ".yaml", work_[i].text.text});
            result_.files.push_back({sources_[i].file, work_[i].name, formatted.text ? std::move(*formatted.text) : work_[i].text.text});
        }
    }

    std::span<const Source> sources_;
    const ImportOptions& options_;
    Budget budget_{kMaxFalcoWork};
    Imported result_;
    std::vector<Work> work_;  // by source
    std::vector<std::set<std::string>> taken_;
};

}  // namespace

std::size_t Imported::count(Fidelity outcome) const {
    return static_cast<std::size_t>(std::count_if(rules.begin(), rules.end(), [&](const ImportedRule& rule) { return rule.outcome == outcome; }));
}

std::string Imported::totals() const {
    return "exact " + std::to_string(count(Fidelity::kExact)) + ", changed " + std::to_string(count(Fidelity::kChanged)) + ", not " +
           std::to_string(count(Fidelity::kNot)) + ", of " + std::to_string(rules.size());
}

Imported import_rules(std::span<const Source> sources, const ImportOptions& options) { return Importer(sources, options).run(); }

std::string_view outcome_word(Fidelity outcome) {
    switch (outcome) {
        case Fidelity::kExact: return "exact";
        case Fidelity::kChanged: return "changed";
        case Fidelity::kNot: return "not";
    }
    return "not";
}

std::string_view change_word(Change change) {
    switch (change) {
        case Change::kWider: return "wider";
        case Change::kNarrower: return "narrower";
        case Change::kOther: return "different";
    }
    return "different";
}

}  // namespace quell::policy::falco
