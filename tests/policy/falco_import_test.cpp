// SPDX-License-Identifier: Apache-2.0
// Whole rule files of Falco: our own, and those of QUELL_FALCO_CORPUS
// (tools/test --corpus DIR).
#include "policy/import/falco/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "falco_support.h"
#include "policy/format/format.h"

namespace quell::policy::falco::test {
namespace {

namespace fs = std::filesystem;

struct RuleFile {
    std::string path;
    std::string text;
};

std::vector<RuleFile> files_in(const std::string& directory) {
    std::vector<RuleFile> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory))
        if (entry.is_regular_file() && (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml"))
            files.push_back({entry.path(), slurp(entry.path())});
    std::sort(files.begin(), files.end(), [](const RuleFile& a, const RuleFile& b) { return a.path < b.path; });
    return files;
}

std::vector<RuleFile> own() { return files_in(QUELL_SOURCE_DIR "/tests/policy/falco/import"); }

// Files that are Falco's: a rule on its own line.
std::vector<RuleFile> corpus() {
    const char* directory = std::getenv("QUELL_FALCO_CORPUS");
    if (directory == nullptr || *directory == '\0') return {};
    std::vector<RuleFile> files = files_in(directory);
    std::erase_if(files, [](const RuleFile& file) { return !file.text.starts_with("- rule:") && file.text.find("\n- rule:") == std::string::npos; });
    return files;
}

const ImportOptions kAll{Language::now(), true};

Imported import_text(const std::string& path, const std::string& text, const ImportOptions& options) {
    const std::vector<Source> sources{{path, text}};
    return import_rules(sources, options);
}

bool has_errors(const Imported& imported) {
    return std::any_of(imported.findings.begin(), imported.findings.end(), [](const Finding& finding) { return finding.severity == Severity::kError; });
}

// Alone, or, where it uses what others define, behind all of them.
Imported import_file(const RuleFile& file, const std::vector<RuleFile>& others) {
    Imported alone = import_text(file.path, file.text, kAll);
    if (!has_errors(alone)) return alone;
    std::vector<Source> sources;
    for (const RuleFile& other : others)
        if (other.path != file.path) sources.push_back({other.path, other.text});
    sources.push_back({file.path, file.text});
    Imported together = import_rules(sources, kAll);
    std::erase_if(together.rules, [&](const ImportedRule& rule) { return rule.file != file.path; });
    return together;
}

std::string report(const Imported& imported) {
    std::string text;
    for (const ImportedRule& rule : imported.rules) {
        text += std::string(outcome_word(rule.outcome)) + ": " + rule.name + " (" + std::to_string(rule.ids.size()) + ")" + (rule.reason.empty() ? "" : "\n    " + rule.reason) + "\n";
        for (const Note& note : rule.notes) text += "    " + std::string(change_word(note.change)) + ": " + note.text + "\n";
    }
    return text + imported.totals() + "\n";
}

void shows(const std::string& path, const Imported& imported) {
    if (std::getenv("QUELL_FALCO_REPORT") == nullptr) return;
    std::cout << path << "\n" << report(imported);
    for (const ImportedFile& file : imported.files) std::cout << file.text;
}

void expect_share(const std::string& path, const Imported& imported) {
    SCOPED_TRACE(path);
    EXPECT_FALSE(has_errors(imported)) << summary(imported.findings);
    shows(path, imported);
    const std::size_t all = imported.rules.size(), out = all - imported.count(Fidelity::kNot);
    EXPECT_GE(100 * out, 85 * all) << report(imported);
    for (const ImportedRule& rule : imported.rules) {
        EXPECT_EQ(rule.reason.empty(), rule.outcome != Fidelity::kNot) << rule.name;
        EXPECT_EQ(rule.notes.empty(), rule.outcome != Fidelity::kChanged) << rule.name;
        EXPECT_TRUE(rule.outcome != Fidelity::kChanged || !rule.ids.empty()) << rule.name;
    }
}

TEST(FalcoImport, OwnFilesComeOut) {
    const auto files = own();
    ASSERT_GE(files.size(), 5u);
    std::size_t rules = 0, out = 0;
    for (const RuleFile& file : files) {
        const Imported imported = import_file(file, files);
        EXPECT_FALSE(has_errors(imported)) << file.path << summary(imported.findings);
        shows(file.path, imported);
        rules += imported.rules.size();
        out += imported.rules.size() - imported.count(Fidelity::kNot);
    }
    EXPECT_GE(rules, 60u);
    EXPECT_GE(100 * out, 85 * rules) << out << " of " << rules;
}

TEST(FalcoImport, CorpusComesOut) {
    const auto files = corpus();
    for (const RuleFile& file : files) {
        const Imported imported = import_file(file, files);
        if (fs::path(file.path).filename() == "falco_rules.yaml" && imported.rules.size() == 25) {
            EXPECT_GE(imported.rules.size() - imported.count(Fidelity::kNot), 22u) << report(imported);
            EXPECT_FALSE(has_errors(imported)) << summary(imported.findings);
            shows(file.path, imported);
        } else if (!imported.rules.empty()) {
            expect_share(file.path, imported);
        }
    }
}

// Each rule about arguments is in the language, and says how it differs.
TEST(FalcoImport, ArgumentsAreWritten) {
    const Imported imported = import_text("arguments.yaml", slurp(QUELL_SOURCE_DIR "/tests/policy/falco/import/arguments.yaml"), {});
    EXPECT_EQ(imported.totals(), "exact 3, changed 9, not 0, of 12") << report(imported);
    ASSERT_EQ(imported.files.size(), 1u);
    EXPECT_EQ(imported.files[0].text, slurp(QUELL_SOURCE_DIR "/tests/policy/falco/expected/arguments.yaml"));
}

// A rule may have more exceptions than ours can: the rest is told.
TEST(FalcoImport, ExceptionsThatAreTooMany) {
    const auto with = [](std::size_t exceptions) {
        std::string condition = "evt.type in (open, openat) and evt.is_open_write = true and fd.name startswith /etc/";
        for (std::size_t i = 0; i < exceptions; i++) condition += " and not (proc.exepath = /bin/p" + std::to_string(i) + " and fd.name startswith /etc/d" + std::to_string(i) + "/)";
        condition += " and not (user.uid in (1, 3, 5, 7) and fd.name = /etc/x)";
        return import_text("many.yaml", rule(condition), {});
    };
    const Imported few = with(40), many = with(150);
    EXPECT_EQ(few.totals(), "exact 0, changed 1, not 0, of 1") << report(few);
    EXPECT_EQ(report(few).find("left out"), std::string::npos) << report(few);
    EXPECT_EQ(many.totals(), "exact 0, changed 1, not 0, of 1") << report(many);
    EXPECT_NE(report(many).find("wider: exceptions are left out, 96 of 151: a rule asks for at most 128 conditions"), std::string::npos) << report(many);
}

// Lists are put together, in parts that a condition may have.
TEST(FalcoImport, CommandLinesThatAreManyAreFewConditions) {
    std::string values;
    for (int i = 0; i < 1'000; i++) values += (i > 0 ? ", " : "") + ("\"sh -c word" + std::to_string(i)) + " x\"";
    const Imported imported = import_text("many.yaml", rule("evt.type = execve and proc.exepath = /bin/sh and not proc.cmdline in (" + values + ")"), {});
    EXPECT_EQ(imported.totals(), "exact 0, changed 1, not 0, of 1") << report(imported);
    EXPECT_EQ(report(imported).find("left out"), std::string::npos) << report(imported);
}

// What is written today passes `policy check` and is in its canonical form.
TEST(FalcoImport, WhatIsWrittenIsAPolicy) {
    auto files = own();
    for (RuleFile& file : corpus()) files.push_back(std::move(file));
    std::size_t written = 0;
    for (const RuleFile& file : files) {
        SCOPED_TRACE(file.path);
        const Imported imported = import_text(file.path, file.text, {Language::now(), true});
        std::vector<Source> policies;
        for (const ImportedFile& policy : imported.files) {
            policies.push_back({policy.name + ".yaml", policy.text});
            const Formatted formatted = format(policies.back());
            ASSERT_TRUE(formatted.text) << formatted.refusal.message << policy.text;
            EXPECT_EQ(*formatted.text, policy.text);
            EXPECT_NE(policy.text.find(fs::path(file.path).filename().string()), std::string::npos) << "its origin";
        }
        if (policies.empty()) continue;
        written++;
        const CompileResult compiled = compile(policies);
        ASSERT_TRUE(compiled.image) << summary(compiled.findings) << policies[0].text;
        std::size_t rules = 0;
        for (const ImportedRule& rule : imported.rules) rules += rule.ids.size();
        EXPECT_EQ(compiled.image->own_rules(), rules);
    }
    EXPECT_GE(written, 3u);
}

}  // namespace
}  // namespace quell::policy::falco::test
