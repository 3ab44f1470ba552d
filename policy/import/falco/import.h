// SPDX-License-Identifier: Apache-2.0
// Rule files of Falco -> policy files, and what became of each rule.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/translate/translate.h"

namespace quell::policy::falco {

struct ImportOptions {
    Language language = Language::now();
    bool with_disabled = false;  // as if Falco's `enabled: false` were not there
};

struct ImportedRule {
    std::string name;
    std::string file;
    std::uint32_t line = 0;
    Fidelity outcome = Fidelity::kNot;
    std::vector<Note> notes;
    std::string reason;            // kNot
    std::vector<std::string> ids;  // policy/id of what it became; none where it never fires
};

struct ImportedFile {
    std::string origin;
    std::string name;  // of the policy, and of its file without .yaml
    std::string text;  // in its canonical form, where the language has all that it says
};

struct Imported {
    std::vector<Finding> findings;  // errors: there is nothing else
    std::vector<ImportedFile> files;
    std::vector<ImportedRule> rules;                     // of system calls, in their order
    std::map<std::string, std::size_t> other_sources;    // rules that are about something else, by source

    [[nodiscard]] std::size_t count(Fidelity outcome) const;
    // "exact N, changed M, not K, of T"
    [[nodiscard]] std::string totals() const;
};

// What comes out passes `policy check`: a rule that it would refuse is told as
// not translated. All files are read together, in their order. Thread-safe.
[[nodiscard]] Imported import_rules(std::span<const Source> sources, const ImportOptions& options = {});

[[nodiscard]] std::string_view outcome_word(Fidelity outcome);
// "wider", "narrower", "different"
[[nodiscard]] std::string_view change_word(Change change);

}  // namespace quell::policy::falco
