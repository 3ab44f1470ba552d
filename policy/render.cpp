// SPDX-License-Identifier: Apache-2.0
#include "policy/render.h"

#include <nlohmann/json.hpp>

#include "policy/limits.h"
#include "user/base/escape.h"

namespace quell::policy {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::string_view kReset = "\x1b[0m";

std::string painted(std::string_view text, std::string_view colour, bool on) {
    return on ? std::string(colour) + std::string(text) + std::string(kReset) : std::string(text);
}

// The line and what of it is meant. Escapes make a character wider, so the
// marker is placed behind the escaped text.
std::string excerpt(const Finding& finding, bool colour) {
    const auto bytes_of = [&](std::uint32_t count) {
        std::size_t at = 0;
        while (at < finding.source_line.size() && characters(finding.source_line, at + 1) <= count) at++;
        return at;
    };
    const std::size_t begin = bytes_of(finding.column - 1);
    if (begin >= finding.source_line.size() && finding.column > 1 && finding.source_line.size() >= kMaxShownBytes - 4)
        return {};  // beyond what is shown of a long line
    const std::size_t end = bytes_of(finding.column - 1 + finding.width);
    const std::string before = escape(finding.source_line.substr(0, begin));
    const std::string marked = escape(finding.source_line.substr(begin, end - begin));
    std::string number = std::to_string(finding.line);
    number.insert(0, number.size() < 6 ? 6 - number.size() : 0, ' ');
    const std::string margin(number.size(), ' ');
    std::string marker = "^" + std::string(std::max<std::size_t>(characters(marked, marked.size()), 1) - 1, '~');
    return number + " | " + escape(finding.source_line) + "\n" + margin + " | " +
           std::string(characters(before, before.size()), ' ') + painted(marker, kRed, colour) + "\n";
}

std::string place(const Finding& finding) {
    if (finding.file.empty()) return {};
    std::string text = escape(finding.file) + ":";
    if (finding.line != 0) text += std::to_string(finding.line) + ":" + std::to_string(finding.column) + ":";
    return text + " ";
}

}  // namespace

std::string render_text(std::span<const Finding> findings, bool colour) {
    std::string text;
    for (const Finding& finding : findings) {
        const std::string label = std::string(severity_word(finding.severity)) + " " + std::string(code_name(finding.code));
        text += painted(place(finding), kBold, colour && !finding.file.empty());
        text += painted(label, finding.severity == Severity::kError ? kRed : kYellow, colour);
        text += ": " + finding.message + "\n";
        if (finding.line != 0) text += excerpt(finding, colour);
        if (!finding.hint.empty()) text += "       = " + finding.hint + "\n";
    }
    return text;
}

nlohmann::json findings_to_json(std::span<const Finding> findings) {
    nlohmann::json list = nlohmann::json::array();
    for (const Finding& finding : findings) {
        nlohmann::json item = {
            {"code", code_name(finding.code)},
            {"severity", severity_word(finding.severity)},
            {"title", code_title(finding.code)},
            {"message", finding.message},
        };
        if (!finding.file.empty()) item["file"] = escape(finding.file);
        if (finding.line != 0) {
            item["line"] = finding.line;
            item["column"] = finding.column;
        }
        if (!finding.hint.empty()) item["hint"] = finding.hint;
        if (!finding.text.empty()) item["text"] = escape(finding.text);
        list.push_back(std::move(item));
    }
    return list;
}

}  // namespace quell::policy
