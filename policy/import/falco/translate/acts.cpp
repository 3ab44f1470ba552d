// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/acts.h"

#include <algorithm>
#include <array>
#include <set>

#include "policy/import/falco/translate/texts.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

using Kind = Act::Kind;
using When = Act::When;

constexpr std::string_view kOpened = "a write is seen when the file is opened for it";
constexpr std::string_view kRead = "a read is seen when the file is opened for it";
constexpr std::string_view kStream = "seen at the next execution, by what its standard input or output is";
constexpr std::string_view kNamespace = "only a new user namespace is seen";
constexpr std::string_view kByName = "a new name is seen however it is made";
constexpr std::string_view kAttach = "seen as access to another process, as by ptrace";

constexpr std::array kActs = {
    Act{"open", "open-read", Kind::kFile, When::kAlways, "", ""},
    Act{"open", "open-write", Kind::kFile, When::kAlways, "", ""},
    Act{"open", "create", Kind::kFile, When::kCreates, "type: file", ""},
    Act{"openat", "open-read", Kind::kFile, When::kAlways, "", ""},
    Act{"openat", "open-write", Kind::kFile, When::kAlways, "", ""},
    Act{"openat", "create", Kind::kFile, When::kCreates, "type: file", ""},
    Act{"openat2", "open-read", Kind::kFile, When::kAlways, "", ""},
    Act{"openat2", "open-write", Kind::kFile, When::kAlways, "", ""},
    Act{"openat2", "create", Kind::kFile, When::kCreates, "type: file", ""},
    Act{"open_by_handle_at", "open-read", Kind::kFile, When::kAlways, "", "opening by handle is not told from other opening"},
    Act{"open_by_handle_at", "open-write", Kind::kFile, When::kAlways, "", "opening by handle is not told from other opening"},
    Act{"creat", "open-write", Kind::kFile, When::kAlways, "", ""},
    Act{"creat", "create", Kind::kFile, When::kCreates, "type: file", ""},
    Act{"execve", "exec", Kind::kExec, When::kAlways, "", ""},
    Act{"container", "exec", Kind::kExec, When::kAlways, "first-process: true", "a container is seen when its first process executes"},
    Act{"execveat", "exec", Kind::kExec, When::kAlways, "", ""},
    Act{"unlink", "delete", Kind::kFile, When::kAlways, "", ""},
    Act{"unlinkat", "delete", Kind::kFile, When::kAlways, "", ""},
    Act{"rename", "rename", Kind::kFile, When::kAlways, "", ""},
    Act{"renameat", "rename", Kind::kFile, When::kAlways, "", ""},
    Act{"renameat2", "rename", Kind::kFile, When::kAlways, "", ""},
    Act{"rename", "create", Kind::kFile, When::kNewName, "", kByName},
    Act{"renameat", "create", Kind::kFile, When::kNewName, "", kByName},
    Act{"renameat2", "create", Kind::kFile, When::kNewName, "", kByName},
    Act{"truncate", "truncate", Kind::kFile, When::kAlways, "", "O_TRUNC is seen too"},
    Act{"ftruncate", "truncate", Kind::kFile, When::kAlways, "", "O_TRUNC is seen too"},
    Act{"link", "link", Kind::kFile, When::kAlways, "", ""},
    Act{"linkat", "link", Kind::kFile, When::kAlways, "", ""},
    Act{"link", "create", Kind::kFile, When::kNewName, "", kByName},
    Act{"linkat", "create", Kind::kFile, When::kNewName, "", kByName},
    Act{"symlink", "symlink", Kind::kFile, When::kAlways, "", ""},
    Act{"symlinkat", "symlink", Kind::kFile, When::kAlways, "", ""},
    Act{"mkdir", "create", Kind::kFile, When::kAlways, "type: directory", ""},
    Act{"mkdirat", "create", Kind::kFile, When::kAlways, "type: directory", ""},
    Act{"mknod", "create", Kind::kFile, When::kAlways, "type: block-device,character-device,fifo,socket", ""},
    Act{"mknodat", "create", Kind::kFile, When::kAlways, "type: block-device,character-device,fifo,socket", ""},
    Act{"chmod", "chmod", Kind::kFile, When::kAlways, "", ""},
    Act{"fchmod", "chmod", Kind::kFile, When::kAlways, "", ""},
    Act{"fchmodat", "chmod", Kind::kFile, When::kAlways, "", ""},
    Act{"fchmodat2", "chmod", Kind::kFile, When::kAlways, "", ""},
    Act{"chown", "chown", Kind::kFile, When::kAlways, "", ""},
    Act{"lchown", "chown", Kind::kFile, When::kAlways, "", ""},
    Act{"fchown", "chown", Kind::kFile, When::kAlways, "", ""},
    Act{"fchownat", "chown", Kind::kFile, When::kAlways, "", ""},
    Act{"setxattr", "setxattr", Kind::kFile, When::kAlways, "", "removing an attribute is seen too"},
    Act{"lsetxattr", "setxattr", Kind::kFile, When::kAlways, "", "removing an attribute is seen too"},
    Act{"fsetxattr", "setxattr", Kind::kFile, When::kAlways, "", "removing an attribute is seen too"},
    Act{"removexattr", "setxattr", Kind::kFile, When::kAlways, "", "setting an attribute is seen too"},
    Act{"lremovexattr", "setxattr", Kind::kFile, When::kAlways, "", "setting an attribute is seen too"},
    Act{"fremovexattr", "setxattr", Kind::kFile, When::kAlways, "", "setting an attribute is seen too"},
    Act{"write", "open-write", Kind::kFile, When::kAlways, "", kOpened},
    Act{"writev", "open-write", Kind::kFile, When::kAlways, "", kOpened},
    Act{"pwrite", "open-write", Kind::kFile, When::kAlways, "", kOpened},
    Act{"pwritev", "open-write", Kind::kFile, When::kAlways, "", kOpened},
    Act{"fallocate", "open-write", Kind::kFile, When::kAlways, "", kOpened},
    Act{"read", "open-read", Kind::kFile, When::kAlways, "", kRead},
    Act{"readv", "open-read", Kind::kFile, When::kAlways, "", kRead},
    Act{"pread", "open-read", Kind::kFile, When::kAlways, "", kRead},
    Act{"preadv", "open-read", Kind::kFile, When::kAlways, "", kRead},
    Act{"sendfile", "open-read", Kind::kFile, When::kAlways, "", kRead},
    Act{"mmap", "mmap-exec", Kind::kFile, When::kAlways, "", "only executable mappings of files are seen"},
    Act{"mmap2", "mmap-exec", Kind::kFile, When::kAlways, "", "only executable mappings of files are seen"},
    Act{"mount", "mount", Kind::kOther, When::kAlways, "", ""},
    Act{"mount", "mount-over", Kind::kFile, When::kNewName, "", ""},
    Act{"fsmount", "mount", Kind::kOther, When::kAlways, "", ""},
    Act{"move_mount", "mount-over", Kind::kFile, When::kAlways, "", ""},
    Act{"umount", "unmount", Kind::kFile, When::kAlways, "", ""},
    Act{"umount2", "unmount", Kind::kFile, When::kAlways, "", ""},
    Act{"pivot_root", "pivot-root", Kind::kOther, When::kAlways, "", ""},
    Act{"ptrace", "ptrace", Kind::kOther, When::kAlways, "", ""},
    Act{"process_vm_readv", "ptrace", Kind::kOther, When::kAlways, "", kAttach},
    Act{"process_vm_writev", "ptrace", Kind::kOther, When::kAlways, "", kAttach},
    Act{"kill", "signal", Kind::kOther, When::kAlways, "", ""},
    Act{"tkill", "signal", Kind::kOther, When::kAlways, "", ""},
    Act{"tgkill", "signal", Kind::kOther, When::kAlways, "", ""},
    Act{"pidfd_send_signal", "signal", Kind::kOther, When::kAlways, "", ""},
    Act{"setuid", "setuid", Kind::kOther, When::kAlways, "", ""},
    Act{"seteuid", "setuid", Kind::kOther, When::kAlways, "", ""},
    Act{"setreuid", "setuid", Kind::kOther, When::kAlways, "", ""},
    Act{"setresuid", "setuid", Kind::kOther, When::kAlways, "", ""},
    Act{"setgid", "setuid", Kind::kOther, When::kAlways, "", "a change of the user is seen too"},
    Act{"setregid", "setuid", Kind::kOther, When::kAlways, "", "a change of the user is seen too"},
    Act{"setresgid", "setuid", Kind::kOther, When::kAlways, "", "a change of the user is seen too"},
    Act{"unshare", "user-namespace", Kind::kOther, When::kNewUser, "", ""},
    Act{"unshare", "user-namespace", Kind::kOther, When::kNotNewUser, "", kNamespace},
    Act{"clone", "user-namespace", Kind::kOther, When::kNewUser, "", ""},
    Act{"clone3", "user-namespace", Kind::kOther, When::kNewUser, "", ""},
    Act{"bpf", "bpf", Kind::kOther, When::kAlways, "", ""},
    Act{"init_module", "module-load", Kind::kOther, When::kAlways, "", ""},
    Act{"finit_module", "module-load", Kind::kOther, When::kAlways, "", ""},
    // what takes a capability that little else takes
    Act{"chroot", "capability", Kind::kOther, When::kAlways, "capability: sys-chroot", "any other use of CAP_SYS_CHROOT is seen too"},
    Act{"delete_module", "capability", Kind::kOther, When::kAlways, "capability: sys-module", "any other use of CAP_SYS_MODULE is seen too"},
    Act{"reboot", "capability", Kind::kOther, When::kAlways, "capability: sys-boot", "any other use of CAP_SYS_BOOT is seen too"},
    Act{"kexec_load", "capability", Kind::kOther, When::kAlways, "capability: sys-boot", "any other use of CAP_SYS_BOOT is seen too"},
    Act{"kexec_file_load", "capability", Kind::kOther, When::kAlways, "capability: sys-boot", "any other use of CAP_SYS_BOOT is seen too"},
    Act{"settimeofday", "capability", Kind::kOther, When::kAlways, "capability: sys-time", "any other use of CAP_SYS_TIME is seen too"},
    Act{"clock_settime", "capability", Kind::kOther, When::kAlways, "capability: sys-time", "any other use of CAP_SYS_TIME is seen too"},
    Act{"acct", "capability", Kind::kOther, When::kAlways, "capability: sys-pacct", "any other use of CAP_SYS_PACCT is seen too"},
    Act{"io_uring_setup", "io-uring", Kind::kOther, When::kAlways, "", ""},
    Act{"connect", "connect", Kind::kNetwork, When::kAlways, "", ""},
    Act{"connect", "unix-connect", Kind::kFile, When::kNamed, "", "what is sent to a unix socket is seen too"},
    Act{"bind", "bind", Kind::kNetwork, When::kAlways, "", ""},
    Act{"listen", "listen", Kind::kNetwork, When::kAlways, "", ""},
    Act{"accept", "accept", Kind::kNetwork, When::kAlways, "", ""},
    Act{"accept4", "accept", Kind::kNetwork, When::kAlways, "", ""},
    Act{"socket", "socket", Kind::kNetwork, When::kAlways, "", ""},
    Act{"dup", "exec", Kind::kStream, When::kAlways, "", kStream},
    Act{"dup2", "exec", Kind::kStream, When::kAlways, "", kStream},
    Act{"dup3", "exec", Kind::kStream, When::kAlways, "", kStream},
};

// That no hook shows, or none of ours.
constexpr std::array<std::string_view, 60> kUnseen = {
    "brk", "capset", "chdir", "close", "close_range", "copy_file_range", "epoll_create", "epoll_wait", "eventfd", "fchdir",
    "fcntl", "flock", "fork", "fsconfig", "futex", "getcwd", "getdents", "getdents64", "inotify_add_watch", "inotify_init", "io_uring_enter", "io_uring_register",
    "ioctl", "keyctl", "lseek", "lstat", "memfd_create", "mlock", "mprotect", "munmap", "nanosleep", "pidfd_getfd", "pidfd_open", "pipe",
    "poll", "ppoll", "prctl", "prlimit", "procexit", "quotactl", "recvfrom", "recvmmsg", "recvmsg", "rmdir", "seccomp", "select",
    "sendmmsg", "sendmsg", "sendto", "setns", "setpgid", "setrlimit", "setsid", "shutdown", "socketpair", "splice", "stat", "switch",
    "userfaultfd", "vfork"};

std::set<std::string_view> known_events() {
    std::set<std::string_view> all(kUnseen.begin(), kUnseen.end());
    for (const Act& act : kActs) all.insert(act.event);
    return all;
}

bool mentions(const std::vector<Literal>& literals, std::initializer_list<std::string_view> fields) {
    return std::any_of(literals.begin(), literals.end(), [&](const Literal& literal) {
        const std::string field = field_name(literal.check->left);
        return std::any_of(fields.begin(), fields.end(), [&](std::string_view one) { return field.starts_with(one); });
    });
}

bool asks_for_new_user(const std::vector<Literal>& literals) {
    return std::any_of(literals.begin(), literals.end(), [](const Literal& literal) {
        if (field_name(literal.check->left) != "evt.arg.flags" || literal.negated) return false;
        return std::any_of(literal.check->values.begin(), literal.check->values.end(), [](const Value& value) { return value.text.find("CLONE_NEWUSER") != std::string::npos; });
    });
}

bool is_asked(const Act& act, const std::vector<Literal>& literals) {
    switch (act.when) {
        case When::kAlways: return act.operation != "mount" || !mentions(literals, {"evt.arg.dir", "fs.path", "fd.name"});
        case When::kCreates: return mentions(literals, {"evt.is_open_create", "evt.is_open_exec"});
        case When::kNewName:
            if (act.operation == "mount-over") return mentions(literals, {"evt.arg.dir", "fs.path", "fd.name"});
            return mentions(literals, {"evt.arg.newpath", "fs.path.target"});
        case When::kNewUser: return asks_for_new_user(literals);
        case When::kNotNewUser: return !asks_for_new_user(literals);
        case When::kNamed:
            return std::any_of(literals.begin(), literals.end(), [](const Literal& literal) {
                const Operator op = literal.check->op;
                return literal.check->left.field == "fd.name" && !literal.negated && op != Operator::kExists && op != Operator::kNotEqual;
            });
    }
    return false;
}

// Types that a rule asks for without naming them.
std::vector<std::string_view> usual_events(const std::vector<Literal>& literals) {
    if (mentions(literals, {"fd.sip", "fd.cip", "fd.rip", "fd.lip", "fd.ip", "fd.net", "fd.snet", "fd.rnet", "fd.sport", "fd.rport", "fd.lport", "fd.port", "fd.l4proto"}))
        return {"connect", "accept", "listen"};
    if (mentions(literals, {"evt.arg.request"})) return {"ptrace"};
    if (mentions(literals, {"fd.", "fs.path", "evt.is_open"})) return {"open"};
    return {"execve"};
}

std::string listed(const std::set<std::string_view>& names) {
    std::string text;
    std::size_t count = 0;
    for (const std::string_view name : names) {
        if (++count > 8) return text + ", …";
        text += (text.empty() ? "" : ", ") + std::string(name);
    }
    return text;
}

// Calls that hardly anything uses: a rule that does not name them means them too.
constexpr std::array<std::string_view, 9> kRare = {"creat", "execveat", "fchmodat2", "fsmount", "openat2", "pidfd_send_signal", "renameat2", "seteuid", "setresgid"};

// Calls that do the same as one that is named, and are not told from it.
std::set<std::string_view> twins(const std::vector<Act>& acts, const std::set<std::string_view>& events) {
    std::set<std::string_view> found;
    for (const Act& act : acts)
        for (const Act& row : kActs) {
            const bool is_same = row.operation == act.operation && row.kind == act.kind && row.when == act.when && row.condition == act.condition && row.note.empty() && act.note.empty();
            if (is_same && !events.contains(row.event) && std::find(kRare.begin(), kRare.end(), row.event) == kRare.end()) found.insert(row.event);
        }
    return found;
}

}  // namespace

bool takes_any_descriptor(const Act& act) { return act.kind == Kind::kStream || act.note == kOpened || act.note == kRead; }

bool is_event_type(const Check& check) {
    const std::string field = field_name(check.left);
    return field == "evt.type" || field == "syscall.type";
}

std::optional<bool> holds_for(const Check& check, std::string_view event) {
    if (check.op == Operator::kExists) return true;
    const auto globs = globs_of(check);
    if (!globs) return std::nullopt;
    return std::any_of(globs->begin(), globs->end(), [&](const Glob& glob) { return wild_matches(glob, event); });
}

Acts acts_of(const std::vector<Literal>& literals) {
    Acts result;
    std::set<std::string_view> events = known_events();
    bool is_named = false;
    for (const Literal& literal : literals) {
        if (!is_event_type(*literal.check)) continue;
        const Check& check = *literal.check;
        const bool negated = literal.negated != (check.op == Operator::kNotEqual);
        Check asked = check;
        if (check.op == Operator::kNotEqual) asked.op = Operator::kEqual;
        if (!holds_for(asked, "")) return {{}, {}, "evt.type: its operator " + std::string(operator_word(check.op)) + " is not read"};
        if (!negated && !is_named)  // what is not in the list cannot be seen either
            for (const Value& value : check.values)
                if (asked.op == Operator::kEqual || right_of(asked.op) == Right::kList) events.insert(value.text);
        is_named = is_named || !negated;
        std::erase_if(events, [&](std::string_view event) { return *holds_for(asked, event) == negated; });
    }
    if (!is_named) {
        std::set<std::string_view> usual;
        for (const std::string_view event : usual_events(literals))
            if (events.contains(event)) usual.insert(event);
        result.notes.push_back({Change::kNarrower, "the rule names no event type, and is asked at " + listed(usual) + " only"});
        events = usual;
    }
    std::set<std::string_view> unseen;
    for (const std::string_view event : events) {
        const std::size_t before = result.acts.size();
        for (const Act& act : kActs)
            if (act.event == event && is_asked(act, literals)) result.acts.push_back(act);
        if (result.acts.size() == before) unseen.insert(event);
    }
    if (const auto others = twins(result.acts, events); is_named && !others.empty())
        result.notes.push_back({Change::kWider, listed(others) + " cannot be told from it, and " + (others.size() == 1 ? "counts" : "count") + " as well"});
    if (result.acts.empty())
        result.reason = unseen.empty() ? "evt.type: no event has all of them" : "evt.type: no hook sees " + listed(unseen);
    else if (!unseen.empty())
        result.notes.push_back({Change::kNarrower, listed(unseen) + (unseen.size() == 1 ? " is not seen" : " are not seen")});
    return result;
}

}  // namespace quell::policy::falco
