// SPDX-License-Identifier: Apache-2.0
// kern/types.h reads the head of a dentry in one go: parent, name, inode and
// the inline name must follow each other in every kernel Quell is built for.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/bpf/btf.h"

namespace quell {
namespace {

class Dentry : public testing::TestWithParam<const char*> {};

TEST_P(Dentry, TheHeadIsInOnePiece) {
    const char* cache = std::getenv("QUELL_CACHE");
    const std::string path = std::string(cache ? cache : "/var/cache/quell") + "/kernels/" + GetParam() + "/vmlinux.btf";
    ASSERT_TRUE(std::filesystem::exists(path)) << path << ": tools/kernels fetches it";
    const Btf kernel(path);
    ASSERT_TRUE(kernel.valid()) << path;
    const auto* dentry = kernel.structure("dentry");
    const auto* qstr = kernel.structure("qstr");
    ASSERT_TRUE(dentry && qstr);
    const auto parent = kernel.offset(dentry, "d_parent");
    ASSERT_TRUE(parent);
    EXPECT_EQ(kernel.offset(dentry, "d_name"), *parent + 8);
    EXPECT_EQ(kernel.offset(qstr, "hash"), 0u);
    EXPECT_EQ(kernel.offset(qstr, "len"), 4u);
    EXPECT_EQ(kernel.offset(qstr, "name"), 8u);
    EXPECT_EQ(kernel.offset(dentry, "d_inode"), *parent + 24);
    auto name = kernel.offset(dentry, "d_iname");  // until 6.19
    if (!name) name = kernel.offset(dentry, "d_shortname");
    EXPECT_EQ(name, *parent + 32);
}

INSTANTIATE_TEST_SUITE_P(Kernels, Dentry, testing::Values("6.1", "6.12", "7"), [](const auto& one) {
    std::string name = std::string("Of") + one.param;
    for (auto& c : name)
        if (c == '.') c = '_';
    return name;
});

}  // namespace
}  // namespace quell
