// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/manual.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <tuple>

#include "user/base/escape.h"
#include "user/base/fd.h"
#include "user/base/files.h"
#include "user/base/own_programs.h"
#include "user/daemon/pods.h"
#include "user/response/cgroup.h"
#include "user/response/process.h"

namespace quell::daemon {
namespace {

constexpr std::size_t kIdDigitsMin = 4;
constexpr std::size_t kArgumentsBytes = 64 * 1024;
constexpr std::size_t kNamedMax = 8;  // in a message

Error error(int code, std::string text) { return Error{std::move(text), code, {}}; }

std::string id_of(const quell_container& container) { return {container.id, strnlen(container.id, sizeof(container.id))}; }

bool is_beginning_of_id(const std::string& text) {
    return text.size() >= kIdDigitsMin && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_called(const ContainerIdentity& identity, const std::string& text) {
    const auto& [name, pod, space] = std::tie(identity.name, identity.pod, identity.pod_namespace);
    if (name && *name == text) return true;
    if (!name || !pod) return false;
    return *pod + "/" + *name == text || (space && *space + "/" + *pod + "/" + *name == text);
}

// By the number that the kernel gave it.
Result<std::uint64_t> by_cgroup(bpf::Engine& engine, const std::string& path) {
    struct stat info {};
    const bool is_there = path.find("..") == std::string::npos && ::stat(("/sys/fs/cgroup" + path).c_str(), &info) == 0;
    if (!is_there || !engine.container(info.st_ino)) return error(ESRCH, "no container has the cgroup " + escape(path));
    return static_cast<std::uint64_t>(info.st_ino);
}

Result<std::uint64_t> find_container(bpf::Engine& engine, const IdentityReader& identities, const std::string& text) {
    if (text.starts_with('/')) return by_cgroup(engine, text);
    const auto containers = engine.containers();
    std::vector<bpf::ContainerEntry> found;
    if (is_beginning_of_id(text))
        std::ranges::copy_if(containers, std::back_inserter(found), [&](const auto& one) { return id_of(one.value).starts_with(text); });
    if (found.empty())
        std::ranges::copy_if(containers, std::back_inserter(found), [&](const auto& one) {
            return is_called(identities.find(static_cast<quell_runtime>(one.value.runtime), id_of(one.value)), text);
        });
    if (found.empty()) return error(ESRCH, "no container is called " + escape(text));
    if (found.size() == 1) return found.front().cgroup;
    std::string names;
    for (const auto& one : found)
        if (std::ranges::count(names, ',') + 1 < static_cast<std::ptrdiff_t>(kNamedMax)) names += (names.empty() ? "" : ", ") + escape(id_of(one.value).substr(0, 12));
    return error(ENOTUNIQ, std::to_string(found.size()) + " containers are called " + escape(text) + ": " + names);
}

// "" and nothing where the process may not be looked at, or has ended.
void describe_process(ManualFound& found, quell_u32 pid) {
    const auto proc = "/proc/" + std::to_string(pid);
    std::array<char, 4096> exe;
    if (const auto n = ::readlink((proc + "/exe").c_str(), exe.data(), exe.size()); n > 0) found.exe.assign(exe.data(), static_cast<std::size_t>(n));
    const auto text = read_file(proc + "/cmdline", kArgumentsBytes);
    if (!text) return;
    for (std::size_t at = 0; at < text->size();) {
        const auto end = std::min(text->find('\0', at), text->size());
        found.arguments.push_back(text->substr(at, end - at));
        at = end + 1;
    }
}

bool is_quells_own(int descriptor);

// The entry's object and file, from what the kernel side tells of a descriptor.
void bind_facts(quell_pending& entry, const quell_open_file& facts) {
    entry.file = facts.file;
    entry.upper_root = facts.upper_root;
    entry.inode = facts.inode;
    entry.device = facts.device;
    entry.overlay_device = facts.overlay_device;
    entry.object_flags = facts.object_flags & ~QUELL_OBJECT_LASTS;
}

// What deny-exec would deny. Without it that is not offered.
void bind_executable(bpf::Engine& engine, ManualFound& found, quell_u32 pid) {
    const Fd file(::open(("/proc/" + std::to_string(pid) + "/exe").c_str(), O_PATH | O_CLOEXEC));
    if (!file || is_quells_own(file.get())) return;
    const auto facts = engine.open_file(file.get(), found.container);
    if (!facts || !(facts->object_flags & QUELL_OBJECT_FILE)) return;
    bind_facts(found.entry, *facts);
    found.entry.object_flags = (found.entry.object_flags & ~QUELL_OBJECT_FILE) | QUELL_OBJECT_ACTOR;
}

Result<ManualFound> find_process(bpf::Engine& engine, quell_u32 pid) {
    auto process = engine.process(pid);
    if (!process) return process.error();
    ManualFound found;
    found.container = process->container;
    found.entry.chain[0] = process->task;
    found.entry.chain[0].actor = QUELL_ACTOR_NEW;
    found.entry.chain_count = 1;
    describe_process(found, pid);
    bind_executable(engine, found, pid);
    // what was read is of that process only if it is still there
    if (!response::is_alive(process->task)) return error(ESRCH, "process " + std::to_string(pid) + " has exited");
    return found;
}

}  // namespace

Result<Fd> open_root(bpf::Engine& engine, std::uint64_t id) {
    if (!id) {
        Fd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        return root ? Result<Fd>(std::move(root)) : Result<Fd>(errno_error("cannot open /"));
    }
    const auto container = engine.container(id);
    if (!container) return error(ESRCH, "the container is gone");
    quell_task_ref init{};
    init.pid = container->init_pid;
    init.start_ns = container->init_start_ns;
    Fd root(::open(("/proc/" + std::to_string(init.pid) + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    // its number may have been given to another process, which is seen once the descriptor is there
    if (!root || !response::is_alive(init)) return error(ESRCH, "the container's first process has ended: its files are not to be reached by path");
    return root;
}

namespace {

// Containing what Quell lives on would leave nobody to take it back.
bool is_quells_own(int descriptor) {
    struct stat file {}, own {};
    if (::fstat(descriptor, &file)) return true;
    const auto is_it = [&](const char* path) { return ::stat(path, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino; };
    if (is_it("/proc/self/exe") || std::ranges::any_of(kOwnPrograms, is_it)) return true;
    std::array<char, 4096> path;
    const auto n = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path.data(), path.size());
    const std::string_view text(path.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return std::ranges::any_of(std::array{"/var/lib/quell/", "/etc/quell/", "/run/quell/"}, [&](const char* own_dir) { return text.starts_with(own_dir); });
}

Result<ManualFound> find_file(bpf::Engine& engine, std::uint64_t container, const std::string& path) {
    if (!path.starts_with('/')) return error(EINVAL, "a path must be absolute: " + escape(path));
    auto root = open_root(engine, container);
    if (!root) return root.error();
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;  // opens nothing: a FIFO holds nobody up, and no hook refuses it
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Fd file(static_cast<int>(::syscall(SYS_openat2, root->get(), path.c_str(), &how, sizeof(how))));
    if (!file) return error(ESRCH, escape(path) + ": " + std::strerror(errno));
    return bind_file(engine, file.get(), container, path);
}

}  // namespace

Result<ManualFound> bind_file(bpf::Engine& engine, int file, std::uint64_t container, const std::string& path) {
    if (is_quells_own(file)) return error(EACCES, escape(path) + " is Quell's own");
    auto facts = engine.open_file(file, container);
    if (!facts) return facts.error();
    if (!(facts->object_flags & QUELL_OBJECT_FILE))
        return error(EINVAL, escape(path) + (S_ISREG(facts->mode) ? " cannot be told from other files by what lasts (removed, or on btrfs)" : " is no regular file"));
    ManualFound found;
    found.container = container;
    found.path = path;
    auto& entry = found.entry;
    bind_facts(entry, *facts);
    std::memcpy(entry.name, facts->name, sizeof(entry.name));
    return found;
}

namespace {

Result<ManualFound> find(bpf::Engine& engine, const IdentityReader& identities, const ManualTarget& target) {
    if (target.pid) return find_process(engine, target.pid);
    std::uint64_t container = 0;
    if (!target.container.empty() || !target.pod.empty()) {
        auto found = target.pod.empty() ? find_container(engine, identities, target.container) : find_pod_container(engine, identities, target.pod);
        if (!found) return found.error();
        container = *found;
    }
    if (!target.path.empty()) return find_file(engine, container, target.path);
    ManualFound found;
    found.container = container;
    if (const auto record = engine.container(container); record && record->init_pid) {
        auto& init = found.entry.chain[0];  // told only: it bears no mark
        init.pid = record->init_pid;
        init.start_ns = record->init_start_ns;
        found.entry.chain_count = 1;
        const auto comm = read_file("/proc/" + std::to_string(init.pid) + "/comm", sizeof(init.comm) * 2);
        if (comm) comm->copy(init.comm, std::min(comm->find('\n'), sizeof(init.comm)));
        describe_process(found, init.pid);
    }
    return found;
}

}  // namespace

Result<ManualFound> find_manual_target(bpf::Engine& engine, const IdentityReader& identities, const ManualTarget& target) {
    auto found = find(engine, identities, target);
    if (!found || !found->container) return found;
    if (auto known = tell_container(engine, identities, *found); !known) return known.error();
    return found;
}

Status tell_container(bpf::Engine& engine, const IdentityReader& identities, ManualFound& found) {
    const auto record = engine.container(found.container);
    if (!record) return error(ESRCH, "the container is gone");
    found.container_id = id_of(*record);
    found.runtime = static_cast<quell_runtime>(record->runtime);
    found.identity = identities.find(found.runtime, found.container_id);
    found.cgroup_path = response::cgroup_path(found.container);
    return success();
}

}  // namespace quell::daemon
