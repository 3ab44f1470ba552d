// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/privileges.h"

#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include <array>
#include <memory>
#include <span>
#include <string>

#include "user/base/log.h"

namespace quell::daemon {
namespace {

struct Kept {
    cap_value_t capability;
    const char* without;  // what cannot be done then
};

// Each proven needed by vm-tests/system/capability_test.cpp. CAP_BPF and CAP_PERFMON are for loading alone: with the
// descriptors of the pins at hand, hooks are attached and maps written without (docs/design/013).
constexpr std::array<Kept, 3> kKept = {{
    {CAP_DAC_READ_SEARCH, "cgroups cannot be opened by their id: containers are killed process by process, and not paused"},
    {CAP_KILL, "processes that left their container's cgroup cannot be killed"},
    {CAP_SYS_PTRACE, "files of containers cannot be found by their path"},
}};

constexpr std::array<Kept, 2> kKeptForLoading = {{
    {CAP_BPF, "no program can be loaded for a policy that needs one more"},
    {CAP_PERFMON, "no program can be loaded for a policy that needs one more"},
}};

using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)>;

// What is kept and there: the bounding set of a unit may have taken one away. That is loud, and no reason not to detect.
Result<Capabilities> wanted(std::span<const Kept> all) {
    const Capabilities mine(cap_get_proc(), cap_free);
    Capabilities set(cap_init(), cap_free);
    if (!mine || !set) return errno_error("cannot read the capabilities");
    for (const auto& [capability, without] : all) {
        cap_flag_value_t there = CAP_CLEAR;
        if (cap_get_flag(mine.get(), capability, CAP_PERMITTED, &there)) return errno_error("cannot read a capability");
        if (there != CAP_SET) {
            const std::unique_ptr<char, int (*)(void*)> name(cap_to_name(capability), cap_free);
            log::error(std::string(name ? name.get() : "a capability") + " is not there: " + without);
            continue;
        }
        for (const auto flag : {CAP_PERMITTED, CAP_EFFECTIVE})
            if (cap_set_flag(set.get(), flag, 1, &capability, CAP_SET)) return errno_error("cannot fill a set of capabilities");
    }
    return set;
}

Status keep_only(std::span<const Kept> all) {
    auto set = wanted(all);
    if (!set) return set.error();
    for (cap_value_t one = 0; one <= CAP_LAST_CAP; one++) {
        bool kept = false;
        for (const auto& keep : all) kept = kept || keep.capability == one;
        // the bounding set is what an exec could bring back; one that the kernel does not know is not there
        if (!kept && cap_get_bound(one) > 0 && cap_drop_bound(one)) return errno_error("cannot drop a capability from the bounding set");
    }
    if (cap_set_proc(set->get())) return errno_error("cannot drop capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno_error("cannot set no_new_privs");
    return success();
}

}  // namespace

Status drop_privileges(std::optional<gid_t> group) {
    // a member may give its own files to the group, without CAP_CHOWN
    if (::setgroups(group ? 1 : 0, group ? &*group : nullptr)) return errno_error("cannot set groups");
    return keep_only(kKept);
}

Status keep_privileges_for_loading() {
    if (::setgroups(0, nullptr)) return errno_error("cannot set groups");
    return keep_only(kKeptForLoading);
}

}  // namespace quell::daemon
