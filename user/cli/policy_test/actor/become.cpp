// SPDX-License-Identifier: Apache-2.0
// Who acts: ids, capabilities, and what standard input and output are.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/abi.h"
#include "user/cli/policy_test/actor/actor.h"

namespace quell::act {
namespace {

// What S_IFMT has in its upper bits, as conditions on types do.
constexpr std::uint32_t kFifo = 1, kCharacterDevice = 2, kDirectory = 4, kRegular = 8, kSocket = 12;

// Not at `number`: whoever is there is closed first. -1: of a type that is not made here.
int open_of_type(std::uint32_t type) {
    int ends[2] = {-1, -1};
    switch (type) {
        case kFifo: return pipe(ends) ? -1 : ends[0];
        case kSocket: return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ? -1 : ends[0];
        case kDirectory: return open("/", O_RDONLY | O_DIRECTORY);
        case kRegular: return static_cast<int>(syscall(SYS_memfd_create, "quell", 0));
        case kCharacterDevice: return dup(kTerminalFd);
        default: return -1;
    }
}

void set_descriptor(int number, std::uint32_t type) {
    close(number);
    if (type == 0) return;
    const int made = open_of_type(type);
    if (made < 0 || (made != number && dup2(made, number) < 0)) give_up("making standard input and output");
    if (made != number) close(made);
}

// Who is no longer user 0 has no capability in effect, but may take again what is permitted.
void set_capabilities(std::uint64_t effective) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data)) give_up("reading its capabilities");
    for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted & static_cast<std::uint32_t>(effective >> (32 * i));
    if (syscall(SYS_capset, &header, data)) give_up("setting its capabilities");
}

}  // namespace

void become(const Plan& plan) {
    const gid_t gid = plan.numbers[QUELL_FIELD_GID];
    const uid_t uid = plan.numbers[QUELL_FIELD_UID];
    set_descriptor(0, plan.operation == QUELL_OP_EXEC ? plan.numbers[QUELL_FIELD_STDIN] : 0);
    set_descriptor(1, plan.operation == QUELL_OP_EXEC ? plan.numbers[QUELL_FIELD_STDOUT] : 0);
    if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, nullptr) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) give_up("taking its ids");
    set_capabilities(plan.capabilities);
    umask(0);
    // what is executed must find no plan, nor hold up the end of what is waited for
    for (int fd = kPlanFd; fd <= kLastFd; fd++) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace quell::act
