// SPDX-License-Identifier: Apache-2.0
// Well-behaved clients.
#include "tests/control/fixture.h"

namespace quell::control {
namespace {

TEST_F(ServerTest, AnswersAndStaysConnected) {
    start();
    RawClient client(path);
    for (int i = 0; i < 3; i++) {
        ASSERT_TRUE(client.call(kVersionCall));
        EXPECT_EQ(client.get(), R"({"parameters":{"abi":1,"kernel":"6.12","version":"9"}})");
    }
    client.call(R"({"method":"io.quell.Show","parameters":{"id":"7"}})");
    EXPECT_EQ(client.get(), R"({"error":"io.quell.NoSuchIncident","parameters":{"id":"7"}})");
}

TEST_F(ServerTest, OrgVarlinkService) {
    start();
    RawClient client(path);
    client.call(R"({"method":"org.varlink.service.GetInfo"})");
    const auto info = client.get().value_or("");
    EXPECT_NE(info.find(R"("interfaces":["org.varlink.service","io.quell"])"), std::string::npos) << info;
    client.call(R"({"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.quell"}})");
    EXPECT_NE(client.get().value_or("").find("interface io.quell\\n"), std::string::npos);
    client.call(R"({"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a.b"}})");
    client.call(R"({"method":"org.varlink.service.Nothing"})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.MethodNotFound","parameters":{"method":"org.varlink.service.Nothing"}})");
    client.call(R"({"method":"org.varlink.service.GetInfo","parameters":{"x":1}})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"x"}})");
}

TEST_F(ServerTest, UnknownAndMistypedCallsNeverReachTheService) {
    start();
    RawClient client(path);
    client.call(R"({"method":"io.quell.Nothing"})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.quell.Nothing"}})");
    client.call(R"({"method":"com.example.Show"})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"com.example"}})");
    client.call(R"({"method":"io.quell.Show","parameters":{"id":7}})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"id"}})");
    client.call(R"({"method":"io.quell.Version","upgrade":true})");
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"upgrade"}})");
    EXPECT_EQ(service.calls, 0);
}

TEST_F(ServerTest, AReasonIsShort) {
    start();
    RawClient client(path);
    for (const char* method : {"Approve", "Reject", "Undo"}) {
        Json parameters = {{"id", "1"}, {"reason", std::string(kReasonSizeMax + 1, 'r')}};
        if (std::string_view(method) == "Approve") parameters.update({{"digest", "d"}, {"response", "kill-container"}});
        client.call(Json{{"method", std::string("io.quell.") + method}, {"parameters", parameters}}.dump());
        EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"reason"}})") << method;
    }
    EXPECT_EQ(service.calls, 0);
    client.call(R"({"method":"io.quell.Reject","parameters":{"id":"1","reason":")" + std::string(kReasonSizeMax, 'r') + "\"}}");
    EXPECT_TRUE(client.get());
    EXPECT_EQ(service.calls, 1);
}

constexpr const char* kApprove = R"({"method":"io.quell.Approve","parameters":{"id":"1","digest":"d","response":"kill-container"}})";

TEST_F(ServerTest, AnswersLater) {
    start();
    RawClient client(path);
    client.call(kApprove);
    client.call(kVersionCall);  // sent at once, taken afterwards
    EXPECT_FALSE(client.get(100));
    expect_served();  // others do not wait
    in_loop([&] { service.kept.at(0).reply({{"incident", 1}}); });
    EXPECT_EQ(client.get(), R"({"parameters":{"incident":1}})");
    EXPECT_NE(client.get().value_or("").find("6.12"), std::string::npos);
}

TEST_F(ServerTest, AnAnswerToNobodyIsHarmless) {
    start();
    {
        RawClient client(path);
        client.call(kApprove);
        EXPECT_FALSE(client.get(50));
    }
    for (bool open = true; open; in_loop([&] { open = server->connections() != 0; })) {}
    in_loop([&] {
        service.kept.at(0).reply({});
        service.kept.at(0).reply({});  // the second says nothing
    });
    expect_served();
}

TEST_F(ServerTest, DroppedAndThrowingCallsAreAnswered) {
    start();
    RawClient client(path);
    for (const char* method : {"Undo", "Reject"}) {
        client.call(std::string(R"({"method":"io.quell.)") + method + R"(","parameters":{"id":"1"}})");
        EXPECT_EQ(client.get(), R"({"error":"io.quell.Failed","parameters":{"reason":"the call was dropped"}})");
    }
}

TEST_F(ServerTest, OnewayCallsGetNoAnswer) {
    start();
    RawClient client(path);
    client.call(R"({"method":"io.quell.Show","parameters":{"id":"7"},"oneway":true})");
    client.call(kVersionCall);
    EXPECT_NE(client.get().value_or("").find("6.12"), std::string::npos);
    EXPECT_EQ(service.calls, 2);
}

TEST_F(ServerTest, AHalfClosedClientGetsItsAnswer) {
    start();
    RawClient client(path);
    client.call(kApprove);
    client.half_close();
    EXPECT_FALSE(client.get(50));
    in_loop([&] { service.kept.at(0).reply({{"late", true}}); });
    EXPECT_EQ(client.get(), R"({"parameters":{"late":true}})");
    EXPECT_TRUE(client.hung_up());
}

TEST_F(ServerTest, LargeAnswersArriveWholeAndTooLargeOnesAreSaid) {
    start();
    RawClient client(path);
    client.call(R"({"method":"io.quell.History","parameters":{"limit":16000000}})");
    EXPECT_EQ(client.get().value_or("").size(), 16'000'000 + std::string(R"({"parameters":{"rows":""}})").size());
    client.call(R"({"method":"io.quell.History","parameters":{"limit":17000000}})");
    EXPECT_EQ(client.get(), R"({"error":"io.quell.Failed","parameters":{"reason":"the answer is too large"}})");
}

}  // namespace
}  // namespace quell::control
