// SPDX-License-Identifier: Apache-2.0
// A quarantine is of one file. What else comes to have its number, its
// device's number or one of its names is not denied.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/containment/quarantined.h"
#include "vm-tests/harness/losses.h"

namespace quell::guest {
namespace {

TEST(QuarantinedFile, ANewFileOfItsNumberIsNotDenied) {
    Container victim("reuse");
    victim.start();
    must("echo guilty >" + victim.directory() + "/rootfs/var/log/guilty.log");
    EXPECT_EQ(attack(victim, "truncate /var/log/guilty.log"), 0);
    const auto id = quarantine("reuse", "truncate");
    const std::string logs = victim.directory() + "/upper/var/log", number = number_of(logs + "/guilty.log");
    expect_refused(victim, "read /var/log/guilty.log");
    victim.destroy();
    must("rm " + logs + "/guilty.log");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    const auto before = denied_anywhere();
    const auto innocent = new_file_of_number(logs, number);
    EXPECT_EQ(run("cat " + innocent + " && echo more >>" + innocent).status, 0);
    EXPECT_EQ(denied_anywhere(), before);
    reject_all();
}

// Here no hook saw the removal: the quarantine is still in force, and only the generation tells the files apart.
TEST(QuarantinedFile, ANewFileOfItsNumberIsNotDeniedWhereTheRemovalWasNotSeen) {
    mount_new("ext4", "/srv/disk.img", "/var/log/disk", "64M");
    must("echo guilty >/var/log/disk/a; truncate -s 0 /var/log/disk/a");
    const auto id = quarantine_on_host("truncate");
    const auto number = number_of("/var/log/disk/a");
    expect_refused_on_host("cat /var/log/disk/a");
    must("umount /var/log/disk && mount -o loop /srv/disk.img /var/log/disk");
    expect_refused_on_host("cat /var/log/disk/a");
    must("umount /var/log/disk && debugfs -w -R 'rm a' /srv/disk.img 2>&1 && mount -o loop /srv/disk.img /var/log/disk");
    const auto before = denied_anywhere();
    const auto innocent = new_file_of_number("/var/log/disk", number);
    EXPECT_EQ(run("cat " + innocent + " && echo more >>" + innocent).status, 0);
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    must("umount /var/log/disk; rm /srv/disk.img");
    reject_all();
}

struct Disk {
    const char* type;
    const char* size;
};

class QuarantinedOn : public testing::TestWithParam<Disk> {};

// The kernel forgets inode and superblock, and gives the device number to the next one.
TEST_P(QuarantinedOn, HoldsOverUmountAndMount) {
    mount_new(GetParam().type, "/srv/disk.img", "/var/log/disk", GetParam().size);
    must("echo guilty >/var/log/disk/a; echo innocent >/var/log/disk/b; ln /var/log/disk/a /var/log/disk/other");
    must("truncate -s 0 /var/log/disk/a; true");  // by another shell: what one parent's children do is one incident, and a link is seen, too
    const auto id = quarantine_on_host("truncate");
    expect_refused_on_host("cat /var/log/disk/a");
    for (const char* how : {"loop", "loop,ro", "loop"}) {
        must(std::string("umount /var/log/disk && mount -o ") + how + " /srv/disk.img /var/log/disk");
        for (const char* name : {"a", "other"}) expect_refused_on_host(std::string("cat /var/log/disk/") + name);
        const auto before = denied_anywhere();
        EXPECT_EQ(run("cat /var/log/disk/b").status, 0) << how;
        EXPECT_EQ(denied_anywhere(), before);
    }
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(run("cat /var/log/disk/a").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    must("umount /var/log/disk; rm /srv/disk.img");
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Disk, QuarantinedOn, testing::Values(Disk{"ext4", "64M"}, Disk{"xfs", "320M"}), [](const auto& test) { return std::string(test.param.type); });

// The next one has its device number, and counts its files from the same one on; it has a UUID of its own.
TEST(QuarantinedFile, OneOfTheNextTmpfsIsNotDenied) {
    allow_counter("walk-outside");  // a cgroup that is found by its handle, once the caches are dropped: the kernel opens directories of it that have no parent yet
    must("mkdir -p /var/log/disk && mount -t tmpfs guilty /var/log/disk");  // by another shell, as above
    must("echo guilty >/var/log/disk/a; truncate -s 0 /var/log/disk/a");
    const auto id = quarantine_on_host("truncate");
    const auto number = number_of("/var/log/disk/a"), device = device_of("/var/log/disk/a");
    expect_refused_on_host("cat /var/log/disk/a");
    must("echo 3 >/proc/sys/vm/drop_caches");
    expect_refused_on_host("cat /var/log/disk/a");
    must("umount /var/log/disk && mount -t tmpfs innocent /var/log/disk");
    const auto before = denied_anywhere();
    const auto innocent = new_file_of_number("/var/log/disk", number);
    EXPECT_EQ(device_of(innocent), device) << "the kernel gives the number away again; without that this test says nothing";
    EXPECT_EQ(run("cat " + innocent + " && echo more >>" + innocent).status, 0);
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    must("umount /var/log/disk");
    reject_all();
}

// Each of its subvolumes has a file of that number, on the same file system.
TEST(QuarantinedFile, OneOfBtrfsIsNotOffered) {
    must("modprobe btrfs");
    mount_new("btrfs", "/srv/btrfs.img", "/var/log/disk", "128M");
    must("echo text >/var/log/disk/a; truncate -s 0 /var/log/disk/a");
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "truncate" && one["subject"] == "host"; });
    ASSERT_TRUE(found);
    for (const auto& offer : (*found)["offers"]) {
        if (offer["response"] != "quarantine-file") continue;
        EXPECT_FALSE(offer["available"]);
        EXPECT_EQ(offer["reason"], "the object is no regular file with a lasting identity");
    }
    const std::string id = (*found)["id"];
    EXPECT_EQ(digest_of(id, "quarantine-file"), "");
    const auto before = denied_anywhere();
    EXPECT_EQ(run("quell approve " + id + "@000000000000 quarantine-file --reason btrfs").status, 1);
    EXPECT_EQ(run("cat /var/log/disk/a").status, 0);
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    must("umount /var/log/disk; rm /srv/btrfs.img");
    reject_all();
}

class QuarantinedAs : public testing::TestWithParam<Bound> {};

TEST_P(QuarantinedAs, AnotherContainerOnItsDeviceNumberIsNotDenied) {
    Container victim("first");
    Container other("second", {.layers = {victim.directory() + "/lower"}});
    victim.start();
    const auto device = device_of(victim.directory() + "/rootfs"), number = number_of(victim.directory() + "/rootfs/var/log/b.log");
    EXPECT_EQ(attack(victim, GetParam().attack), 0);
    const auto id = quarantine("first", GetParam().operation);
    expect_refused(victim, "read /var/log/b.log");
    victim.destroy();

    other.start();
    EXPECT_EQ(device_of(other.directory() + "/rootfs"), device) << "the kernel gives the number away again; without that this test says nothing";
    EXPECT_EQ(number_of(other.directory() + "/rootfs/var/log/b.log"), number);
    const auto before = denied_anywhere();
    for (const char* how : {"read /var/log/b.log", "append /var/log/b.log", "read /var/log/b.log", "unlink /var/log/b.log"}) EXPECT_EQ(attack(other, how), 0) << how;
    EXPECT_EQ(denied_anywhere(), before);
    other.destroy();

    EXPECT_EQ(show(id)["state"], "enforcing");
    victim.restart();
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

// Two layers on two file systems: with xino=off the overlay shows both files with the same device and number.
TEST_P(QuarantinedAs, AFileOfAnotherLayerWithItsNumberIsNotDenied) {
    for (const char* layer : {"one", "two"}) {
        const std::string at = std::string("/srv/layer-") + layer;
        mount_new("ext4", at + ".img", at, "16M");
        must("mkdir -p " + at + "/var/log && echo line >" + at + "/var/log/" + (layer == std::string("one") ? "b.log" : "twin.log"));
    }
    ASSERT_EQ(number_of("/srv/layer-one/var/log/b.log"), number_of("/srv/layer-two/var/log/twin.log"));
    {
        Container victim("layers", {.layers = {"/srv/layer-one", "/srv/layer-two"}, .overlay = "xino=off"});
        victim.start();
        EXPECT_EQ(number_of(victim.directory() + "/rootfs/var/log/b.log"), number_of(victim.directory() + "/rootfs/var/log/twin.log"));
        EXPECT_EQ(attack(victim, GetParam().attack), 0);
        const auto id = quarantine("layers", GetParam().operation);
        must("echo 3 >/proc/sys/vm/drop_caches");
        expect_refused(victim, "read /var/log/b.log");
        const auto before = denied_anywhere();
        for (const char* how : {"read /var/log/twin.log", "append /var/log/twin.log", "read /var/log/twin.log"}) EXPECT_EQ(attack(victim, how), 0) << how;
        EXPECT_EQ(denied_anywhere(), before);
        expect_refused(victim, "append /var/log/b.log");
        EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    }
    must("umount /srv/layer-one /srv/layer-two; rm /srv/layer-*.img");
    reject_all();
}

// A copy-up takes one name out of a hard link: the other stays the image's file, with the number that both had.
TEST(QuarantinedFile, AnAliasThatTheCopyUpLeftBehindIsNotDenied) {
    Container victim("alias");
    must("cd " + victim.directory() + "/lower/var/log && for alias in kept copied; do ln b.log $alias.log; done");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    EXPECT_EQ(attack(victim, "append /var/log/copied.log"), 0);
    const auto id = quarantine("alias", "truncate");
    for (const bool evicted : {false, true}) {
        if (evicted) must("echo 3 >/proc/sys/vm/drop_caches");
        const auto before = denied_anywhere();
        for (const char* alias : {"kept", "copied"}) {
            EXPECT_EQ(attack(victim, std::string("read /var/log/") + alias + ".log"), 0) << alias << evicted;
            EXPECT_EQ(attack(victim, std::string("append /var/log/") + alias + ".log"), 0) << alias << evicted;
        }
        EXPECT_EQ(denied_anywhere(), before);
        expect_refused(victim, "read /var/log/b.log");
    }
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

// Somebody who only reads the copied alias all the time is the first to be met after the flip.
TEST(QuarantinedFile, AnAliasThatIsReadMeanwhileIsNotTakenForIt) {
    Container victim("busy");
    must("ln " + victim.directory() + "/lower/var/log/b.log " + victim.directory() + "/lower/var/log/alias.log");
    victim.start();
    EXPECT_EQ(attack(victim, "append /var/log/alias.log"), 0);
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    (void)victim.exec("attack repeat-read /var/log/alias.log >/tmp/reader.1 2>&1 & attack repeat-read /var/log/alias.log >/tmp/reader.2 2>&1 &");
    const auto id = quarantine("busy", "truncate");
    EXPECT_EQ(attack(victim, "read /var/log/alias.log"), 0);
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(victim.exec("cat /tmp/reader.*").text, "") << "a reader was refused";
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

// With index=on the names stay one file, and so the alias is the file.
TEST(QuarantinedFile, AnAliasThatTheCopyUpKeptIsDenied) {
    Container victim("index", {.overlay = "index=on"});
    must("ln " + victim.directory() + "/lower/var/log/b.log " + victim.directory() + "/lower/var/log/alias.log");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = quarantine("index", "truncate");
    expect_refused(victim, "read /var/log/alias.log");
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(attack(victim, "read /var/log/c.log"), 0);
    EXPECT_EQ(run("quell undo " + id + " --reason test").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Layer, QuarantinedAs, testing::Values(kCopiedUp, kInTheImage), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace quell::guest
