// SPDX-License-Identifier: Apache-2.0
#include "policy/reference/match.h"

#include <algorithm>

#include "policy/check/field_table.h"
#include "policy/reference/arguments.h"

namespace quell::policy::reference {
namespace {

std::string with_slash(const std::string& path) { return path == "/" ? path : path + "/"; }

bool any_matches(const std::vector<Pattern>& patterns, const std::string& path) {
    return !path.empty() && std::any_of(patterns.begin(), patterns.end(),
                                        [&](const Pattern& pattern) { return path_matches(pattern, path); });
}

// A file that anyone may have put at a path lets nobody go.
bool executable_matches(const Condition& condition, const Act& act, std::size_t index, bool must_be_intact) {
    if (index >= act.executables.size()) return false;
    const Executable& exe = act.executables[index];
    return (exe.is_intact || !must_be_intact) && any_matches(condition.paths, exe.path);
}

// By the first i characters of a pattern and the first j of a text.
bool star_matches(const std::string& pattern, const std::string& text) {
    std::vector<std::vector<bool>> matches(pattern.size() + 1, std::vector<bool>(text.size() + 1));
    matches[0][0] = true;
    for (std::size_t i = 1; i <= pattern.size(); i++)
        for (std::size_t j = 0; j <= text.size(); j++) {
            if (pattern[i - 1] == '*')
                matches[i][j] = matches[i - 1][j] || (j > 0 && matches[i][j - 1]);
            else
                matches[i][j] = j > 0 && pattern[i - 1] == text[j - 1] && matches[i - 1][j - 1];
        }
    return matches[pattern.size()][text.size()];
}

Truth is_called(const Condition& condition, const Act& act) {
    if (act.subject == QUELL_SUBJECT_HOST) return Truth::kFails;
    const auto& names = act.names.of(condition.field);
    if (!names) return Truth::kUnknown;
    for (const std::string& name : *names)
        for (const std::string& pattern : condition.names)
            if (star_matches(pattern, name)) return Truth::kHolds;
    return Truth::kFails;
}

// A place that is not said is any behind argv[0].
bool argument_is_there(const TextPattern& pattern, const Act& act) {
    for (std::size_t i = 0; i < act.arguments.size(); i++)
        if ((pattern.at ? *pattern.at == i : i > 0) && glob_matches(pattern.glob, act.arguments[i])) return true;
    return false;
}

bool texts_match(const Condition& condition, const Act& act) {
    const auto is_there = [&](const TextPattern& pattern) {
        if (condition.field == QUELL_FIELD_TARGET) return glob_matches(pattern.glob, act.link_target);
        if (condition.field == QUELL_FIELD_SOURCE) return glob_matches(pattern.glob, act.mount_source);
        if (condition.field != QUELL_FIELD_ENVIRONMENT) return argument_is_there(pattern, act);
        return std::any_of(act.environment.begin(), act.environment.end(), [&](const std::string& name) { return glob_matches(pattern.glob, name); });
    };
    if (condition.field == QUELL_FIELD_ALL_ARGUMENTS) return std::all_of(condition.texts.begin(), condition.texts.end(), is_there);
    return std::any_of(condition.texts.begin(), condition.texts.end(), is_there);
}

bool value_matches(const Condition& condition, const Act& act, bool must_be_intact) {
    constexpr std::size_t kAncestors = 8;
    switch (condition.field) {
        case QUELL_FIELD_PATH: return any_matches(condition.paths, act.path);
        case QUELL_FIELD_ADDRESS:
            return act.address && std::any_of(condition.networks.begin(), condition.networks.end(), [&](const Network& network) { return network.holds(*act.address); });
        case QUELL_FIELD_ARGUMENTS:
        case QUELL_FIELD_ALL_ARGUMENTS:
        case QUELL_FIELD_ENVIRONMENT:
        case QUELL_FIELD_TARGET:
        case QUELL_FIELD_SOURCE: return texts_match(condition, act);
        case QUELL_FIELD_TARGET_EXE: return any_matches(condition.paths, act.target);
        case QUELL_FIELD_CGROUP: return any_matches(condition.paths, act.cgroup);
        case QUELL_FIELD_EXE: return executable_matches(condition, act, 0, must_be_intact);
        case QUELL_FIELD_PARENT: return executable_matches(condition, act, 1, must_be_intact);
        case QUELL_FIELD_ANCESTOR:
            for (std::size_t above = 1; above <= kAncestors; above++)
                if (executable_matches(condition, act, above, must_be_intact)) return true;
            return false;
        default: break;
    }
    const std::uint32_t number = act.numbers[condition.field];
    if (is_mask(kFieldRows[condition.field].kind)) return (number & condition.ranges[0].first) != 0;
    if (condition.field == QUELL_FIELD_HOLDS)
        return std::any_of(condition.ranges.begin(), condition.ranges.end(),
                           [&](const Range& range) { return (act.capabilities >> range.first & 1) != 0; });
    return std::any_of(condition.ranges.begin(), condition.ranges.end(),
                       [&](const Range& range) { return range.first <= number && number <= range.last; });
}

Truth condition_holds(const Condition& condition, const Act& act, bool is_exception) {
    if (kFieldRows[condition.field].kind == FieldKind::kNames) {
        const Truth truth = is_called(condition, act);
        return condition.negated ? opposite(truth) : truth;
    }
    return value_matches(condition, act, condition.negated != is_exception) != condition.negated ? Truth::kHolds : Truth::kFails;
}

// All of them: one that fails decides, then one that is not known.
Truth holds(const Group& group, const Act& act, bool is_exception) {
    Truth all = Truth::kHolds;
    for (const Condition& condition : group) all = std::min(all, condition_holds(condition, act, is_exception));
    return all;
}

}  // namespace

namespace {

bool is_letter(std::string_view pattern, char& letter, std::size_t& size) {
    if (pattern.empty() || pattern[0] == '*') return false;
    size = pattern[0] == '\\' && pattern.size() > 1 ? 2 : 1;
    letter = pattern[size - 1];
    return true;
}

// A star is any number of letters.
bool name_fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*') return name_fits(pattern.substr(1), name) || (!name.empty() && name_fits(pattern, name.substr(1)));
    char letter = 0;
    std::size_t size = 0;
    return is_letter(pattern, letter, size) && !name.empty() && name[0] == letter && name_fits(pattern.substr(size), name.substr(1));
}

// Without their first slash. Two stars are any number of directories, or, at the end, at least one name.
bool path_fits(std::string_view pattern, std::string_view path) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size()), path_end = std::min(path.find('/'), path.size());
    const std::string_view part = pattern.substr(0, end);
    const bool is_last = end == pattern.size(), is_entry = path_end == path.size();
    if (part == "**") {
        if (is_last) return true;
        return path_fits(pattern.substr(end + 1), path) || (!is_entry && path_fits(pattern, path.substr(path_end + 1)));
    }
    if (is_last != is_entry) return false;
    if (!name_fits(part, path.substr(0, path_end))) return false;
    return is_last || path_fits(pattern.substr(end + 1), path.substr(path_end + 1));
}

// The directory before the first component with a star, without backslashes.
std::string plain_directory(const std::string& pattern) {
    std::string plain, directory = "/";
    for (std::size_t i = 0; i < pattern.size() && pattern[i] != '*'; i++) {
        if (pattern[i] == '/' && i > 0) directory = plain;
        if (pattern[i] == '\\') i++;
        plain += pattern[i];
    }
    return directory;
}

}  // namespace

bool path_matches(const Pattern& pattern, const std::string& path) {
    if (pattern.kind == Pattern::Kind::kWild) return path.size() > 1 && path_fits(pattern.base.substr(1), path.substr(1));
    if (pattern.kind == Pattern::Kind::kExact) return path == pattern.base;
    const std::string start = with_slash(pattern.base);
    if (!path.starts_with(start) || path.size() == start.size()) return false;
    return pattern.kind == Pattern::Kind::kCover || path.find('/', start.size()) == std::string::npos;
}

bool lies_below(const Pattern& pattern, const std::string& path) {
    if (pattern.kind == Pattern::Kind::kWild) {
        const std::string directory = plain_directory(pattern.base);
        return directory == path || directory.starts_with(with_slash(path));
    }
    if (pattern.kind != Pattern::Kind::kExact && pattern.base == path) return true;
    return pattern.base.starts_with(with_slash(path)) && pattern.base != path;
}

std::vector<Fired> judge(const std::vector<Rule>& rules, const Act& act) {
    const bool place = is_place(act.operation);
    std::vector<Fired> fired;
    for (const Rule& rule : rules) {
        if (rule.mode == Mode::kOff || (rule.operations & QUELL_OP_BIT(act.operation)) == 0) continue;
        if ((rule.subjects & act.subject) == 0) continue;
        const bool hit = rule.paths.empty() || std::any_of(rule.paths.begin(), rule.paths.end(), [&](const Pattern& pattern) {
            return path_matches(pattern, act.path) || (place && lies_below(pattern, act.path));
        });
        if (!hit) continue;
        Truth truth = holds(rule.conditions, act, false);
        for (const Group& exception : rule.exceptions) truth = std::min(truth, opposite(holds(exception, act, true)));
        if (truth != Truth::kFails) fired.push_back({&rule, truth == Truth::kHolds});
    }
    return fired;
}

std::vector<const Rule*> matches(const std::vector<Rule>& rules, const Act& act) {
    std::vector<const Rule*> fired;
    for (const Fired& one : judge(rules, act)) fired.push_back(one.rule);
    return fired;
}

}  // namespace quell::policy::reference
