// SPDX-License-Identifier: Apache-2.0
// What containers are called: patterns, three-valued matching, and doubts that are judged once all is known.
#include <gtest/gtest.h>

#include <algorithm>

#include "interpreter.h"
#include "policy/check/names.h"
#include "policy/compile/compile.h"
#include "policy/identity/doubt.h"
#include "policy/limits.h"
#include "random_policy.h"
#include "support.h"

namespace quell::policy::test {
namespace {

TEST(NameMatches, AStarStandsForAnything) {
    EXPECT_TRUE(name_matches("web", "web"));
    EXPECT_FALSE(name_matches("web", "web2"));
    EXPECT_TRUE(name_matches("*", ""));
    EXPECT_TRUE(name_matches("*/web:*", "quay.io/shop/web:1"));
    EXPECT_FALSE(name_matches("*/web:*", "quay.io/shop/web"));
    EXPECT_TRUE(name_matches("a*b*c", "abc"));
    EXPECT_TRUE(name_matches("a*b*c", "axbbxc"));
    EXPECT_FALSE(name_matches("ab*bc", "abc")) << "no character is taken twice";
    EXPECT_FALSE(name_matches("*a*a*", "a"));
    EXPECT_FALSE(name_matches("", "a"));
}

// The quick way and every way there is, on all short texts of two letters.
TEST(NameMatches, AsEveryWayThereIs) {
    const auto every = [](auto&& self, std::string_view pattern, std::string_view text) -> bool {
        if (pattern.empty()) return text.empty();
        if (pattern[0] == '*') return self(self, pattern.substr(1), text) || (!text.empty() && self(self, pattern, text.substr(1)));
        return !text.empty() && pattern[0] == text[0] && self(self, pattern.substr(1), text.substr(1));
    };
    const auto all = [](const std::string& letters, std::size_t longest) {
        std::vector<std::string> texts{""};
        for (std::size_t i = 0; i < texts.size(); i++)
            if (texts[i].size() < longest)
                for (const char c : letters) texts.push_back(texts[i] + c);
        return texts;
    };
    std::size_t matched = 0;
    for (const std::string& pattern : all("ab*", 5))
        for (const std::string& text : all("ab", 6)) {
            ASSERT_EQ(name_matches(pattern, text), every(every, pattern, text)) << pattern << " " << text;
            matched += every(every, pattern, text);
        }
    EXPECT_GT(matched, 1'000u);
}

constexpr const char* kRule = R"(
    - id: web
      severity: high
      on: [delete]
      where: {subject: container, container: {name: [web, "shop-*"], image: ["*/web:*"]}, not: {container: {namespace: [kube-system]}}}
      match: {path: [/x/**]}
      except: [{container: {labels: [tier=test]}, exe: [/bin/rm]}]
)";

reference::Act act_of(ContainerNames names, const char* exe = "/bin/rm") {
    reference::Act act;
    act.operation = QUELL_OP_DELETE;
    act.subject = QUELL_SUBJECT_CONTAINER;
    act.path = "/x/y";
    act.executables = {{exe, true}};
    act.names = std::move(names);
    return act;
}

ContainerNames web() {
    ContainerNames names = ContainerNames::none();
    names.of(QUELL_FIELD_CONTAINER_NAME) = {"shop-1"};
    names.of(QUELL_FIELD_CONTAINER_IMAGE) = {"quay.io/web:1"};
    return names;
}

TEST(Identity, IsThreeValued) {
    const auto result = compile_text(policy(kRule));
    ASSERT_TRUE(result.image) << summary(result.findings);
    EXPECT_EQ(result.image->identities.size(), 4u);
    const Interpreter interpreter(*result.image);
    const std::set<std::string> sure{"t/web"}, unsure{"t/web?"}, none;
    EXPECT_EQ(interpreter.judge(act_of(web())), sure);
    EXPECT_EQ(interpreter.judge(act_of({})), unsure) << "nothing is known";
    ContainerNames names = web();
    names.of(QUELL_FIELD_CONTAINER_NAMESPACE) = {"kube-system"};
    EXPECT_EQ(interpreter.judge(act_of(names)), none);
    names.of(QUELL_FIELD_CONTAINER_NAMESPACE).reset();
    EXPECT_EQ(interpreter.judge(act_of(names)), unsure) << "below not, what is not known holds no more than its opposite";
    names.of(QUELL_FIELD_CONTAINER_IMAGE) = {"quay.io/other:1"};
    EXPECT_EQ(interpreter.judge(act_of(names)), none) << "what fails decides, whatever else is not known";
    names = web();
    names.of(QUELL_FIELD_CONTAINER_LABELS).reset();
    EXPECT_EQ(interpreter.judge(act_of(names)), unsure) << "it may be excepted";
    EXPECT_EQ(interpreter.judge(act_of(names, "/bin/cat")), sure) << "the exception does not hold whatever the labels are";
    names.of(QUELL_FIELD_CONTAINER_LABELS) = {"a=b", "tier=test"};
    EXPECT_EQ(interpreter.judge(act_of(names)), none);
}

TEST(Identity, OfTheHostIsKnownToBeNone) {
    const auto result = compile_text(policy(R"(
    - {id: has, severity: low, on: [delete], where: {container: {name: ["*"]}}, match: {path: [/x/**]}}
    - {id: not, severity: low, on: [delete], where: {not: {container: {name: [web]}}}, match: {path: [/x/**]}}
)"));
    ASSERT_TRUE(result.image) << summary(result.findings);
    reference::Act act = act_of({});
    act.subject = QUELL_SUBJECT_HOST;
    EXPECT_EQ(Interpreter(*result.image).judge(act), (std::set<std::string>{"t/not"}));
}

TEST(Identity, EqualListsAreOneWhereverTheyStand) {
    std::string rules;
    for (int i = 0; i < 300; i++) rules += "    - {id: r" + std::to_string(i) + ", severity: low, on: [delete], where: {container: {name: [b, a]}, not: {container: {name: [c]}}}, match: {path: [/x/**]}}\n";
    const auto result = compile_text(policy("\n" + rules.substr(0, rules.find("r100,") - 11)));
    ASSERT_TRUE(result.image) << summary(result.findings);
    EXPECT_EQ(result.image->identities.size(), 2u);
}

TEST(Identity, MoreThanTheKernelKeepsAreRefused) {  // Q1411
    std::string names;
    for (unsigned i = 0; i < kMaxIdentities + 1; i++)
        names += "    - {id: r" + std::to_string(i) + ", severity: low, on: [delete], where: {container: {name: [n" + std::to_string(i) + "]}}, match: {path: [/x" + std::to_string(i) + "/**]}}\n";
    const auto result = compile_text(policy("\n" + names));
    EXPECT_FALSE(result.image);
    ASSERT_EQ(result.findings.size(), 1u) << summary(result.findings);
    EXPECT_EQ(code_name(result.findings[0].code), "Q1411");
}

// Completed in every way, a doubt ends as the reference matcher judges who knows all from the beginning.
TEST(Identity, ADoubtEndsAsIfAllHadBeenKnown) {
    std::mt19937 random(77);
    const std::vector<Source> nowhere{{"random.yaml", ""}};
    const std::vector<SourceText> texts{SourceText(nowhere[0])};
    std::array<std::size_t, 2> ended{};
    for (unsigned round = 0; round < 1'500; round++) {
        const Checked checked = random_policy(random);
        Findings findings(texts);
        const Image image = compile_image(checked, texts, findings);
        ASSERT_FALSE(findings.has_errors());
        const Interpreter interpreter(image);
        for (unsigned i = 0; i < 30; i++) {
            reference::Act act = random_act(random);
            act.subject = QUELL_SUBJECT_CONTAINER;
            for (const reference::Fired& one : reference::judge(checked.rules, act)) {
                if (one.is_sure) continue;
                const auto index = static_cast<std::uint32_t>(std::find_if(image.rules.begin(), image.rules.end(), [&](const ImageRule& rule) { return rule.id == one.rule->id; }) - image.rules.begin());
                const auto noted = interpreter.doubt(index, act);
                ASSERT_TRUE(noted);
                const auto doubt = doubt_of(image, image.rules[index].value.id, noted->conditions);
                ASSERT_TRUE(doubt);
                EXPECT_EQ(judge(*doubt, act.names), Truth::kUnknown);
                reference::Act known = act;
                const reference::Act other = random_act(random);
                for (std::uint32_t field = QUELL_FIELD_CONTAINER_NAME; field <= QUELL_FIELD_CONTAINER_CGROUP; field++)
                    if (!known.names.of(field)) known.names.of(field) = other.names.of(field).value_or(std::vector<std::string>{"a"});
                const auto fired = reference::judge({*one.rule}, known);
                ASSERT_EQ(judge(*doubt, known.names), fired.empty() ? Truth::kFails : Truth::kHolds);
                ended[fired.empty() ? 0 : 1]++;
            }
        }
    }
    EXPECT_GT(ended[0], 300u);
    EXPECT_GT(ended[1], 300u);
}

TEST(Identity, ATextIsQuotedWhereItCouldBeTakenForTwo) {
    EXPECT_EQ(name_text("app=web"), "app=web");
    EXPECT_EQ(name_text("a, b"), "\"a, b\"");
    EXPECT_EQ(name_text("a\"b\\ c"), "\"a\\\"b\\\\ c\"");
}

}  // namespace
}  // namespace quell::policy::test
