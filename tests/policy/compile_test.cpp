// SPDX-License-Identifier: Apache-2.0
// The edges the kernel will find, one situation a test.
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/compile/digest.h"
#include "support.h"

namespace quell::policy::test {
namespace {

class Compiled : public testing::Test {
protected:
    void load(const std::string& rules) {
        CompileResult result = compile_text(policy(rules));
        ASSERT_TRUE(result.image) << summary(result.findings);
        image = std::move(*result.image);
    }
    const quell_edge* edge(std::uint32_t node, std::uint32_t kind, const std::string& name = "") const {
        for (const ImageEdge& item : image.edges)
            if (item.node == node && item.kind == kind && item.name == name) return &item.value;
        return nullptr;
    }
    std::uint32_t child(std::uint32_t node, const std::string& name) const {
        const quell_edge* found = edge(node, QUELL_EDGE_NAME, name);
        return found == nullptr ? 0 : found->child;
    }
    // Ids of the rules an edge leads to.
    std::vector<std::string> ids(const quell_edge* from) const {
        std::vector<std::string> names;
        if (from == nullptr) return names;
        for (const ImageSet& set : image.sets)
            if (set.id == from->set)
                for (std::uint32_t index : set.rules) names.push_back(image.rules[index].id);
        return names;
    }
    using Ids = std::vector<std::string>;
    Image image;
};

TEST_F(Compiled, CoverAppliesToItsNodeAndBelow) {
    load(rule("logs", "/var/log/**", "delete", "container"));
    const std::uint32_t var = child(QUELL_NODE_CONTAINER, "var");
    const quell_edge* log = edge(var, QUELL_EDGE_NAME, "log");
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->cover, log->child);
    EXPECT_EQ(log->flags, QUELL_DIR_ALL);
    EXPECT_EQ(ids(edge(log->child, QUELL_EDGE_COVER)), Ids{"logs"});
    EXPECT_EQ(edge(QUELL_NODE_CONTAINER, QUELL_EDGE_NAME, "var")->flags, 0u);
    EXPECT_EQ(edge(log->child, QUELL_EDGE_BELOW), nullptr) << "delete is no place operation";
}

TEST_F(Compiled, InnerSetsHoldWhatCoversThem) {
    load(rule("a", "/x/**") + rule("b", "/x/y/**") + rule("c", "/x/y/*") + rule("d", "/x/y/z"));
    const std::uint32_t x = child(QUELL_NODE_HOST, "x");
    const std::uint32_t y = child(x, "y");
    EXPECT_EQ(ids(edge(x, QUELL_EDGE_COVER)), Ids{"a"});
    EXPECT_EQ(ids(edge(y, QUELL_EDGE_COVER)), (Ids{"a", "b"}));
    EXPECT_EQ(ids(edge(y, QUELL_EDGE_STAR)), (Ids{"a", "b", "c"}));
    EXPECT_EQ(ids(edge(y, QUELL_EDGE_LEAF, "z")), (Ids{"a", "b", "c", "d"}));
    EXPECT_EQ(edge(x, QUELL_EDGE_NAME, "y")->flags, QUELL_DIR_ALL | QUELL_DIR_LEAVES);
}

TEST_F(Compiled, CoverOfAnAncestorIsNamedInTheEdge) {
    load(rule("a", "/x/**") + rule("b", "/x/y/z"));
    const std::uint32_t x = child(QUELL_NODE_HOST, "x");
    const quell_edge* y = edge(x, QUELL_EDGE_NAME, "y");
    EXPECT_EQ(y->cover, x);
    EXPECT_EQ(y->flags, QUELL_DIR_ALL | QUELL_DIR_LEAVES);
    EXPECT_EQ(edge(y->child, QUELL_EDGE_COVER), nullptr);
}

TEST_F(Compiled, RootCarriesItsOwnCover) {
    load(rule("all", "/**", "rename", "container"));
    const quell_edge* root = edge(QUELL_NODE_CONTAINER, QUELL_EDGE_ROOT);
    EXPECT_EQ(root->child, QUELL_NODE_CONTAINER);
    EXPECT_EQ(root->cover, QUELL_NODE_CONTAINER);
    EXPECT_EQ(root->flags, QUELL_DIR_ALL);
    EXPECT_EQ(ids(edge(QUELL_NODE_CONTAINER, QUELL_EDGE_BELOW)), Ids{"all"});
    EXPECT_EQ(edge(QUELL_NODE_HOST, QUELL_EDGE_ROOT)->cover, 0u);
}

TEST_F(Compiled, BelowReachesUpToTheRoot) {
    load(rule("logs", "/var/log/**", "mount-over", "host") + rule("utmp", "/run/utmp", "unmount", "host") +
         rule("quiet", "/var/lib/x", "delete", "host"));
    const std::uint32_t var = child(QUELL_NODE_HOST, "var");
    EXPECT_EQ(ids(edge(QUELL_NODE_HOST, QUELL_EDGE_BELOW)), (Ids{"logs", "utmp"}));
    EXPECT_EQ(ids(edge(var, QUELL_EDGE_BELOW)), Ids{"logs"});
    EXPECT_EQ(ids(edge(child(var, "log"), QUELL_EDGE_BELOW)), Ids{"logs"});
    EXPECT_EQ(ids(edge(child(QUELL_NODE_HOST, "run"), QUELL_EDGE_BELOW)), Ids{"utmp"});
    EXPECT_EQ(edge(child(var, "lib"), QUELL_EDGE_BELOW), nullptr);
}

TEST_F(Compiled, SubjectChoosesTheRoots) {
    load(rule("any", "/a") + rule("inside", "/b", "delete", "container") + rule("outside", "/c", "delete", "host"));
    const auto has = [&](std::uint32_t root, const char* name) { return edge(root, QUELL_EDGE_LEAF, name) != nullptr; };
    EXPECT_TRUE(has(QUELL_NODE_HOST, "a") && has(QUELL_NODE_CONTAINER, "a"));
    EXPECT_TRUE(!has(QUELL_NODE_HOST, "b") && has(QUELL_NODE_CONTAINER, "b"));
    EXPECT_TRUE(has(QUELL_NODE_HOST, "c") && !has(QUELL_NODE_CONTAINER, "c"));
}

TEST_F(Compiled, EqualSetsHaveOneId) {
    load(rule("a", "/x/1, /x/2, /y/**", "delete", "container"));
    const std::uint32_t x = child(QUELL_NODE_CONTAINER, "x");
    EXPECT_EQ(edge(x, QUELL_EDGE_LEAF, "1")->set, edge(x, QUELL_EDGE_LEAF, "2")->set);
    EXPECT_EQ(image.sets.size(), 2u) << "the rule's and the canary's";
}

TEST_F(Compiled, PathsOfConditionsArePairsOfSetAndCondition) {
    load(rule("a", "/x", "delete", "container", "except: [{exe: [/usr/sbin/logrotate, /opt/**]}]") +
         rule("b", "/x", "delete", "container", "except: [{exe: [/opt/bin/tool]}]"));
    const std::uint32_t sbin = child(child(QUELL_NODE_ASK_CONTAINER, "usr"), "sbin");
    const std::uint64_t logrotate = edge(sbin, QUELL_EDGE_LEAF, "logrotate")->set;
    const std::uint64_t tool =
        edge(child(child(QUELL_NODE_ASK_CONTAINER, "opt"), "bin"), QUELL_EDGE_LEAF, "tool")->set;
    const auto excepted = [&](std::uint64_t set) {
        Ids names;
        for (const ImageMember& member : image.members)
            for (const ImageRule& owner : image.rules)
                if (member.set == set && member.condition - owner.value.condition < owner.value.conditions) names.push_back(owner.id);
        return names;
    };
    EXPECT_EQ(excepted(logrotate), Ids{"a"});
    EXPECT_EQ(excepted(tool), (Ids{"a", "b"}));
    for (const ImageSet& set : image.sets) EXPECT_TRUE(set.id != logrotate && set.id != tool);
    EXPECT_EQ(image.rules[1].value.conditions, 1u) << "a list is one";
    EXPECT_EQ(image.rules[1].value.needs, QUELL_BIT(QUELL_FIELD_EXE));
    EXPECT_EQ(edge(QUELL_NODE_ASK_HOST, QUELL_EDGE_NAME, "usr"), nullptr);
    EXPECT_EQ(edge(child(QUELL_NODE_ASK_CONTAINER, "usr"), QUELL_EDGE_BELOW), nullptr);
}

TEST_F(Compiled, ConditionsStandInGroups) {
    load("    - {id: r, severity: low, on: [open-write],\n"
         "       where: {uid: [0, 1000-1999], not: {exe: [/bin/vi], gid: [5, 7]}},\n"
         "       match: {path: [/etc/**], type: [file]},\n"
         "       except: [{exe: [/usr/bin/dpkg], terminal: false}, {not: {path: [/etc/x/**]}}]}\n");
    const auto has = [&](std::size_t i, std::uint32_t field, std::uint32_t flags, std::uint32_t first, std::uint32_t last) {
        const quell_condition& c = image.conditions.at(i);
        return c.field == field && c.flags == flags && c.first == first && c.last == last;
    };
    ASSERT_EQ(image.conditions.size(), 9u);
    EXPECT_TRUE(has(0, QUELL_FIELD_EXE, QUELL_CONDITION_NOT | QUELL_CONDITION_INTACT, 0, 0));
    EXPECT_TRUE(has(1, QUELL_FIELD_UID, QUELL_CONDITION_OR, 0, 0)) << "one of them";
    EXPECT_TRUE(has(2, QUELL_FIELD_UID, 0, 1000, 1999));
    EXPECT_TRUE(has(3, QUELL_FIELD_GID, QUELL_CONDITION_NOT, 5, 5)) << "none of them";
    EXPECT_TRUE(has(4, QUELL_FIELD_GID, QUELL_CONDITION_NOT, 7, 7));
    EXPECT_TRUE(has(5, QUELL_FIELD_TYPE, QUELL_CONDITION_END, 8, 8));
    EXPECT_TRUE(has(6, QUELL_FIELD_EXE, QUELL_CONDITION_EXCEPT | QUELL_CONDITION_INTACT, 0, 0));
    EXPECT_TRUE(has(7, QUELL_FIELD_TERMINAL, QUELL_CONDITION_EXCEPT | QUELL_CONDITION_END, 0, 0));
    EXPECT_TRUE(has(8, QUELL_FIELD_PATH, QUELL_CONDITION_EXCEPT | QUELL_CONDITION_NOT | QUELL_CONDITION_END, 0, 0));
    EXPECT_EQ(image.rules[1].value.needs, QUELL_NEED_EXE | QUELL_NEED_OBJECT);
}

TEST_F(Compiled, RuleValues) {
    load("    - {id: r, name: R, severity: critical, tags: [T1], on: [delete, open-read], match: {path: [/x]},\n"
         "       respond: {offer: [kill-process, kill-container], expires: 90s}}\n");
    ASSERT_EQ(image.rules.size(), 2u);
    const ImageRule& entry = image.rules[1];
    EXPECT_EQ(entry.value.id, rule_id("t", "r"));
    EXPECT_EQ(entry.value.expires_ns, 90'000'000'000u);
    EXPECT_EQ(entry.value.operations, QUELL_OP_BIT(QUELL_OP_DELETE) | QUELL_OP_BIT(QUELL_OP_OPEN_READ));
    EXPECT_EQ(entry.value.subjects, QUELL_SUBJECT_HOST | QUELL_SUBJECT_CONTAINER);
    EXPECT_EQ(entry.value.offers, QUELL_BIT(QUELL_RESPONSE_KILL_PROCESS) | QUELL_BIT(QUELL_RESPONSE_KILL_CONTAINER));
    EXPECT_EQ(entry.value.severity, 4u);
    EXPECT_EQ(entry.offers, (std::vector<std::uint32_t>{QUELL_RESPONSE_KILL_PROCESS, QUELL_RESPONSE_KILL_CONTAINER}));
    EXPECT_EQ(entry.name, "R");
    EXPECT_EQ(entry.file, "t.yaml");
    EXPECT_EQ(image.operations, entry.value.operations);
}

TEST_F(Compiled, TheCanaryIsAlwaysFirst) {
    CompileResult result = compile_text("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec: {rules: []}\n",
                                        Options{.allow_empty = true});
    ASSERT_TRUE(result.image) << summary(result.findings);
    image = std::move(*result.image);
    ASSERT_EQ(image.rules.size(), 1u);
    EXPECT_EQ(image.rules[0].policy + "/" + image.rules[0].id, "quell/canary");
    EXPECT_EQ(image.rules[0].value.flags, QUELL_RULE_DENY | QUELL_RULE_SILENT);
    EXPECT_EQ(image.rules[0].value.offers, 0u);
    EXPECT_EQ(image.operations, QUELL_OP_BIT(QUELL_OP_DELETE));
    const std::uint32_t quell = child(child(QUELL_NODE_HOST, "run"), "quell");
    EXPECT_GE(quell, QUELL_NODE_FIRST);
    EXPECT_EQ(ids(edge(quell, QUELL_EDGE_LEAF, "canary")), Ids{"canary"});
    EXPECT_EQ(rule_id("quell", "canary"), image.rules[0].value.id);
}

TEST(RuleId, IsFnv1a) {
    EXPECT_EQ(rule_id("", ""), 0xaf63a24c860189feu) << "of '/' alone";
}

}  // namespace
}  // namespace quell::policy::test
