// SPDX-License-Identifier: Apache-2.0
#include "policy/check/guard.h"

#include <algorithm>
#include <array>

namespace quell::policy {
namespace {

// Quell's own programs and state. Whoever acts there is, as a rule, Quell.
constexpr std::array<std::string_view, 8> kQuell = {
    "/usr/sbin/quelld", "/usr/bin/quell", "/usr/lib/quell", "/etc/quell",
    "/run/quell", "/var/lib/quell", "/sys/fs/bpf/quell", "/usr/lib/systemd/system/quelld.service",
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

bool offers_response(const Rule& rule, std::uint32_t response) {
    return std::find(rule.offers.begin(), rule.offers.end(), response) != rule.offers.end();
}

void warn_of_link(const Rule& rule, const Pattern& pattern, Findings& findings) {
    // images without a merged /usr exist, so in containers such a path may be real
    if (rule.subjects != QUELL_SUBJECT_HOST) return;
    for (const HostLink& link : kHostLinks) {
        if (!at_or_below(pattern.base, link.from)) continue;
        const std::string text = pattern.text();
        findings.add(Code::kQ1208, pattern.where, in_quotes(link.from) + " is a link to " + in_quotes(link.to) + " on the host",
                     "write " + in_quotes(std::string(link.to) + text.substr(link.from.size())), text);
    }
}

}  // namespace

void guard_offers(const Rule& rule, const std::vector<const Node*>& offers, Findings& findings) {
    for (std::size_t i = 0; i < rule.offers.size(); i++)
        if (rule.offers[i] == QUELL_RESPONSE_KILL_CONTAINER && (rule.subjects & QUELL_SUBJECT_CONTAINER) == 0)
            findings.add(Code::kQ1304, offers[i]->where, "kill-container cannot work: the rule is about the host only",
                         "remove it, or set 'subject: any'", offers[i]->text);
    if (rule.offers.empty() || (rule.subjects & QUELL_SUBJECT_HOST) == 0) return;
    for (const Pattern& pattern : rule.paths) {
        const auto hits = [&](std::string_view directory) { return at_or_below(pattern.base, directory); };
        if (std::any_of(kQuell.begin(), kQuell.end(), hits))
            findings.add(Code::kQ1305, pattern.where,
                         "an offer on " + in_quotes(pattern.text()) + " would hit Quell itself",
                         "set 'subject: container', or watch it in a rule without 'respond'", pattern.text());
        else if (offers_response(rule, QUELL_RESPONSE_QUARANTINE_FILE) &&
                 std::any_of(kPrograms.begin(), kPrograms.end(), hits))
            findings.add(Code::kQ1305, pattern.where,
                         "quarantine-file on " + in_quotes(pattern.text()) + " would stop PID 1 or a container runtime",
                         "leave quarantine-file out of the offers", pattern.text());
    }
}

void guard_paths(const Rule& rule, Findings& findings) {
    for (const Pattern& pattern : rule.paths) warn_of_link(rule, pattern, findings);
    for (const Pattern& pattern : rule.exceptions) {
        warn_of_link(rule, pattern, findings);
        if (pattern.kind == Pattern::Kind::kCover && pattern.base == "/")
            findings.add(Code::kQ1306, pattern.where, "the exception '/**' covers every executable: the rule never fires",
                         "name the executables", pattern.text());
    }
}

}  // namespace quell::policy
