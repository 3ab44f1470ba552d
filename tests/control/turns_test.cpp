// SPDX-License-Identifier: Apache-2.0
// A client that sends its next call before it has an answer: that call is not
// taken while who answers is in the middle of something that it may change, and
// what others asked goes before it.
#include <memory>
#include <string>

#include "tests/control/fixture.h"

namespace quell::control {
namespace {

constexpr const char* kApproveCall = R"({"method":"io.quell.Approve","parameters":{"id":"1","digest":"d","response":"kill-container"}})";

TEST_F(ServerTest, ACallWaitsForTheEndOfWhoAnswersTheOneBefore) {
    start();
    RawClient client(path);
    client.call(kApproveCall);
    for (int i = 0; i < 3; i++) client.call(kVersionCall);
    expect_served();  // what was sent before is with the service
    in_loop([&] {
        const int before = service.calls;
        service.kept.at(0).reply({{"incident", 1}});
        EXPECT_EQ(service.calls, before) << "taken inside of the reply";
    });
    EXPECT_EQ(client.get(), R"({"parameters":{"incident":1}})");
    for (int i = 0; i < 3; i++) EXPECT_NE(client.get().value_or("").find("6.12"), std::string::npos);
}

TEST_F(ServerTest, ALongAnswerIsFollowedByTheNextCall) {
    start();
    RawClient client(path);
    client.call(R"({"method":"io.quell.History","parameters":{"limit":4000000}})");
    client.call(kVersionCall);
    EXPECT_GT(client.get().value_or("").size(), 4'000'000u);
    EXPECT_NE(client.get().value_or("").find("6.12"), std::string::npos);
}

constexpr int kMany = 500;

// Of calls that want no reply, so that no full socket ends them.
std::string many_oneway() {
    std::string calls;
    for (int i = 0; i < kMany; i++) calls += std::string(R"({"method":"io.quell.Show","parameters":{"id":"7"},"oneway":true})") + '\0';
    return calls;
}

TEST_F(ServerTest, OthersGetTheirTurnBetweenManyCallsOfOne) {
    int before = -1;
    service.on_call = [&](std::string_view method) {
        if (method == "Version" && before < 0) before = service.calls;
    };
    start();
    RawClient many(path), other(path);
    in_loop([&] {  // both are there when it looks
        EXPECT_TRUE(many.put(many_oneway()));
        EXPECT_TRUE(other.call(kVersionCall));
    });
    EXPECT_NE(other.get().value_or("").find("6.12"), std::string::npos);
    EXPECT_TRUE(many.call(kVersionCall));
    EXPECT_NE(many.get().value_or("").find("6.12"), std::string::npos) << "nothing else is answered";
    EXPECT_EQ(service.calls, kMany + 2) << "none is left out";
    in_loop([&] { EXPECT_LE(before, 4); });
}

TEST_F(ServerTest, AHalfClosedClientsCallsAreTakenToTheLast) {
    start();
    RawClient client(path);
    client.put(many_oneway());
    client.call(kVersionCall);
    client.half_close();
    EXPECT_NE(client.get().value_or("").find("6.12"), std::string::npos);
    EXPECT_TRUE(client.hung_up());
    EXPECT_EQ(service.calls, kMany + 1);
    RawClient silent(path);  // without one that is answered
    silent.put(many_oneway());
    silent.half_close();
    EXPECT_TRUE(silent.hung_up());
    EXPECT_EQ(service.calls, 2 * kMany + 1);
}

TEST_F(ServerTest, CallsOfAClientThatHasGoneAreNotTaken) {
    std::unique_ptr<RawClient> client;
    service.on_call = [&](std::string_view) {
        if (service.calls == 10) client->close();
    };
    start();
    client = std::make_unique<RawClient>(path);
    in_loop([&] { EXPECT_TRUE(client->put(many_oneway())); });
    for (std::size_t open = 1; open != 0 || service.calls < 10; in_loop([&] { open = server->connections(); })) {}
    EXPECT_LT(service.calls, 20);
    expect_served();
}

TEST_F(ServerTest, AMalformedMessageBehindOnewayCallsIsSaid) {
    start();
    RawClient client(path);
    client.put(many_oneway());
    client.call("x");
    EXPECT_NE(client.get().value_or("").find("malformed message"), std::string::npos);
    EXPECT_TRUE(client.hung_up());
    EXPECT_EQ(service.calls, kMany);
}

TEST(Responder, MakesNoReplyThatNobodyWants) {
    int sent = 0;
    const auto one = [&] {
        return Responder([&](const std::string& message) { sent += message.empty() ? 1 : 1000; }, nullptr, true);
    };
    one().reply({{"rows", Json::array()}});
    one().fail("broken");
    { Responder moved = one(); }
    Responder kept = one();
    kept = one();  // drops it
    kept.reply({});
    EXPECT_EQ(sent, 5);
}

}  // namespace
}  // namespace quell::control
