// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/process_files.h"

#include <sys/prctl.h>

#include <algorithm>

#include "tests/evidence/made.h"

namespace quell::evidence {
namespace {

const std::atomic<bool> kNobodyLeft{false};

std::string file_of(const ProcessFiles& read, const std::string& name) {
    const auto found = std::ranges::find(read.files, name, &std::pair<std::string, std::string>::first);
    return found == read.files.end() ? "" : found->second;
}

TEST(ProcessFilesTest, NamesOfTheEnvironmentWithoutValues) {
    EXPECT_EQ(names_only(std::string("PATH=/bin\0TOKEN=secret\0", 23)), std::string("PATH\0TOKEN\0", 11));
    EXPECT_EQ(names_only(std::string("A=b=c\0secret-without\0=x", 23)), std::string("A\0?\0\0", 5));
    EXPECT_EQ(names_only(""), "");
}

TEST(ProcessFilesTest, HostileNamesKeepTheirBytesAndAreEscapedInJson) {
    const TempDir dir;
    const std::string evil = dir / "a\n\x1b[31m\xff";
    Child child([&] {
        ::prctl(PR_SET_NAME, "e\n\x1b[1m\xff) R 1");
        (void)!::open(evil.c_str(), O_RDWR | O_CREAT, 0600);
    });
    const auto read = read_process(process_of(child.pid()), kNobodyLeft);
    ASSERT_TRUE(read.is_there) << "a name with a ) and a state in it hides nobody";
    EXPECT_FALSE(read.has_ended);
    EXPECT_EQ(read.name, "e\n\x1b[1m\xff) R 1");
    EXPECT_EQ(read.parent, ::getpid());
    EXPECT_EQ(read.uid, ::getuid());
    EXPECT_EQ(file_of(read, "comm"), read.name + "\n");
    const auto descriptors = Json::parse(file_of(read, "fds.json"));
    const auto has = std::ranges::any_of(descriptors, [&](const Json& one) { return one["target"] == dir / "a\\x0a\\x1b[31m\\xff" && one["info"].contains("pos"); });
    EXPECT_TRUE(has) << descriptors.dump();
    for (const char* name : {"status", "stat", "maps", "limits", "cgroup", "links.json", "threads.json", "cmdline"}) EXPECT_FALSE(file_of(read, name).empty()) << name;
    EXPECT_NE(read.mounts_of.find("mnt:["), std::string::npos);
    EXPECT_FALSE(read_network(process_of(child.pid())).empty());
}

TEST(ProcessFilesTest, SecretsOfTheEnvironmentAreNotInAnyFile) {
    ::setenv("QUELL_TEST_TOKEN", "hunter2-in-the-environment", 1);
    const TempDir dir;
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl("/bin/sleep", "sleep", "100", nullptr);
        ::_exit(1);
    }
    for (int i = 0; i < 500 && whole("/proc/" + std::to_string(child) + "/comm") != "sleep\n"; i++) ::usleep(10'000);
    const auto read = read_process(process_of(child), kNobodyLeft);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(read.is_there);
    EXPECT_NE(file_of(read, "environment-names").find("QUELL_TEST_TOKEN"), std::string::npos);
    for (const auto& [name, bytes] : read.files) EXPECT_EQ(bytes.find("hunter2"), std::string::npos) << name;
    EXPECT_EQ(read.arguments, std::string("sleep\0" "100\0", 10));
}

TEST(ProcessFilesTest, OneThatHasEndedAndOneThatHasItsNumberAreNotTakenForIt) {
    Child child([] {});
    auto process = process_of(child.pid());
    process.start_ns += 10 * kSecond;
    EXPECT_FALSE(read_process(process, kNobodyLeft).is_there) << "the number is another's by now";
    EXPECT_TRUE(read_network(process).empty());
    process = process_of(child.pid());
    child.end();
    EXPECT_FALSE(read_process(process, kNobodyLeft).is_there);
}

TEST(ProcessFilesTest, WhatIsLongerIsCutAndSaid) {
    const TempDir dir;
    put(dir / "file", std::string(100'000, 'x'));
    const Fd at(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
    bool cut = false;
    EXPECT_EQ(read_some(at.get(), "file", 100'000, cut).size(), 100'000u);
    EXPECT_FALSE(cut);
    EXPECT_EQ(read_some(at.get(), "file", 5'000, cut).size(), 5'000u);
    EXPECT_TRUE(cut);
}

}  // namespace
}  // namespace quell::evidence
