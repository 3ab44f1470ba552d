// SPDX-License-Identifier: Apache-2.0
// deny-write: what is refused, to whom, and for how long.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/writes/denied.h"

namespace quell::guest {
namespace {

std::string detail_of(const std::string& id, const std::string& action) {
    const auto history = quell("history --incident " + id);
    for (const auto& row : history["rows"])
        if (row["action"] == action) return row.value("detail", "");
    return "no row " + action;
}

TEST(DenyWrite, EveryWayIsRefusedUntilItIsUndone) {
    apply_denying_pack();
    Written victim("denied"), neighbour("allowed");
    Writer writer(victim, "app"), innocent(neighbour, "beside");
    expect_all_written(writer.act(), "before");
    const auto id = a_writing_incident_of(victim, "denied");
    for (const Json all = show(id)["offers"]; const auto& offer : all)
        if (offer["response"] == "deny-write") {
            EXPECT_NE(offer["warning"].get<std::string>().find("mapped shared and writable stay writable"), std::string::npos) << offer;
            EXPECT_EQ(offer["undo"], "allow");
        }
    const auto pid = writer.pid();
    const auto approved = deny_writes(id, "--below /vol/app");
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(show(id)["note"], "writes below 1 place are refused; files that are mapped shared and writable already stay so for pid " + std::to_string(pid));
    EXPECT_EQ(Json::parse(detail_of(id, "approved"))["below"], "/vol/app");
    expect_denied(writer, "denied");
    const auto anywhere = denied_anywhere();
    expect_all_written(innocent.act(), "the neighbour");
    EXPECT_EQ(run("echo x >" + victim.directory() + "/rootfs/vol/app/of-the-host").status, 0);
    EXPECT_EQ(denied_anywhere(), anywhere) << "others are not refused";

    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    expect_all_written(writer.act(), "allowed again");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    EXPECT_EQ(show(id)["note"], "allowed");
    reject_all();
}

// The image's directory, of which the container had no copy at the event: in its overlay alone.
TEST(DenyWrite, TheDirectoryOfTheEventIsMeantWhereNoneIsNamed) {
    apply_denying_pack();
    Written victim("bound");
    ContainerOptions same_image;
    same_image.layers = {victim.directory() + "/lower"};
    Written twin("twin", same_image);
    const auto id = a_writing_incident_of(victim, "bound");
    bool is_offered = false;
    for (const Json all = show(id)["offers"]; const auto& offer : all)
        if (offer["response"] == "deny-write") is_offered = offer["target"].get<std::string>().ends_with(", below /var/log");
    EXPECT_TRUE(is_offered) << show(id)["offers"];
    const auto approved = deny_writes(id);
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_EQ(Json::parse(detail_of(id, "approved"))["below"], "the directory of the object");
    expect_refused(victim, "append /var/log/b.log");
    expect_refused(victim, "append /var/log/sub/deep.log");
    expect_refused(victim, "truncate /var/log/c.log", "inode_setattr");
    expect_refused(victim, "unlink /var/log/sub/deep.log", "inode_unlink");
    expect_refused(victim, "creat /var/log/new", "inode_create");
    expect_refused(victim, "rename-away /var/log/sub /tmp/sub", "inode_rename");
    EXPECT_EQ(attack(victim, "read /var/log/c.log"), 0);
    EXPECT_EQ(attack(victim, "append /tmp/other"), 0);
    EXPECT_EQ(attack(twin, "append /var/log/c.log"), 0) << "another container of that image";
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(attack(victim, "append /var/log/c.log"), 0);
    reject_all();
}

TEST(DenyWrite, TheDaemonMayDie) {
    apply_denying_pack();
    Written victim("alone");
    Writer writer(victim, "app");
    const auto id = a_writing_incident_of(victim, "alone");
    ASSERT_EQ(deny_writes(id, "--below /vol/app").status, 0);
    kill_daemon(SIGKILL);
    expect_denied(writer, "without a daemon");
    start_daemon();
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_denied(writer, "with the next daemon");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    expect_all_written(writer.act(), "allowed again");
    reject_all();
}

TEST(DenyWrite, WhoLeftTheCgroupAndWhoCame) {
    apply_denying_pack();
    Written victim("lineage");
    Writer left(victim, "left"), came("came", victim);
    const auto id = a_writing_incident_of(victim, "lineage");
    must("echo " + std::to_string(came.pid()) + " > /sys/fs/cgroup" + victim.cgroup() + "/cgroup.procs");
    must("echo " + std::to_string(left.pid()) + " > /sys/fs/cgroup/cgroup.procs");
    const auto approved = deny_writes(id, "--below /vol/left --below /vol/came");
    ASSERT_EQ(approved.status, 0) << approved.text;
    expect_denied(left, "it left the cgroup");
    expect_denied(came, "it came with what it had opened outside");
    must("echo " + std::to_string(came.pid()) + " > /sys/fs/cgroup/cgroup.procs");
    expect_all_written(came.act(), "of the host, and back there");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(DenyWrite, OneContainerHasOneAndItEndsWithIt) {
    apply_denying_pack();
    Written victim("twice");
    const auto id = a_writing_incident_of(victim, "twice");
    EXPECT_EQ(attack(victim, "unlink /var/log/c.log"), 0);
    const auto other = pending_id("twice", "delete");
    const auto digest = digest_of(other, "deny-write");
    ASSERT_EQ(deny_writes(id, "--below /vol").status, 0);
    const auto second = run("quell approve " + other + "@" + digest + " deny-write --reason again");
    EXPECT_NE(second.status, 0);
    EXPECT_NE(second.text.find("its writes are denied already by incident " + id), std::string::npos) << second.text;
    EXPECT_EQ(show(other)["state"], "pending");
    victim.destroy();
    must("rm -rf " + victim.directory() + "/upper");  // its runtime's
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    for (const char* word : {"write_denied", "contained_files"})
        EXPECT_EQ(must(std::string("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/globals | jq '[.. | .") + word + "? | numbers][0]'"), "0\n") << word;
    victim.start();
    EXPECT_EQ(victim.exec(": >/vol/new").status, 0) << "one that is started again may write";
    reject_all();
}

}  // namespace
}  // namespace quell::guest
