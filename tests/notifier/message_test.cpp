// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/message.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace quell::notifier {
namespace {

Json row(std::int64_t number = 7) {
    return {{"row", number}, {"time", "2026-03-01T09:08:07.123456Z"}, {"action", "approved"}, {"incident", "00012"}, {"subject", "web (4f0c9a)"},
            {"response", "kill-container"}, {"result", "approved"}, {"reason", "seen"}, {"who", {{"uid", 0}, {"user", "alice"}, {"login_uid", 1000}, {"pid", 1}, {"cgroup", "/"}}}};
}

Json incident() {
    return {{"id", "00012"}, {"policy", "notable-events"}, {"rule", "clear-log"}, {"name", "Clear Log"}, {"severity", "medium"}, {"state", "approved"}, {"subject", "web"},
            {"operation", "delete"}, {"object", "/var/log/x"}, {"count", 1}};
}

TEST(NotifierMessage, HasOneIdWhetherTheDiskHasTheRowOrNot) {
    EXPECT_EQ(message_id(row(0)), message_id(row(7)));
    EXPECT_EQ(message_id(row()).size(), 32u);
    Json other = row();
    other["time"] = "2026-03-01T09:08:07.123457Z";
    EXPECT_NE(message_id(other), message_id(row()));
}

TEST(NotifierMessage, JsonIsTheRowAndItsIncident) {
    const auto body = Json::parse(message_body(Format::Json, "node1", row(), incident()));
    EXPECT_EQ(body, Json({{"id", message_id(row())}, {"host", "node1"}, {"row", row()}, {"incident", incident()}}));
    EXPECT_FALSE(Json::parse(message_body(Format::Json, "node1", row(), Json())).contains("incident"));
}

TEST(NotifierMessage, ChatIsOneText) {
    const auto body = Json::parse(message_body(Format::Chat, "node1", row(), incident()));
    EXPECT_EQ(body, Json({{"text", "*approved* (medium) `00012` `notable-events/clear-log` on `node1`: `web (4f0c9a)` `/var/log/x`, `kill-container`: `approved` by `alice`, `seen`"}}));
}

TEST(NotifierMessage, AChatCallsNobodyForAWorkload) {
    Json hostile = incident();
    hostile["object"] = "/tmp/`@channel` <!here> [x](http://evil) &amp;";
    const std::string text = Json::parse(message_body(Format::Chat, "node1", row(), hostile))["text"];
    EXPECT_NE(text.find("`/tmp/'@channel' &lt;!here&gt; [x](http://evil) &amp;amp;`"), std::string::npos) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '`') % 2, 0);
}

TEST(NotifierMessage, WhoWantsWhat) {
    Target target;
    EXPECT_TRUE(is_wanted(target, row(), incident()));
    target.severity = 3;
    EXPECT_FALSE(is_wanted(target, row(), incident())) << "medium is below high";
    EXPECT_TRUE(is_wanted(target, row(), Json())) << "about no incident: no severity";
    target.severity = 2;
    EXPECT_TRUE(is_wanted(target, row(), incident()));
    target.actions = {"detected"};
    EXPECT_FALSE(is_wanted(target, row(), incident()));
    target.actions = {"detected", "approved"};
    EXPECT_TRUE(is_wanted(target, row(), incident()));
}

// By another implementation: python3 -c 'hmac.new(b"a secret", b"1772356087.{\"a\":1}", "sha256").hexdigest()'
TEST(NotifierMessage, Signature) {
    EXPECT_EQ(signature("a secret", "1772356087", R"({"a":1})"), "e1874dfb3e9aad58335d8bea826fb9b10cc59e544c21df428ec5604d1cd565f3");
    EXPECT_NE(signature("a secret", "1772356088", R"({"a":1})"), signature("a secret", "1772356087", R"({"a":1})"));
    EXPECT_EQ(signature(std::string(131, '\xaa'), "1", ""), "e6fcf3db42cf7f17fb82ad7eacba6b0b182335c68286197620776f6ecae6e149") << "a key longer than a block";
}

}  // namespace
}  // namespace quell::notifier
