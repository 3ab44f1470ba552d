// SPDX-License-Identifier: Apache-2.0
#include "policy/reference/arguments.h"

#include <algorithm>

namespace quell::policy::reference {
namespace {

unsigned value(char c) { return static_cast<unsigned char>(c); }

// Whether `byte` is one of those between the brackets that begin at `at`, which moves behind them.
bool in_brackets(std::string_view glob, std::size_t& at, unsigned byte) {
    at++;
    const bool negated = glob[at] == '!';
    if (negated) at++;
    bool found = false;
    const std::size_t first = at;
    while (at == first || glob[at] != ']') {
        if (glob[at] == '\\') at++;
        const unsigned low = value(glob[at++]);
        unsigned high = low;
        if (glob[at] == '-' && glob[at + 1] != ']') {
            at++;
            if (glob[at] == '\\') at++;
            high = value(glob[at++]);
        }
        if (low <= byte && byte <= high) found = true;
    }
    at++;
    return found != negated;
}

// Whether one byte matches what stands at `at` and is no star; `at` moves behind it.
bool one_byte(std::string_view glob, std::size_t& at, char c) {
    if (glob[at] == '?') return ++at, true;
    if (glob[at] == '[') return in_brackets(glob, at, value(c));
    if (glob[at] == '\\') at++;
    return glob[at++] == c;
}

}  // namespace

// Where a star stands, it takes nothing first; each time that what follows does not match, it takes one byte more. Only
// the last star needs that: what the ones before took is the least they could.
bool glob_matches(std::string_view glob, std::string_view text) {
    std::size_t at = 0, read = 0;
    std::size_t star = std::string_view::npos, taken = 0;
    while (read < text.size()) {
        if (at < glob.size() && glob[at] == '*') {
            star = ++at;
            taken = read;
        } else if (at < glob.size() && one_byte(glob, at, text[read])) {
            read++;
        } else if (star != std::string_view::npos) {
            at = star;
            read = ++taken;
        } else {
            return false;
        }
    }
    while (at < glob.size() && glob[at] == '*') at++;
    return at == glob.size();
}

bool argument_matches(const ArgumentPattern& pattern, std::string_view argument) {
    switch (pattern.kind) {
        case ArgumentPattern::Kind::kExact: return argument == pattern.text;
        case ArgumentPattern::Kind::kPrefix: return argument.starts_with(pattern.text);
        case ArgumentPattern::Kind::kSuffix: return argument.ends_with(pattern.text);
        case ArgumentPattern::Kind::kContains: return argument.find(pattern.text) != std::string_view::npos;
        case ArgumentPattern::Kind::kGlob: return glob_matches(pattern.text, argument);
    }
    return false;
}

std::set<std::uint32_t> outputs(std::span<const ArgumentPattern> patterns, const std::vector<std::string>& arguments) {
    std::set<std::uint32_t> matched;
    for (const ArgumentPattern& pattern : patterns)
        for (std::size_t position = 0; position < arguments.size(); position++) {
            if ((pattern.places >> std::min<std::size_t>(position, QUELL_PLACE_LATER) & 1) == 0) continue;
            if (argument_matches(pattern, arguments[position])) matched.insert(pattern.output);
        }
    return matched;
}

}  // namespace quell::policy::reference
