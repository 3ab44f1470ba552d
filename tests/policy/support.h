// SPDX-License-Identifier: Apache-2.0
// What the policy tests share: small policies from their interesting parts.
#pragma once

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace quell::policy::test {

inline constexpr std::string_view kHead =
    "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n";

// A rule in YAML; `path` and `on` as they stand between brackets.
inline std::string rule(std::string_view id, std::string_view path, std::string_view on = "delete",
                        std::string_view subject = "any", std::string_view more = "") {
    std::ostringstream text;
    text << "    - id: " << id << "\n      severity: high\n      on: [" << on << "]\n      where: {subject: " << subject
         << "}\n      match: {path: [" << path << "]}\n";
    if (!more.empty()) text << "      " << more << "\n";
    return text.str();
}

inline std::string policy(std::string_view rules, std::string_view name = "t") {
    std::string text(kHead);
    text.replace(text.find("name: t"), 7, "name: " + std::string(name));
    return text + std::string(rules);
}

inline CompileResult compile_text(std::string text, const Options& options = {}) {
    const std::vector<Source> sources{{"t.yaml", std::move(text)}};
    return compile(sources, options);
}

// "Q1101@7:9 …" in the order of places; general findings without a place.
inline std::string summary(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        text += (text.empty() ? "" : " ") + std::string(code_name(finding.code));
        if (finding.line != 0) text += "@" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
    }
    return text;
}

// What a broken file says of itself, `# expect: Q1101 12:7`, one line a
// finding: in the form of summary().
inline std::string expected(const std::string& text) {
    std::istringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        const std::string mark = "# expect: ";
        if (!line.starts_with(mark)) continue;
        std::string item = line.substr(mark.size());
        std::replace(item.begin(), item.end(), ' ', '@');
        result += (result.empty() ? "" : " ") + item;
    }
    return result;
}

inline std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace quell::policy::test
