// SPDX-License-Identifier: Apache-2.0
// capture of a real container, with a process that wants to be misread.
#include <gtest/gtest.h>

#include "vm-tests/evidence/taken.h"

namespace quell::guest {
namespace {

class CaptureContainer : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_evidence_policy(); }
    void TearDown() override { reject_all(); }

    std::string unpacked(const std::string& id) {
        must("rm -rf /tmp/unpacked && mkdir /tmp/unpacked && cd /tmp/unpacked && bsdtar -xf /var/lib/quell/evidence/" + id + "-capture/capture.tar.zst");
        return "/tmp/unpacked";
    }
};

TEST_F(CaptureContainer, HasItsProcessesMountsSocketsAndConfiguration) {
    must("mkdir -p /srv/volume");
    Container victim("victim", {.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/volume"}, {"options", {"bind", "rw"}}}}});
    must("mkdir -p " + victim.directory() + "/lower/srv/data");
    write(victim.directory() + "/lower/srv/data/file", "x\n");
    victim.start();
    // its name, an argument, a descriptor and a variable are hostile
    victim.begin("cp /bin/busybox '/tmp/busybox\n\033[31m'; mkfifo /tmp/fifo; TOKEN=hunter2 exec '/tmp/busybox\n\033[31m' sh -c 'exec 7>\"/tmp/a\n\033[1m\351\"; cat /srv/data/file; read x </tmp/fifo' 'arg\n\033[7m'");
    const auto id = pending_id("victim", "open-read");
    ASSERT_NE(id, "0") << victim.exec("ps; ls -la /tmp /srv/data | cat -v").text;
    take(id, "capture");
    const auto manifest = manifest_of(id);
    EXPECT_GE(manifest["processes"].get<int>(), 1) << manifest;
    const std::string at = unpacked(id);
    for (const auto& member : manifest["members"])
        EXPECT_EQ(run("sha256sum <'" + at + "/" + member["name"].get<std::string>() + "'").text.substr(0, 64), member["sha256"]) << member["name"];
    EXPECT_EQ(run("grep -rl hunter2 " + at).text, "") << "a value of the environment";
    EXPECT_NE(run("cat " + at + "/tree.txt").text.find("sleep"), std::string::npos) << run("cat " + at + "/tree.txt").text;
    EXPECT_NE(run("cat " + at + "/tree.txt").text.find("busybox\\x0a\\x1b"), std::string::npos) << run("cat " + at + "/tree.txt").text;
    EXPECT_EQ(run("grep -c '\033' " + at + "/tree.txt").text, "0\n");
    EXPECT_EQ(run("grep -l 'x0a.*x1b.1m.*xe9' " + at + "/processes/*/fds.json | wc -l").text, "1\n");
    EXPECT_EQ(run("jq -r '.process.env[]' " + at + "/container/config.json").text, "PATH\n");
    EXPECT_EQ(run("jq -r '.[] | select(.mountpoint == \"/vol\") | .host_path' " + at + "/container/volumes.json").text, "/srv/volume\n");
    EXPECT_NE(run("cat " + at + "/container/cgroup/pids.max").text, "");
    EXPECT_EQ(run("cat " + at + "/network/*/tcp | grep -c local_address").text, "1\n");
    EXPECT_EQ(run("jq -r .id " + at + "/incident.json").text, id + "\n");
    EXPECT_EQ(run("jq -r '.[0].incident' " + at + "/history.json").text, id + "\n");
    EXPECT_EQ(run("cd " + at + "/processes && cat */maps | grep -c busybox").status, 0);

    const auto rows = quell("history --incident " + id)["rows"];
    EXPECT_EQ(run("sha256sum </var/lib/quell/evidence/" + id + "-capture/capture.tar.zst").text.substr(0, 64),
              Json::parse(rows[0]["detail"].get<std::string>())["evidence"]["sha256"]);
    EXPECT_EQ(victim.running(), true) << "nobody was hit";
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
    EXPECT_FALSE(has_evidence(id));
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done", "undone"}));
}

// It is not frozen: who ends meanwhile is named, and everybody else is there whole.
TEST_F(CaptureContainer, NamesWhoEndedWhileItWasRead) {
    Container victim("victim");
    must("mkdir -p " + victim.directory() + "/lower/srv/data");
    write(victim.directory() + "/lower/srv/data/file", "x\n");
    victim.start();
    victim.begin("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do while true; do sleep 0.1; done & done; cat /srv/data/file; sleep 1000");
    const auto id = pending_id("victim", "open-read");
    take(id, "capture");
    const auto manifest = manifest_of(id);
    EXPECT_NE(manifest["notes"].dump().find("ended"), std::string::npos) << manifest["notes"];
    EXPECT_FALSE(manifest.contains("cut")) << manifest;
    const std::string at = unpacked(id);
    EXPECT_GE(std::stoi(run("grep -c 'while true' " + at + "/tree.txt").text), 12) << "the shells live on: " << run("cat " + at + "/tree.txt").text;
    EXPECT_EQ(run("quell evidence verify " + id).status, 0);
    EXPECT_TRUE(victim.running());
}

class WithCapture : public CaptureContainer {
protected:
    // An incident of a container that goes on forking.
    std::string begin(Container& victim) {
        must("mkdir -p " + victim.directory() + "/lower/srv/data");
        write(victim.directory() + "/lower/srv/data/file", "x\n");
        victim.start();
        victim.begin("while true; do sleep 0.05; done & cat /srv/data/file; sleep 1000");
        return pending_id("victim", "open-read");
    }
    static Output kill(const std::string& id) {
        return run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --with capture --reason test");
    }
};

TEST_F(WithCapture, FreezesCapturesAndKills) {
    Container victim("victim");
    const auto id = begin(victim);
    const auto output = kill(id);
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "done");
    EXPECT_FALSE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "evidence", "done"}));
    const auto manifest = manifest_of(id);
    EXPECT_EQ(manifest["response"], "capture");
    EXPECT_GE(manifest["processes"].get<int>(), 3);
    EXPECT_EQ(manifest["notes"].dump().find("ended"), std::string::npos) << "of what is frozen nobody ends: " << manifest["notes"];
    EXPECT_EQ(run("quell evidence verify " + id).status, 0);
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
    EXPECT_FALSE(has_evidence(id));
    EXPECT_EQ(show(id)["state"], "done") << "a kill stays one";
    EXPECT_EQ(run("quell undo " + id + " --reason again").status, 5);
}

TEST_F(WithCapture, KillsAlsoWhereTheEvidenceFails) {
    Container victim("victim");
    const auto id = begin(victim);
    must("rm -rf /var/lib/quell/evidence && touch /var/lib/quell/evidence");
    const auto output = kill(id);
    EXPECT_EQ(output.status, 1) << "it is killed, and there is no evidence: " << output.text;
    EXPECT_NE(output.text.find("evidence: the evidence failed"), std::string::npos) << output.text;
    EXPECT_EQ(show(id)["state"], "done");
    EXPECT_FALSE(victim.running());
    const auto rows = quell("history --incident " + id)["rows"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "evidence", "done"}));
    EXPECT_NE(rows[1]["result"].get<std::string>().find("the evidence failed"), std::string::npos) << rows[1];
    must("rm /var/lib/quell/evidence");
}

// What there is by then is kept, and said to be cut.
TEST_F(WithCapture, KillsWhenTheTimeForItIsOver) {
    must("sed -i 's/max_seconds: .*/max_seconds: 1/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
    Container victim("victim");
    must("mkdir -p " + victim.directory() + "/lower/srv/data");
    write(victim.directory() + "/lower/srv/data/file", "x\n");
    victim.start();
    must("echo max >/sys/fs/cgroup" + victim.cgroup() + "/pids.max");
    victim.begin("i=0; while [ $i -lt 600 ]; do sleep 1000 & i=$((i+1)); done; cat /srv/data/file; sleep 1000");
    EXPECT_TRUE(eventually([&] { return std::stoi(run("pgrep -c -x sleep").text) >= 600; }, std::chrono::seconds(60)));
    const auto id = pending_id("victim", "open-read");
    const auto output = kill(id);
    EXPECT_EQ(output.status, 1) << "it is killed, and the evidence is cut: " << output.text;
    EXPECT_NE(output.text.find("its time was over"), std::string::npos) << output.text;
    EXPECT_EQ(show(id)["state"], "done");
    EXPECT_FALSE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "evidence", "done"}));
    const auto manifest = manifest_of(id);
    EXPECT_EQ(manifest["cut"], "its time was over") << manifest;
    EXPECT_GT(manifest["processes"].get<int>(), 0);
    EXPECT_LT(manifest["processes"].get<int>(), 600);
    EXPECT_EQ(run("quell evidence verify " + id).status, 0);
    EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0);
    must("sed -i 's/max_seconds: .*/max_seconds: 60/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
}

TEST_F(WithCapture, IsForKillContainerAlone) {
    Container victim("victim");
    const auto id = begin(victim);
    EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, "capture") + " capture --with capture --reason test").status, 1);
    EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --with else --reason test").status, 1);
    EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --copy --reason test").status, 1);
    EXPECT_EQ(run("grep -c 1 /sys/fs/cgroup" + victim.cgroup() + "/cgroup.freeze").text, "0\n") << "it was frozen for nothing";
    EXPECT_TRUE(victim.running());
}

}  // namespace
}  // namespace quell::guest
