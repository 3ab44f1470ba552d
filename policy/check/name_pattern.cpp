// SPDX-License-Identifier: Apache-2.0
#include "policy/check/name_pattern.h"

namespace quell::policy {

NamePattern name_pattern(std::string_view text) {
    NamePattern part;
    if (text == "**") {
        part.deep = true;
        return part;
    }
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] == '*') {
            part.star = true;
            continue;
        }
        if (text[i] == '\\' && i + 1 < text.size()) i++;
        (part.star ? part.tail : part.head) += text[i];
    }
    return part;
}

std::vector<NamePattern> name_patterns(const Pattern& pattern) {
    std::vector<NamePattern> parts;
    for (const std::string_view part : components(pattern.base)) parts.push_back(name_pattern(part));
    return parts;
}

std::string literal_directory(const Pattern& pattern) {
    std::string directory;
    const std::vector<NamePattern> parts = name_patterns(pattern);
    for (std::size_t i = 0; i + 1 < parts.size() && !parts[i].deep && !parts[i].star; i++) directory += "/" + parts[i].head;
    return directory.empty() ? "/" : directory;
}

bool name_matches(const NamePattern& pattern, std::string_view name) {
    if (!pattern.star) return name == pattern.head;
    return name.size() >= pattern.head.size() + pattern.tail.size() && name.starts_with(pattern.head) && name.ends_with(pattern.tail);
}

bool wild_matches(const Pattern& pattern, std::string_view path) {
    const std::vector<NamePattern> parts = name_patterns(pattern);
    const std::vector<std::string_view> names = components(path);
    // which parts may come next, one name after the other
    std::vector<bool> next(parts.size() + 1, false);
    next[0] = true;
    for (const std::string_view name : names) {
        std::vector<bool> after(parts.size() + 1, false);
        for (std::size_t i = 0; i < parts.size(); i++) {
            if (!next[i]) continue;
            if (parts[i].deep) {
                after[i] = true;
                next[i + 1] = i + 1 < parts.size();
                if (i + 1 == parts.size()) after[i + 1] = true;
            } else if (name_matches(parts[i], name)) {
                after[i + 1] = true;
            }
        }
        next = std::move(after);
    }
    return next[parts.size()];
}

std::string escaped_wildcards(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (kWildCharacters.find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
    }
    return escaped;
}

}  // namespace quell::policy
