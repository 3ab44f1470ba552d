// SPDX-License-Identifier: Apache-2.0
// What no compiler finds in the kernel side, and a kernel only at run time.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace quell {
namespace {

// Up to 6.3 these helpers call functions that return an int: the upper half of what a program sees is zero, so that in a long
// no error is negative, and none is -EEXIST.
TEST(KernelSource, ErrorsOfMapsAreInts) {
    const std::regex wide(R"((long|[su]64)\s+\w+\s*=\s*bpf_map_(update|delete|push|pop)_elem)");
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(QUELL_SOURCE_DIR "/kern")) {
        if (entry.path().extension() != ".h" && entry.path().extension() != ".c") continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        EXPECT_FALSE(std::regex_search(text.str(), wide)) << entry.path();
        files++;
    }
    EXPECT_GT(files, 40);
}

}  // namespace
}  // namespace quell
