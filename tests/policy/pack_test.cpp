// SPDX-License-Identifier: Apache-2.0
// The shipped packs pass their own check and say what they promise.
#include <gtest/gtest.h>

#include <algorithm>

#include "interpreter.h"
#include "support.h"

namespace quell::policy::test {
namespace {

class NotableEvents : public testing::Test {
protected:
    void SetUp() override {
        CompileResult result = compile_text(slurp(QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml"));
        ASSERT_EQ(summary(result.findings), "") << "not even a warning";
        image = std::move(*result.image);
    }
    bool fires(const char* id, std::uint32_t operation, std::uint32_t subject, const char* path, const char* exe) const {
        return Interpreter(image).matches({operation, subject, path, {{exe, true}}, {}}).contains(std::string("notable-events/") + id);
    }
    bool clears(std::uint32_t operation, const char* path, const char* exe = "/usr/bin/rm") const {
        const bool inside = fires("clear-log-activities", operation, QUELL_SUBJECT_CONTAINER, path, exe);
        EXPECT_EQ(inside, fires("clear-log-activities", operation, QUELL_SUBJECT_HOST, path, exe));
        return inside;
    }
    Image image;
};

TEST_F(NotableEvents, ClearLogActivities) {
    for (const char* path : {"/var/log/dpkg.log", "/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog",
                             "/var/log/audit/audit.log", "/var/log/journal/0/system.journal",
                             "/run/log/journal/0/system.journal", "/run/utmp"})
        for (std::uint32_t operation : {QUELL_OP_DELETE, QUELL_OP_RENAME, QUELL_OP_TRUNCATE, QUELL_OP_LINK,
                                        QUELL_OP_MOUNT_OVER, QUELL_OP_UNMOUNT})
            EXPECT_TRUE(clears(operation, path)) << path << " " << operation;
    for (const char* path : {"/", "/var", "/var/log", "/run", "/run/log"})
        EXPECT_TRUE(clears(QUELL_OP_MOUNT_OVER, path)) << path;
    for (const char* path : {"/var/log", "/srv/dpkg.log", "/var/logs/x", "/run/utmp2", "/var/cache/log/x"})
        EXPECT_FALSE(clears(QUELL_OP_DELETE, path)) << path;
    EXPECT_FALSE(clears(QUELL_OP_OPEN_READ, "/var/log/dpkg.log"));
}

TEST_F(NotableEvents, ClearLogActivitiesExceptions) {
    for (const char* exe : {"/usr/sbin/logrotate", "/usr/lib/systemd/systemd-journald", "/usr/sbin/auditd",
                            "/usr/bin/systemd-tmpfiles", "/usr/bin/dpkg", "/usr/lib/systemd/systemd"})
        EXPECT_FALSE(clears(QUELL_OP_DELETE, "/var/log/x", exe)) << exe;
    // what an attacker has at hand must not be excepted
    for (const char* exe : {"/usr/bin/rm", "/usr/bin/mv", "/usr/bin/gzip", "/usr/bin/dash", "/usr/bin/bash", "/usr/bin/python3.11",
                            "/usr/bin/perl", "/usr/bin/truncate", "/usr/bin/mount", "/usr/bin/umount", "/usr/bin/busybox",
                            "/usr/bin/journalctl", "/tmp/logrotate", ""})
        EXPECT_TRUE(clears(QUELL_OP_DELETE, "/var/log/x", exe)) << exe;
}

TEST_F(NotableEvents, SensitiveFileRead) {
    const auto reads = [&](std::uint32_t subject, const char* path, const char* exe = "/usr/bin/cat") {
        return fires("sensitive-file-read", QUELL_OP_OPEN_READ, subject, path, exe);
    };
    for (const char* path : {"/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d/x", "/etc/sudoers.d/a/b"}) {
        EXPECT_TRUE(reads(QUELL_SUBJECT_CONTAINER, path)) << path;
        EXPECT_FALSE(reads(QUELL_SUBJECT_HOST, path)) << path;
    }
    for (const char* path : {"/etc/passwd", "/etc/shadow-", "/etc/sudoers.d", "/srv/etc/shadow"})
        EXPECT_FALSE(reads(QUELL_SUBJECT_CONTAINER, path)) << path;
    for (const char* exe : {"/usr/sbin/unix_chkpwd", "/usr/bin/su", "/usr/bin/sudo", "/usr/sbin/useradd"})
        EXPECT_FALSE(reads(QUELL_SUBJECT_CONTAINER, "/etc/shadow", exe)) << exe;
    for (const char* exe : {"/usr/bin/getent", "/usr/bin/dash", "/bin/busybox", "/usr/bin/vim.basic"})
        EXPECT_TRUE(reads(QUELL_SUBJECT_CONTAINER, "/etc/shadow", exe)) << exe;
}

class Packs : public testing::TestWithParam<const char*> {};

TEST_P(Packs, SayTheirVersionAndOfEachRuleWhy) {
    const std::string text = slurp(std::string(QUELL_SOURCE_DIR "/policy/packs/") + GetParam() + ".yaml");
    const CompileResult result = compile_text(text);
    ASSERT_EQ(summary(result.findings), "") << "not even a warning";
    EXPECT_TRUE(result.versions.contains(GetParam()));
    const auto count = [&](const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) found++;
        return found;
    };
    const std::size_t rules = result.image->own_rules();
    EXPECT_EQ(count("    - id: "), rules);
    EXPECT_EQ(count("\n      description: "), rules);
    EXPECT_EQ(count("Known noise: "), rules);
    EXPECT_EQ(count("\n      tags: [T1"), rules) << "ATT&CK";
    // a row with its proof in docs/packs.md, an attack and neighbours in the guest
    const std::string page = slurp(QUELL_SOURCE_DIR "/docs/packs.md"), proofs = slurp(QUELL_SOURCE_DIR "/vm-tests/packs/cases.h");
    for (const ImageRule& rule : result.image->rules) {
        if (rule.is_builtin()) continue;
        EXPECT_NE(page.find("| `" + rule.id + "` |"), std::string::npos) << rule.id;
        EXPECT_NE(proofs.find("{\"" + std::string(GetParam()) + "/" + rule.id + "\","), std::string::npos) << rule.id;
    }
}

INSTANTIATE_TEST_SUITE_P(Each, Packs, testing::Values("notable-events", "hardened-host"), [](const auto& test) {
    std::string name = test.param;
    std::erase(name, '-');
    return name;
});

}  // namespace
}  // namespace quell::policy::test
