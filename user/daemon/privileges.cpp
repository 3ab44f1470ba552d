// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/privileges.h"

#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include <array>
#include <memory>

namespace quell::daemon {
namespace {

constexpr std::array<cap_value_t, 5> kKept = {
    CAP_BPF,              // maps, the transition program, iterators; attaching a hook when a containment is prepared
    CAP_PERFMON,          // the same: LSM and tracing programs
    CAP_DAC_READ_SEARCH,  // cgroups by id (open_by_handle_at); bundles and layers that only a container's user may read
    CAP_KILL,             // pidfds of who left the cgroup
    CAP_SYS_PTRACE,       // /proc/PID/root and mountinfo of a container's init
};

}  // namespace

Status drop_privileges(std::optional<gid_t> group) {
    // a member may give its own files to the group, without CAP_CHOWN
    if (::setgroups(group ? 1 : 0, group ? &*group : nullptr)) return errno_error("cannot set groups");
    const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> set(cap_init(), cap_free);
    if (!set) return errno_error("cannot make a set of capabilities");
    for (const auto flag : {CAP_PERMITTED, CAP_EFFECTIVE})
        if (cap_set_flag(set.get(), flag, kKept.size(), kKept.data(), CAP_SET)) return errno_error("cannot fill a set of capabilities");
    for (cap_value_t one = 0; one <= CAP_LAST_CAP; one++) {
        bool kept = false;
        for (const auto keep : kKept) kept = kept || keep == one;
        // the bounding set is what an exec could bring back; one that the kernel does not know is not there
        if (!kept && cap_get_bound(one) > 0 && cap_drop_bound(one)) return errno_error("cannot drop a capability from the bounding set");
    }
    if (cap_set_proc(set.get())) return errno_error("cannot drop capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno_error("cannot set no_new_privs");
    return success();
}

}  // namespace quell::daemon
