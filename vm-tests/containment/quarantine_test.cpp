// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

bool is_truncate(const Json& one) { return one["operation"] == "truncate"; }

TEST(QuarantineFile, EveryWayToItIsRefusedUntilItIsUndone) {
    Container victim("files"), neighbour("other");
    victim.start();
    neighbour.start();
    (void)victim.exec("(exec 3</var/log/b.log; sleep 3; cat <&3 >/tmp/read-by-old-descriptor 2>&1; echo $? >/tmp/old-descriptor) >/dev/null 2>&1 &");
    const auto matched = matches();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto incident = wait_for_pending(is_truncate);
    expect_told(incident, matched, "the truncation");
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    EXPECT_EQ((*incident)["file"]["layer"], "lower") << "the event comes before the copy-up";
    const auto before = denied("file_open");
    const auto output = run("quell approve " + id + "@" + digest_of(id, "quarantine-file") + " quarantine-file --reason look");
    ASSERT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");

    for (const char* how : {"read /var/log/b.log", "append /var/log/b.log", "unlink /var/log/b.log", "rename-away /var/log/b.log /tmp/away",
                            "rename-over /var/log/b.log /tmp/other", "link-out /var/log/b.log /tmp/link", "truncate /var/log/b.log", "by-self-root /var/log/b.log",
                            "io-uring /var/log/b.log"})
        EXPECT_EQ(attack(victim, how), EPERM) << how;
    EXPECT_GT(denied("file_open"), before);
    EXPECT_EQ(run("cat " + victim.directory() + "/upper/var/log/b.log").status, 1) << "the layer's file, from the host";
    EXPECT_TRUE(eventually([&] { return victim.exec("cat /tmp/old-descriptor").text == "1\n"; })) << "a descriptor opened before";
    must("echo 3 > /proc/sys/vm/drop_caches");
    expect_refused(victim, "read /var/log/b.log");  // after eviction
    const auto innocent = denied_anywhere();
    EXPECT_EQ(attack(victim, "read /var/log/c.log"), 0);
    EXPECT_EQ(attack(neighbour, "read /var/log/b.log"), 0) << "the same file in another container";
    EXPECT_EQ(run("cat " + victim.directory() + "/lower/var/log/b.log").status, 0) << "the image's layer";
    EXPECT_EQ(denied_anywhere(), innocent);

    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(attack(victim, "append /var/log/b.log"), 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

TEST(QuarantineFile, TheRuntimeMayRemoveADeadContainer) {
    Container victim("dead");
    victim.start();
    const auto matched = matches();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto incident = wait_for_pending(is_truncate);
    expect_told(incident, matched, "the truncation");
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    ASSERT_EQ(run("quell approve " + id + "@" + digest_of(id, "quarantine-file") + " quarantine-file --reason look").status, 0);
    expect_refused(victim, "read /var/log/b.log");
    const auto before = denied_anywhere();
    victim.destroy();
    EXPECT_EQ(run("rm -rf " + victim.directory() + "/upper").status, 0);
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    reject_all();
}

TEST(QuarantineFile, AFileThatReusesTheNumberIsNotDenied) {
    must("mkdir -p /var/log/reuse");
    write("/var/log/reuse/a", "guilty\n");
    must("truncate -s 0 /var/log/reuse/a");
    auto incident = wait_for_pending([](const Json& one) { return is_truncate(one) && one["subject"] == "host"; });
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    ASSERT_EQ(run("quell approve " + id + "@" + digest_of(id, "quarantine-file") + " quarantine-file --reason look").status, 0);
    const auto before = denied("file_open");
    EXPECT_EQ(run("cat /var/log/reuse/a").status, 1);
    EXPECT_EQ(denied("file_open"), before + 1);
    EXPECT_EQ(run("quell undo " + id + " --reason reuse").status, 0);
    must("rm /var/log/reuse/a; for i in 1 2 3 4 5; do echo innocent > /var/log/reuse/$i; done");
    for (int i = 1; i <= 5; i++) EXPECT_EQ(run("cat /var/log/reuse/" + std::to_string(i)).status, 0);
    EXPECT_EQ(denied("file_open"), before + 1);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    reject_all();
}

}  // namespace
}  // namespace quell::guest
