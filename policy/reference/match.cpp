// SPDX-License-Identifier: Apache-2.0
#include "policy/reference/match.h"

#include <algorithm>

namespace quell::policy::reference {
namespace {

std::string with_slash(const std::string& path) { return path == "/" ? path : path + "/"; }

}  // namespace

bool path_matches(const Pattern& pattern, const std::string& path) {
    if (pattern.kind == Pattern::Kind::kExact) return path == pattern.base;
    const std::string start = with_slash(pattern.base);
    if (!path.starts_with(start) || path.size() == start.size()) return false;
    return pattern.kind == Pattern::Kind::kCover || path.find('/', start.size()) == std::string::npos;
}

bool lies_below(const Pattern& pattern, const std::string& path) {
    if (pattern.kind != Pattern::Kind::kExact && pattern.base == path) return true;
    return pattern.base.starts_with(with_slash(path)) && pattern.base != path;
}

std::vector<const Rule*> matches(const std::vector<Rule>& rules, const Act& act) {
    const bool place = is_place(act.operation);
    std::vector<const Rule*> fired;
    for (const Rule& rule : rules) {
        if ((rule.operations & QUELL_BIT(act.operation)) == 0) continue;
        if ((rule.subjects & act.subject) == 0) continue;
        const bool hit = std::any_of(rule.paths.begin(), rule.paths.end(), [&](const Pattern& pattern) {
            return path_matches(pattern, act.path) || (place && lies_below(pattern, act.path));
        });
        const bool excepted = std::any_of(rule.exceptions.begin(), rule.exceptions.end(),
                                          [&](const Pattern& pattern) { return path_matches(pattern, act.exe); });
        if (hit && !excepted) fired.push_back(&rule);
    }
    return fired;
}

}  // namespace quell::policy::reference
