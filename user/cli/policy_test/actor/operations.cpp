// SPDX-License-Identifier: Apache-2.0
// One system call an operation, so that nothing else can be what a rule saw.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "kern/abi.h"
#include "user/cli/policy_test/actor/actor.h"
#include "user/cli/policy_test/actor/mountable.h"

namespace quell::act {
namespace {

constexpr std::uint32_t kTraceMe = 2;

// 0 is what a scenario does not say.
int number_or(const Plan& plan, std::uint32_t field, int otherwise) { return plan.numbers[field] != 0 ? static_cast<int>(plan.numbers[field]) : otherwise; }

int make(const Plan& plan) {
    const mode_t mode = plan.numbers[QUELL_FIELD_NEW_MODE] & 07777, type = plan.numbers[QUELL_FIELD_TYPE] << 12;
    if (S_ISDIR(type)) return mkdir(plan.path, mode);
    if (S_ISLNK(type)) return symlink(".", plan.path);
    return mknod(plan.path, type | mode, S_ISCHR(type) ? 0x103 /* null */ : 0);
}

int open_it(const Plan& plan, int how) {
    const int fd = open(plan.path, how | static_cast<int>(plan.numbers[QUELL_FIELD_OPEN_FLAGS]), 0600);
    return fd < 0 ? -1 : 0;
}

// Up to 255 pointers into the texts.
void pointers(const Texts& texts, char** list) {
    const char* text = texts.bytes;
    for (std::uint32_t i = 0; i < texts.count; i++, text += std::strlen(text) + 1) *list++ = const_cast<char*>(text);
    *list = nullptr;
}

int execute(const Plan& plan) {
    static char* argv[258];
    static char* envp[258];
    pointers(plan.arguments, argv);
    pointers(plan.environment, envp);
    if (plan.numbers[QUELL_FIELD_MEMFD] != 0) return static_cast<int>(syscall(SYS_execveat, kNeutralFd, "", argv, envp, AT_EMPTY_PATH));
    return execve(plan.path, argv, envp);
}

// The kernel asks for the capability before it looks at anything else, and then finds nothing to do.
int use_capability(std::uint32_t capability) {
    ifreq interface{};
    std::strcpy(interface.ifr_name, "none");
    switch (capability) {
        case 12: return ioctl(prepared.fd, SIOCSIFFLAGS, &interface);
        case 13: return socket(AF_PACKET, SOCK_RAW, 0);
        case 16: return static_cast<int>(syscall(SYS_delete_module, "", O_NONBLOCK));
        case 18: return chroot("/");
        case 21: return sethostname("", static_cast<std::size_t>(-1));
        case 22: return static_cast<int>(syscall(SYS_reboot, 0, 0, 0, nullptr));
        case 25: return static_cast<int>(syscall(SYS_settimeofday, nullptr, nullptr));
        case 34: return klogctl(9 /* the size of what is unread */, nullptr, 0);
        default: errno = EOPNOTSUPP; return -1;
    }
}

int take_ids(const Plan& plan) {
    const uid_t uid = plan.numbers[QUELL_FIELD_NEW_UID];
    if (uid != plan.numbers[QUELL_FIELD_UID]) return static_cast<int>(syscall(SYS_setresuid, -1, uid, -1));
    return static_cast<int>(syscall(SYS_setresgid, -1, plan.numbers[QUELL_FIELD_NEW_GID], -1));
}

int unix_connect(const Plan& plan) {
    sockaddr_un address{AF_UNIX, {}};
    socklen_t length = sizeof address;
    if (plan.path[0] != '\0')
        std::memcpy(address.sun_path, plan.path, sizeof address.sun_path - 1);  // a path that fits
    else
        length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1) + static_cast<socklen_t>(std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "quell-actor-%d", getpid()));
    return connect(prepared.fd, reinterpret_cast<sockaddr*>(&address), length);
}

int with_address(const Plan& plan, int (*call)(int, const sockaddr*, socklen_t)) {
    sockaddr_storage address{};
    const unsigned length = socket_address(plan, &address);
    return call(prepared.fd, reinterpret_cast<sockaddr*>(&address), length);
}

int command_bpf(std::uint32_t command) {
    bpf_attr nothing;
    std::memset(&nothing, 0, sizeof nothing);
    return static_cast<int>(syscall(SYS_bpf, command, &nothing, sizeof nothing));
}

int make_ring() {
    std::uint8_t parameters[120] = {};
    return static_cast<int>(syscall(SYS_io_uring_setup, 1, parameters));
}

int call(const Plan& plan) {
    const auto& numbers = plan.numbers;
    switch (plan.operation) {
        case QUELL_OP_DELETE: return numbers[QUELL_FIELD_TYPE] == 4 ? rmdir(plan.path) : unlink(plan.path);
        case QUELL_OP_RENAME: return rename(plan.path, plan.other);
        case QUELL_OP_TRUNCATE: return truncate(plan.path, 0);
        case QUELL_OP_LINK: return link(plan.path, plan.other);
        case QUELL_OP_MOUNT_OVER: return mount(plan.path, plan.path, nullptr, kMountOverAlways | (numbers[QUELL_FIELD_MOUNT_FLAGS] & kMountOverMay), nullptr);
        case QUELL_OP_UNMOUNT: return umount2(plan.path, MNT_DETACH);
        case QUELL_OP_OPEN_READ: return open_it(plan, O_RDONLY);
        case QUELL_OP_OPEN_WRITE: return open_it(plan, O_WRONLY);
        case QUELL_OP_CREATE: return make(plan);
        case QUELL_OP_CHMOD: return chmod(plan.path, numbers[QUELL_FIELD_NEW_MODE] & 07777);
        case QUELL_OP_CHOWN: return lchown(plan.path, numbers[QUELL_FIELD_NEW_OWNER], numbers[QUELL_FIELD_NEW_GROUP]);
        case QUELL_OP_SETXATTR:
            // any file may have the one, only whoever holds that capability may set it
            return lsetxattr(plan.path, plan.capabilities >> CAP_SYS_ADMIN & 1 ? "trusted.quell" : "user.quell", "x", 1, 0);
        case QUELL_OP_EXEC: return execute(plan);
        case QUELL_OP_MMAP_EXEC: return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, prepared.fd, 0) == MAP_FAILED ? -1 : 0;
        case QUELL_OP_MOUNT:
            return mount("none", plan.other, mountable(numbers[QUELL_FIELD_FILESYSTEM]), numbers[QUELL_FIELD_READ_ONLY] != 0 ? MS_RDONLY : 0, nullptr);
        case QUELL_OP_PIVOT_ROOT: return static_cast<int>(syscall(SYS_pivot_root, plan.other, plan.other));
        case QUELL_OP_PTRACE:
            return static_cast<int>(numbers[QUELL_FIELD_TRACE] == kTraceMe ? ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)
                                                                           : ptrace(PTRACE_SEIZE, prepared.process, nullptr, nullptr));
        case QUELL_OP_SIGNAL: return kill(prepared.process, number_or(plan, QUELL_FIELD_SIGNAL, SIGCONT));
        case QUELL_OP_SETUID: return take_ids(plan);
        case QUELL_OP_CAPABILITY: return use_capability(numbers[QUELL_FIELD_CAPABILITY]);
        case QUELL_OP_USER_NAMESPACE: return unshare(CLONE_NEWUSER);
        case QUELL_OP_BPF: return command_bpf(numbers[QUELL_FIELD_COMMAND]);
        case QUELL_OP_CONNECT: return with_address(plan, connect);
        case QUELL_OP_BIND: return with_address(plan, bind);
        case QUELL_OP_LISTEN: return listen(prepared.fd, 1);
        case QUELL_OP_ACCEPT: return accept(prepared.fd, nullptr, nullptr);
        case QUELL_OP_SOCKET:
            return socket(number_or(plan, QUELL_FIELD_FAMILY, AF_INET), number_or(plan, QUELL_FIELD_SOCKET_TYPE, SOCK_STREAM), static_cast<int>(numbers[QUELL_FIELD_PROTOCOL]));
        case QUELL_OP_UNIX_CONNECT: return unix_connect(plan);
        case QUELL_OP_IO_URING: return make_ring();
        case QUELL_OP_OVERWRITE: return pwrite(prepared.fd, "Q", 1, 0) == 1 ? 0 : -1;
        case QUELL_OP_SYMLINK: return symlink(plan.link_target[0] != '\0' ? plan.link_target : ".", plan.path);
        default: errno = EOPNOTSUPP; return -1;
    }
}

}  // namespace

int perform(const Plan& plan) {
    errno = 0;
    return call(plan) < 0 ? errno : 0;
}

}  // namespace quell::act
