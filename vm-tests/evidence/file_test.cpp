// SPDX-License-Identifier: Apache-2.0
// acquire-file, wherever an overlay may have the file, and of one that is
// quarantined.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/evidence/taken.h"

namespace quell::guest {
namespace {

class AcquireFile : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_evidence_policy(); }
    void SetUp() override {
        must("mkdir -p " + victim_.directory() + "/lower/srv/data");
        write(victim_.directory() + "/lower/srv/data/lower", "of the image\n");
        victim_.start();
    }
    void TearDown() override { reject_all(); }

    // Reads the file in the container, and returns the incident.
    std::string read(const std::string& file) {
        EXPECT_EQ(victim_.exec("cat " + file + " >/dev/null").status, 0);
        return pending_id("victim", "open-read");
    }
    std::string remove(const std::string& command) {
        EXPECT_EQ(victim_.exec(command).status, 0);
        return pending_id("victim", "delete");
    }

    Container victim_{"victim"};
};

TEST_F(AcquireFile, InTheUpperLayerAndInTheImagesAndUndoDeletesIt) {
    ASSERT_EQ(victim_.exec("echo written >/srv/data/upper").status, 0);
    const auto upper = read("/srv/data/upper");
    take(upper, "acquire-file");
    EXPECT_EQ(content_of(upper), "written\n");
    const auto manifest = manifest_of(upper);
    EXPECT_EQ(manifest["file"]["path"], "/srv/data/upper");
    EXPECT_EQ(manifest["file"]["found_by"], "its path");
    EXPECT_EQ(manifest["container"]["name"], "victim");
    EXPECT_EQ(manifest["reason"], "test");
    EXPECT_EQ(run("stat -c %a /var/lib/quell/evidence").text, "700\n");

    const auto lower = read("/srv/data/lower");
    take(lower, "acquire-file");
    EXPECT_EQ(content_of(lower), "of the image\n");

    const auto rows = quell("history --incident " + upper)["rows"];
    const auto done = Json::parse(rows[0]["detail"].get<std::string>())["evidence"];
    EXPECT_EQ(done["item"], "/var/lib/quell/evidence/" + upper + "-acquire-file");
    EXPECT_EQ("written\n", run("cat " + done["item"].get<std::string>() + "/content").text);
    EXPECT_EQ(run("sha256sum </var/lib/quell/evidence/" + upper + "-acquire-file/content").text.substr(0, 64), done["sha256"]);
    EXPECT_EQ(run("quell evidence verify " + upper).status, 0);
    must("echo changed >/var/lib/quell/evidence/" + upper + "-acquire-file/content");
    EXPECT_EQ(run("quell evidence verify " + upper).status, 1);

    EXPECT_EQ(run("quell undo " + upper + " --reason enough").status, 0);
    EXPECT_FALSE(has_evidence(upper));
    EXPECT_TRUE(has_evidence(lower));
    EXPECT_EQ(run("ls /var/lib/quell/evidence | grep " + upper).text, "");
    EXPECT_EQ(show(upper)["state"], "undone");
    EXPECT_EQ(actions_of(upper), (std::vector<std::string>{"detected", "approved", "flipped", "done", "undone"}));
    EXPECT_EQ(run("quell undo " + upper + " --reason again").status, 5);
}

TEST_F(AcquireFile, RemovedFromTheImagesLayerAndRemovedWhileItIsOpen) {
    const auto lower = remove("rm /srv/data/lower");
    take(lower, "acquire-file");
    EXPECT_EQ(content_of(lower), "of the image\n");
    EXPECT_NE(manifest_of(lower)["file"]["found_by"].get<std::string>().find("its number in the file system"), std::string::npos) << manifest_of(lower)["file"];

    victim_.begin("echo kept >/srv/data/open; exec 3<>/srv/data/open; rm /srv/data/open; echo another >/srv/data/open; exec sleep 1000");
    const auto open = pending_id("victim", "delete");
    take(open, "acquire-file");
    EXPECT_EQ(content_of(open), "kept\n") << "not the one that lies at its path now";
}

TEST_F(AcquireFile, CopiedUpSinceItWasSeen) {
    const auto id = read("/srv/data/lower");
    EXPECT_EQ(show(id)["file"]["layer"], "lower");
    ASSERT_EQ(victim_.exec("echo more >>/srv/data/lower").status, 0);
    take(id, "acquire-file");
    EXPECT_EQ(content_of(id), "of the image\nmore\n");
}

TEST_F(AcquireFile, AnotherFileOrAFifoAtItsPathIsNotTaken) {
    ASSERT_EQ(victim_.exec("echo first >/srv/data/exchanged").status, 0);
    for (const char* instead : {"echo second >/srv/data/exchanged", "mkfifo /srv/data/exchanged"}) {
        ASSERT_EQ(victim_.exec("rm -f /srv/data/exchanged; echo first >/srv/data/exchanged").status, 0);
        reject_all();
        const auto id = read("/srv/data/exchanged");
        ASSERT_EQ(victim_.exec(std::string("rm -f /srv/data/exchanged; ") + instead).status, 0);
        const auto output = approve(id, "acquire-file");
        EXPECT_EQ(output.status, 1) << output.text;
        const auto incident = show(id);
        EXPECT_EQ(incident["state"], "failed");
        EXPECT_NE(incident["note"].get<std::string>().find(instead[0] == 'm' ? "FIFO" : "another file"), std::string::npos) << incident["note"];
        EXPECT_FALSE(has_evidence(id));
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "failed"}));
        EXPECT_EQ(run("quell undo " + id + " --reason none").status, 5) << "there is nothing to take back";
    }
}

TEST_F(AcquireFile, OfAQuarantinedFileWhichStaysRefusedToAllOthers) {
    ASSERT_EQ(victim_.exec("echo guilty >/srv/data/file").status, 0);
    const auto first = read("/srv/data/file");
    ASSERT_EQ(approve(first, "quarantine-file").status, 0) << "of the first";
    EXPECT_EQ(show(first)["state"], "enforcing");
    EXPECT_EQ(victim_.exec("cat /srv/data/file").status, 1);
    reject_all();
    // an incident of before, which a second process made
    ASSERT_EQ(run("quell undo " + first + " --reason more").status, 0);
    const auto evidence = read("/srv/data/file");
    ASSERT_EQ(victim_.exec("cat /srv/data/file >/dev/null").status, 0);
    std::string second;
    for (const auto& one : incidents())
        if (one["id"] != evidence && one["operation"] == "open-read") second = one["id"];
    ASSERT_NE(second, "");
    ASSERT_EQ(approve(second, "quarantine-file").status, 0);
    const auto before = denied_anywhere();
    take(evidence, "acquire-file");
    EXPECT_EQ(denied_anywhere(), before) << "the helper was refused something";
    EXPECT_EQ(content_of(evidence), "guilty\n");
    EXPECT_EQ(victim_.exec("cat /srv/data/file").status, 1);
    EXPECT_EQ(run("cat " + victim_.directory() + "/upper/srv/data/file").status, 1) << "nor is root let read it";
    EXPECT_GT(denied_anywhere(), before);
    EXPECT_EQ(run("quell undo " + second + " --reason done").status, 0);
}

TEST_F(AcquireFile, OfTheHostAndBeyondItsLimitIsCut) {
    must("mkdir -p /srv/data && head -c 3000000 /dev/urandom >/srv/data/large");
    must("sed -i 's/max_item_bytes: .*/max_item_bytes: 1048576/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
    must("cat /srv/data/large >/dev/null");
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "open-read" && one["subject"] == "host"; });
    ASSERT_TRUE(found);
    const std::string id = (*found)["id"];
    EXPECT_EQ(approve(id, "acquire-file").status, 1);
    EXPECT_EQ(show(id)["state"], "failed");
    EXPECT_NE(show(id)["note"].get<std::string>().find("cut"), std::string::npos) << show(id)["note"];
    EXPECT_EQ(run("quell evidence show " + id + " | grep -c '^  cut '").text, "1\n");
    EXPECT_EQ(run("cmp -n 1048576 /srv/data/large /var/lib/quell/evidence/" + id + "-acquire-file/content").status, 0);
    EXPECT_EQ(run("stat -c %s /var/lib/quell/evidence/" + id + "-acquire-file/content").text, "1048576\n");
    EXPECT_EQ(run("quell undo " + id + " --reason cut").status, 0);
    EXPECT_FALSE(has_evidence(id));
    must("sed -i 's/max_item_bytes: .*/max_item_bytes: 10737418240/' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
}

}  // namespace
}  // namespace quell::guest
