// SPDX-License-Identifier: Apache-2.0
// Equal meaning, equal digest and equal image; a change of meaning changes it.
#include <gtest/gtest.h>

#include <algorithm>

#include "support.h"

namespace quell::policy::test {
namespace {

std::string digest(const std::vector<Source>& sources) {
    const CompileResult result = compile(sources);
    EXPECT_TRUE(result.image) << summary(result.findings);
    return result.image ? result.image->digest : "";
}

std::string digest(const std::string& rules) { return digest({Source{"t.yaml", policy(rules)}}); }

TEST(Digest, OrderAndSpellingMeanNothing) {
    const Source a{"a.yaml", policy(rule("one", "/x, /y/**", "delete, rename") + rule("two", "/z"), "a")};
    const Source b{"b.yaml", policy(rule("one", "/q"), "b")};
    const Source respelt{"z.yaml",
                         "# a comment\nkind: \"Policy\"\napiVersion: quell/v1\nspec:\n    rules:\n"
                         "      - {on: [delete], id: two, match: {path: ['/z']}, severity: high, description: Says more}\n"
                         "      - on:\n          - rename\n          - delete\n        match:\n          path: [/y/**, /x]\n"
                         "        severity: high\n        id: one\nmetadata: {name: a, version: 2.0, description: None}\n"};
    EXPECT_EQ(digest({a, b}), digest({b, a}));
    EXPECT_EQ(digest({a, b}), digest({b, respelt}));
    EXPECT_EQ(digest({a}).size(), 64u);
}

TEST(Digest, TheVersionIsToldBesideIt) {
    const Source none{"a.yaml", policy(rule("one", "/x"), "a")};
    Source one = none;
    one.text.replace(one.text.find("name: a"), 7, "name: a, version: 1.2");
    EXPECT_EQ(compile(std::vector{none}).versions, (std::map<std::string, std::string>{}));
    EXPECT_EQ(compile(std::vector{one}).versions, (std::map<std::string, std::string>{{"a", "1.2"}}));
    EXPECT_EQ(digest({none}), digest({one}));
}

TEST(Digest, ImagesAreEqualToo) {
    const auto edges = [](const std::vector<Source>& sources) {
        const CompileResult result = compile(sources);
        std::string text;
        for (const ImageEdge& edge : result.image->edges)
            text += std::to_string(edge.node) + "," + std::to_string(edge.kind) + "," + edge.name + "," +
                    std::to_string(edge.value.child) + "," + std::to_string(edge.value.set) + "\n";
        return text;
    };
    const Source a{"a.yaml", policy(rule("one", "/x, /y/**", "delete, rename"), "a")};
    const Source b{"b.yaml", policy(rule("one", "/y/x/*"), "b")};
    EXPECT_EQ(edges({a, b}), edges({b, a}));
}

TEST(Digest, EveryPartOfTheMeaningCounts) {
    const std::string base = rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h}");
    const std::vector<std::string> others = {
        rule("two", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h}"),
        rule("one", "/y", "delete", "any", "respond: {offer: [kill-process], expires: 1h}"),
        rule("one", "/x/**", "delete", "any", "respond: {offer: [kill-process], expires: 1h}"),
        rule("one", "/x", "rename", "any", "respond: {offer: [kill-process], expires: 1h}"),
        rule("one", "/x", "delete", "container", "respond: {offer: [kill-process], expires: 1h}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 2h}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process, kill-container], expires: 1h}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-container, kill-process], expires: 1h}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h}\n      name: One"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h}\n      tags: [t]"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h}\n      except: [{exe: [/y]}]"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h, two-persons: true}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 1h, reason-required: true}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [deny-write], expires: 1h}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [deny-write], expires: 1h, follow: workload}"),
        rule("one", "/x", "delete", "any", "respond: {offer: [deny-write], expires: 1h, follow: {workload: 7h}}"),
        rule("one", "/x"),
        base + rule("more", "/x"),
    };
    std::vector<std::string> digests{digest(base)};
    for (const std::string& other : others) digests.push_back(digest(other));
    std::sort(digests.begin(), digests.end());
    EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
    EXPECT_EQ(digest(others[14]), digest(rule("one", "/x", "delete", "any", "respond: {offer: [deny-write], expires: 1h, follow: {workload: 8h}}")));
    EXPECT_EQ(digest(base), digest(rule("one", "/x", "delete", "any", "respond: {offer: [kill-process], expires: 60m}")));
}

}  // namespace
}  // namespace quell::policy::test
