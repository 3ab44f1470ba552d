// SPDX-License-Identifier: Apache-2.0
#include "user/control/varlink.h"

#include <gtest/gtest.h>

namespace quell::control {
namespace {

TEST(Json, IsBounded) {
    EXPECT_TRUE(parse_json(R"({"a":[1,"[[[[{{{{"]})"));
    EXPECT_TRUE(parse_json(std::string(32, '[') + std::string(32, ']')));
    EXPECT_FALSE(parse_json(std::string(33, '[') + std::string(33, ']')));
    EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
    EXPECT_FALSE(parse_json("{} x"));
    EXPECT_FALSE(parse_json(""));
    EXPECT_FALSE(parse_json("\"\xff\""));
    EXPECT_FALSE(parse_json("\"\\"));
    EXPECT_EQ(parse_json(R"({"a":1,"a":2})")->at("a"), 2);
}

TEST(Json, TextNeverFails) { EXPECT_EQ(json_text(Json{{"a", "\xff\n"}}), "{\"a\":\"\xef\xbf\xbd\\n\"}"); }

TEST(Call, Parts) {
    const auto call = parse_call(R"({"method":"io.quell.Show","parameters":{"id":"x"},"more":true})");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->interface, "io.quell");
    EXPECT_EQ(call->method, "Show");
    EXPECT_EQ(call->parameters, Json({{"id", "x"}}));
    EXPECT_TRUE(call->more);
    EXPECT_FALSE(call->oneway);
    EXPECT_TRUE(parse_call(R"({"method":"a.B","parameters":null})"));
}

TEST(Call, Malformed) {
    for (const char* text : {"[]", "1", "null", "{}", R"({"method":1})", R"({"method":""})", R"({"method":"Show"})", R"({"method":".Show"})",
                             R"({"method":"io.quell."})", R"({"method":"a.B","parameters":[]})", R"({"method":"a.B","oneway":"yes"})",
                             R"({"method":"a.B","more":1})", R"({"method":"a.B","extra":1})"})
        EXPECT_FALSE(parse_call(text)) << text;
}

TEST(Reply, RoundTrip) {
    std::string message = error_message(errors::kTooLate, {{"state", "expired"}, {"reason", "no"}});
    EXPECT_EQ(message.back(), '\0');
    message.pop_back();
    const auto reply = parse_reply(message);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->error, "io.quell.TooLate");
    EXPECT_EQ(reply->parameters["state"], "expired");
    EXPECT_FALSE(parse_reply("[]"));
    EXPECT_FALSE(parse_reply(R"({"error":7})"));
    EXPECT_FALSE(parse_reply(R"({"parameters":7})"));
}

TEST(Varlink, AListFillsAReplyAndNoMore) {
    Json list = Json::array();
    std::size_t room = kListRoom, count = 0;
    // A control character is six bytes on the wire: sizes are those of the text, not of the value.
    const Json element = {{"path", std::string(100'000, '\x01')}};
    while (append_within(list, element, room)) count++;
    EXPECT_EQ(list.size(), count);
    EXPECT_EQ(count, kListRoom / (json_text(element).size() + 1));
    EXPECT_LE(reply_message({{"incidents", list}}).size(), kReplySizeMax);
    EXPECT_FALSE(append_within(list, "x", room)) << "nothing older after one that is missing";
    EXPECT_EQ(list.size(), count);
}

}  // namespace
}  // namespace quell::control
