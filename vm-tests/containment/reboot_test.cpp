// SPDX-License-Identifier: Apache-2.0
// A quarantine outlives the host's restart: what the first boot contained, the
// second one refuses before any service has begun. Between the two there is a
// reset and a disk, with Quell's history on it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

using Rows = std::vector<std::string>;

constexpr const char* kNames[] = {"host", "xfs", "copied", "image", "released", "reused-ext4", "reused-xfs"};

// Of an earlier boot, by name.
std::string id_of(const std::string& name) {
    auto text = must("cat /var/kept/id." + name);
    if (!text.empty()) text.pop_back();
    return text;
}

std::string quarantine_named(const std::string& file) {
    const auto output = run("quell --json respond quarantine-file --file " + file + " --yes --reason kept 2>/dev/null");
    EXPECT_EQ(output.status, 0) << output.text;
    const auto answer = Json::parse(output.text, nullptr, false);
    return answer.is_object() ? answer["incident"].value("id", "0") : "0";
}

// The newest first.
Json rows_of(const std::string& id) { return quell("history --incident " + id)["rows"]; }

std::string last_action(const std::string& id) {
    const auto actions = actions_of(id);
    return actions.empty() ? "" : actions.back();
}

void bring_containers_directory() { must("mkdir -p /var/kept/containers /srv/containers && mount --bind /var/kept/containers /srv/containers"); }

std::string mount_layers(const std::string& name) {
    const std::string at = "/srv/containers/" + name;
    must("mount -t overlay overlay -o lowerdir=" + at + "/lower:/usr/share/quell-vm/rootfs,upperdir=" + at + "/upper,workdir=" + at + "/work " + at + "/rootfs");
    return at + "/rootfs";
}

// A service like any other, that looks at the files once.
void install_services() {
    write("/var/kept/units/looks.service",
          "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
          "ExecStart=/bin/sh -c 'for f in evil good released; do cat /var/kept/$$f >/var/kept/seen.$$f 2>&1; echo $$? >>/var/kept/seen.$$f; done'\n");
    must("cd /var/kept/units && mkdir -p multi-user.target.wants basic.target.wants && ln -sf /etc/systemd/system/looks.service multi-user.target.wants/ && "
         "ln -sf $(systemctl show --value -p FragmentPath quelld) basic.target.wants/");
}

TEST(Boot1, FilesAreQuarantined) {
    bring_containers_directory();
    for (const char* name : {"evil", "good", "released", "reused"}) write(std::string("/var/kept/") + name, std::string(name) + "\n");
    std::map<std::string, std::string> ids;
    ids["host"] = quarantine_named("/var/kept/evil");
    ids["released"] = quarantine_named("/var/kept/released");
    EXPECT_EQ(run("quell undo " + ids["released"] + " --reason kept").status, 0);
    mount_new("xfs", "/var/kept/xfs.img", "/mnt/xfs", "320M");
    must("cd /mnt/xfs && for name in evil good reused; do echo $name >$name; done");
    ids["xfs"] = quarantine_named("/mnt/xfs/evil");
    ids["reused-ext4"] = quarantine_named("/var/kept/reused");
    ids["reused-xfs"] = quarantine_named("/mnt/xfs/reused");
    // never ended, for their directories: the reset ends them
    auto* copied = new Container("copied");
    auto* image = new Container("image");
    copied->start();
    image->start();
    EXPECT_EQ(attack(*copied, kCopiedUp.attack), 0);
    EXPECT_EQ(attack(*image, kInTheImage.attack), 0);
    write("/var/kept/digest", digest_of(pending_id("image", kInTheImage.operation), "quarantine-file"));
    ids["copied"] = quarantine("copied", kCopiedUp.operation);
    ids["image"] = quarantine("image", kInTheImage.operation);
    expect_refused_on_host("cat /var/kept/evil");
    expect_refused_on_host("cat /mnt/xfs/evil");
    expect_refused(*copied, "read /var/log/b.log");
    for (const char* name : kNames) write(std::string("/var/kept/id.") + name, ids[name] + "\n");
    install_services();
    EXPECT_TRUE(eventually([] { return must("sqlite3 -readonly /var/lib/quell/history.db \"SELECT count(*) FROM rows WHERE action = 'enforcing'\"") == "7\n"; }));
    must("umount /mnt/xfs; sync");
}

TEST(Boot2, TheyAreRefusedBeforeServicesBegin) {
    bring_containers_directory();
    EXPECT_NE(must("cat /var/kept/seen.evil").find("Operation not permitted\n1\n"), std::string::npos) << run("cat /var/kept/seen.evil").text;
    EXPECT_EQ(must("cat /var/kept/seen.good"), "good\n0\n");
    EXPECT_EQ(must("cat /var/kept/seen.released"), "released\n0\n");
    expect_refused_on_host("cat /var/kept/evil");
    const auto id = id_of("host");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "enforcing"; })) << show(id);
    EXPECT_EQ(actions_of(id), (Rows{"requested", "approved", "flipped", "enforcing", "restored", "enforcing"}));
    EXPECT_EQ(actions_of(id_of("released")).back(), "undone");
    const auto rows = rows_of(id);
    for (const auto& row : rows) {
        if (row["action"] != "restored") continue;
        EXPECT_EQ(row["who"]["uid"], 0) << row;
        EXPECT_EQ(row["reason"], "kept") << row;
        EXPECT_EQ(row["response"], "quarantine-file") << row;
        EXPECT_NE(row["detail"].get<std::string>().find("approved"), std::string::npos) << row;
    }
}

TEST(Boot2, TheContainersFilesAreRefusedInTheirLayers) {
    const auto copied = mount_layers("copied"), image = mount_layers("image");
    EXPECT_TRUE(eventually([&] { return run("cat " + image + "/var/log/b.log").status != 0; })) << "the layout of overlayfs was not learnt";
    for (const auto& root : {copied, image}) {
        expect_refused_on_host("cat " + root + "/var/log/b.log");
        const auto before = denied_anywhere();
        EXPECT_EQ(run("cat " + root + "/var/log/c.log").status, 0);
        EXPECT_EQ(denied_anywhere(), before);
    }
    expect_refused_on_host("cat /srv/containers/copied/upper/var/log/b.log");
    EXPECT_EQ(run("cat /srv/containers/image/lower/var/log/b.log").status, 0) << "the image's own file is not meant";
    for (const char* name : {"copied", "image"}) {
        const auto incident = show(id_of(name));
        EXPECT_EQ(incident["state"], "enforcing");
        EXPECT_EQ(incident["subject"], "container");
        EXPECT_EQ(incident["container"]["name"], name);
        EXPECT_EQ(incident["container"]["alive"], false);
    }
    const auto rows = rows_of(id_of("image"));
    ASSERT_TRUE(std::any_of(rows.begin(), rows.end(), [](const Json& row) { return row["action"] == "restored"; })) << rows;
    const auto digest = must("cat /var/kept/digest");
    for (const auto& row : rows) {
        if (row["action"] != "restored") continue;
        EXPECT_NE(row["detail"].get<std::string>().find(digest), std::string::npos) << row;
    }
}

// While somebody has the layer mounted nobody takes the file away; then the runtime does.
TEST(Boot2, TheRuntimeRemovesWhatIsLeftOfTheContainers) {
    expect_refused_on_host("rm -f /srv/containers/copied/upper/var/log/b.log", "inode_unlink");
    for (const char* name : {"copied", "image"}) {
        const std::string at = std::string("/srv/containers/") + name;
        must("umount " + at + "/rootfs");
        const auto before = denied_anywhere();
        EXPECT_EQ(run("rm -rf " + at).status, 0);
        EXPECT_EQ(denied_anywhere(), before);
        EXPECT_TRUE(eventually([&] { return show(id_of(name))["state"] == "gone"; })) << show(id_of(name));
    }
}

TEST(Boot2, AFileSystemThatIsNotThereIsLoudAndRefusedOnceItIs) {
    const auto id = id_of("xfs");
    EXPECT_TRUE(eventually([&] { return last_action(id) == "lost"; })) << rows_of(id);
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_NE(quell("status")["status"]["warnings"].dump().find("their files are not there"), std::string::npos);
    must("mkdir -p /mnt/xfs && modprobe loop && mount -o loop /var/kept/xfs.img /mnt/xfs");
    expect_refused_on_host("cat /mnt/xfs/evil");
    EXPECT_EQ(run("cat /mnt/xfs/good").status, 0);
    EXPECT_TRUE(eventually([&] { return last_action(id) == "restored"; }, std::chrono::seconds(60))) << rows_of(id);
    EXPECT_TRUE(eventually([] { return quell("status")["status"]["warnings"].dump().find("their files are not there") == std::string::npos; }));
}

// The same without a restart of the host; and the new version's structures are others. Meanwhile two are removed, and their
// numbers are other files'.
TEST(Boot2, WhatWasUnloadedIsInForceAgainUnderAnotherVersion) {
    const auto id = id_of("xfs");
    must("systemctl stop quelld && quelld --unload");
    EXPECT_EQ(run("cat /mnt/xfs/evil").status, 0) << "nothing is loaded";
    std::vector<std::string> innocent;
    for (const char* directory : {"/var/kept", "/mnt/xfs"}) {
        const std::string guilty = std::string(directory) + "/reused", number = number_of(guilty);
        must("rm " + guilty);
        innocent.push_back(new_file_of_number(directory, number));
    }
    must("sqlite3 /var/lib/quell/history.db \"UPDATE incidents SET snapshot = replace(snapshot, '\\\"abi\\\":', '\\\"abi\\\":1')\"");
    must("systemctl start quelld");
    expect_refused_on_host("cat /mnt/xfs/evil");
    EXPECT_TRUE(eventually([&] { return last_action(id) == "enforcing"; })) << rows_of(id);
    const auto actions = actions_of(id);
    EXPECT_EQ(Rows(actions.end() - 2, actions.end()), (Rows{"restored", "enforcing"}));
    EXPECT_EQ(show(id)["file"]["path"], "/mnt/xfs/evil");
    const auto before = denied_anywhere();
    for (const auto& file : innocent) EXPECT_EQ(run("cat " + file + " && echo more >>" + file).status, 0) << file;
    EXPECT_EQ(denied_anywhere(), before);
    for (const char* name : {"reused-ext4", "reused-xfs"}) {
        const auto reused = id_of(name);
        EXPECT_TRUE(eventually([&] { return last_action(reused) == "lost"; })) << rows_of(reused);
        EXPECT_NE(rows_of(reused).front()["result"].get<std::string>().find("no file of its number and generation"), std::string::npos) << rows_of(reused);
        EXPECT_EQ(run("quell undo " + reused + " --reason over").status, 0);
    }
    must("umount /mnt/xfs");
}

TEST(Boot2, EachIsTakenBackByUndo) {
    const auto id = id_of("host");
    expect_refused_on_host("cat /var/kept/evil");
    EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
    EXPECT_EQ(must("cat /var/kept/evil"), "evil\n");
    EXPECT_EQ(last_action(id), "undone");
    EXPECT_EQ(rows_of(id).front()["reason"], "over");
}

}  // namespace
}  // namespace quell::guest
