// SPDX-License-Identifier: Apache-2.0
#include "policy/check/pattern.h"

#include <algorithm>

#include "policy/limits.h"

namespace quell::policy {
namespace {

struct Refusal {
    Code code;
    std::string message;
    std::string hint;
};

// Characters that later kinds of patterns will need: refused now, so that no
// policy changes its meaning then.
constexpr std::string_view kReserved = "*?[]{}\\";

std::optional<Refusal> refuse_component(std::string_view part, bool last) {
    if (part.empty()) return Refusal{Code::kQ1202, "'//' never matches: the kernel sees one slash", "write one slash"};
    if (part == "." || part == "..")
        return Refusal{Code::kQ1202, in_quotes(part) + " never matches: the kernel sees paths without it",
                       "write the path without it"};
    if (part.size() > kMaxComponentBytes)
        return Refusal{Code::kQ1206,
                       "a component has " + std::to_string(part.size()) + " bytes, no file system has more than " +
                           std::to_string(kMaxComponentBytes),
                       ""};
    if (last && (part == "*" || part == "**")) return std::nullopt;
    if (part.find_first_of(kReserved) != std::string_view::npos)
        return Refusal{Code::kQ1204, "the pattern " + in_quotes(part) + " is not yet supported",
                       "use an exact path, or end the path with /* (entries) or /** (everything below)"};
    return std::nullopt;
}

std::optional<Refusal> refuse_path(std::string_view text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (text.empty()) return Refusal{Code::kQ1104, "the path is empty", ""};
    if (std::any_of(text.begin(), text.end(), control))
        return Refusal{Code::kQ1205, "a path cannot hold control characters", ""};
    if (text.size() > kMaxPathBytes)
        return Refusal{Code::kQ1206,
                       "the path has " + std::to_string(text.size()) + " bytes, the kernel's have at most " +
                           std::to_string(kMaxPathBytes),
                       ""};
    if (text[0] != '/')
        return Refusal{Code::kQ1201, "the path " + in_quotes(text) + " is not absolute", "begin it with a slash"};
    if (text == "/") return Refusal{Code::kQ1203, "the root itself is no entry", "write /* or /**"};
    if (text.ends_with('/') && !text.ends_with("//"))
        return Refusal{Code::kQ1203, "the path ends with a slash",
                       "write " + in_quotes(text.substr(0, text.size() - 1)) + " for the entry, " +
                           in_quotes(std::string(text) + "**") + " for everything below it"};
    return std::nullopt;
}

std::optional<Refusal> refuse(std::string_view text) {
    if (auto refusal = refuse_path(text)) return refusal;
    std::size_t count = 0;
    for (std::size_t at = 1; at <= text.size(); count++) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        if (auto refusal = refuse_component(text.substr(at, end - at), end == text.size())) return refusal;
        at = end + 1;
    }
    if (count > kMaxComponents)
        return Refusal{Code::kQ1207,
                       "the path has " + std::to_string(count) + " components, at most " +
                           std::to_string(kMaxComponents) + " are accepted",
                       ""};
    return std::nullopt;
}

std::string directory_of(std::string_view text, std::size_t suffix) {
    return text.size() == suffix ? "/" : std::string(text.substr(0, text.size() - suffix));
}

}  // namespace

std::optional<Pattern> check_pattern(const Node& node, Findings& findings) {
    const std::string& text = node.text;
    if (auto refusal = refuse(text)) {
        findings.add(refusal->code, node.where, std::move(refusal->message), std::move(refusal->hint), text);
        return std::nullopt;
    }
    if (text.ends_with("/**")) return Pattern{Pattern::Kind::kCover, directory_of(text, 3), node.where};
    if (text.ends_with("/*")) return Pattern{Pattern::Kind::kStar, directory_of(text, 2), node.where};
    return Pattern{Pattern::Kind::kExact, text, node.where};
}

}  // namespace quell::policy
