// SPDX-License-Identifier: Apache-2.0
#include "user/cli/doctor_checks.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "user/base/files.h"
#include "user/base/time.h"
#include "user/cli/incident_text.h"
#include "user/cli/kernel_config.h"
#include "user/cli/show_time.h"
#include "user/cli/terminal.h"

namespace quell::cli {

namespace {

constexpr std::size_t kFileMax = 1 << 20;

Check good(std::string name, std::string found) { return {std::move(name), Health::Good, safe(found), {}}; }
Check bad(std::string name, std::string found, std::string remedy) { return {std::move(name), Health::Bad, safe(found), std::move(remedy)}; }
Check unknown(std::string name, std::string found, std::string remedy) { return {std::move(name), Health::Unknown, safe(found), std::move(remedy)}; }

std::string first_line(std::string text) { return text.substr(0, text.find('\n')); }

// The fields of the mount table's lines: source, target, type.
std::string mount_type(const Host& host, std::string_view target) {
    const auto mounts = read_file(host.root + "/proc/self/mounts", kFileMax);
    if (!mounts) return {};
    std::istringstream lines(*mounts);
    std::string found;
    for (std::string one; std::getline(lines, one);) {
        std::istringstream fields(one);
        std::string source, at, type;
        fields >> source >> at >> type;
        if (at == target) found = type;  // the last one covers those before
    }
    return found;
}

bool is_there(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

}  // namespace

Host this_host() {
    utsname names{};
    uname(&names);
    return {"", names.release};
}

Check check_kernel(const Host& host) {
    int major = 0, minor = 0;
    const char* const end = host.release.data() + host.release.size();
    const auto dot = std::from_chars(host.release.data(), end, major);
    if (dot.ptr != end && *dot.ptr == '.') std::from_chars(dot.ptr + 1, end, minor);
    if (major > 6 || (major == 6 && minor >= 1)) return good("kernel", host.release);
    return bad("kernel", host.release, "boot a kernel of 6.1 or newer");
}

Check check_btf(const Host& host) {
    if (is_there(host.root + "/sys/kernel/btf/vmlinux")) return good("btf", "/sys/kernel/btf/vmlinux");
    return bad("btf", "no /sys/kernel/btf/vmlinux", "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

Check check_lsm(const Host& host) {
    const auto text = read_file(host.root + "/sys/kernel/security/lsm", 4096);
    if (!text)
        return unknown("lsm", "cannot read /sys/kernel/security/lsm", "mount it: mount -t securityfs securityfs /sys/kernel/security");
    const std::string list = first_line(*text);
    std::istringstream parts(list);
    // "capability" is always there and cannot be named at boot.
    std::string others;
    for (std::string one; std::getline(parts, one, ',');) {
        if (one == "bpf") return good("lsm", list);
        if (one != "capability") others += one + ",";
    }
    return bad("lsm", list + " (no bpf)", "add to the kernel's command line: lsm=" + safe(others) + "bpf (in /etc/default/grub, then update-grub, and boot)");
}

Check check_cgroups(const Host& host) {
    const std::string type = mount_type(host, "/sys/fs/cgroup");
    if (type == "cgroup2") return good("cgroups", "version 2");
    const std::string remedy = "boot with systemd.unified_cgroup_hierarchy=1";
    if (type.empty()) return bad("cgroups", "nothing is mounted on /sys/fs/cgroup", "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
    return bad("cgroups", "version 1 or hybrid, which Quell refuses", remedy);
}

Check check_bpffs(const Host& host) {
    if (mount_type(host, "/sys/fs/bpf") == "bpf") return good("bpffs", "/sys/fs/bpf");
    return bad("bpffs", "not mounted", "mount -t bpf bpf /sys/fs/bpf");
}

Check check_ftrace(const Host& host) {
    const auto text = read_file(host.root + "/proc/sys/kernel/ftrace_enabled", 32);
    if (!text) return bad("ftrace", "no /proc/sys/kernel/ftrace_enabled", "boot a kernel built with CONFIG_DYNAMIC_FTRACE=y");
    if (first_line(*text) == "1") return good("ftrace", "enabled");
    return bad("ftrace", "disabled: no BPF program on an LSM hook runs", "sysctl kernel.ftrace_enabled=1");
}

Check check_config(const Host& host) {
    const auto config = read_kernel_config(host.root, host.release);
    if (!config) return unknown("config", config.error().message, "install the kernel's /boot/config-" + host.release + ", or modprobe configs");
    // What the programs need to load and to run: BPF_EVENTS for the tracing ones (fentry, fexit, tp_btf, iterators), SECURITY_NETWORK
    // for unix_stream_connect, which records who asks, the direct calls for every hook of the LSM, AUDIT
    // for the login uid, which they read from the task.
    // Not the LSM's hooks of paths: RHEL's kernels have none, and Quell needs none.
    constexpr std::string_view kNeeded[] = {"BPF_LSM", "BPF_SYSCALL", "BPF_JIT", "BPF_EVENTS", "DEBUG_INFO_BTF", "SECURITY", "SECURITY_NETWORK", "CGROUPS",
                                            "CGROUP_BPF", "FUNCTION_TRACER", "DYNAMIC_FTRACE", "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "AUDIT", "UNIX"};
    std::string missing;
    for (const std::string_view option : kNeeded)
        if (!has_option(*config, option)) missing += (missing.empty() ? "CONFIG_" : " CONFIG_") + std::string(option) + "=y";
    if (missing.empty()) return good("config", std::to_string(std::size(kNeeded)) + " options set");
    return bad("config", "not set: " + missing, "boot a kernel built with " + missing);
}

// Before 7 a task's notes are not stored, and on 6.1 not found, on a CPU where another task was preempted while it stored
// (docs/design/015-one-lock.md).
Check check_preemption(const Host& host) {
    const auto text = read_file(host.root + "/proc/cmdline", kFileMax);
    if (!text) return unknown("preemption", "cannot read /proc/cmdline", "mount -t proc proc /proc");
    std::istringstream words(*text);
    std::string mode;
    for (std::string one; words >> one;)
        if (one.starts_with("preempt=")) mode = one;  // the last one counts
    if (mode.empty()) {
        const auto config = read_kernel_config(host.root, host.release);
        mode = config && has_option(*config, "PREEMPT") ? "full" : "the kernel's default";
    } else {
        mode = mode.substr(mode.find('=') + 1);
    }
    if (mode != "full" || !host.release.starts_with("6.")) return good("preemption", mode);
    return bad("preemption", mode + ": before 7 a process that is born or moved may be lost to its container", "boot with preempt=voluntary");
}

Check canary_from(const control::Json& status, std::int64_t now_wall_ns) {
    // quelld tries every 10 s.
    constexpr std::int64_t kOldNs = 30 * kNsPerSecond;
    const std::string canary = text_of(status, "canary");
    const auto checked = parse_time(control::string_member(status, "canary_checked"));
    const std::int64_t age_ns = checked ? std::max<std::int64_t>(0, now_wall_ns - *checked) : 0;
    const std::string found = canary + (checked ? ", tried " + s_text(age_ns / kNsPerSecond) + " ago" : ", tried at an unknown time");
    if (canary == "unknown") return bad("canary", "unknown: it was not tried yet, or cannot be", "journalctl -u quelld says why");
    if (canary != "denied") return bad("canary", found + ": the hooks do not refuse", "see the other lines; then systemctl restart quelld");
    if (!checked || age_ns > kOldNs) return unknown("canary", found, "quelld tries every 10 s: see why it did not, journalctl -u quelld");
    return good("canary", found);
}

}  // namespace quell::cli
