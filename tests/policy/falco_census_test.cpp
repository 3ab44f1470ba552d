// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/census.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "falco_support.h"

namespace quell::policy::falco::test {
namespace {

using nlohmann::json;

TEST(FalcoCensus, OfASmallFile) {
    const Outcome outcome = read(slurp(QUELL_SOURCE_DIR "/tests/policy/falco/good/shop.yaml"));
    ASSERT_EQ(summary(outcome.findings), "");
    const json all = census(outcome.rules.rules);
    ASSERT_EQ(all["rules"].size(), 2u);
    EXPECT_EQ(all["rules"][0], json::parse(R"json({
        "rule": "Shell in the shop", "source": "syscall", "priority": "warning", "enabled": true,
        "fields": {"evt.type": 2, "evt.dir": 1, "proc.name": 2, "proc.aname[2]": 1, "tolower(proc.pname)": 1, "proc.pname": 1},
        "operators": {"=": 3, "in": 4, "contains": 1},
        "event_types": ["execve", "execveat"], "directions": ["<"], "syscall_types": [],
        "lists": ["all_shells", "shells"], "macros": ["in_shop", "started"], "parts": 15,
        "form": {"alternatives": 2, "exceptions": 1, "literals": 8}})json"));
    EXPECT_EQ(all["rules"][1]["form"], json::parse(R"({"alternatives": 0, "exceptions": 0, "literals": 2})"));
    EXPECT_EQ(all["rules"][1]["syscall_types"], json::parse(R"(["open"])"));
    EXPECT_EQ(all["fields"]["proc.name"], json::parse(R"({"uses": 3, "rules": 2})"));
    EXPECT_EQ(all["fields"]["evt.type"], json::parse(R"({"uses": 2, "rules": 1})"));
    EXPECT_EQ(all["operators"]["in"], json::parse(R"({"uses": 4, "rules": 1})"));
}

TEST(FalcoCensus, WhatCannotBeWrittenAsAlternatives) {
    std::string condition = "a.b=c";
    for (int i = 0; i < 9; i++) condition += " and (a.b=x" + std::to_string(i) + " or a.b=y" + std::to_string(i) + ")";
    EXPECT_TRUE(census(read(rule(condition)).rules.rules)["rules"][0]["form"].is_null());
}

TEST(FalcoCensus, TextIsEscaped) {
    const Outcome odd = read(rule("evt.type = \xe2\x80\xae" "gnp", "'\xe2\x80\xae" "gnp'"));
    const std::string text = census(odd.rules.rules).dump();
    EXPECT_NE(text.find("gnp"), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << text;
}

}  // namespace
}  // namespace quell::policy::falco::test
