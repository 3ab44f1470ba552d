// SPDX-License-Identifier: Apache-2.0
#include "user/incident/flat_json.h"

#include <gtest/gtest.h>

namespace quell {
namespace {

TEST(FlatJson, TakesWhatIsWanted) {
    const auto json = FlatJson::parse(
        R"({"a":{"b":"x","c":7,"d":[["p","q"],{"e":"y"}]},"n":null,"t":true,"f":1.5,"other":{"b":"z"},"empty":""})",
        {"a\n", "f", "empty"});
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(json->get("a\nb"), "x");
    EXPECT_EQ(json->get("a\nc"), "7");
    EXPECT_EQ(json->get("a\nd\n0\n1"), "q");
    EXPECT_EQ(json->get("a\nd\n1\ne"), "y");
    EXPECT_EQ(json->get("f"), "1.5");
    EXPECT_FALSE(json->get("other\nb").has_value());
    EXPECT_FALSE(json->get("empty").has_value());
    EXPECT_EQ(json->values().size(), 5u + 1u);
}

TEST(FlatJson, AKeyWithTheSeparatorIsNoPath) {
    const auto json = FlatJson::parse("{\"a\\nb\":\"forged\"}", {""});
    ASSERT_TRUE(json.ok());
    EXPECT_FALSE(json->get("a\nb").has_value());
}

TEST(FlatJson, Bounds) {
    const FlatJsonBounds bounds{.value_bytes = 3, .values = 2, .depth = 3};
    EXPECT_FALSE(FlatJson::parse(R"({"a":"four"})", {""}, bounds)->get("a").has_value());
    EXPECT_EQ(FlatJson::parse(R"({"a":"x","b":"y","c":"z"})", {""}, bounds).error().code, EINVAL);
    EXPECT_TRUE(FlatJson::parse("[[[1]]]", {""}, bounds).ok());
    EXPECT_EQ(FlatJson::parse("[[[[1]]]]", {""}, bounds).error().code, EINVAL);
    EXPECT_EQ(FlatJson::parse(std::string(1'000'000, '['), {""}).error().code, EINVAL);
}

TEST(FlatJson, Broken) {
    for (const char* text : {"", "{", "{\"a\":}", "nonsense", "{\"a\":\"\xff\"}", "{} {}", "{\"a\":\"x\"", "\"\\ud800\""})
        EXPECT_FALSE(FlatJson::parse(text, {""}).ok()) << text;
}

}  // namespace
}  // namespace quell
