// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/container_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>

#include "user/base/escape.h"
#include "user/evidence/process_files.h"
#include "user/incident/trusted_files.h"

namespace quell::evidence {
namespace {

constexpr std::size_t kConfigMax = 4u << 20;
constexpr std::size_t kVolumesMax = 4096;
constexpr int kDepthMax = 64;
constexpr std::array kCgroupFiles = {"cgroup.events", "cgroup.controllers", "cgroup.procs", "cgroup.stat", "cpu.max", "cpu.stat", "cpuset.cpus.effective", "memory.current",
                                     "memory.events", "memory.max", "memory.high", "memory.stat", "memory.swap.max", "pids.current", "pids.max", "io.max", "io.stat"};
// The kernel's own, which have nothing of a workload's.
const std::set<std::string, std::less<>> kOfTheKernel = {"proc",  "sysfs",      "cgroup", "cgroup2", "devpts",  "mqueue",      "devtmpfs", "securityfs",
                                                         "bpf",   "debugfs",    "pstore", "tracefs", "hugetlbfs", "fusectl", "configfs", "binfmt_misc", "selinuxfs", "nsfs"};

// Whatever has the name env: of the process, of hooks.
void drop_values(Json& json, int depth) {
    if (depth > kDepthMax) return (void)(json = nullptr);
    if (json.is_object())
        for (auto& [name, value] : json.items()) {
            if (name == "env" && value.is_array()) {
                for (auto& one : value) one = one.is_string() ? one.get<std::string>().substr(0, one.get<std::string>().find('=')) : std::string("?");
            } else {
                drop_values(value, depth + 1);
            }
        }
    if (json.is_array())
        for (auto& one : json) drop_values(one, depth + 1);
}

// The components of a path, the last first, each with a NUL behind it.
std::string turned_round(const std::string& path) {
    std::string components;
    for (std::size_t end = path.size(); end > 0;) {
        const auto slash = path.rfind('/', end - 1);
        if (slash == std::string::npos) break;
        if (slash + 1 < end) components.append(path, slash + 1, end - slash - 1).push_back('\0');
        end = slash;
    }
    return components;
}

void cgroup_files(const Order& order, std::vector<std::pair<std::string, std::string>>& files, std::vector<std::string>& notes) {
    const Fd directory(::open(("/sys/fs/cgroup" + order.cgroup).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat info {};
    // the number of its directory is a cgroup's id: another of the same name is not taken for it
    if (order.cgroup.empty() || !directory || ::fstat(directory.get(), &info) || info.st_ino != order.container) return notes.push_back("the container's cgroup is gone");
    for (const char* name : kCgroupFiles) {
        bool cut = false;
        auto text = read_some(directory.get(), name, 1u << 20, cut);
        if (!text.empty()) files.emplace_back(std::string("cgroup/") + name, std::move(text));
    }
}

}  // namespace

std::string read_mounts(pid_t pid, bool& cut) { return read_some(AT_FDCWD, "/proc/" + std::to_string(pid) + "/mountinfo", kMountinfoBytesMax, cut); }

std::string without_values(const std::string& config) {
    Json json = Json::parse(config, nullptr, false);
    if (json.is_discarded()) return {};
    drop_values(json, 0);
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json volumes(const MountTable& container, const MountTable& host) {
    std::set<std::uint32_t> of_host;
    for (const auto& mount : host.mounts()) of_host.insert(mount.device);
    Json list = Json::array();
    for (const auto& mount : container.mounts()) {
        if (mount.mountpoint == "/" || kOfTheKernel.contains(mount.type) || !of_host.contains(mount.device) || list.size() >= kVolumesMax) continue;
        const auto place = host.place(mount.device, turned_round(mount.root)).front();
        Json one = {{"mountpoint", escape(mount.mountpoint)}, {"type", escape(mount.type)}, {"root", escape(mount.root)}};
        if (place.is != PathIs::Unplaced) one["host_path"] = escape(place.path);
        list.push_back(std::move(one));
    }
    return list;
}

std::vector<std::pair<std::string, std::string>> container_files(const Order& order, std::vector<std::string>& notes) {
    std::vector<std::pair<std::string, std::string>> files;
    cgroup_files(order, files, notes);
    auto trusted = TrustedFiles::open();
    auto config = trusted && !order.config.empty() ? trusted->read(order.config, kConfigMax) : Result<std::string>(Error{"it was not found", ENOENT, {}});
    if (auto plain = config ? without_values(*config) : std::string{}; !plain.empty()) files.emplace_back("config.json", std::move(plain));
    else notes.push_back("the container's OCI configuration: " + (config ? std::string("no JSON") : escape(config.error().message)));
    bool cut = false;
    const auto mounts = read_mounts(order.viewer, cut);
    if (mounts.empty()) notes.push_back("the container's first process has ended: its mounts are not known");
    else files.emplace_back("volumes.json", volumes(MountTable::parse(mounts), MountTable::parse(read_mounts(1, cut))).dump(1) + "\n");
    if (cut) notes.push_back("there are more mounts than were looked at");
    return files;
}

}  // namespace quell::evidence
