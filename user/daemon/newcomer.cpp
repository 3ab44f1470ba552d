// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/newcomer.h"

#include <sys/stat.h>

#include <cerrno>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/incident/identity_sources.h"
#include "user/response/cgroup.h"

namespace quell::daemon {
namespace {

constexpr std::size_t kCgroupBytes = 64 * 1024;
constexpr int kDepthMax = 64;  // of cgroups between the process and its container

Error gone() { return Error{"the container is gone", ESRCH, {}}; }

// The container is the outermost; below it its own cgroups may lie, in which its first process is by now.
std::uint64_t container_at(bpf::Engine& engine, std::string path) {
    for (int depth = 0; depth < kDepthMax && path.size() > 1; depth++) {
        struct stat info {};
        if (::stat(("/sys/fs/cgroup" + path).c_str(), &info) == 0 && engine.container(info.st_ino)) return info.st_ino;
        path.resize(path.rfind('/'));
    }
    return 0;
}

}  // namespace

Result<ManualFound> find_newcomer(bpf::Engine& engine, const IdentityReader& identities, std::uint64_t container) {
    const auto path = response::cgroup_path(container);
    if (path.size() < 2) return gone();
    ManualTarget target;
    target.container = path;
    auto found = find_manual_target(engine, identities, target);
    if (found && found->container != container) return gone();  // the path is another one's by now
    return found;
}

Result<ManualFound> find_newcomer(bpf::Engine& engine, const IdentityReader& identities, const ToldContainer& told) {
    const auto text = read_file("/proc/" + std::to_string(told.pid) + "/cgroup", kCgroupBytes);
    if (!text) return Error{"no such process: " + std::to_string(told.pid), ESRCH, {}};
    const auto container = container_at(engine, unified_path(*text));
    if (!container) return Error{"process " + std::to_string(told.pid) + " is in no container that Quell knows", ESRCH, {}};
    auto found = find_newcomer(engine, identities, container);
    if (!found) return found;
    if (identity::valid_id(told.id) && told.id != found->container_id)
        return Error{"process " + std::to_string(told.pid) + " is in container " + escape(found->container_id) + ", not in " + told.id, EINVAL, {}};
    fill_in(found->identity, found->runtime, told);
    return found;
}

}  // namespace quell::daemon
