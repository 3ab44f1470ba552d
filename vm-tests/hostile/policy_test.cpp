// SPDX-License-Identifier: Apache-2.0
// Policies that are broken, or made to break something: refused with a
// reason, and the one in force stays in force.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kFile = "/tmp/hostile.yaml";
const std::string kHead = "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: hostile}\nspec:\n";
const std::string kRule = "    - id: one\n      name: One\n      severity: low\n      on: [delete]\n      where: {subject: host}\n      match: {path: [/srv/x/**]}\n";

std::string bomb() {
    std::string text = kHead + "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; i++) {
        const auto last = "*a" + std::to_string(i - 1);
        text += "  a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int n = 0; n < 9; n++) text += ", " + last;
        text += "]\n";
    }
    return text + "  rules: *a9\n";
}

struct Bad {
    const char* name;
    std::string text;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class Policy : public testing::TestWithParam<Bad> {
protected:
    void SetUp() override { generation_ = generation(); }
    // The pack's rules still see what they saw.
    void TearDown() override {
        EXPECT_EQ(generation(), generation_);
        expect_seen("still");
    }
    // By a rule of the pack.
    static void expect_seen(const std::string& name) {
        const auto before = matches();
        write("/var/log/" + name, "line\n");
        must("rm /var/log/" + name);
        expect_told(wait_for([](const Json& one) { return one["operation"] == "delete" && one["rule"] == "clear-log-activities"; }), before, name);
        reject_all();
    }
    static std::int64_t generation() { return quell("status")["status"]["generation"]; }
    // Refused, with a text that can be shown; the file's line where it has one.
    static std::string refused(const std::string& arguments) {
        const auto output = run("quell policy apply " + arguments);
        EXPECT_EQ(output.status, 1) << output.text.substr(0, 500);
        EXPECT_GT(output.text.size(), 20u);
        for (const char c : output.text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << output.text.substr(0, 500);
        return output.text;
    }

    std::int64_t generation_ = 0;
};

TEST_P(Policy, IsRefused) {
    write(kFile, GetParam().text);
    const auto text = refused(kFile);
    EXPECT_NE(text.find(kFile), std::string::npos) << text.substr(0, 500);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Policy,
    testing::Values(Bad{"Broken", kHead + "  rules:\n    - {id: one, name: [\n"}, Bad{"Deep", kHead + "  rules: " + std::string(20'000, '[') + "\n"},
                    Bad{"DeepByIndentation",
                        [] {
                            std::string text = kHead;
                            for (std::size_t i = 1; i < 2000; i++) text += std::string(i + 1, ' ') + "a:\n";
                            return text;
                        }()},
                    Bad{"NotUtf8", kHead + "  rules:\n    - id: \"\xff\xfe\x1b[31m\"\n"}, Bad{"NulBytes", kHead + std::string("  rules:\0\0\0\n", 13)},
                    Bad{"Utf16", std::string("\xff\xfe" "a\0p\0i\0", 8)}, Bad{"Oversized", kHead + "# " + std::string(9u << 20, 'x') + "\n"},
                    Bad{"LongLine", kHead + "  rules: [" + std::string(100'000, 'x') + "]\n"}, Bad{"Bomb", bomb()},
                    Bad{"UnknownKey", kHead + "  rules:\n" + kRule + "      surprise: yes\n"},
                    Bad{"DuplicateKey", kHead + "  rules:\n" + kRule + "      severity: high\n"},
                    Bad{"DuplicateRule", kHead + "  rules:\n" + kRule + kRule}, Bad{"Empty", ""},
                    Bad{"TwoDocuments", kHead + "  rules:\n" + kRule + "---\n" + kHead + "  rules:\n" + kRule}, Bad{"EscapesInAPath", kHead + "  rules:\n    - id: \"a\\e[31m\"\n"}),
    [](const auto& one) { return std::string(one.param.name); });

using PolicySource = Policy;

TEST_F(PolicySource, ThatIsNoFileHoldsNobodyUp) {
    must("rm -rf /tmp/source; mkdir -p /tmp/source; mkfifo /tmp/source/fifo.yaml; ln -s loop.yaml /tmp/source/loop.yaml");
    for (const char* source : {"/tmp/source/fifo.yaml", "/tmp/source/loop.yaml", "/dev/zero", "/tmp/source/missing.yaml", "--dir /tmp/source", "/proc/self/mem"})
        (void)refused(source);
    EXPECT_EQ(run("quell status").status, 0);
}

TEST_F(PolicySource, ThatHoldsNothingNeedsToBeMeant) {
    write(kFile, kHead + "  rules: []\n");
    const auto text = refused(kFile);
    EXPECT_NE(text.find("--allow-empty"), std::string::npos) << text;
    EXPECT_EQ(text.find(":0:0:"), std::string::npos) << "a place that there is not: " << text;
    must(std::string("quell policy apply --allow-empty ") + kFile);
    EXPECT_EQ(quell("status")["status"]["rules"], 0);
    const auto before = matches();
    write("/var/log/unwatched.log", "line\n");
    must("rm /var/log/unwatched.log");
    EXPECT_EQ(matches(), before) << "nothing is watched";
    EXPECT_TRUE(incidents().empty());
    apply_pack();
    generation_ = generation();
}

TEST_F(PolicySource, InTheDaemonsOwnDirectoryIsLoudAtItsStart) {
    const auto before = quell("status")["status"];
    ASSERT_GT(before["rules"], 0);
    write(std::string(kPolicyDirectory) + "/zz-broken.yaml", "apiVersion: [\n");
    kill_daemon(SIGTERM);
    start_daemon();
    const auto after = quell("status")["status"];
    EXPECT_NE(after["warnings"].dump().find("has errors"), std::string::npos);
    // the old generation is still the kernel's: it is shown as it is, not as none
    for (const char* same : {"generation", "rules", "policies"}) EXPECT_EQ(after[same], before[same]) << same;
    EXPECT_EQ(quell("policy list")["policies"][0]["name"], "notable-events");
    must(std::string("rm ") + kPolicyDirectory + "/zz-broken.yaml");
    expect_seen("meanwhile");  // the kernel still holds it
    apply_pack();
    EXPECT_EQ(quell("status")["status"]["warnings"].dump().find("has errors"), std::string::npos) << "also when nothing changed";
    EXPECT_EQ(quell("policy list")["policies"][0]["file"], std::string(kPolicyDirectory) + "/notable-events.yaml");
    generation_ = generation();
}

}  // namespace
}  // namespace quell::guest
