// SPDX-License-Identifier: Apache-2.0
#include "tests/control/fixture.h"

namespace quell::control {
namespace {

constexpr gid_t kOperators = 4711;

TEST(IsOperator, RootOrTheGroup) {
    Peer peer;
    peer.uid = 0;
    EXPECT_TRUE(is_operator(peer, {}));
    peer.uid = 1000;
    peer.gid = kOperators;
    EXPECT_TRUE(is_operator(peer, kOperators));
    EXPECT_FALSE(is_operator(peer, {}));
    peer.gid = 1;
    EXPECT_FALSE(is_operator(peer, kOperators));
    peer.groups = {5, kOperators};
    EXPECT_TRUE(is_operator(peer, kOperators));
    EXPECT_FALSE(is_operator(Peer{}, 0));
}

TEST_F(ServerTest, OthersMayOnlyAskWhatThisIs) {
    std::vector<std::string> rows;
    options.operators = kOperators;
    options.on_refused = [&](const Peer& peer, std::string_view method, std::uint64_t times) {
        rows.push_back(std::to_string(peer.uid) + " " + std::string(method) + " " + std::to_string(times));
    };
    options.limits.refusal_ns = 200'000'000;
    start();
    become(user(1000));
    RawClient client(path);
    for (const char* call : {kVersionCall, R"({"method":"io.quell.Nothing"})", R"({"method":"a.B"})"}) {
        client.call(call);
        EXPECT_TRUE(client.get().value_or("").starts_with(R"({"error":"io.quell.NotAllowed","parameters":{"reason":"uid 1000)"));
    }
    client.call(R"({"method":"org.varlink.service.GetInfo"})");
    EXPECT_NE(client.get().value_or("").find("quelld"), std::string::npos);
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    client.call(kVersionCall);
    EXPECT_TRUE(client.get());
    client.call(R"({"method":"io.quell.Show","parameters":{"id":")" + std::string(5000, 'x') + "\"}}");  // more than a stranger may say
    EXPECT_NE(client.get().value_or("").find("too large"), std::string::npos);
    EXPECT_EQ(service.calls, 0);
    become(user(1001, 1, {kOperators}));
    expect_served();
    EXPECT_EQ(service.last_uid, 1001u);
    stop();
    // The two that followed are told by the tick, the last one by the end.
    EXPECT_EQ(rows, (std::vector<std::string>{"1000 io.quell.Version 1", "1000 a.B 2", "1000 io.quell.Version 1"}));
}

TEST_F(ServerTest, StrangersHoldFewConnections) {
    std::vector<std::string> rows;
    options.on_refused = [&](const Peer& peer, std::string_view what, std::uint64_t times) {
        rows.push_back(std::to_string(peer.uid) + " " + std::string(what) + " " + std::to_string(times));
    };
    options.operators = kOperators;
    options.limits.strangers = 2;
    start();
    std::vector<std::unique_ptr<RawClient>> held;
    for (uid_t uid = 1000; uid < 1005; uid++) {
        become(user(uid));
        held.push_back(std::make_unique<RawClient>(path));
        held.back()->call(kVersionCall);
        EXPECT_NE(held.back()->get().value_or("").find(uid < 1002 ? "NotAllowed" : "too many"), std::string::npos);
    }
    stop();
    EXPECT_EQ(rows, (std::vector<std::string>{"1000 io.quell.Version 1", "1001 io.quell.Version 1", "1002 too many connections 1",
                                              "1003 too many connections 1", "1004 too many connections 1"}));
}

TEST_F(ServerTest, TheKernelsRecordWins) {
    options.identify = nullptr;
    options.record = [](int) {
        quell_peer known{};
        known.uid = 4242;
        known.pid = 77;
        known.loginuid = 12;
        known.start_ns = 5;
        known.cgroup = 6;
        known.container = 8;
        return std::optional(known);
    };
    Peer seen;
    options.on_refused = [&](const Peer& peer, std::string_view, std::uint64_t) { seen = peer; };
    start();
    RawClient client(path);
    client.call(kVersionCall);
    EXPECT_NE(client.get().value_or("").find("uid 4242"), std::string::npos);
    stop();
    EXPECT_TRUE(seen.recorded);
    EXPECT_EQ(seen.pid, 77);
    EXPECT_EQ(seen.login_uid, 12u);
    EXPECT_EQ(seen.start_ns, 5u);
    EXPECT_EQ(seen.cgroup, 6u);
    EXPECT_EQ(seen.container, 8u);
}

TEST_F(ServerTest, WithoutARecordTheSocketTells) {
    options.identify = nullptr;
    options.operators = getgid();
    start();
    expect_served();
    EXPECT_EQ(service.last_uid, getuid());
}

}  // namespace
}  // namespace quell::control
