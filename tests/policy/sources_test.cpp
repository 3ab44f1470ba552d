// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "policy/limits.h"
#include "support.h"

namespace quell::policy::test {
namespace {

class Sources : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "quell-policy-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(folder + "/" + name) << text; }
    std::string folder;
};

TEST_F(Sources, ADirectoryInLexicalOrder) {
    for (const char* name : {"20-b.yaml", "10-a.yaml", "note.txt", ".hidden.yaml", "c.yaml~"}) write(name, name);
    std::filesystem::create_directory(folder + "/sub");
    const auto read = read_sources(std::vector<std::string>{folder});
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ((*read)[0].file, folder + "/10-a.yaml");
    EXPECT_EQ((*read)[0].text, "10-a.yaml");
    EXPECT_EQ((*read)[1].file, folder + "/20-b.yaml");
}

TEST_F(Sources, FilesInTheOrderGiven) {
    write("b", "1");
    write("a", "2");
    const auto read = read_sources(std::vector<std::string>{folder + "/b", folder + "/a"});
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)[1].text, "2");
}

TEST_F(Sources, WhatCannotBeReadIsNamed) {
    const auto missing = read_sources(std::vector<std::string>{folder + "/none.yaml"});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ENOENT);
    EXPECT_NE(missing.error().message.find("none.yaml"), std::string::npos);
    ASSERT_EQ(::mkfifo((folder + "/pipe.yaml").c_str(), 0600), 0);
    const auto pipe = read_sources(std::vector<std::string>{folder});
    ASSERT_FALSE(pipe) << "and it does not hang";
    EXPECT_EQ(pipe.error().code, EINVAL);
}

TEST_F(Sources, SizesAreBounded) {
    write("a.yaml", std::string(kMaxFileBytes + 1, '#'));
    const auto large = read_sources(std::vector<std::string>{folder});
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, EFBIG);
    EXPECT_NE(large.error().message.find("a.yaml"), std::string::npos) << large.error().message;
}

TEST_F(Sources, AnEmptyDirectoryIsNoError) {
    const auto read = read_sources(std::vector<std::string>{folder});
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->empty());
}

}  // namespace
}  // namespace quell::policy::test
