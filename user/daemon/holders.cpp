// SPDX-License-Identifier: Apache-2.0
// Who holds the file of an incident, and whose image it is of: for show and
// preview.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "user/base/escape.h"
#include "user/base/fd.h"
#include "user/base/time.h"
#include "user/daemon/daemon.h"
#include "user/incident/describe.h"
#include "user/incident/mounts.h"
#include "user/incident/offers.h"
#include "user/response/holders.h"
#include "user/response/local_files.h"
#include "user/response/process.h"

namespace quell::daemon {
namespace {

constexpr std::uint64_t kUsersLimitNs = 1'000'000'000;

struct Held {
    Result<response::Holders> holders = response::Holders{};
    std::vector<std::string> users;  // escaped
};

// Is that file what the container sees at some end of the path, below all of its layers?
bool sees(bpf::Engine& engine, const bpf::ContainerEntry& container, const quell_identity& file, const std::string& path) {
    quell_task_ref init{};
    init.pid = container.value.init_pid;
    init.start_ns = container.value.init_start_ns;
    const Fd root(::open(("/proc/" + std::to_string(init.pid) + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto mounts = MountTable::of_task(static_cast<pid_t>(init.pid));
    if (!root || !mounts || !response::is_local(*mounts, "/") || !response::is_alive(init)) return false;
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;  // opens nothing
    // what is of its image lies in its root: what is mounted in there is another's, who may never answer
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    for (auto at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
        const Fd opened(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str() + at, &how, sizeof(how))));
        const auto facts = opened ? engine.open_file(opened.get(), container.cgroup) : Result<quell_open_file>(Error{});
        if (facts && (facts->object_flags & QUELL_OBJECT_LOWER) && std::memcmp(&facts->file.file, &file, sizeof(file)) == 0) return true;
    }
    return false;
}

// Running containers that have the host's file in their image: where it is refused, it is refused to them.
std::vector<std::string> users_of(bpf::Engine& engine, const IdentityReader& identities, const quell_identity& file, const std::string& path) {
    std::vector<std::string> users;
    const auto until_ns = boottime_ns() + kUsersLimitNs;
    for (const auto& container : engine.containers()) {
        if (boottime_ns() > until_ns) {
            users.emplace_back("others, perhaps: there was no time to look at every container");
            break;
        }
        if (!sees(engine, container, file, path)) continue;
        const std::string id(container.value.id, strnlen(container.value.id, sizeof(container.value.id)));
        const auto who = identities.find(static_cast<quell_runtime>(container.value.runtime), id);
        users.push_back((who.name ? escape(*who.name) + " " : std::string()) + "(" + escape(id.substr(0, 12)) + ")");
    }
    return users;
}

control::Json members_of(const Held& held, bool has_container) {
    control::Json json = control::Json::object();
    if (!held.users.empty()) json["users"] = held.users;
    if (!held.holders) return json;
    json["holders"] = control::Json::array();
    for (const auto& one : held.holders->list) {
        if (json["holders"].size() >= incident::kListedMax) break;
        json["holders"].push_back(incident::process_json(one.task, response::holder_text(one, has_container)));
    }
    if (held.holders->is_whole) json["holders_count"] = held.holders->list.size();
    return json;
}

}  // namespace

// All processes are walked for it, and containers' roots looked into: not on the loop, which has others to answer.
void Daemon::with_holders(const incident::Incident& incident, std::function<void(const control::Json&)> then) {
    const auto& entry = incident.entry;
    const bool is_offered = incident.waits() && (entry.offers & QUELL_BIT(QUELL_RESPONSE_QUARANTINE_FILE)) && !(entry.object_flags & QUELL_OBJECT_LAST_LINK);
    if (!is_offered && !incident.holds_file()) return then(control::Json::object());
    const auto container = incident.key.container;
    // a file of the host, by itself: it may lie in the layer of an image
    const std::string path = container || (entry.object_flags & QUELL_OBJECT_OVERLAY) ? std::string() : incident.path;
    // holders are asked of the kernel: only who looks into roots may wait for a file system that never answers
    auto& worker = path.empty() ? *namer_ : *walker_;
    auto submitted = worker.submit(
        [this, file = entry.file, inode = entry.inode, container, path, identities = identities_] {
            return Held{response::holders_of(*engine_, file, inode, container), path.empty() ? std::vector<std::string>() : users_of(*engine_, *identities, file.file, path)};
        },
        [then, container](const Held& held) { then(members_of(held, container != 0)); });
    if (!submitted) then(control::Json::object());
}

}  // namespace quell::daemon
