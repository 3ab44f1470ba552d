// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/subscribers.h"

#include <gtest/gtest.h>

#include "user/base/id.h"
#include "user/control/interface.h"

namespace quell::daemon {
namespace {

using control::Json;

// What one call of Watch was sent, and whether its client is there.
struct Heard {
    std::vector<Json> replies;
    std::vector<Json> last;
    bool listens = true;

    control::Responder responder() {
        const auto parsed = [](std::string message) {
            message.pop_back();  // NUL
            return Json::parse(message);
        };
        return control::Responder([this, parsed](const std::string& message) { last.push_back(parsed(message)); },
                                  [this, parsed](const std::string& message) {
                                      if (listens && !message.empty()) replies.push_back(parsed(message));
                                      return listens;
                                  });
    }
};

history::Row row_of(std::uint64_t incident, history::Action action = history::Action::DETECTED) {
    history::Row row;
    row.incident = incident;
    row.action = action;
    row.wall_ns = 1'772'356'087'123'456'789;
    row.subject = "web (4f0c9a)";
    row.result = "Clear Log Activities";
    return row;
}

Json brief() {
    return {{"id", id_text(7)}, {"policy", "p"}, {"rule", "r"}, {"name", "n"}, {"severity", "high"}, {"state", "pending"}, {"subject", "host"}, {"operation", "delete"}, {"count", 1}};
}

TEST(Subscribers, AreToldInOrderFromTheirFirstReplyOn) {
    Subscribers subscribers;
    Heard heard;
    subscribers.add(0, heard.responder());
    ASSERT_EQ(heard.replies.size(), 1u);
    EXPECT_EQ(heard.replies[0], Json({{"parameters", Json::object()}, {"continues", true}}));
    for (std::uint64_t i = 1; i <= 3; i++) subscribers.tell(row_of(i), brief);
    ASSERT_EQ(heard.replies.size(), 4u);
    const auto& out = control::quell_interface().methods.find("Watch")->second.out;
    for (std::size_t i = 1; i <= 3; i++) {
        const Json& told = heard.replies[i]["parameters"];
        EXPECT_EQ(control::mismatch(control::quell_interface(), out, told), std::nullopt) << told;
        EXPECT_EQ(told["row"]["incident"], id_text(i));
        EXPECT_EQ(told["row"]["row"], 0) << "the disk does not have it yet";
        EXPECT_EQ(told["incident"]["severity"], "high");
    }
    EXPECT_TRUE(heard.last.empty());
}

TEST(Subscribers, HearOfOneIncidentWhereTheyAskForIt) {
    Subscribers subscribers;
    Heard all, one;
    subscribers.add(0, all.responder());
    subscribers.add(7, one.responder());
    subscribers.tell(row_of(6), brief);
    subscribers.tell(row_of(7), brief);
    subscribers.tell(row_of(0, history::Action::STOPPED), [] { return Json(); });
    EXPECT_EQ(all.replies.size(), 4u);
    EXPECT_FALSE(all.replies.back()["parameters"].contains("incident"));
    ASSERT_EQ(one.replies.size(), 2u);
    EXPECT_EQ(one.replies[1]["parameters"]["row"]["incident"], id_text(7));
}

TEST(Subscribers, WhoHasGoneIsForgotten) {
    Subscribers subscribers;
    Heard first, second;
    subscribers.add(0, first.responder());
    first.listens = false;
    subscribers.add(0, second.responder());
    EXPECT_EQ(subscribers.size(), 1u) << "when another comes";
    second.listens = false;
    subscribers.tell(row_of(1), brief);
    EXPECT_EQ(subscribers.size(), 0u) << "when there is something to tell";
}

TEST(Subscribers, NothingIsMadeForNobody) {
    Subscribers subscribers;
    Heard other;
    subscribers.add(8, other.responder());
    bool asked = false;
    subscribers.tell(row_of(7), [&] {
        asked = true;
        return brief();
    });
    EXPECT_FALSE(asked);
}

TEST(Subscribers, APlainCallIsAnError) {
    Subscribers subscribers;
    std::string answer;
    subscribers.add(0, control::Responder([&](const std::string& message) { answer = message; }));
    EXPECT_NE(answer.find("org.varlink.service.ExpectedMore"), std::string::npos);
    EXPECT_EQ(subscribers.size(), 0u);
}

TEST(RowJson, IsWhatTheInterfaceSays) {
    auto row = row_of(7, history::Action::APPROVED);
    row.number = 12;
    row.response = "kill-container";
    row.reason = "line\nbreak";
    row.who = history::Who{0, "root", 1000, "alice", 99, "/user.slice"};
    row.latency.detected_to_approved_us = 5;
    const Json json = row_json(row);
    EXPECT_EQ(control::mismatch(control::quell_interface(), control::quell_interface().types.find("HistoryRow")->second, json), std::nullopt) << json;
    EXPECT_EQ(json["reason"], "line\\x0abreak");
}

}  // namespace
}  // namespace quell::daemon
