// SPDX-License-Identifier: Apache-2.0
// From files to the running generation, with a kernel side that only notes what it is given.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/base/temp_dir.h"
#include "user/daemon/kept_policies.h"
#include "user/daemon/policies.h"

namespace quell::daemon {
namespace {

std::string rules(const std::string& more) {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n    - {id: one, severity: low, on: [delete], match: {path: [/x]}}\n" + more;
}

class PoliciesTest : public testing::Test {
protected:
    void write(const std::string& text) const { std::ofstream(dir / "a.yaml") << text; }
    Result<ApplyOutcome> apply(bool dry_run = false) { return policies.apply({.paths = {dir.path()}, .dry_run = dry_run, .allow_empty = false}); }

    const TempDir dir;
    std::uint64_t running = 0;
    int loads = 0;
    bool refuses = false;
    Policies policies{PolicyLoader{[this](const policy::Image&, std::uint64_t generation) -> Status {
                                       if (refuses) return Error{"larger than the kernel side's maps", E2BIG, {}};
                                       running = generation;
                                       loads++;
                                       return success();
                                   },
                                   [this] { return running; }},
                      4};
};

TEST_F(PoliciesTest, NothingChangedMeansNothingDone) {
    write(rules(""));
    const auto first = apply();
    ASSERT_TRUE(first && first->applied && first->changed);
    EXPECT_EQ(first->generation, 5u) << "above what the history has";
    EXPECT_GT(first->map_bytes, 0u);
    write("# respelt\n" + rules(""));
    const auto again = apply();
    ASSERT_TRUE(again && again->applied);
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->generation, 5u);
    EXPECT_EQ(again->map_bytes, first->map_bytes);
    EXPECT_EQ(loads, 1);
}

TEST_F(PoliciesTest, ADryRunSaysWhatItWouldDo) {
    write(rules(""));
    const auto dry = apply(true);
    ASSERT_TRUE(dry && dry->changed);
    EXPECT_EQ(loads, 0);
    EXPECT_EQ(policies.generation(), 0u);
    EXPECT_EQ(dry->map_bytes, apply()->map_bytes);
    EXPECT_EQ(dry->digest, policies.digest());
}

TEST_F(PoliciesTest, ABrokenPolicyLeavesWhatRuns) {
    write(rules(""));
    ASSERT_TRUE(apply());
    const std::string digest = policies.digest();
    write(rules("    - {id: two, severity: low, on: [delte], match: {path: [/x]}}\n"));
    const auto broken = apply();
    ASSERT_TRUE(broken);
    EXPECT_FALSE(broken->applied);
    EXPECT_EQ(broken->findings.size(), 1u);
    EXPECT_EQ(policies.digest(), digest);
    EXPECT_EQ(loads, 1);
    EXPECT_EQ(policy_warning(broken, "the policy in /p", true), "the policy in /p has errors and was not loaded: the earlier one runs on");
    write(rules("    - {id: two, severity: low, on: [delete], match: {path: [/x]}}\n"));
    refuses = true;
    const auto refused = apply();
    ASSERT_FALSE(refused);
    EXPECT_EQ(policies.digest(), digest);
    EXPECT_EQ(policies.rule_count(), 1u);
    EXPECT_EQ(policy_warning(refused, "the policy in /p", false), "the policy in /p was not loaded, larger than the kernel side's maps");
    refuses = false;
    EXPECT_EQ(policy_warning(apply(), "the policy in /p", true), "");
    EXPECT_EQ(policies.rule_count(), 2u);
}

TEST_F(PoliciesTest, RulesThatAreOffAreKnown) {
    write(rules("    - {id: two, severity: low, mode: off, on: [delete], match: {path: [/x]}}\n    - {id: three, severity: low, mode: observe, on: [delete], match: {path: [/x]}}\n"));
    ASSERT_TRUE(apply());
    EXPECT_EQ(policies.rule_count(), 2u);
    ASSERT_EQ(policies.moded().size(), 2u);
    EXPECT_EQ(policies.moded()[0].id, "three");
    EXPECT_EQ(policies.moded()[1].mode, policy::Mode::kOff);
    EXPECT_EQ(policies.moded()[1].file, dir / "a.yaml");
}

KeptPolicy kept_policy(std::uint64_t generation, std::uint64_t origin = 0, const std::string& text = "x") {
    return {generation, origin ? origin : generation, "digest", {{"/etc/a.yaml", text}, {"/etc/b.yaml", "\xc3\xa4\n"}}};
}

TEST(KeptPolicies, AreReadAsTheyWere) {
    const TempDir dir;
    const KeptPolicies kept(dir / "policies");
    EXPECT_FALSE(kept.has(3));
    EXPECT_EQ(kept.read(3).error().code, ENOENT);
    ASSERT_TRUE(kept.save(kept_policy(3, 0, rules(""))));
    const auto read = kept.read(3);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->sources[0].text, rules(""));
    EXPECT_EQ(read->sources[1].file, "/etc/b.yaml");
    EXPECT_EQ(read->sources[1].text, "\xc3\xa4\n");
    EXPECT_EQ(read->digest, "digest");
    std::ofstream(dir / "policies/4.json") << "{}";
    EXPECT_EQ(kept.read(4).error().code, EINVAL);
    std::ofstream(dir / "policies/5.json") << "[" << std::string(100'000, '[');
    EXPECT_EQ(kept.read(5).error().code, EINVAL);
}

TEST(KeptPolicies, RollingBackGoesOnToOlderOnes) {
    const TempDir dir;
    const KeptPolicies kept(dir.path());
    EXPECT_EQ(kept.before(3).error().code, ENOENT);
    for (const std::uint64_t generation : {1u, 3u, 4u}) ASSERT_TRUE(kept.save(kept_policy(generation)));
    EXPECT_EQ(kept.before(4)->generation, 3u);
    ASSERT_TRUE(kept.save(kept_policy(5, 3)));  // what that made
    EXPECT_EQ(kept.before(5)->generation, 1u);
    ASSERT_TRUE(kept.save(kept_policy(6, 1)));
    EXPECT_EQ(kept.before(6).error().code, ENOENT);
    ASSERT_TRUE(kept.save(kept_policy(7)));
    EXPECT_EQ(kept.before(7)->generation, 4u) << "not one that is a rollback: that is there under its own number";
    EXPECT_EQ(kept.before(9)->generation, 7u) << "what runs was not kept";
}

TEST(KeptPolicies, AreBounded) {
    const TempDir dir;
    const KeptPolicies kept(dir.path());
    for (std::uint64_t generation = 1; generation <= 20; generation++) ASSERT_TRUE(kept.save(kept_policy(generation)));
    EXPECT_EQ(kept.generations(), (std::vector<std::uint64_t>{13, 14, 15, 16, 17, 18, 19, 20}));
    const std::string large(30u << 20, 'x');
    for (std::uint64_t generation = 21; generation <= 23; generation++) ASSERT_TRUE(kept.save(kept_policy(generation, 0, large)));
    EXPECT_EQ(kept.generations(), (std::vector<std::uint64_t>{22, 23}));
    std::ofstream(dir / "other.json") << "x";
    std::ofstream(dir / "007.json") << "x";
    EXPECT_EQ(kept.generations().size(), 2u) << "only names of ours";
}

}  // namespace
}  // namespace quell::daemon
