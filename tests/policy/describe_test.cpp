// SPDX-License-Identifier: Apache-2.0
// Operations, keys of a rule, and differences: all of it is told from the
// checked form, and must say neither more nor less than the digest knows.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "policy/check/check.h"
#include "policy/compile/digest.h"
#include "policy/describe/operations.h"
#include "policy/describe/rule_keys.h"
#include "policy/diff/diff.h"
#include "policy/limits.h"
#include "spelling.h"
#include "support.h"
#include "user/base/vocabulary.h"

namespace quell::policy::test {
namespace {

Checked checked(const std::string& text) {
    const std::vector<Source> sources{{"t.yaml", text}};
    const std::vector<SourceText> texts{SourceText(sources[0])};
    Findings findings(texts);
    Checked result = check(texts, Options{.allow_empty = true}, findings);
    EXPECT_FALSE(findings.has_errors()) << summary(findings.take()) << text;
    return result;
}

std::map<std::string, std::string> keys_of(const Rule& rule) {
    std::map<std::string, std::string> keys;
    for (const KeyValue& one : key_values(rule)) {
        std::string& text = keys[std::string(one.key)];
        for (const std::string& value : one.values) text += (text.empty() ? "" : ",") + value;
        if (one.is_default) text += "!";
    }
    return keys;
}

TEST(Operations, AreThoseOfTheList) {
    ASSERT_EQ(operations().size(), kOperationWords.size());
    std::size_t i = 0;
#define OPERATION(name, word_, object, hooks_) \
    EXPECT_EQ(operations()[i].word, word_); \
    EXPECT_EQ(operations()[i].kind, ObjectKind::object); \
    { \
        std::string joined; \
        for (const std::string_view hook : operations()[i].hooks) joined += (joined.empty() ? "" : " ") + std::string(hook); \
        EXPECT_EQ(joined, hooks_); \
    } \
    i++;
#include "kern/operations.def"
#undef OPERATION
}

TEST(Operations, HooksAreKnownAndNamedOnce) {
    for (const Operation& operation : operations())
        for (const std::string_view hook : operation.hooks) EXPECT_TRUE(word_index(kHookWords, hook)) << hook;
    EXPECT_EQ(hooks_of(QUELL_OP_BIT(QUELL_OP_DELETE) | QUELL_OP_BIT(QUELL_OP_MOUNT_OVER)), (std::vector<std::string_view>{"inode_unlink", "sb_mount", "move_mount"}));
    const auto all = hooks_of(~0u);
    auto sorted = all;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
    EXPECT_TRUE(hooks_of(0).empty());
}

TEST(Operations, WhatIsNotSeenIsInTheThreatModelToo) {
    const std::string document = slurp(QUELL_SOURCE_DIR "/docs/threat-model.md");
    ASSERT_FALSE(unseen().empty());
    for (const Unseen& row : unseen())
        EXPECT_NE(document.find("\n| " + std::string(row.what) + " | " + std::string(row.why) + " |"), std::string::npos) << row.what;
}

TEST(RuleKeys, ValuesAndDefaults) {
    const auto least = keys_of(checked(policy(rule("r", "/y, /x/**"))).rules.at(0));
    EXPECT_EQ(least, (std::map<std::string, std::string>{{"name", "r!"}, {"severity", "high"}, {"mode", "on!"}, {"tags", "!"}, {"on", "delete"}, {"where.subject", "any!"},
                                                         {"match.path", "/x/**,/y"}, {"where", "!"}, {"match", "!"}, {"except", "!"}, {"respond.offer", "!"}, {"respond.deny", "false!"}, {"respond.threshold.count", "!"}, {"respond.threshold.within", "!"}, {"respond.once-per", "!"}, {"respond.automatic.response", "!"}, {"respond.automatic.per-hour", "!"}, {"respond.automatic.dry-run", "false!"}, {"respond.while-pending", "!"}, {"respond.follow.workload", "!"}, {"respond.two-persons", "false!"}, {"respond.reason-required", "false!"}, {"respond.expires", "1h!"}}));
    const auto most = keys_of(checked(policy(rule("r", "/x/*", "unmount, delete", "host",
                                                  "name: N\n      tags: [b, a]\n      except: [{exe: [/b]}, {exe: [/a]}]\n      respond: {offer: [quarantine-file, kill-process], expires: 90s}")))
                                  .rules.at(0));
    EXPECT_EQ(most, (std::map<std::string, std::string>{{"name", "N"}, {"severity", "high"}, {"mode", "on!"}, {"tags", "a,b"}, {"on", "delete,unmount"}, {"where.subject", "host"},
                                                        {"match.path", "/x/*"}, {"where", "!"}, {"match", "!"}, {"except", "{exe: [/a, /b]}"}, {"respond.offer", "quarantine-file,kill-process"}, {"respond.deny", "false!"}, {"respond.threshold.count", "!"}, {"respond.threshold.within", "!"}, {"respond.once-per", "!"}, {"respond.automatic.response", "!"}, {"respond.automatic.per-hour", "!"}, {"respond.automatic.dry-run", "false!"}, {"respond.while-pending", "!"}, {"respond.follow.workload", "!"}, {"respond.two-persons", "false!"}, {"respond.reason-required", "false!"}, {"respond.expires", "90s"}}));
}

TEST(RuleKeys, Durations) {
    EXPECT_EQ(duration_text(kSecond), "1s");
    EXPECT_EQ(duration_text(60 * kSecond), "1m");
    EXPECT_EQ(duration_text(3'599 * kSecond), "3599s");
    EXPECT_EQ(duration_text(7'200 * kSecond), "2h");
    EXPECT_EQ(duration_text(kMaxExpiresNs), "7d");
    EXPECT_EQ(duration_text(0), "0s");
}

TEST(Difference, AddedRemovedChanged) {
    const Difference difference = policy::difference(checked(policy(rule("a", "/x") + rule("b", "/x, /y", "delete") + rule("c", "/z"))),
                                                     checked(policy(rule("b", "/y, /w", "delete, rename") + rule("c", "/z") + rule("d", "/x"))));
    EXPECT_EQ(difference.added, std::vector<std::string>{"t/d"});
    EXPECT_EQ(difference.removed, std::vector<std::string>{"t/a"});
    ASSERT_EQ(difference.changed.size(), 1u);
    EXPECT_EQ(difference.changed[0].rule, "t/b");
    ASSERT_EQ(difference.changed[0].keys.size(), 2u);
    EXPECT_EQ(difference.changed[0].keys[0].key, "on");
    EXPECT_EQ(difference.changed[0].keys[0].after, (std::vector<std::string>{"delete", "rename"}));
    EXPECT_EQ(difference.changed[0].keys[1].key, "match.path");
    EXPECT_EQ(difference.changed[0].keys[1].before, (std::vector<std::string>{"/x", "/y"}));
    EXPECT_EQ(difference.changed[0].keys[1].after, (std::vector<std::string>{"/w", "/y"}));
}

TEST(Difference, AKeyThatCannotBeShownIsNotOverlooked) {
    const Checked before = checked(policy(rule("r", "/x")));
    Checked after = before;
    after.rules[0].flags = QUELL_RULE_SILENT;
    const Difference difference = policy::difference(before, after);
    ASSERT_EQ(difference.changed.size(), 1u);
    ASSERT_EQ(difference.changed[0].keys.size(), 1u);
    EXPECT_EQ(difference.changed[0].keys[0].key, kUnknownKey);
}

// Two spellings of the same rules never differ; of two policies each rule that
// the digest tells apart is told, and no other.
TEST(Difference, AgreesWithTheDigest) {
    std::mt19937 random(77);
    std::size_t equal = 0, changed = 0;
    for (unsigned round = 0; round < 200; round++) {
        const Checked one = random_rules(random);
        EXPECT_TRUE(difference(checked(random_spelling(one, random).text), checked(random_spelling(one, random).text)).empty());
        Checked other = random_rules(random);
        for (std::size_t i = 0; i < std::min(one.rules.size(), other.rules.size()); i++)
            if (random() % 2 == 0) other.rules[i] = one.rules[i];
        const Difference found = difference(one, other);
        std::vector<std::string> expected;
        for (std::size_t i = 0; i < std::min(one.rules.size(), other.rules.size()); i++) {
            if (meaning_digest(std::span(&one.rules[i], 1)) == meaning_digest(std::span(&other.rules[i], 1))) equal++;
            else expected.push_back(full_name(one.rules[i]));
        }
        std::vector<std::string> told;
        for (const RuleChange& change : found.changed) {
            told.push_back(change.rule);
            for (const KeyChange& key : change.keys) EXPECT_NE(key.key, kUnknownKey);
        }
        EXPECT_EQ(told, expected);
        changed += expected.size();
        EXPECT_EQ(found.removed.size(), one.rules.size() - std::min(one.rules.size(), other.rules.size()));
        EXPECT_EQ(found.added.size(), other.rules.size() - std::min(one.rules.size(), other.rules.size()));
    }
    EXPECT_GT(equal, 100u);
    EXPECT_GT(changed, 100u);
}

}  // namespace
}  // namespace quell::policy::test
