// SPDX-License-Identifier: Apache-2.0
// Clients that mean harm, or are broken: each is told why or cut off, and
// others are served as before.
#include "tests/control/fixture.h"
#include "user/control/client.h"

namespace quell::control {
namespace {

TEST_F(ServerTest, MalformedMessages) {
    start();
    const std::string deep = "{\"method\":" + std::string(100'000, '[');
    for (const std::string& text : {std::string("x"), std::string(), std::string("{}"), std::string("[1]"), deep, std::string("{\"method\":\"\xff\"}"),
                                    std::string("GET / HTTP/1.1\r\n\r\n")}) {
        RawClient client(path);
        client.call(text);
        const auto answer = client.get();
        ASSERT_TRUE(answer) << text.substr(0, 40);
        EXPECT_TRUE(answer->starts_with(R"({"error":"io.quell.Failed","parameters":{"reason":"malformed message)")) << *answer;
        EXPECT_TRUE(client.hung_up());
        expect_served();
    }
}

TEST_F(ServerTest, ALongRowOfNulsIsOneMalformedMessage) {
    start();
    RawClient client(path);
    client.put(std::string(100'000, '\0'));
    EXPECT_TRUE(client.get());
    EXPECT_FALSE(client.get());
    expect_served();
}

TEST_F(ServerTest, OversizedMessages) {
    start();
    RawClient client(path);
    client.put("{\"method\":\"io.quell.Show\",\"parameters\":{\"id\":\"");
    client.put(std::string(kCallSizeMax, 'a'));
    client.call("\"}}");
    const auto answer = client.get();
    EXPECT_EQ(answer, R"({"error":"io.quell.Failed","parameters":{"reason":"the message is too large"}})");
    expect_served();
    RawClient legal(path);  // exactly at the limit
    const std::string head = R"({"method":"io.quell.Show","parameters":{"id":")";
    legal.call(head + std::string(kCallSizeMax - head.size() - 3, 'a') + "\"}}");
    EXPECT_TRUE(legal.get().value_or("").starts_with(R"({"error":"io.quell.NoSuchIncident)"));
}

TEST_F(ServerTest, SlowSendersAreCutOff) {
    options.limits.connection.partial_ns = 200'000'000;
    start();
    RawClient client(path);
    const std::string call = std::string(kVersionCall) + std::string(1, '\0');
    std::size_t sent = 0;  // a byte now and then keeps nothing alive
    for (; sent < call.size() && client.put(call.substr(sent, 1)); sent++) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_LT(sent, call.size());
    EXPECT_EQ(service.calls, 0);
    expect_served();
}

TEST_F(ServerTest, IdleClientsAreCutOffButNotThoseThatWaitForAnAnswer) {
    options.limits.connection.idle_ns = 200'000'000;
    start();
    RawClient waits(path);
    waits.call(R"({"method":"io.quell.Approve","parameters":{"id":"1","digest":"d","response":"kill-container"}})");
    RawClient idle(path);
    EXPECT_TRUE(idle.hung_up());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    in_loop([&] { service.kept.at(0).reply({}); });
    EXPECT_TRUE(waits.get());
}

TEST_F(ServerTest, ReadersThatTakeNothingAreCutOff) {
    options.limits.connection.stalled_ns = 200'000'000;
    start();
    RawClient client(path);
    for (int i = 0; i < 50; i++)  // answers that nobody reads pile up nowhere
        client.call(R"({"method":"io.quell.History","parameters":{"limit":3000000}})");
    for (std::size_t open = 1; open != 0; in_loop([&] { open = server->connections(); })) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(service.calls, 1);
    expect_served();
}

TEST_F(ServerTest, HalfACallAndThenNothing) {
    start();
    RawClient client(path);
    client.put("{\"method\":\"io.quell.Ver");
    client.half_close();
    EXPECT_TRUE(client.hung_up());
    expect_served();
}

TEST_F(ServerTest, ManyConnections) {
    options.limits.connections = 6;
    options.limits.per_uid = 3;
    options.limits.kept_for_root = 2;
    options.operators = 100;
    start();
    std::vector<std::unique_ptr<RawClient>> held;
    const auto served = [&](uid_t uid) {
        become(user(uid));
        held.push_back(std::make_unique<RawClient>(path));
        held.back()->call(kVersionCall);
        const bool yes = held.back()->get().value_or("").find("6.12") != std::string::npos;
        if (!yes) held.pop_back();
        return yes;
    };
    for (int i = 0; i < 3; i++) EXPECT_TRUE(served(7));
    for (int i = 0; i < 50; i++) EXPECT_FALSE(served(7));  // his share
    EXPECT_TRUE(is_crowded(Client(path).call("Version", Json::object())));
    EXPECT_TRUE(served(8));
    EXPECT_FALSE(served(9));  // the rest is kept for root
    EXPECT_TRUE(served(0));
    held.clear();
    for (std::size_t open = 1; open != 0; in_loop([&] { open = server->connections(); })) {}
    EXPECT_TRUE(served(7));
    EXPECT_FALSE(is_crowded(Client(path).call("Version", Json::object())));
    EXPECT_FALSE(is_crowded(Client(path).call("Show", {{"id", "7"}})));
}

}  // namespace
}  // namespace quell::control
