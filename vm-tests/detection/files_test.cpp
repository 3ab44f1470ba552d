// SPDX-License-Identifier: Apache-2.0
// Each file that the shipped pack names, in a container and on the host.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kLogs[] = {"/run/utmp",       "/var/log/wtmp",
                                 "/var/log/btmp",   "/var/log/lastlog",
                                 "/var/log/syslog", "/var/log/journal/4d9c/system.journal",
                                 "/run/log/journal/4d9c/system.journal", "/var/log/audit/audit.log"};
constexpr const char* kSecrets[] = {"/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d/admins"};

// Who is the parent of both operations decides that they are one incident: a shell, which must not become the last of them.
std::string emptied_and_removed(const std::string& attack) {
    std::string command;
    for (const std::string file : kLogs) {
        const auto directory = file.substr(0, file.rfind('/'));
        command += "mkdir -p " + directory + "; echo line >>" + file + "; sh -c '" + attack + " truncate " + file + " && echo line >>" + file + " && " + attack +
                   " unlink " + file + " && true' || exit 1; ";
    }
    return command + "true";
}

// By path, of those that fit, when each of `paths` has one.
template <typename Paths>
std::map<std::string, Json> by_path(const Paths& paths, const std::function<bool(const Json&)>& fits) {
    std::map<std::string, Json> found;
    EXPECT_TRUE(eventually([&] {
        found.clear();
        for (const auto& one : incidents())
            if (fits(one) && one.contains("file")) found[one["file"]["path"]] = one;
        return std::ranges::all_of(paths, [&](const char* path) { return found.contains(path); });
    })) << Json(found).dump(1);
    return found;
}

void expect_each_seen(const Container* container) {
    const auto before = matches();
    const auto output = container ? container->exec(emptied_and_removed("attack")) : run(emptied_and_removed("/w/attack"));
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(matches() - before, 2 * std::ssize(kLogs));
    const auto found = by_path(kLogs, [&](const Json& one) { return one["subject"] == (container ? "container" : "host") && one["count"] == 2; });
    for (const auto& [path, one] : found) {
        EXPECT_EQ(one["name"], "Clear Log Activities") << path;
        EXPECT_EQ(one["operation"], "truncate") << path;
        EXPECT_EQ(actions_of(one["id"]), std::vector<std::string>{"detected"}) << path;
    }
    EXPECT_EQ(found.size(), std::size(kLogs));
    reject_all();
}

TEST(LogFiles, AreEachSeenEmptiedAndRemovedInAContainer) {
    Container container("logs");
    container.start();
    expect_each_seen(&container);
}

TEST(LogFiles, AreEachSeenEmptiedAndRemovedOnTheHost) { expect_each_seen(nullptr); }

TEST(SensitiveFiles, AreEachSeenReadInAContainerAndOnTheHostNotOne) {
    Container container("reader");
    container.start();
    std::string make, read;
    for (const std::string file : kSecrets) {
        make += "[ -e " + file + " ] || echo secret >" + file + "; ";
        read += "sh -c 'attack read " + file + " && true' || exit 1; ";
    }
    must("mkdir -p /etc/sudoers.d; touch /etc/sudoers.d/admins");
    (void)container.exec(make);
    for (const std::string file : {"/etc/shadow", "/etc/gshadow", "/etc/sudoers.d/admins"}) EXPECT_EQ(expect_unseen(nullptr, "cat " + file + " >/dev/null").status, 0);
    const auto before = matches();
    EXPECT_EQ(container.exec(read).status, 0);
    EXPECT_EQ(matches() - before, std::ssize(kSecrets));
    // what the host's had raised would be there by now, for it came before these
    const auto found = by_path(kSecrets, [](const Json& one) { return one["operation"] == "open-read"; });
    EXPECT_EQ(found.size(), std::size(kSecrets));
    EXPECT_EQ(incidents().size(), std::size(kSecrets)) << "the rule is about containers";
    for (const auto& [path, one] : found) {
        EXPECT_EQ(one["name"], "Sensitive File Read") << path;
        EXPECT_EQ(one["subject"], "container") << path;
        EXPECT_EQ(one["count"], 1) << path;
        EXPECT_EQ(actions_of(one["id"]), std::vector<std::string>{"detected"}) << path;
    }
    reject_all();
}

TEST(WithoutLibc, ABareProgramIsSeen) {
    Container container("bare");
    must("cp /w/bare " + container.directory() + "/lower/bin/");
    container.start();
    for (const auto* where : {&container, static_cast<Container*>(nullptr)}) {
        if (!where) must("echo line >>/var/log/b.log; echo line >>/var/log/c.log");
        EXPECT_EQ(expect_seen(where, "bare /var/log/b.log /var/log/c.log; exit $?", {"delete", "/var/log/b.log", 2}).status, 0);
    }
    EXPECT_EQ(expect_unseen(&container, "[ ! -e /var/log/b.log ] && [ -e /var/log/c.log ] && [ ! -s /var/log/c.log ]").status, 0);
    reject_all();
}

}  // namespace
}  // namespace quell::guest
