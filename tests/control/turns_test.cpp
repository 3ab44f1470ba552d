// SPDX-License-Identifier: Apache-2.0
// A client that sends its next call before it has an answer: that call is not
// taken while who answers is in the middle of something that it may change.
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

}  // namespace
}  // namespace quell::control
