// SPDX-License-Identifier: Apache-2.0
// acquire-file of content that is hard to take: it changes meanwhile, is
// mostly hole, is very large, or shares its blocks with what is kept.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/evidence/taken.h"

namespace quell::guest {
namespace {

constexpr const char* kDir = "/var/lib/quell/evidence";

// What `quell respond acquire-file --file FILE` made.
Json asked(const std::string& file, int* status) {
    const auto output = run("quell --json respond acquire-file --file " + file + " --yes --reason told 2>/dev/null");
    *status = output.status;
    const auto reply = Json::parse(output.text, nullptr, false);
    if (reply.is_object() && reply.contains("incident")) return reply["incident"];
    ADD_FAILURE() << file << ": " << output.text;
    return {{"id", "0"}, {"state", ""}};
}

bool has_note(const Json& manifest, const std::string& text) { return manifest["notes"].dump().find(text) != std::string::npos; }

class Content : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_evidence_policy(); }
    void SetUp() override { must("mkdir -p /srv/kept"); }
    void TearDown() override {
        reject_all();
        must("rm -rf /srv/kept");
    }
    static void restart_with(const std::string& edit) {
        must("sed -i '" + edit + "' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    }
};

TEST_F(Content, ThatChangesWhileItIsReadIsTakenAndThatIsNoted) {
    Container victim("victim");
    victim.start();
    // long to read: its hole is hashed, too. The writer waits for nobody.
    ASSERT_EQ(victim.exec("mkdir -p /srv/data && truncate -s 64M /srv/data/file && echo end >>/srv/data/file").status, 0);
    victim.begin("while [ ! -e /tmp/enough ]; do echo x >>/srv/data/file; done");
    ASSERT_EQ(victim.exec("head -c 1 /srv/data/file >/dev/null").status, 0);
    const auto id = pending_id("victim", "open-read");
    take(id, "acquire-file");
    ASSERT_EQ(victim.exec("touch /tmp/enough").status, 0);
    EXPECT_TRUE(has_note(manifest_of(id), "changed while it was read")) << manifest_of(id)["notes"];
    const auto rows = quell("history --incident " + id)["rows"];
    EXPECT_NE(rows[0]["result"].get<std::string>().find("changed while it was read"), std::string::npos) << rows[0];
    EXPECT_EQ(run("quell evidence verify " + id).status, 0) << "of what was kept";
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
}

TEST_F(Content, KeepsItsHolesAndTellsOwnerAndTimes) {
    const std::string file = "/srv/kept/sparse";
    must("truncate -s 32M " + file + " && printf begin | dd of=" + file + " conv=notrunc status=none && printf middle | dd of=" + file + " bs=1M seek=16 conv=notrunc status=none");
    must("chown 1234:4321 " + file + " && chmod 4750 " + file + " && touch -m -d '2001-02-03 04:05:06 UTC' " + file + " && touch -a -d '2002-03-04 05:06:07 UTC' " + file);
    int status = -1;
    const auto incident = asked(file, &status);
    const std::string id = incident["id"];
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(incident["state"], "done");
    const std::string kept = std::string(kDir) + "/" + id + "-acquire-file/content";
    EXPECT_EQ(run("cmp " + file + " " + kept).status, 0);
    EXPECT_EQ(must("stat -c %s " + kept), "33554432\n");
    EXPECT_EQ(run("[ $(($(stat -c %b " + kept + ") * 512)) -lt 1048576 ]").status, 0) << must("stat " + kept);
    const auto manifest = manifest_of(id);
    EXPECT_LT(manifest["content"]["stored"].get<std::int64_t>(), 1 << 20) << manifest["content"];
    EXPECT_EQ(manifest["content"]["sha256"], must("sha256sum <" + file).substr(0, 64)) << "of all of it, holes as well";
    EXPECT_FALSE(has_note(manifest, "changed")) << manifest["notes"];
    const Json& told = manifest["file"];
    EXPECT_EQ(told["uid"], 1234);
    EXPECT_EQ(told["gid"], 4321);
    EXPECT_EQ(told["mode"], "4750");
    EXPECT_EQ(told["modified"].get<std::string>().substr(0, 19), "2001-02-03T04:05:06") << told;
    EXPECT_EQ(told["accessed"].get<std::string>().substr(0, 19), "2002-03-04T05:06:07") << "as it was before it was read: " << told;
    EXPECT_GT(told["changed"].get<std::string>().substr(0, 4), "2002") << told;
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
}

// All of it goes into the hash, its hole too: minutes where a CPU is emulated. With too little time it is kept as far as it came, and called cut.
TEST_F(Content, OfTenGigabytesIsWholeOrSaidToBeCut) {
    constexpr std::int64_t kSize = 10'737'418'240;
    const std::string file = "/srv/kept/large";
    must("printf begin >" + file + " && truncate -s 10G " + file);
    for (const bool is_in_time : {false, true}) {
        restart_with(is_in_time ? "s|max_seconds: 1$|max_seconds: 3600|" : "s|max_seconds: 60$|max_seconds: 1|");
        int status = -1;
        const auto incident = asked(file, &status);
        const std::string id = incident["id"];
        const std::string kept = std::string(kDir) + "/" + id + "-acquire-file/content";
        const auto manifest = manifest_of(id);
        const auto size = manifest["content"]["size"].get<std::int64_t>();
        EXPECT_EQ(status, is_in_time ? 0 : 1) << incident;
        EXPECT_EQ(incident["state"], is_in_time ? "done" : "failed");
        if (is_in_time) {
            EXPECT_EQ(size, kSize);
            EXPECT_EQ(manifest["content"]["sha256"], "172d76ea3cdbaa1ec8415723a1072f9d81b5628d4eb89daef031c0bfe9dad185");  // of "begin" and zeros
        } else {
            EXPECT_NE(show(id)["note"].get<std::string>().find("its time was over"), std::string::npos) << show(id)["note"];
            EXPECT_EQ(manifest["cut"], "its time was over");
            EXPECT_GT(size, 0);
            EXPECT_LT(size, kSize);
        }
        EXPECT_EQ(run("head -c 5 " + kept).text, "begin");
        EXPECT_EQ(must("stat -c %s " + kept), std::to_string(size) + "\n");
        EXPECT_LT(manifest["content"]["stored"].get<std::int64_t>(), 1 << 20) << "no hole is filled";
        EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
        EXPECT_FALSE(has_evidence(id));
    }
    restart_with("s|max_seconds: 3600$|max_seconds: 60|");
}

TEST_F(Content, SharesItsBlocksWhereTheFileSystemCan) {
    must("modprobe loop && mkdir -p /mnt/kept && truncate -s 320M /srv/kept.img && mkfs.xfs -q -m reflink=1 /srv/kept.img && mount -o loop /srv/kept.img /mnt/kept");
    must("head -c 3000000 /dev/urandom >/mnt/kept/file && sync /mnt/kept/file");
    restart_with("s|dir: /var/lib/quell/evidence|dir: /mnt/kept/evidence|");
    int status = -1;
    const auto incident = asked("/mnt/kept/file", &status);
    const std::string id = incident["id"];
    EXPECT_EQ(status, 0) << incident;
    const auto manifest = manifest_of(id);
    EXPECT_TRUE(has_note(manifest, "shares its blocks")) << manifest;
    const std::string kept = "/mnt/kept/evidence/" + id + "-acquire-file/content";
    EXPECT_EQ(run("cmp /mnt/kept/file " + kept).status, 0);
    // of one moment: what is written afterwards is the file's alone
    const auto hash = manifest["content"]["sha256"];
    must("printf changed | dd of=/mnt/kept/file conv=notrunc status=none");
    EXPECT_EQ(must("sha256sum <" + kept).substr(0, 64), hash);
    EXPECT_EQ(run("quell evidence verify " + id).status, 0);
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
    restart_with("s|dir: /mnt/kept/evidence|dir: /var/lib/quell/evidence|");
    EXPECT_TRUE(eventually([] { return run("umount /mnt/kept").status == 0; }));
    must("rm /srv/kept.img");
}

}  // namespace
}  // namespace quell::guest
