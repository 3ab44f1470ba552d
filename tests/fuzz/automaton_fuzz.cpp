// SPDX-License-Identifier: Apache-2.0
// Any bytes as patterns and arguments: refused or built, and what is built
// says what the reference matcher says.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/automaton/build.h"
#include "policy/automaton/walk.h"
#include "policy/reference/arguments.h"

namespace {

using namespace quell::policy;

std::uint8_t next(std::string_view& rest) {
    if (rest.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest[0]);
    rest.remove_prefix(1);
    return byte;
}

// A byte for kind and output, one for the position, one for the length, the text.
ArgumentPattern next_pattern(std::string_view& rest) {
    ArgumentPattern pattern;
    const std::uint8_t kind = next(rest);
    pattern.kind = static_cast<ArgumentPattern::Kind>(kind % 5);
    pattern.output = kind / 5;
    if (const std::uint8_t position = next(rest); position < 8) pattern.places = 1u << position;
    const std::size_t length = next(rest) % 64;
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(text.size());
    pattern.text = text;
    return pattern;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::vector<ArgumentPattern> patterns;
    for (unsigned left = next(rest) % 16; left > 0; left--) patterns.push_back(next_pattern(rest));
    const automaton::BuildResult built = automaton::build(patterns);
    if (built.automaton.has_value() != built.refusals.empty()) std::abort();
    if (!built.automaton) return 0;
    std::string text(rest.substr(0, 4'096));
    if (!text.empty()) text.push_back('\0');
    std::vector<std::string> arguments;
    for (std::size_t at = 0; at < text.size(); at += arguments.back().size() + 1) arguments.emplace_back(text.c_str() + at);
    const automaton::Walked walked = automaton::walk(built.automaton->table, text);
    const std::set<std::uint32_t> expected = reference::outputs(patterns, arguments);
    if (!walked.cut && walked.outputs != std::vector<std::uint32_t>(expected.begin(), expected.end())) std::abort();
    return 0;
}
