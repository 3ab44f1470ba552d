// SPDX-License-Identifier: Apache-2.0
#include "user/incident/mounts.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "user/base/files.h"

namespace quell {
namespace {

constexpr std::size_t kNone = SIZE_MAX;
constexpr std::size_t kJudgedMax = 64;  // mounts of one superblock that are looked at closely

// The next field of a line, without its space.
std::string_view take_field(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return field;
}

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The kernel writes space, tab, newline, backslash and '#' as \ooo.
std::string unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++) {
        const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
        if (text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3) && text[i + 1] <= '3') {
            out += static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"
std::optional<Mount> parse_line(std::string_view line) {
    Mount mount;
    const auto id = number(take_field(line));
    const auto parent = number(take_field(line));
    const std::string_view device = take_field(line);
    const std::size_t colon = device.find(':');
    if (!id || !parent || colon == std::string_view::npos) return std::nullopt;
    const auto major = number(device.substr(0, colon));
    const auto minor = number(device.substr(colon + 1));
    if (!major || !minor || *major >= 1u << 12 || *minor >= 1u << 20) return std::nullopt;
    mount.id = *id;
    mount.parent = *parent;
    mount.device = *major << 20 | *minor;
    mount.root = unescape(take_field(line));
    mount.mountpoint = unescape(take_field(line));
    if (mount.mountpoint.empty() || mount.mountpoint[0] != '/') return std::nullopt;
    take_field(line);                                             // options
    while (!line.empty() && take_field(line) != "-") continue;    // optional fields
    mount.type = unescape(take_field(line));
    if (mount.type.empty()) return std::nullopt;
    return mount;
}

// Whether `path` is `prefix` or lies below it, by whole components.
bool below(std::string_view path, std::string_view prefix) {
    if (prefix == "/") return !path.empty() && path[0] == '/';
    return path.substr(0, prefix.size()) == prefix && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

std::string join(std::string_view mountpoint, std::string_view rest) {
    if (rest.empty()) return std::string(mountpoint);
    if (mountpoint == "/") return std::string(rest);
    return std::string(mountpoint) + std::string(rest);
}

// "dpkg.log\0log\0" -> "/log/dpkg.log"
std::string turn_round(std::string_view components) {
    std::string path;
    while (!components.empty()) {
        // From the end: the component before the last NUL.
        if (components.back() == '\0') components.remove_suffix(1);
        const std::size_t before = components.rfind('\0');
        const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
        path += '/';
        path += components.substr(start);
        components = components.substr(0, start);
    }
    return path.empty() ? "/" : path;
}

}  // namespace

std::string_view path_is_word(PathIs is) {
    switch (is) {
        case PathIs::Visible: return "visible";
        case PathIs::Covered: return "covered";
        case PathIs::Unplaced: return "unplaced";
        case PathIs::Cut: return "cut";
    }
    return "?";
}

MountTable MountTable::parse(std::string_view mountinfo) {
    MountTable table;
    while (!mountinfo.empty()) {
        const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
        const std::string_view line = mountinfo.substr(0, end);
        mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
        if (line.empty()) continue;
        auto mount = table.mounts_.size() < kMountsMax ? parse_line(line) : std::nullopt;
        if (mount)
            table.mounts_.push_back(std::move(*mount));
        else
            table.skipped_++;
    }
    std::unordered_map<std::uint32_t, std::size_t> ids;
    for (std::size_t i = 0; i < table.mounts_.size(); i++) ids.emplace(table.mounts_[i].id, i);
    for (std::size_t i = 0; i < table.mounts_.size(); i++) {
        const Mount& mount = table.mounts_[i];
        if (mount.parent != mount.id && ids.contains(mount.parent))
            table.children_[mount.parent].push_back(i);
        else
            table.roots_.push_back(i);
    }
    return table;
}

Result<MountTable> MountTable::of_task(pid_t pid) {
    auto text = read_file("/proc/" + std::to_string(pid) + "/mountinfo", kMountinfoBytesMax);
    if (!text) return text.error();
    return parse(*text);
}

// The mount that a path look-up ends in, found as the kernel does: from the
// root down, into whatever is mounted on the way. kNone in an odd table.
std::size_t MountTable::mount_at(std::string_view path) const {
    const auto shortest = [&](const std::vector<std::size_t>& candidates) {
        std::size_t best = kNone;
        for (const std::size_t i : candidates) {
            const std::string& mountpoint = mounts_[i].mountpoint;
            // Of two at one place the later was mounted on top.
            if (below(path, mountpoint) && (best == kNone || mountpoint.size() <= mounts_[best].mountpoint.size())) best = i;
        }
        return best;
    };
    std::size_t at = shortest(roots_);
    // Each step goes one mount deeper; a table that was read while it changed
    // may have a circle.
    for (std::size_t steps = 0; at != kNone && steps < mounts_.size(); steps++) {
        const auto children = children_.find(mounts_[at].id);
        const std::size_t next = children == children_.end() ? kNone : shortest(children->second);
        if (next == kNone) return at;
        at = next;
    }
    return kNone;
}

std::vector<PlacedPath> MountTable::place(std::uint32_t device, std::string_view components, bool cut) const {
    const std::string inside = turn_round(components);
    if (cut) return {{"…" + inside, PathIs::Cut}};

    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < mounts_.size(); i++)
        if (mounts_[i].device == device && below(inside, mounts_[i].root)) fitting.push_back(i);
    const auto root_size = [&](std::size_t i) { return mounts_[i].root.size(); };
    if (fitting.size() > kJudgedMax) {
        // Half of them the oldest, which a container's runtime made, half
        // those that fit best: binding one file 60,000 times hides nothing
        // behind work without end.
        std::stable_sort(fitting.begin() + kJudgedMax / 2, fitting.end(),
                         [&](std::size_t a, std::size_t b) { return root_size(a) > root_size(b); });
        fitting.resize(kJudgedMax);
    }

    struct Candidate {
        PlacedPath place;
        std::size_t root_size;
    };
    std::vector<Candidate> candidates;
    for (const std::size_t i : fitting) {
        const Mount& mount = mounts_[i];
        std::string_view rest = inside;
        if (mount.root != "/")
            rest.remove_prefix(mount.root.size());
        else if (inside == "/")
            rest = {};
        std::string path = join(mount.mountpoint, rest);
        const PathIs is = mount_at(path) == i ? PathIs::Visible : PathIs::Covered;
        candidates.push_back({{std::move(path), is}, mount.root.size()});
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        if (a.place.is != b.place.is) return a.place.is < b.place.is;
        if (a.root_size != b.root_size) return a.root_size > b.root_size;
        return a.place.path.size() < b.place.path.size();
    });
    std::vector<PlacedPath> places;
    for (Candidate& candidate : candidates) {
        if (places.size() == kPlacesMax) break;
        if (std::find(places.begin(), places.end(), candidate.place) == places.end())
            places.push_back(std::move(candidate.place));
    }
    if (places.empty()) places.push_back({inside, PathIs::Unplaced});
    return places;
}

}  // namespace quell
