// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/writes/denied.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace quell::guest {
namespace {

constexpr const char* kDenyHooks[] = {"file_open", "inode_create", "inode_mkdir", "inode_mknod", "inode_symlink", "inode_rmdir", "inode_link", "inode_unlink", "inode_rename",
                                      "inode_setattr", "inode_setxattr", "inode_removexattr", "file_permission", "mmap_file", "file_mprotect"};
constexpr std::size_t kWays = 59;

// Not on an overlay before 6.3.
bool lacks(const std::string& way, const Tried& tried) { return way == "temporary" && tried.code == EOPNOTSUPP; }

std::string text_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_there(const std::string& file) { return std::filesystem::exists(file); }

std::map<std::string, std::int64_t> deny_counts() {
    std::map<std::string, std::int64_t> counts;
    for (const auto* hook : kDenyHooks) counts[hook] = denied(hook);
    return counts;
}

}  // namespace

Writer::Writer(const Container& container, const std::string& name, const std::string& parent)
    : command_("writer /tmp/" + name + " " + parent + "/" + name + " " + parent + "/" + name + "-out"), outside_(container.directory() + "/rootfs/tmp/" + name) {
    must("mkdir -p " + outside_);
    const auto output = container.exec("(/bin/" + command_ + " >/tmp/" + name + "/out 2>&1 &)");
    EXPECT_EQ(output.status, 0) << output.text;
    wait();
}

Writer::Writer(const std::string& name, const Container& container, const std::string& parent) : outside_("/run/" + name) {
    const auto place = container.directory() + "/rootfs" + parent + "/" + name;
    command_ = "writer " + outside_ + " " + place + " " + place + "-out";
    must("rm -rf " + outside_ + "; mkdir -p " + outside_ + "; setsid /w/" + command_ + " >" + outside_ + "/out 2>&1 </dev/null &");
    wait();
}

Writer::~Writer() {
    (void)run("touch " + outside_ + "/stop");
    // its mounts are in the way of the container's end
    (void)eventually([&] { return is_there(outside_ + "/ended"); });
}

void Writer::wait() const {
    EXPECT_TRUE(eventually([&] { return is_there(outside_ + "/ready"); })) << text_of(outside_ + "/out");
}

pid_t Writer::pid() const { return std::stoi("0" + run("pgrep -f '" + command_ + "$'").text); }

Tries Writer::act() {
    const auto round = std::to_string(round_++);
    must("touch " + outside_ + "/go-" + round);
    EXPECT_TRUE(eventually([&] { return is_there(outside_ + "/result-" + round); }, std::chrono::seconds(60))) << text_of(outside_ + "/out");
    std::istringstream lines(text_of(outside_ + "/result-" + round));
    Tries tries;
    std::string way;
    for (Tried tried; lines >> way >> tried.code >> tried.hook;) tries[way] = tried;
    EXPECT_EQ(tries.size(), kWays);
    return tries;
}

Written::Written(const std::string& name, ContainerOptions options) : Container(name, std::move(options)) {
    must("cp /w/writer " + directory() + "/lower/bin/writer");
    start();
}

void apply_denying_pack() { apply_pack("s/offer: .kill-container, kill-process.*/offer: [kill-container, deny-write]/"); }

std::string a_writing_incident_of(const Container& container, const std::string& name) {
    EXPECT_EQ(attack(container, "truncate /var/log/b.log"), 0);
    return pending_id(name, "truncate");
}

Output deny_writes(const std::string& id, const std::string& options) {
    return run("quell approve " + id + "@" + digest_of(id, "deny-write") + " deny-write " + options + " --reason test");
}

void expect_denied(Writer& writer, const std::string& when) {
    const auto before = deny_counts();
    const auto tries = writer.act();
    std::map<std::string, std::int64_t> expected;
    for (const auto& [way, tried] : tries) {
        if (lacks(way, tried)) continue;
        const bool is_refused = tried.hook != "-";
        EXPECT_EQ(tried.code, is_refused ? EPERM : 0) << way << ", " << when << ": " << std::strerror(tried.code);
        if (is_refused) expected[tried.hook]++;
    }
    const auto after = deny_counts();
    for (const auto& [hook, times] : expected) EXPECT_GE(after.at(hook) - before.at(hook), times) << hook << ", " << when;
    EXPECT_EQ(expected.size(), std::size(kDenyHooks)) << "a hook that no way tries";
}

void expect_all_written(const Tries& tries, const std::string& when) {
    for (const auto& [way, tried] : tries) {
        if (lacks(way, tried)) continue;
        EXPECT_EQ(tried.code, 0) << way << ", " << when << ": " << std::strerror(tried.code);
    }
}

}  // namespace quell::guest
