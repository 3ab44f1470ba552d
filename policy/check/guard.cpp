// SPDX-License-Identifier: Apache-2.0
#include "policy/check/guard.h"

#include <algorithm>
#include <array>

#include "policy/check/field_table.h"
#include "policy/check/name_pattern.h"
#include "policy/check/never.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

// Quell's own programs and state. Whoever acts there is, as a rule, Quell.
constexpr std::array<std::string_view, 11> kQuell = {
    "/usr/sbin/quelld", "/usr/sbin/quell-notifier", "/usr/bin/quell", "/usr/libexec/quell", "/usr/share/quell", "/etc/quell",
    "/run/quell", "/var/lib/quell", "/sys/fs/bpf/quell", "/usr/lib/systemd/system/quelld.service", "/usr/lib/systemd/system/quell-notifier.service",
};

// Programs that PID 1 and the runtimes cannot live without: a quarantine
// would deny their next exec.
constexpr std::array<std::string_view, 12> kPrograms = {
    "/sbin/init", "/usr/sbin/init", "/usr/lib/systemd/systemd", "/usr/lib/systemd/systemd-executor",
    "/usr/bin/crun", "/usr/bin/runc", "/usr/sbin/runc", "/usr/bin/conmon", "/usr/bin/podman", "/usr/bin/crio",
    "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2",
};

// Links on every host with a merged /usr, and of /var to /run.
struct HostLink {
    std::string_view from;
    std::string_view to;
};
constexpr std::array<HostLink, 6> kHostLinks = {{
    {"/bin", "/usr/bin"}, {"/sbin", "/usr/sbin"}, {"/lib", "/usr/lib"}, {"/lib64", "/usr/lib64"},
    {"/var/run", "/run"}, {"/var/lock", "/run/lock"},
}};

bool at_or_below(std::string_view path, std::string_view directory) {
    return path == directory || (path.starts_with(directory) && path[directory.size()] == '/');
}

// Where a pattern's paths lie: with wildcards, below the directory before the first of them.
std::string place_of(const Pattern& pattern) { return pattern.kind == Pattern::Kind::kWild ? literal_directory(pattern) : pattern.base; }

// Could the pattern be about the path, or about something below it?
bool may_meet(const Pattern& pattern, std::string_view path) {
    const std::string place = place_of(pattern);
    if (at_or_below(place, path)) return true;
    if (pattern.kind == Pattern::Kind::kCover) return place == "/" || at_or_below(path, place);
    if (pattern.kind != Pattern::Kind::kWild) return false;
    // directory by directory; behind a ** anything may be, and no name that differs at its end is sought out
    const std::vector<NamePattern> parts = name_patterns(pattern);
    const std::vector<std::string_view> names = components(path);
    for (std::size_t i = 0; i < parts.size() && i < names.size(); i++) {
        if (parts[i].deep) return true;
        if (!name_matches(parts[i], names[i])) return false;
    }
    return parts.size() >= names.size();
}

bool offers_response(const Rule& rule, std::uint32_t response) {
    return std::find(rule.offers.begin(), rule.offers.end(), response) != rule.offers.end();
}

bool is_about_containers(std::uint32_t response) {
    return response == QUELL_RESPONSE_KILL_CONTAINER || response == QUELL_RESPONSE_PAUSE_CONTAINER || response == QUELL_RESPONSE_STOP_CONTAINER ||
           response == QUELL_RESPONSE_ISOLATE_NETWORK || response == QUELL_RESPONSE_DENY_WRITE;
}

bool is_about_files(std::uint32_t response) {
    return response == QUELL_RESPONSE_QUARANTINE_FILE || response == QUELL_RESPONSE_ACQUIRE_FILE || response == QUELL_RESPONSE_DENY_EXEC;
}

void warn_of_link(const Rule& rule, const Pattern& pattern, Findings& findings) {
    // images without a merged /usr exist, so in containers such a path may be real
    if (rule.subjects != QUELL_SUBJECT_HOST) return;
    for (const HostLink& link : kHostLinks) {
        if (!at_or_below(place_of(pattern), link.from)) continue;
        const std::string text = pattern.text();
        findings.add(Code::kQ1208, pattern.where, in_quotes(link.from) + " is a link to " + in_quotes(link.to) + " on the host",
                     "write " + in_quotes(std::string(link.to) + text.substr(link.from.size())), text);
    }
}

void warn_of_links(const Rule& rule, const Group& group, Findings& findings) {
    for (const Condition& condition : group)
        for (const Pattern& pattern : condition.paths) warn_of_link(rule, pattern, findings);
}

}  // namespace

bool covers(const Pattern& wide, const Pattern& narrow) {
    // of two that have wildcards only what is plain is said; what is not said here is no finding, and nothing else
    if (wide.kind == Pattern::Kind::kWild) {
        if (narrow.kind == Pattern::Kind::kExact) return wild_matches(wide, narrow.base);
        return narrow.kind == Pattern::Kind::kWild && narrow.base == wide.base;
    }
    if (narrow.kind == Pattern::Kind::kWild)
        return wide.kind == Pattern::Kind::kCover && (wide.base == "/" || at_or_below(literal_directory(narrow), wide.base));
    if (wide.kind == Pattern::Kind::kCover) {
        if (wide.base == "/" || (narrow.base != wide.base && at_or_below(narrow.base, wide.base))) return true;
        return narrow.kind != Pattern::Kind::kExact && narrow.base == wide.base;
    }
    if (wide.kind == Pattern::Kind::kExact) return narrow.kind == Pattern::Kind::kExact && narrow.base == wide.base;
    if (narrow.kind == Pattern::Kind::kStar) return narrow.base == wide.base;
    const std::size_t slash = narrow.base.rfind('/');
    return narrow.kind == Pattern::Kind::kExact && (slash == 0 ? "/" : narrow.base.substr(0, slash)) == wide.base;
}

namespace {

// An exception that leaves nothing. Several that do so together are not looked for.
void guard_exception(const Rule& rule, const Group& exception, Findings& findings) {
    if (exception.size() != 1 || exception[0].negated) return;
    const Condition& only = exception[0];
    for (const Pattern& pattern : only.paths)
        if (only.field == QUELL_FIELD_EXE && pattern.kind == Pattern::Kind::kCover && pattern.base == "/")
            findings.add(Code::kQ1306, pattern.where, "the exception '/**' covers every executable: the rule never fires",
                         "name the executables", pattern.text());
    // operations on places also meet what lies above the rule's paths
    if (only.field != QUELL_FIELD_PATH || rule.paths.empty() || (rule.operations & place_operations()) != 0) return;
    const bool all = std::all_of(rule.paths.begin(), rule.paths.end(), [&](const Pattern& path) {
        return std::any_of(only.paths.begin(), only.paths.end(), [&](const Pattern& wide) { return covers(wide, path); });
    });
    if (all)
        findings.add(Code::kQ1309, only.paths[0].where, "the exception covers every path of the rule, which never fires",
                     "name narrower paths", only.paths[0].text());
}

// The operations of a mask, for people: "'ptrace' and 'signal'".
std::string operations_text(std::uint64_t mask) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < kOperationWords.size(); i++)
        if (mask & QUELL_OP_BIT(i)) words.push_back(in_quotes(kOperationWords[i]));
    std::string text;
    for (std::size_t i = 0; i < words.size(); i++)
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    return text;
}

// A value that an operation does not have would never hold, or, below `not`, always.
void guard_fields(const Rule& rule, const Group& group, Findings& findings) {
    for (const Condition& condition : group) {
        const FieldRow& row = kFieldRows[condition.field];
        if (QUELL_FIELD_IS_IDENTITY(condition.field) && (rule.subjects & QUELL_SUBJECT_CONTAINER) == 0)
            findings.add(Code::kQ1326, rule.where, in_quotes(row.word) + " is not known of the host, which the rule is about", "set 'subject: container'", rule.id);
        const std::uint64_t without = rule.operations & ~row.operations;
        if (without == 0) continue;
        findings.add(Code::kQ1310, rule.where, in_quotes(row.word) + " is not known of " + operations_text(without),
                     (rule.operations & row.operations) != 0 ? "write a rule of its own for " + operations_text(without)
                                                             : "it is known of " + operations_text(row.operations),
                     rule.id);
    }
}

}  // namespace

const char* no_file(const Rule& rule, bool or_executable) {
    constexpr std::uint32_t kRegular = 8;  // S_IFREG >> 12
    constexpr std::uint64_t kCreate = QUELL_OP_BIT(QUELL_OP_CREATE), kSymlink = QUELL_OP_BIT(QUELL_OP_SYMLINK);
    if (rule.operations == kCreate) return "what 'create' makes is not there yet";
    if (rule.operations == kSymlink) return "a symbolic link is no regular file";
    std::uint64_t without = kCreate | kSymlink;
    if (!or_executable)  // kern/pending/note.h: what has no path has who acts for its object, and his executable alone
        for (std::size_t i = 0; i < kObjectKinds.size(); i++)
            if (kObjectKinds[i] == ObjectKind::NONE || i == QUELL_OP_UNIX_CONNECT) without |= QUELL_OP_BIT(i);
    if ((rule.operations & ~without) == 0) return "none of its operations is on a regular file that is there";
    for (const Condition& condition : rule.conditions) {
        const auto has_regular = [](const Range& range) { return range.first <= kRegular && kRegular <= range.last; };
        if (condition.field == QUELL_FIELD_TYPE && std::any_of(condition.ranges.begin(), condition.ranges.end(), has_regular) == condition.negated)
            return "it holds regular files, and the rule's 'type' leaves none";
    }
    return nullptr;
}

void guard_offers(const Rule& rule, const std::vector<const Node*>& offers, Findings& findings) {
    for (std::size_t i = 0; i < rule.offers.size(); i++)
        if (is_about_containers(rule.offers[i]) && (rule.subjects & QUELL_SUBJECT_CONTAINER) == 0)
            findings.add(Code::kQ1304, offers[i]->where, std::string(word_at(kResponseWords, rule.offers[i])) + " cannot work: the rule is about the host only",
                         "remove it, or set 'subject: any'", offers[i]->text);
    for (std::size_t i = 0; i < rule.offers.size(); i++)
        if (const char* why = is_about_files(rule.offers[i]) ? no_file(rule, rule.offers[i] == QUELL_RESPONSE_DENY_EXEC) : nullptr)
            findings.add(Code::kQ1322, offers[i]->where, std::string(word_at(kResponseWords, rule.offers[i])) + " cannot work: " + why, "remove it", offers[i]->text);
    if (rule.offers.empty() || (rule.subjects & QUELL_SUBJECT_HOST) == 0) return;
    for (const Pattern& pattern : rule.paths) {
        const auto hits = [&](std::string_view directory) { return at_or_below(place_of(pattern), directory); };
        if (std::any_of(kQuell.begin(), kQuell.end(), hits))
            findings.add(Code::kQ1305, pattern.where,
                         "an offer on " + in_quotes(pattern.text()) + " would hit Quell itself",
                         "set 'subject: container', or watch it in a rule without 'respond'", pattern.text());
        else if (std::any_of(kPrograms.begin(), kPrograms.end(), hits))
            for (const auto response : {QUELL_RESPONSE_QUARANTINE_FILE, QUELL_RESPONSE_DENY_EXEC})
                if (const std::string word(word_at(kResponseWords, response)); offers_response(rule, response))
                    findings.add(Code::kQ1305, pattern.where, word + " on " + in_quotes(pattern.text()) + " would stop PID 1 or a container runtime",
                                 "leave " + word + " out of the offers", pattern.text());
    }
}

void guard_deny(const Rule& rule, const Location& where, Findings& findings) {
    if (const std::uint64_t told = rule.operations & operation_names::TOLD; told != 0)
        findings.add(Code::kQ1312, where, operations_text(told) + " cannot be refused: it is told when it has happened", "leave 'deny' out, or write a rule of its own");
    if ((rule.subjects & QUELL_SUBJECT_HOST) == 0) return;
    for (const Pattern& pattern : rule.paths) {
        const auto hits = [&](std::string_view directory) { return may_meet(pattern, directory); };
        if (std::any_of(kQuell.begin(), kQuell.end(), hits) || std::any_of(kPrograms.begin(), kPrograms.end(), hits))
            findings.add(Code::kQ1305, pattern.where, "to refuse this on " + in_quotes(pattern.text()) + " would hit Quell, PID 1 or a container runtime",
                         "set 'subject: container', or name narrower paths", pattern.text());
    }
    if (rule.paths.empty() && rule.conditions.empty())
        findings.add(Code::kQ1305, where, "to refuse " + operations_text(rule.operations) + " to everybody on the host would hit PID 1 and the container runtimes",
                     "set 'subject: container', or say who or what is meant");
}

void guard_path(const Rule& rule, const Node* on, const Node* match, Findings& findings) {
    std::uint64_t needing = 0, without = 0;
    for (std::size_t i = 0; i < kObjectKinds.size(); i++) {
        if (kObjectKinds[i] == ObjectKind::NONE) without |= QUELL_OP_BIT(i);
        else if (kObjectKinds[i] != ObjectKind::EITHER) needing |= QUELL_OP_BIT(i);
    }
    const Node* path = match != nullptr ? match->find("path") : nullptr;
    if (path != nullptr && (rule.operations & without) != 0)
        findings.add(Code::kQ1311, path->where, operations_text(rule.operations & without) + " has no path",
                     (rule.operations & ~without) != 0 ? "write a rule of its own for it" : "leave 'path' out");
    if (path == nullptr && (rule.operations & needing) != 0)
        findings.add(Code::kQ1102, match != nullptr ? match->where : on != nullptr ? on->where : rule.where,
                     "match.path is missing, which " + operations_text(rule.operations & needing) + " needs",
                     "all paths are '/**'");
}

void guard_paths(const Rule& rule, Findings& findings) {
    for (const Pattern& pattern : rule.paths) warn_of_link(rule, pattern, findings);
    warn_of_links(rule, rule.conditions, findings);
    guard_fields(rule, rule.conditions, findings);
    guard_exceptions(rule, findings);
}

void guard_exceptions(const Rule& rule, Findings& findings) {
    for (const Group& exception : rule.exceptions) {
        warn_of_links(rule, exception, findings);
        guard_exception(rule, exception, findings);
        guard_fields(rule, exception, findings);
    }
    guard_shadowed(rule, findings);
}

}  // namespace quell::policy
