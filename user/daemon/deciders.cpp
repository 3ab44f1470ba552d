// SPDX-License-Identifier: Apache-2.0
// What Decisions is told at the start: who has which role, what was approved
// before, and which pod is Quell's own.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/daemon/daemon.h"
#include "user/history/history.h"
#include "user/incident/identity.h"

namespace quell::daemon {

// Groups by number: who is in them is told by the socket.
approval::Groups Daemon::deciding_groups() {
    approval::Groups groups;
    std::string missing;
    const auto find = [&](const std::string& name, const auto& take) {
        if (const auto group = group_id(name)) take(*group);
        else missing += (missing.empty() ? "" : ", ") + escape(name);
    };
    if (!config_.operators_group.empty()) find(config_.operators_group, [&](gid_t group) { groups.roles.emplace_back(group, approval::Role::kAdmin); });
    for (const auto& [role, names] : config_.roles)
        for (const auto& name : names) find(name, [&, given = role](gid_t group) { groups.roles.emplace_back(group, given); });
    for (const auto& name : config_.break_glass) find(name, [&](gid_t group) { groups.break_glass.push_back(group); });
    // Not asked again: a directory of users that does not answer would hold up every decision.
    vitals_.groups_warning = missing.empty() ? "" : "no such group: " + missing + " (quell.yaml); it gives nobody a role until quelld is restarted and finds it";
    if (!missing.empty()) log::warn(vitals_.groups_warning);
    return groups;
}

// What rules have approved within the last hour counts on. Without a file there was nothing; one that cannot be read may hold anything.
void Daemon::count_automatic() {
    const auto now = static_cast<std::int64_t>(boottime_ns());
    if (::access(config_.history_path.c_str(), F_OK) && errno == ENOENT) return;
    auto file = history::History::open_read_only(config_.history_path);
    auto rows = file ? file->approved_by_rules(wall_ns() - approval::HourGuard::kHourNs) : Result<std::vector<history::Row>>(file.error());
    if (rows) {
        decisions_->guard().remember(*rows, now, wall_ns(), boot_id());
    } else {
        log::warn("no automatic response for an hour: " + rows.error().message);
        decisions_->guard().close(now);
    }
    // and how many containers were acted on within the guard's time
    if (!config_.guards.containers) return;
    const auto per_ns = config_.guards.per_ns;
    auto approved = file ? file->approved(wall_ns() - static_cast<std::int64_t>(per_ns)) : Result<std::vector<history::Row>>(file.error());
    if (!approved) return decisions_->containers().close(now + static_cast<std::int64_t>(per_ns));
    for (const auto& row : *approved)
        if (approval::acts_on_container(row.response))
            decisions_->containers().add(row.boot_id == boot_id() ? static_cast<std::int64_t>(row.boot_ns) : now - std::max<std::int64_t>(0, wall_ns() - row.wall_ns), per_ns);
}

// "" where Quell runs in no pod, or its runtime does not say.
std::string Daemon::own_pod() const {
    const auto container = engine_->container(engine_->globals().self_container);
    auto files = TrustedFiles::open();
    if (!container || !files) return {};
    const auto who = IdentityReader(std::move(*files)).find(static_cast<quell_runtime>(container->runtime), {container->id, strnlen(container->id, sizeof(container->id))});
    return who.pod && who.pod_namespace ? *who.pod_namespace + "/" + *who.pod : std::string{};
}

}  // namespace quell::daemon
