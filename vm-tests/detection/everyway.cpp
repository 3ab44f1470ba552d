// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/detection/everyway.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <sstream>

namespace quell::guest {
namespace {

constexpr Operation kOperations[] = {
    {"unlink", "delete", "/var/log/unlink.directly"},
    {"rename-inside", "rename", "/var/log/rename-inside.directly"},
    {"rename-away", "rename", "/var/log/rename-away.directly"},
    // both names are watched: the one that is taken, and the one that is lost
    {"rename-over", "rename", "/var/log/rename-over.directly.other", 2},
    // the kernel calls the hook for each direction
    {"exchange", "rename", "/var/log/exchange.directly.other", 4},
    {"truncate", "truncate", "/var/log/truncate.directly", 1, false},
    {"ftruncate", "truncate", "/var/log/ftruncate.directly", 1, false},
    {"open-truncate", "truncate", "/var/log/open-truncate.directly"},
    {"creat", "truncate", "/var/log/creat.directly"},
    {"link-inside", "link", "/var/log/link-inside.directly"},
    {"link-out", "link", "/var/log/link-out.directly"},
    // the mount, and its end
    {"cover", "mount-over", "/var/log", 2, false},
    {"cover-private", "mount-over", "/var/log", 2, false},
    {"cover-by-tmpfs", "mount-over", "/var/log", 2, false},
    {"cover-by-move", "mount-over", "/var/log", 2, false},
    {"cover-file", "mount-over", "/var/log/cover-file.directly", 2, false},
    {"cover-above", "mount-over", "/var", 2, false},
    {"umount-apart", "unmount", "/var/log", 1, false},
};

constexpr std::string_view kWays[] = {"directly", "by-self-root", "by-init-root", "by-chroot", "by-descriptor",
                                      "by-bind",  "by-setns",     "by-user-bind", "io-uring"};

struct Expected {
    int result = 0;
    int matches = 0;
};

bool has(std::string_view way, const Operation& operation) {
    return way == "io-uring" ? operation.by_ring : way != "by-setns" || operation.name != "umount-apart";
}

// What the kernel does not permit is refused before any hook is called, but for a mount.
Expected expected(const Place& place, bool host, const Operation& operation, std::string_view way) {
    const auto name = operation.name;
    if (place.mounted && (name == "rename-away" || name == "link-out")) return {EXDEV, 0};  // what is above is another mount
    // its mount is the first process's, or locked to those that are root in a user namespace made later
    if (name == "umount-apart" && (!place.mounted || way == "by-init-root" || way == "by-user-bind")) return {EINVAL, 0};
    // the host's attack runs in a mount namespace of its own, and the first process's root is in another: nothing to clone there
    if (host && way == "by-init-root" && name.starts_with("cover")) return {EINVAL, name == "cover-by-move" ? 0 : 1};
    return {0, operation.matches};
}

std::set<std::string> detected() {
    std::set<std::string> ids;
    const auto history = quell("history --limit 200");
    for (const auto& row : history["rows"])
        if (row["action"] == "detected") ids.insert(row["incident"].get<std::string>());
    return ids;
}

std::map<std::string, Json> by_comm(const std::string& subject) {
    std::map<std::string, Json> found;
    for (const auto& one : incidents())
        if (subject == "host" ? one["subject"] == "host" : one.contains("container") && one["container"].value("name", "") == subject)
            found[one.value("process", Json::object()).value("comm", "")] = one;
    return found;
}

}  // namespace

std::map<std::string, int> results_of(const std::string& text) {
    std::map<std::string, int> results;
    std::istringstream lines(text);
    std::string operation, way;
    for (int result; lines >> operation >> way >> result;) results[operation + " " + way] = result;
    return results;
}

int ways_of(const Operation& operation) {
    return static_cast<int>(std::ranges::count_if(kWays, [&](std::string_view way) { return has(way, operation); }));
}

const Operation& operation_named(const std::string& name) {
    const auto* const found = std::ranges::find(kOperations, name, &Operation::name);
    EXPECT_NE(found, std::end(kOperations)) << name;
    return *found;
}

Json bind_mount(const std::string& from, const std::string& to) {
    return {{"destination", to}, {"type", "bind"}, {"source", from}, {"options", {"rbind", "rw"}}};
}

Json tmpfs_mount(const std::string& to) { return {{"destination", to}, {"type", "tmpfs"}, {"source", "tmpfs"}}; }

void expect_every_way_seen(const Place& place, const std::string& subject, const std::function<Output()>& run_it) {
    const auto before = matches();
    const auto output = run_it();
    ASSERT_EQ(output.status, 0) << output.text;
    const auto results = results_of(output.text);
    std::map<std::string, int> counts;
    std::size_t lines = 0;
    int total = 0;
    for (const auto& operation : kOperations)
        for (const auto way : kWays) {
            if (!has(way, operation)) continue;
            const auto key = std::string(operation.name) + " " + std::string(way);
            const auto [result, matches] = expected(place, subject == "host", operation, way);
            const auto found = results.find(key);
            EXPECT_EQ(found == results.end() ? -1 : found->second, result) << key << " in " << place.name;
            counts[std::string(operation.name)] += matches;
            total += matches;
            lines++;
        }
    EXPECT_EQ(results.size(), lines) << output.text;
    EXPECT_EQ(matches() - before, total) << "matches in " << place.name;

    std::map<std::string, Json> found;
    const auto all_told = [&] {
        found = by_comm(subject);
        for (const auto& [name, count] : counts)
            if (count && (!found.contains(name) || found[name]["count"] != count || !found[name].contains("file"))) return false;
        return true;
    };
    (void)eventually(all_told, std::chrono::seconds(10));
    const auto rows = detected();
    for (const auto& operation : kOperations) {
        const auto what = std::string(operation.name) + " in " + place.name;
        if (!counts[std::string(operation.name)]) {
            EXPECT_FALSE(found.contains(std::string(operation.name))) << what << " is none";
            continue;
        }
        ASSERT_TRUE(found.contains(std::string(operation.name))) << what << " was not seen";
        const auto& one = found[std::string(operation.name)];
        EXPECT_EQ(one["operation"], operation.word) << what;
        EXPECT_EQ(one["count"], counts[std::string(operation.name)]) << what;
        EXPECT_EQ(one.value("file", Json::object()).value("path", ""), operation.path) << what;
        EXPECT_TRUE(rows.contains(one["id"].get<std::string>())) << what << ": no row";
    }
}

}  // namespace quell::guest
