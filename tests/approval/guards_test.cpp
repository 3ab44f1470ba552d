// SPDX-License-Identifier: Apache-2.0
#include "user/approval/guards.h"

#include <gtest/gtest.h>

namespace quell::approval {
namespace {

constexpr std::int64_t kOneMinute = 60'000'000'000;

const std::string kImage = "registry.example/shop/web:1";
const std::vector<std::string> kLabels{"app=web", "env=prod"};

Matter web(quell_response response = QUELL_RESPONSE_KILL_CONTAINER) {
    Matter matter;
    matter.response = response;
    matter.is_container = true;
    matter.id = "00012";
    matter.name = "web";
    matter.image = &kImage;
    matter.labels = &kLabels;
    return matter;
}

std::string guard(const GuardRules& rules, const Matter& matter, const ContainerWindow& window = {}, std::int64_t now = 0) {
    std::string names;
    for (const auto& one : guards_against(rules, window, matter, now)) names += (names.empty() ? "" : " ") + one.name;
    return names.empty() ? "none" : names;
}

TEST(Guards, NoneAreThereByThemselves) { EXPECT_EQ(guard({}, web()), "none"); }

TEST(Guards, LabelsAreProtectedWhole) {
    GuardRules rules;
    rules.labels = {"tier=db", "env=prod"};
    EXPECT_EQ(guard(rules, web()), "labels");
    EXPECT_EQ(guard(rules, web(QUELL_RESPONSE_KILL_PROCESS)), "labels") << "whatever acts in it";
    auto other = web();
    const std::vector<std::string> alike{"env=production", "xenv=prod"};
    other.labels = &alike;
    EXPECT_EQ(guard(rules, other), "none");
    other.labels = nullptr;
    EXPECT_EQ(guard(rules, other), "labels") << "not known is not none";
    other.is_container = false;
    EXPECT_EQ(guard(rules, other), "none") << "the host has no labels";
}

TEST(Guards, ImagesAreProtectedByPattern) {
    GuardRules rules;
    rules.images = {"registry.example/pay/*", "*/web:?"};
    EXPECT_EQ(guard(rules, web()), "images");
    auto other = web();
    const std::string longer = "registry.example/shop/web:12", below = "registry.example/pay/a/b:1";
    other.image = &longer;
    EXPECT_EQ(guard(rules, other), "none");
    other.image = &below;
    EXPECT_EQ(guard(rules, other), "images");
    other.image = nullptr;
    EXPECT_EQ(guard(rules, other), "images");
}

TEST(Guards, SoManyContainersInATime) {
    GuardRules rules;
    rules.containers = 2;
    rules.per_ns = 10 * kOneMinute;
    ContainerWindow window;
    EXPECT_EQ(guard(rules, web(), window, kOneMinute), "none");
    window.add(kOneMinute, rules.per_ns);
    EXPECT_EQ(guard(rules, web(), window, kOneMinute), "none");
    window.add(2 * kOneMinute, rules.per_ns);
    EXPECT_EQ(guard(rules, web(), window, 3 * kOneMinute), "containers");
    EXPECT_EQ(guard(rules, web(QUELL_RESPONSE_KILL_PROCESS), window, 3 * kOneMinute), "none") << "only what acts on containers as a whole";
    EXPECT_EQ(guard(rules, web(), window, 11 * kOneMinute - 1), "containers");
    EXPECT_EQ(guard(rules, web(), window, 11 * kOneMinute), "none") << "the first is ten minutes ago";
    window.add(-kOneMinute, rules.per_ns);
    EXPECT_EQ(window.within(3 * kOneMinute, rules.per_ns), 3u) << "one before the boot counts, too";
}

TEST(Guards, SeveralAtOnceCountEach) {
    GuardRules rules;
    rules.containers = 3;
    ContainerWindow window;
    auto pod = web();
    pod.containers = 3;
    EXPECT_EQ(guard(rules, pod, window, kOneMinute), "none") << "as many as may be";
    window.add(0, rules.per_ns);
    EXPECT_EQ(guard(rules, pod, window, kOneMinute), "containers");
    pod.containers = 2;
    EXPECT_EQ(guard(rules, pod, window, kOneMinute), "none");
    pod.containers = 4;
    EXPECT_EQ(guard(rules, pod, ContainerWindow{}, kOneMinute), "containers") << "more than ever";
}

// Each passes while the others are prepared: whoever is flipped first counts when the next is asked again.
TEST(Guards, OfThoseThatPassedTogetherOnlySoManyPassAgain) {
    GuardRules rules;
    rules.containers = 3;
    ContainerWindow window;
    auto pod = web();
    pod.containers = 2;
    for (const auto& asked : {pod, pod, web()}) EXPECT_EQ(guard(rules, asked, window, kOneMinute), "none");
    std::size_t flipped = 0;
    for (const auto& asked : {pod, pod, web(), web()}) {
        if (guard(rules, asked, window, kOneMinute) != "none") continue;
        for (std::uint32_t i = 0; i < asked.containers; i++) window.add(kOneMinute, rules.per_ns);
        flipped += asked.containers;
    }
    EXPECT_EQ(flipped, 3u) << "a pod, and one alone";
}

TEST(Guards, TheWindowKeepsNoMoreThanItsTime) {
    ContainerWindow window;
    for (std::int64_t at = 0; at < 100'000; at++) window.add(at, 10);
    EXPECT_EQ(window.within(99'999, 1'000'000), 10u);
}

TEST(Guards, AreClosedWhereItIsNotKnownWhatWasDone) {
    GuardRules rules;
    rules.containers = 2;
    ContainerWindow window;
    window.close(5);
    EXPECT_EQ(guard(rules, web(), window, 4), "containers");
    EXPECT_EQ(guard(rules, web(), window, 5), "none");
}

TEST(Guards, AllAreTold) {
    GuardRules rules;
    rules.labels = {"app=web"};
    rules.images = {"*"};
    rules.containers = 1;
    ContainerWindow window;
    window.add(0, rules.per_ns);
    EXPECT_EQ(guard(rules, web(), window, 1), "labels images containers");
    EXPECT_EQ(guards_text({{"a", "b"}, {"c", "d"}}), "a: b; c: d");
}

TEST(Guards, ResponsesByTheirWords) {
    for (const char* word : {"kill-container", "stop-container", "pause-container", "isolate-network", "deny-write"}) EXPECT_TRUE(acts_on_container(word)) << word;
    for (const char* word : {"kill-process", "quarantine-file"}) EXPECT_FALSE(acts_on_container(word)) << word;
    for (const char* word : {"capture", "acquire-file"}) EXPECT_TRUE(only_looks(word)) << word;
    EXPECT_FALSE(only_looks("kill-container"));
}

TEST(Guards, TheWordIsTheNameWhereThatIsPlain) {
    EXPECT_EQ(word_to_type(web()), "web");
    for (const std::string& name : {std::string(), std::string("a b"), std::string("-y"), std::string("a\n"), std::string(65, 'a'), std::string("\x1b[2J")}) {
        auto matter = web();
        matter.name = name;
        EXPECT_EQ(word_to_type(matter), "00012") << name;
    }
}

}  // namespace
}  // namespace quell::approval
