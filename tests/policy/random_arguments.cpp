// SPDX-License-Identifier: Apache-2.0
#include "random_arguments.h"

#include <string_view>

#include "random_below.h"
#include "user/base/escape.h"

namespace quell::policy::test {
namespace {

constexpr std::string_view kBytes = "aaabbc-/ \x80\xff]!^\\*?[";
constexpr std::string_view kPlain = "aaabbc-/ \x80\xff";

std::string random_text(std::mt19937& random, std::string_view bytes, unsigned longest) {
    std::string text;
    for (unsigned left = below(random, longest + 1); left > 0; left--) text += bytes[below(random, bytes.size())];
    return text;
}

std::string random_brackets(std::mt19937& random) {
    std::string text = below(random, 3) == 0 ? "[!" : "[";
    if (below(random, 8) == 0) text += "]";
    for (unsigned left = 1 + below(random, 3); left > 0; left--) {
        switch (below(random, 4)) {
            case 0: text += "a-b"; break;
            case 1: text += "\x7f-\xff"; break;
            case 2: text += std::string("\\") + "]-^\\"[below(random, 4)]; break;
            default: text += "abc/*?"[below(random, 6)]; break;
        }
    }
    if (below(random, 8) == 0) text += "-";
    return text + "]";
}

// What is left of a pattern's text when stars and the like are filled in.
std::string near(std::mt19937& random, const ArgumentPattern& pattern) {
    if (pattern.kind != ArgumentPattern::Kind::kGlob) return pattern.text;
    std::string text;
    for (char c : pattern.text) {
        if (c == '*') text += random_text(random, kPlain, 2);
        else if (c == '?') text += kPlain[below(random, kPlain.size())];
        else if (c != '\\' && c != '[' && c != ']') text += c;
    }
    return text;
}

}  // namespace

std::string random_glob(std::mt19937& random, unsigned parts) {
    std::string glob;
    for (unsigned left = parts; left > 0; left--) {
        switch (below(random, 8)) {
            case 0: case 1: glob += "*"; break;
            case 2: glob += "?"; break;
            case 3: glob += random_brackets(random); break;
            case 4: glob += std::string("\\") + kBytes[below(random, kBytes.size())]; break;
            default: glob += kPlain[below(random, kPlain.size())]; break;
        }
    }
    return glob;
}

std::vector<ArgumentPattern> random_argument_patterns(std::mt19937& random) {
    std::vector<ArgumentPattern> patterns;
    for (unsigned left = 1 + below(random, 10); left > 0; left--) {
        ArgumentPattern pattern;
        pattern.kind = static_cast<ArgumentPattern::Kind>(below(random, 6) % 5);  // exact twice as often
        pattern.text = pattern.kind == ArgumentPattern::Kind::kGlob ? random_glob(random, below(random, 7)) : random_text(random, kPlain, 4);
        if (below(random, 3) == 0) pattern.places = 1u << below(random, 8);
        pattern.output = below(random, 2) ? below(random, 6) : 64 + static_cast<std::uint32_t>(patterns.size()) * 1'500;
        patterns.push_back(std::move(pattern));
    }
    return patterns;
}

std::vector<std::string> random_arguments(std::mt19937& random, const std::vector<ArgumentPattern>& patterns) {
    std::vector<std::string> arguments;
    const unsigned count = below(random, 20) == 0 ? 12 : below(random, 5);
    while (arguments.size() < count) {
        std::string argument;
        for (unsigned left = below(random, 4); left > 0; left--)
            argument += below(random, 2) ? near(random, patterns[below(random, patterns.size())]) : random_text(random, kBytes, 5);
        arguments.push_back(std::move(argument));
    }
    return arguments;
}

std::string with_ends(const std::vector<std::string>& arguments) {
    std::string text;
    for (const std::string& argument : arguments) text += argument + '\0';
    return text;
}

std::string describe(const std::vector<ArgumentPattern>& patterns, const std::vector<std::string>& arguments) {
    std::string text;
    for (const ArgumentPattern& pattern : patterns)
        text += "\n  kind " + std::to_string(static_cast<int>(pattern.kind)) + " '" + escape(pattern.text) + "' places " +
                std::to_string(pattern.places) + " output " + std::to_string(pattern.output);
    for (const std::string& argument : arguments) text += "\n  argument '" + escape(argument.substr(0, 200)) + "'";
    return text;
}

}  // namespace quell::policy::test
