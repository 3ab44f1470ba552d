// SPDX-License-Identifier: Apache-2.0
// Each file of broken/ says what must be found in it: `# expect: Q1101 12:7`,
// one line a finding, in the order of places. Nothing else may be found.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "support.h"

namespace quell::policy::test {
namespace {

const std::string kFolder = QUELL_SOURCE_DIR "/tests/policy/broken";

std::vector<std::string> broken_files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
}

class Broken : public testing::TestWithParam<std::string> {};

TEST_P(Broken, IsFoundAtItsPlace) {
    const std::string text = slurp(kFolder + "/" + GetParam() + ".yaml");
    ASSERT_NE(expected(text), "") << "the file must say what is expected";
    const CompileResult result = compile_text(text);
    EXPECT_EQ(summary(result.findings), expected(text));
    EXPECT_FALSE(result.image);
    for (const Finding& finding : result.findings) EXPECT_FALSE(finding.message.empty());
}

INSTANTIATE_TEST_SUITE_P(Files, Broken, testing::ValuesIn(broken_files()), [](const auto& chosen) {
    std::string name = chosen.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

// Every code has a test that provokes it: here, or one of those named.
TEST(Codes, AreAllProvoked) {
    std::string all;
    for (const std::string& name : broken_files()) all += slurp(kFolder + "/" + name + ".yaml");
    for (const auto& entry : std::filesystem::directory_iterator(QUELL_SOURCE_DIR "/tests/policy/falco/broken")) all += slurp(entry.path());
    for (const char* test : {"check_test.cpp", "definitions_test.cpp", "override_test.cpp", "hostile_test.cpp", "identity_test.cpp", "limits_test.cpp", "falco_exception_test.cpp", "falco_resolve_test.cpp", "falco_hostile_test.cpp",
                             "falco_normal_form_test.cpp"})
        all += slurp(std::string(QUELL_SOURCE_DIR "/tests/policy/") + test);
#define CODE(code, severity, title, explanation) \
    EXPECT_NE(all.find(#code), std::string::npos) << #code; \
    EXPECT_FALSE(code_title(Code::k##code).empty() || code_explanation(Code::k##code).empty());
#include "policy/codes.def"
#undef CODE
}

}  // namespace
}  // namespace quell::policy::test
