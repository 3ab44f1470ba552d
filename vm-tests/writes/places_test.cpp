// SPDX-License-Identifier: Apache-2.0
// What deny-write takes for a place, and what is below it.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/writes/denied.h"

namespace quell::guest {
namespace {

// A volume that the container has twice, on the host's own file system.
TEST(DenyWrite, OneDirectoryAtTwoPlaces) {
    must("rm -rf /srv/volume && mkdir -p /srv/volume/sub && echo line >/srv/volume/sub/f");
    apply_denying_pack();
    ContainerOptions twice;
    for (const char* place : {"/vol/data", "/mnt/twin"})
        twice.mounts.push_back({{"destination", place}, {"type", "bind"}, {"source", "/srv/volume"}, {"options", {"bind", "rw"}}});
    Written victim("volume", twice);
    const auto id = a_writing_incident_of(victim, "volume");
    const auto approved = deny_writes(id, "--below /vol");
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(show(id)["note"].get<std::string>().find("writes below 2 places are refused"), std::string::npos) << show(id)["note"];
    const auto history = quell("history --incident " + id);
    bool is_told = false;
    for (const auto& row : history["rows"])
        if (row["action"] == "approved") is_told = row.value("detail", "").find("/vol with what is mounted at /vol/data") != std::string::npos;
    EXPECT_TRUE(is_told) << history;
    for (const char* place : {"/vol/data", "/mnt/twin"}) {
        const auto file = std::string(place) + "/sub/f";
        expect_refused(victim, "append " + file);
        expect_refused(victim, "truncate " + file, "inode_setattr");
        expect_refused(victim, "unlink " + file, "inode_unlink");
        expect_refused(victim, std::string("creat ") + place + "/new", "inode_create");
        EXPECT_EQ(attack(victim, "read " + file), 0);
    }
    EXPECT_EQ(run("echo x >>/srv/volume/sub/f").status, 0) << "the host is not refused";
    EXPECT_EQ(attack(victim, "append /tmp/other"), 0);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(attack(victim, "append /mnt/twin/sub/f"), 0);
    reject_all();
}

// What is changed in such an overlay is changed in the directory that it writes into, by whatever name it was reached.
TEST(DenyWrite, AnOverlayThatWritesBelowThePlace) {
    must("rm -rf /srv/volume && mkdir -p /srv/volume/layer/sub /srv/volume/work && echo line >/srv/volume/layer/sub/f");
    apply_denying_pack();
    ContainerOptions volume;
    volume.mounts.push_back({{"destination", "/vol/data"}, {"type", "bind"}, {"source", "/srv/volume"}, {"options", {"bind", "rw"}}});
    Written victim("stacked", volume);
    const auto mounted = victim.exec("mkdir -p /mnt/lower /mnt/over && mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/vol/data/layer,workdir=/vol/data/work /mnt/over");
    ASSERT_EQ(mounted.status, 0) << mounted.text;
    EXPECT_EQ(attack(victim, "append /mnt/over/sub/f"), 0);
    const auto id = a_writing_incident_of(victim, "stacked");
    ASSERT_EQ(deny_writes(id, "--below /vol/data").status, 0);
    expect_refused(victim, "append /mnt/over/sub/f");
    expect_refused(victim, "truncate /mnt/over/sub/f", "inode_setattr");
    expect_refused(victim, "creat /mnt/over/new", "inode_create");
    EXPECT_EQ(attack(victim, "append /tmp/other"), 0);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(attack(victim, "append /mnt/over/sub/f"), 0);
    EXPECT_EQ(victim.exec("umount /mnt/over").status, 0);
    reject_all();
}

// Its directory entry is at nobody's hand: what is above it cannot be said. By somebody who may do so, and came into the container.
TEST(DenyWrite, AHandleOfAFileWhoseNameIsForgotten) {
    must("rm -rf /srv/volume /run/handle && mkdir -p /srv/volume/sub /run/handle && echo line >/srv/volume/sub/f");
    apply_denying_pack();
    ContainerOptions volume;
    volume.mounts.push_back({{"destination", "/vol/data"}, {"type", "bind"}, {"source", "/srv/volume"}, {"options", {"bind", "rw"}}});
    Written victim("handle", volume);
    must("setsid /w/writer by-handle /run/handle /srv/volume/sub/f >/run/handle/out 2>&1 </dev/null &");
    ASSERT_TRUE(eventually([] { return run("test -e /run/handle/ready").status == 0; })) << run("cat /run/handle/out").text;
    must("pgrep -f '[w]riter by-handle' >/sys/fs/cgroup" + victim.cgroup() + "/cgroup.procs");
    const auto opened = [](const char* round) {
        must("echo 3 >/proc/sys/vm/drop_caches && touch /run/handle/go-" + std::string(round));
        EXPECT_TRUE(eventually([&] { return run("test -e /run/handle/result-" + std::string(round)).status == 0; }));
        return run("cat /run/handle/result-" + std::string(round)).text;
    };
    EXPECT_EQ(opened("0"), "by-handle 0 file_open\n");
    const auto id = a_writing_incident_of(victim, "handle");
    ASSERT_EQ(deny_writes(id, "--below /vol/data").status, 0);
    const auto before = denied("file_open");
    EXPECT_EQ(opened("1"), "by-handle " + std::to_string(EPERM) + " file_open\n");
    EXPECT_GT(denied("file_open"), before);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(opened("2"), "by-handle 0 file_open\n");
    must("touch /run/handle/stop");
    reject_all();
}

TEST(DenyWrite, ARenameAboveOpensNothing) {
    apply_denying_pack();
    Written victim("renamed");
    ASSERT_EQ(victim.exec("mkdir -p /vol/a/b/c && echo x >/vol/a/b/c/f").status, 0);
    const auto id = a_writing_incident_of(victim, "renamed");
    ASSERT_EQ(deny_writes(id, "--below /vol/a/b/c").status, 0);
    EXPECT_EQ(attack(victim, "rename-away /vol/a /vol/z"), 0) << "it is above the place";
    expect_refused(victim, "append /vol/z/b/c/f");
    expect_refused(victim, "creat /vol/z/b/c/new", "inode_create");
    expect_refused(victim, "rename-away /vol/z/b/c /vol/moved", "inode_rename");
    EXPECT_EQ(victim.exec("mkdir -p /vol/a/b/c && echo y >/vol/a/b/c/f").status, 0) << "another directory";
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(DenyWrite, AFileIsAPlaceByAllItsNames) {
    apply_denying_pack();
    Written victim("file");
    ASSERT_EQ(victim.exec("echo x >/vol/f && ln /vol/f /mnt/g && ln -s /vol/f /mnt/s && echo y >/vol/other").status, 0);
    const auto id = a_writing_incident_of(victim, "file");
    ASSERT_EQ(deny_writes(id, "--below /mnt/s").status, 0);
    for (const char* name : {"/vol/f", "/mnt/g", "/mnt/s"}) expect_refused(victim, std::string("append ") + name);
    expect_refused(victim, "unlink /mnt/g", "inode_unlink");
    EXPECT_EQ(attack(victim, "append /vol/other"), 0);
    EXPECT_EQ(attack(victim, "unlink /mnt/s"), 0) << "a link to it is not it";
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

// It may lie below the place: what cannot be walked is refused.
TEST(DenyWrite, WhatIsTooDeepIsRefused) {
    apply_denying_pack();
    Written victim("deep");
    const auto path = [](int depth) {
        std::string text = "/mnt";
        for (int i = 0; i < depth; i++) text += "/x";
        return text;
    };
    ASSERT_EQ(victim.exec("mkdir -p " + path(140) + " && echo x >" + path(140) + "/f && echo x >" + path(100) + "/f").status, 0);
    const auto id = a_writing_incident_of(victim, "deep");
    ASSERT_EQ(deny_writes(id, "--below /vol").status, 0);
    EXPECT_EQ(attack(victim, "append " + path(100) + "/f"), 0);
    expect_refused(victim, "append " + path(140) + "/f");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(DenyWrite, WhatIsNoPlaceIsSaid) {
    apply_denying_pack();
    Written victim("wrong");
    const auto id = a_writing_incident_of(victim, "wrong");
    std::string many;
    for (int i = 0; i < 17; i++) many += " --below /vol";
    for (const auto& [wrong, said] : std::vector<std::pair<std::string, std::string>>{
             {"--below vol", "absolute"}, {"--below /nowhere", "No such file"}, {"--below /dev/null", "neither a directory nor a regular file"}, {many, "at most 16"}}) {
        const auto refused = deny_writes(id, wrong);
        EXPECT_NE(refused.status, 0) << wrong;
        EXPECT_NE(refused.text.find(said), std::string::npos) << wrong << ": " << refused.text;
        EXPECT_EQ(show(id)["state"], "pending") << wrong;
    }
    const auto other = run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --below /vol --reason test");
    EXPECT_NE(other.status, 0);
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_TRUE(victim.running());
    // links are followed within the container
    ASSERT_EQ(victim.exec("ln -s ../../../../srv /vol/out && mkdir -p /srv && echo x >/srv/f").status, 0);
    ASSERT_EQ(deny_writes(id, "--below /vol/out").status, 0);
    expect_refused(victim, "append /srv/f");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    reject_all();
}

TEST(DenyWrite, WithoutAnIncident) {
    apply_denying_pack();
    Written victim("asked");
    const auto without = run("quell respond deny-write --container asked --reason test --yes");
    EXPECT_NE(without.status, 0);
    EXPECT_NE(without.text.find("name one with --below"), std::string::npos) << without.text;
    reject_all();
    const auto done = run("quell respond deny-write --container asked --below /vol --reason test --yes");
    ASSERT_EQ(done.status, 0) << done.text;
    EXPECT_NE(victim.exec(": >/vol/new").status, 0);
    const auto found = wait_for([](const Json& one) { return one["state"] == "enforcing"; });
    ASSERT_TRUE(found);
    const std::string id = (*found)["id"];
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(victim.exec(": >/vol/new").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing", "undone"}));
}

}  // namespace
}  // namespace quell::guest
