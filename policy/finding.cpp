// SPDX-License-Identifier: Apache-2.0
#include "policy/finding.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "policy/limits.h"
#include "user/base/escape.h"

namespace quell::policy {
namespace {

struct CodeRow {
    std::string_view name;
    Severity severity;
    std::string_view title;
    std::string_view explanation;
};

constexpr Severity ERROR = Severity::kError;
constexpr Severity WARNING = Severity::kWarning;
constexpr Severity NOTE = Severity::kNote;
constexpr std::array kCodes = {
#define CODE(code, severity, title, explanation) CodeRow{#code, severity, title, explanation},
#include "policy/codes.def"
#undef CODE
};

constexpr std::array kNames = {
#define CODE(code, severity, title, explanation) std::string_view{#code},
#include "policy/codes.def"
#undef CODE
};

const CodeRow& row(Code code) { return kCodes[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view code_name(Code code) { return row(code).name; }
std::string_view code_title(Code code) { return row(code).title; }
std::string_view code_explanation(Code code) { return row(code).explanation; }
Severity code_severity(Code code) { return row(code).severity; }
std::span<const std::string_view> code_names() { return kNames; }

std::string_view severity_word(Severity severity) {
    switch (severity) {
        case Severity::kError: return "error";
        case Severity::kWarning: return "warning";
        case Severity::kNote: return "note";
    }
    return "error";
}

void Findings::add(Code code, const Location& where, std::string message, std::string hint, std::string_view text) {
    // A line is found by reading up to it: not for what will not be shown.
    if (count_only(code)) return;
    const SourceText& source = sources_[where.source];
    const std::string_view line = source.line(where.line);
    Finding finding{};
    finding.code = code;
    finding.file = source.file();
    finding.line = where.line;
    finding.message = std::move(message);
    finding.hint = std::move(hint);
    finding.text = cut_text(text, kMaxShownBytes);
    if (where.line != 0) {
        const std::size_t begin = where.column > 0 ? where.column - 1 : 0;
        finding.column = characters(line, begin) + 1;
        const std::string_view marked = begin < line.size() ? line.substr(begin, where.width) : std::string_view{};
        finding.width = std::max(characters(marked, marked.size()), 1u);
        finding.source_line = cut_text(line, kMaxShownBytes);
    }
    push(std::move(finding));
}

void Findings::add_general(Code code, std::string message, std::string hint) {
    if (count_only(code)) return;
    Finding finding{};
    finding.code = code;
    finding.message = std::move(message);
    finding.hint = std::move(hint);
    push(std::move(finding));
}

bool Findings::count_only(Code code) {
    const bool is_error = code_severity(code) == Severity::kError;
    errors_ = errors_ || is_error;
    if (findings_.size() < kMaxFindings) return false;
    left_out_++;
    if (!is_error) return true;
    // An error must not be hidden by warnings: the last of them makes room.
    const auto lesser = std::find_if(findings_.rbegin(), findings_.rend(),
                                     [](const Finding& finding) { return finding.severity != Severity::kError; });
    if (lesser == findings_.rend()) return true;
    findings_.erase(std::next(lesser).base());
    return false;
}

// What a list or macro says is read at each place where it stands, and its
// findings are the same each time.
bool Findings::is_said(const Finding& finding) const {
    return finding.line != 0 && std::any_of(findings_.begin(), findings_.end(), [&](const Finding& said) {
        return said.code == finding.code && said.line == finding.line && said.column == finding.column && said.file == finding.file &&
               said.message == finding.message;
    });
}

void Findings::push(Finding finding) {
    if (is_said(finding)) return;
    finding.severity = code_severity(finding.code);
    findings_.push_back(std::move(finding));
}

std::vector<Finding> Findings::take() {
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.file, a.line, a.column, a.code) < std::tie(b.file, b.line, b.column, b.code);
    });
    if (left_out_ > 0) {
        Finding more{};
        more.code = Code::kQ1000;
        more.severity = Severity::kNote;
        more.message = std::to_string(left_out_) + " more findings are not shown";
        findings_.push_back(std::move(more));
    }
    return std::move(findings_);
}

std::string in_quotes(std::string_view text) { return "'" + escape_cut(text, kMaxShownBytes) + "'"; }

}  // namespace quell::policy
