// SPDX-License-Identifier: Apache-2.0
// The shape that CONTRIBUTING.md promises: short files, each with its licence.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace quell {
namespace {

constexpr std::size_t kMedianBelow = 150, kMost = 500;

struct Source {
    std::string path;
    std::vector<std::string> lines;
};

bool is_source(const std::filesystem::path& path) {
    static const std::set<std::string> kEndings = {".cpp", ".h", ".c", ".sh", ".awk", ".def", ".cmake", ""};
    return kEndings.contains(path.extension()) || path.filename() == "CMakeLists.txt";
}

std::vector<Source> sources() {
    std::vector<Source> found;
    for (const char* folder : {"kern", "user", "policy", "tools", "tests", "vm-tests", "cmake", "deploy"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(QUELL_SOURCE_DIR) / folder)) {
            // Inputs that are wrong on purpose have names without an ending, too.
            const auto path = entry.path().string();
            if (!entry.is_regular_file() || !is_source(entry.path()) || path.find("/fixtures/") != std::string::npos || path.find("/corpus/") != std::string::npos || path.find("/seeds/") != std::string::npos) continue;
            Source source{path.substr(std::string(QUELL_SOURCE_DIR).size() + 1), {}};
            std::ifstream file(path);
            for (std::string line; std::getline(file, line);) source.lines.push_back(line);
            found.push_back(std::move(source));
        }
    return found;
}

TEST(Shape, FilesAreShort) {
    std::vector<std::size_t> lengths;
    for (const auto& source : sources()) {
        EXPECT_LE(source.lines.size(), kMost) << source.path;
        lengths.push_back(source.lines.size());
    }
    ASSERT_GT(lengths.size(), 300u) << "the sources were not found";
    std::ranges::sort(lengths);
    EXPECT_LT(lengths[lengths.size() / 2], kMedianBelow);
}

TEST(Shape, EachFileSaysItsLicence) {
    for (const auto& source : sources()) {
        const auto head = source.lines.begin() + std::min<std::ptrdiff_t>(3, static_cast<std::ptrdiff_t>(source.lines.size()));
        EXPECT_TRUE(std::any_of(source.lines.begin(), head, [](const std::string& line) { return line.find("SPDX-License-Identifier: ") != std::string::npos; })) << source.path;
    }
}

}  // namespace
}  // namespace quell
