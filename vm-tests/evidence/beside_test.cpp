// SPDX-License-Identifier: Apache-2.0
// capture: what it tells of its subject's past, which is no other subject's,
// and one of a container that does not freeze.
#include <gtest/gtest.h>

#include <set>

#include "vm-tests/evidence/taken.h"

namespace quell::guest {
namespace {

using Ids = std::set<std::string>;

// The incidents that a member of a capture is about.
Ids ids_in(const std::string& id, const std::string& member, const std::string& field) {
    const auto text = must("rm -rf /tmp/beside && mkdir /tmp/beside && cd /tmp/beside && bsdtar -xf /var/lib/quell/evidence/" + id + "-capture/capture.tar.zst && jq -r '.[]." + field + "' " + member);
    Ids ids;
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) ids.insert(text.substr(at, end - at));
    return ids;
}

class Beside : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_evidence_policy(); }
    void SetUp() override { must("mkdir -p /srv/data && echo x >/srv/data/a && echo x >/srv/data/b && echo x >/srv/data/c"); }
    void TearDown() override {
        (void)run("pkill -9 -fx 'sleep 778[0-9]'");
        reject_all();
        must("rm -rf /srv/data");
    }
    // A shell of the host that reads them and stays.
    static void read_on_host(const std::string& files, const std::string& mark) {
        must("setsid sh -c 'for f in " + files + "; do cat /srv/data/$f >/dev/null; done; rm /srv/data/" + files.substr(0, 1) + "; sleep " + mark + "; :' </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([&] { return run("pgrep -fx 'sleep " + mark + "'").status == 0; }));
    }
    // Those of the host whose first path this is; `operation` of it.
    static std::string of_host(const std::string& operation, const std::string& path) {
        const auto found = wait_for_pending([&](const Json& one) {
            return one["operation"] == operation && one["subject"] == "host" && show(one["id"])["file"].value("path", "") == path;
        });
        EXPECT_TRUE(found) << operation << " " << path << ": " << run("quell incidents --all").text;
        return found ? (*found)["id"].get<std::string>() : "0";
    }
};

TEST_F(Beside, OfTheHostItTellsOfItsLineageAlone) {
    read_on_host("a", "7781");
    const auto read = of_host("open-read", "/srv/data/a"), removed = of_host("delete", "/srv/data/a");
    read_on_host("b", "7782");
    const auto other = of_host("delete", "/srv/data/b");
    take(removed, "capture");
    const auto recent = ids_in(removed, "recent.json", "id"), rows = ids_in(removed, "history.json", "incident");
    EXPECT_EQ(recent, (Ids{read, removed}));
    EXPECT_FALSE(rows.contains(other));
    EXPECT_TRUE(rows.contains(removed));
    EXPECT_EQ(run("quell undo " + removed + " --reason enough").status, 0);
}

TEST_F(Beside, OfAContainerItTellsOfAllThatHappenedInIt) {
    read_on_host("c", "7783");
    const auto of_another = of_host("delete", "/srv/data/c");
    Container victim("victim"), neighbour("other");
    for (auto* one : {&victim, &neighbour}) {
        must("mkdir -p " + one->directory() + "/lower/srv/data");
        write(one->directory() + "/lower/srv/data/file", "x\n");
        one->start();
        ASSERT_EQ(one->exec("cat /srv/data/file >/dev/null; rm /srv/data/file").status, 0);
    }
    const auto read = pending_id("victim", "open-read"), removed = pending_id("victim", "delete"), theirs = pending_id("other", "delete");
    take(read, "capture");
    const auto recent = ids_in(read, "recent.json", "id");
    EXPECT_EQ(recent, (Ids{read, removed}));
    EXPECT_FALSE(recent.contains(theirs) || recent.contains(of_another));
    EXPECT_EQ(run("quell undo " + read + " --reason enough").status, 0);
}

// Who writes to a frozen file system is reached by no freezer: the capture goes on behind its bound, and says so.
TEST_F(Beside, AFreezeThatNeverEndsDoesNotHoldUpACapture) {
    must("modprobe loop && truncate -s 16M /srv/ice.img && mke2fs -q -F -t ext4 /srv/ice.img && mkdir -p /srv/ice && mount -o loop /srv/ice.img /srv/ice");
    {
        Container victim("victim", {.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/ice"}, {"options", {"bind", "rw"}}}}});
        must("mkdir -p " + victim.directory() + "/lower/srv/data");
        write(victim.directory() + "/lower/srv/data/file", "x\n");
        victim.start();
        must("fsfreeze -f /srv/ice");
        victim.begin("dd if=/dev/zero of=/vol/x count=1; sleep 1000");
        EXPECT_TRUE(eventually([] { return run("grep -q '^State:.D' /proc/$(pgrep -x dd)/status").status == 0; }));
        EXPECT_EQ(victim.exec("cat /srv/data/file >/dev/null").status, 0);
        const auto id = pending_id("victim", "open-read");
        const auto output = run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --with capture --reason test");
        EXPECT_EQ(output.status, 1) << "who is stuck does not die either: " << output.text;
        const auto rows = quell("history --incident " + id)["rows"];
        std::string evidence;
        for (const auto& row : rows)
            if (row["action"] == "evidence") evidence = row["result"];
        EXPECT_NE(evidence.find("processes captured"), std::string::npos) << rows;
        EXPECT_NE(evidence.find("not all of it was frozen"), std::string::npos) << evidence;
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "evidence", "failed"}));
        EXPECT_TRUE(has_evidence(id));
        must("fsfreeze -u /srv/ice");
        EXPECT_TRUE(eventually([&] { return !victim.running(); }));
        EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
    }
    must("umount /srv/ice && rm /srv/ice.img");
}

}  // namespace
}  // namespace quell::guest
