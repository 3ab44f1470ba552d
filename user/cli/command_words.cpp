// SPDX-License-Identifier: Apache-2.0
#include "user/cli/command_words.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>

namespace quell::cli {

namespace {

struct OptionNames {
    std::set<std::string, std::less<>> all = {"--json", "--utc", "--socket", "--version", "--help", "-h"};
    std::set<std::string, std::less<>> with_value = {"--socket"};
};

OptionNames names_of(const std::vector<Verb>& verbs) {
    OptionNames names;
    for (const Verb& verb : verbs)
        for (const Parameter& parameter : verb.parameters) {
            if (!parameter.name.starts_with("--")) continue;
            std::vector<std::string> spellings = {std::string(parameter.name)};
            if (parameter.letter != '\0') spellings.push_back({'-', parameter.letter});
            names.all.insert(spellings.begin(), spellings.end());
            if (!parameter.value_name.empty()) names.with_value.insert(spellings.begin(), spellings.end());
        }
    return names;
}

}  // namespace

Result<std::vector<std::string>> command_words(std::span<const char* const> words, const std::vector<Verb>& verbs) {
    const OptionNames names = names_of(verbs);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < words.size(); i++) {
        const std::string_view word = words[i];
        if (word == "--") {
            out.insert(out.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
            return out;
        }
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
        const std::string_view name = word.substr(0, equals);
        if (!names.with_value.contains(name)) {
            out.emplace_back(word);
        } else if (equals != std::string_view::npos) {
            out.emplace_back(equals + 1 == word.size() ? name : word);
            if (equals + 1 == word.size()) out.emplace_back();
        } else {
            out.emplace_back(word);
            if (i + 1 == words.size()) break;
            const std::string_view value = words[++i];
            if (names.all.contains(value.substr(0, value.find('='))))
                return Error{std::string(name) + " has no value: " + std::string(value) + " is an option itself", EINVAL, "where it is meant, write " + std::string(name) + "=" + std::string(value)};
            out.emplace_back(value);
        }
    }
    return out;
}

}  // namespace quell::cli
