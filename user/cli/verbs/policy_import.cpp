// SPDX-License-Identifier: Apache-2.0
// Rules of another system -> policy files, and what became of each of them.
#include "policy/import/falco/import.h"

#include <filesystem>

#include "policy/render.h"
#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

namespace {

namespace falco = policy::falco;

std::string path_of(const std::string& directory, const falco::ImportedFile& file) { return directory + "/" + file.name + ".yaml"; }

Json rule_json(const falco::ImportedRule& rule) {
    Json changes = Json::array();
    for (const falco::Note& note : rule.notes) changes.push_back({{"change", falco::change_word(note.change)}, {"text", escape(note.text)}});
    Json json = {{"rule", escape(rule.name)}, {"file", escape(rule.file)}, {"line", rule.line}, {"outcome", falco::outcome_word(rule.outcome)},
                 {"rules", safe_list(rule.ids)}, {"changes", std::move(changes)}};
    if (!rule.reason.empty()) json["reason"] = escape(rule.reason);
    return json;
}

Json all_json(const falco::Imported& imported, const std::string& directory) {
    Json rules = Json::array(), files = Json::array(), others = Json::object();
    for (const falco::ImportedRule& rule : imported.rules) rules.push_back(rule_json(rule));
    for (const falco::ImportedFile& file : imported.files) files.push_back({{"file", escape(path_of(directory, file))}, {"origin", escape(file.origin)}, {"policy", file.name}});
    for (const auto& [source, count] : imported.other_sources) others[escape(source)] = count;
    return {{"files", std::move(files)}, {"rules", std::move(rules)}, {"other_sources", std::move(others)},
            {"exact", imported.count(falco::Fidelity::kExact)}, {"changed", imported.count(falco::Fidelity::kChanged)}, {"not", imported.count(falco::Fidelity::kNot)},
            {"of", imported.rules.size()}, {"findings", policy::findings_to_json(imported.findings)}};
}

std::string rule_text(const falco::ImportedRule& rule) {
    std::string text = std::string(falco::outcome_word(rule.outcome)) + ": " + escape(rule.name);
    if (rule.outcome == falco::Fidelity::kNot) return text + "\n  " + escape(rule.reason) + "\n";
    if (rule.ids.empty()) text += " -> no rule, as it never fires";
    for (std::size_t i = 0; i < rule.ids.size(); i++) text += (i == 0 ? " -> " : ", ") + escape(rule.ids[i]);
    text += "\n";
    for (const falco::Note& note : rule.notes) text += "  " + std::string(falco::change_word(note.change)) + ": " + escape(note.text) + "\n";
    return text;
}

// All of them are free, or all may be replaced.
Status check_free(const falco::Imported& imported, const std::string& directory) {
    for (const falco::ImportedFile& file : imported.files) {
        const std::string path = path_of(directory, file);
        std::error_code error;
        if (std::filesystem::exists(std::filesystem::symlink_status(path, error))) return Error{path + " is there already", EEXIST, "--force replaces it"};
    }
    return success();
}

Status write(const falco::Imported& imported, const std::string& directory) {
    constexpr mode_t kMode = 0644;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return Error{"cannot make the directory " + directory + ": " + error.message(), error.value(), {}};
    for (const falco::ImportedFile& file : imported.files)
        if (auto written = write_file_atomic(path_of(directory, file), file.text, kMode); !written) return written;
    return success();
}

}  // namespace

int run_policy_import(Invocation& invocation) {
    if (const std::string from = invocation.value("--from"); from != "falco") {
        invocation.out.note("rules are imported from falco, not from '" + safe(from) + "'");
        return kUsage;
    }
    const std::string directory = invocation.value("--output");
    const auto sources = read_policy_files(invocation, invocation.all("RULES"));
    if (!sources) return kFailed;
    const falco::Imported imported = falco::import_rules(*sources, {falco::Language::now(), invocation.has("--with-disabled")});
    for (const policy::Finding& finding : imported.findings)
        if (finding.severity == policy::Severity::kError) return report_findings(invocation, imported.findings);
    if (!invocation.has("--force"))
        if (auto free = check_free(imported, directory); !free) return report_error(invocation, free.error());
    if (auto written = write(imported, directory); !written) return report_error(invocation, written.error());
    if (invocation.json) {
        print_json(invocation, all_json(imported, directory));
        return kDone;
    }
    invocation.out.prompt(policy::render_text(imported.findings, false));
    std::string text;
    for (const falco::ImportedRule& rule : imported.rules) text += rule_text(rule);
    for (const falco::ImportedFile& file : imported.files) text += "wrote " + escape(path_of(directory, file)) + "\n";
    for (const auto& [source, count] : imported.other_sources) text += std::to_string(count) + " about " + escape(source) + ", not about system calls: not counted\n";
    invocation.out.print(text + imported.totals() + "\n");
    return kDone;
}

}  // namespace quell::cli
