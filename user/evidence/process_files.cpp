// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/process_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

#include "user/base/escape.h"
#include "user/base/fd.h"

namespace quell::evidence {
namespace {

constexpr std::size_t kTextMax = 64u << 10;
constexpr std::size_t kMemoryTextMax = 2u << 20;  // arguments, environment
constexpr std::size_t kTableMax = 16u << 20;      // maps, mounts, sockets
constexpr std::size_t kDescriptorsMax = 4096;
constexpr std::size_t kThreadsMax = 256;

struct Wanted {
    const char* name;
    std::size_t max;
};
constexpr std::array kPlain = {Wanted{"status", kTextMax},  Wanted{"stat", kTextMax},          Wanted{"limits", kTextMax},   Wanted{"cgroup", kTextMax},
                               Wanted{"io", kTextMax},      Wanted{"oom_score_adj", kTextMax}, Wanted{"loginuid", kTextMax}, Wanted{"sessionid", kTextMax},
                               Wanted{"uid_map", kTextMax}, Wanted{"gid_map", kTextMax},       Wanted{"attr/current", kTextMax}};
constexpr std::array kNetwork = {"tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "icmp", "unix", "packet", "netlink", "vsock", "sctp/assocs", "route", "ipv6_route", "arp", "dev"};
constexpr std::array kNamespaces = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

std::string link_at(int directory, const std::string& name) {
    std::array<char, 4096> target;
    const auto n = ::readlinkat(directory, name.c_str(), target.data(), target.size());
    return n > 0 ? std::string(target.data(), static_cast<std::size_t>(n)) : std::string{};
}

void for_each_name(int directory, const char* of, std::size_t max, const std::function<void(const std::string&)>& visit, bool& cut) {
    const int fd = ::openat(directory, of, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> list(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
    std::size_t count = 0;
    for (const dirent* entry = nullptr; list && (entry = ::readdir(list.get())) != nullptr;) {
        if (entry->d_name[0] == '.') continue;
        if (count++ >= max) return (void)(cut = true);
        visit(entry->d_name);
    }
}

// Fields 4 and 22 of stat, counted after the name, which is the process's own choice.
struct Stat {
    pid_t parent = 0;
    std::uint64_t start_ticks = 0;
};

Stat parse_stat(const std::string& text) {
    Stat stat;
    const auto end = text.rfind(')');
    const char* at = end == std::string::npos ? nullptr : text.c_str() + end;
    for (int field = 2; at && field < 22; field++) {
        at = std::strchr(at + 1, ' ');
        if (at && field + 1 == 4) stat.parent = std::atoi(at);
    }
    if (at) stat.start_ticks = std::strtoull(at, nullptr, 10);
    return stat;
}

bool is_it(int directory, const Process& process, Stat& stat) {
    static const auto tick_ns = 1'000'000'000ull / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    bool cut = false;
    stat = parse_stat(read_some(directory, "stat", kTextMax, cut));
    return stat.start_ticks && stat.start_ticks == process.start_ns / tick_ns;
}

// "pos:\t0\nflags:\t02\n…"
Json fdinfo(int directory, const std::string& number) {
    bool cut = false;
    const std::string text = read_some(directory, "fdinfo/" + number, 4096, cut);
    Json json = Json::object();
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto colon = text.find(':', at);
        if (colon < end) {
            const auto value = text.find_first_not_of(" \t", colon + 1);
            json[escape(std::string_view(text).substr(at, colon - at))] = value < end ? escape(std::string_view(text).substr(value, end - value)) : "";
        }
        at = end + 1;
    }
    return json;
}

std::string descriptors(int directory, const std::atomic<bool>& left, bool& cut) {
    Json list = Json::array();
    for_each_name(directory, "fd", kDescriptorsMax, [&](const auto& number) {
        if (!left) list.push_back({{"fd", std::atoi(number.c_str())}, {"target", escape(link_at(directory, "fd/" + number))}, {"info", fdinfo(directory, number)}});
    }, cut);
    return list.dump(1) + "\n";
}

std::string threads(int directory, bool& cut) {
    Json list = Json::array();
    for_each_name(directory, "task", kThreadsMax, [&](const auto& number) {
        bool unused = false;
        auto name = read_some(directory, "task/" + number + "/comm", 64, unused);
        if (name.ends_with('\n')) name.pop_back();
        list.push_back({{"tid", std::atoi(number.c_str())}, {"comm", escape(name)}});
    }, cut);
    return list.dump(1) + "\n";
}

unsigned uid_of(const std::string& status) {
    const auto at = status.find("\nUid:\t");
    return at == std::string::npos ? 0 : static_cast<unsigned>(std::strtoul(status.c_str() + at + 6, nullptr, 10));
}

}  // namespace

std::string read_some(int directory, const std::string& name, std::size_t max, bool& cut) {
    const Fd fd(::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
    std::string text;
    while (fd && text.size() < max) {
        const auto have = text.size();
        text.resize(std::min(max, have + std::max<std::size_t>(4096, have)));
        const auto n = ::read(fd.get(), text.data() + have, text.size() - have);
        text.resize(have + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return text;
    }
    char more = 0;
    if (fd && ::read(fd.get(), &more, 1) == 1) cut = true;
    return text;
}

std::string names_only(std::string_view environment) {
    std::string names;
    while (!environment.empty()) {
        const auto end = std::min(environment.find('\0'), environment.size());
        const auto one = environment.substr(0, end);
        environment.remove_prefix(std::min(end + 1, environment.size()));
        if (one.empty()) continue;
        // without a '=' it may be a value that a program put there
        const auto equals = one.find('=');
        names += equals == std::string_view::npos ? std::string("?") : std::string(one.substr(0, equals));
        names += '\0';
    }
    return names;
}

ProcessFiles read_process(const Process& process, const std::atomic<bool>& left) {
    ProcessFiles found;
    found.pid = process.pid;
    const Fd directory(::open(("/proc/" + std::to_string(process.pid)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Stat stat;
    if (!directory || !is_it(directory.get(), process, stat)) return found;
    const int at = directory.get();
    found.is_there = true;
    found.parent = stat.parent;
    const auto add = [&](const std::string& name, std::string bytes, bool cut) {
        if (cut) found.notes.push_back("process " + std::to_string(process.pid) + ": " + name + " is cut");
        if (!bytes.empty()) found.files.emplace_back(name, std::move(bytes));
    };
    const auto read = [&](const char* name, std::size_t max) {
        bool cut = false;
        auto text = read_some(at, name, max, cut);
        add(name, text, cut);
        return text;
    };
    for (const auto& one : kPlain) {
        const auto text = read(one.name, one.max);
        if (std::string_view(one.name) == "status") found.uid = uid_of(text);
    }
    found.name = read("comm", 64);
    if (found.name.ends_with('\n')) found.name.pop_back();
    Json links = Json::object();
    for (const char* name : {"exe", "cwd", "root"}) links[name] = escape(link_at(at, name));
    for (const char* name : kNamespaces) links[std::string("ns/") + name] = escape(link_at(at, std::string("ns/") + name));
    found.mounts_of = link_at(at, "ns/mnt");
    found.network_of = link_at(at, "ns/net");
    add("links.json", links.dump(1) + "\n", false);
    bool cut = false;
    auto list = descriptors(at, left, cut);
    add("fds.json", std::move(list), cut);
    cut = false;
    list = threads(at, cut);
    add("threads.json", std::move(list), cut);
    // last what asks for its memory, which a process can keep from being read
    read("maps", kTableMax);
    found.arguments = read("cmdline", kMemoryTextMax);
    cut = false;
    const auto environment = read_some(at, "environ", kMemoryTextMax, cut);
    add("environment-names", names_only(environment), cut);
    found.has_ended = !is_it(at, process, stat);
    return found;
}

std::vector<std::pair<std::string, std::string>> read_network(const Process& process) {
    std::vector<std::pair<std::string, std::string>> files;
    const Fd directory(::open(("/proc/" + std::to_string(process.pid)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Stat stat;
    if (!directory || !is_it(directory.get(), process, stat)) return files;
    for (const char* name : kNetwork) {
        bool cut = false;
        auto text = read_some(directory.get(), std::string("net/") + name, kTableMax, cut);
        std::string plain = name;
        std::ranges::replace(plain, '/', '-');
        if (!text.empty()) files.emplace_back(plain + (cut ? ".cut" : ""), std::move(text));
    }
    return files;
}

}  // namespace quell::evidence
