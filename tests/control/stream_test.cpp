// SPDX-License-Identifier: Apache-2.0
// Calls that take several replies.
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "tests/control/fixture.h"
#include "user/control/client.h"

namespace quell::control {
namespace {

constexpr const char* kWatch = R"({"method":"io.quell.Watch","more":true})";

class Stream : public ServerTest {
protected:
    // One row for every listener that is kept; how many of them took it.
    int tell(const Json& row) {
        int took = 0;
        in_loop([&] {
            for (auto& one : service.kept) took += one.reply_more(row) ? 1 : 0;
        });
        return took;
    }
    void expect_kept(std::size_t count) {
        std::size_t kept = 0;
        for (int i = 0; i < 3000 && kept < count; i++) {
            in_loop([&] { kept = service.kept.size(); });
            if (kept < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        ASSERT_EQ(kept, count);
    }
    std::size_t connections() {
        std::size_t count = 0;
        in_loop([&] { count = server->connections(); });
        return count;
    }
};

TEST_F(Stream, RepliesGoOnUntilTheLastAndThenComesTheNextCall) {
    start();
    RawClient client(path);
    client.call(kWatch);
    client.call(kVersionCall);
    expect_kept(1);
    EXPECT_EQ(tell({{"n", 1}}), 1);
    EXPECT_EQ(tell({{"n", 2}}), 1);
    EXPECT_EQ(client.get(), R"({"continues":true,"parameters":{"n":1}})");
    EXPECT_EQ(client.get(), R"({"continues":true,"parameters":{"n":2}})");
    EXPECT_FALSE(client.get(50)) << "the next call waits for the last reply";
    expect_served();
    in_loop([&] { service.kept.at(0).reply({{"n", 3}}); });
    EXPECT_EQ(client.get(), R"({"parameters":{"n":3}})");
    EXPECT_NE(client.get().value_or("").find("6.12"), std::string::npos);
    EXPECT_EQ(tell({{"n", 4}}), 0) << "it is over";
    EXPECT_FALSE(client.get(50));
}

TEST_F(Stream, OneReplyIsAllThatAPlainCallTakes) {
    start();
    RawClient client(path);
    client.call(R"({"method":"io.quell.Watch"})");
    expect_kept(1);
    in_loop([&] { EXPECT_FALSE(service.kept.at(0).wants_more()); });
    EXPECT_EQ(tell({{"n", 1}}), 0);
    EXPECT_FALSE(client.get(50));
    in_loop([&] { service.kept.at(0).error(errors::kExpectedMore); });
    EXPECT_EQ(client.get(), R"({"error":"org.varlink.service.ExpectedMore","parameters":{}})");
}

TEST_F(Stream, AnErrorMayEndIt) {
    start();
    RawClient client(path);
    client.call(kWatch);
    expect_kept(1);
    EXPECT_EQ(tell({{"n", 1}}), 1);
    in_loop([&] { service.kept.clear(); });
    EXPECT_NE(client.get().value_or("").find("continues"), std::string::npos);
    EXPECT_EQ(client.get(), R"({"error":"io.quell.Failed","parameters":{"reason":"the call was dropped"}})");
}

TEST_F(Stream, EndsWithItsClient) {
    start();
    RawClient client(path);
    client.call(kWatch);
    expect_kept(1);
    EXPECT_EQ(tell({{"n", 1}}), 1);
    client.close();
    for (int i = 0; i < 3000 && connections() != 0; i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(connections(), 0u);
    in_loop([&] { EXPECT_FALSE(service.kept.at(0).is_listening()); });
    EXPECT_EQ(tell({{"n", 2}}), 0);
    expect_served();
}

TEST_F(Stream, HasNoTimeLimitButItsConnectionHasOneAfterwards) {
    options.limits.connection.idle_ns = options.limits.connection.stalled_ns = 50'000'000;
    start();
    RawClient client(path);
    client.call(kWatch);
    expect_kept(1);
    EXPECT_FALSE(client.get(400));
    EXPECT_FALSE(client.closed);
    EXPECT_EQ(tell({{"n", 1}}), 1);
    EXPECT_TRUE(client.get());
    in_loop([&] { service.kept.at(0).reply({}); });
    EXPECT_TRUE(client.get());
    EXPECT_TRUE(client.hung_up());
}

TEST_F(Stream, ASlowReaderIsToldSoAndNothingGrows) {
    constexpr std::size_t kQueue = 64 << 10, kRow = 1000;
    options.limits.connection.stream_queue = kQueue;
    start();
    RawClient slow(path), quick(path);
    slow.call(kWatch);
    expect_kept(1);
    quick.call(kWatch);
    expect_kept(2);
    std::size_t told = 0;
    while (told < 10'000 && tell({{"n", told}, {"text", std::string(kRow, 'x')}}) == 2) {
        told++;
        ASSERT_TRUE(quick.get());
    }
    ASSERT_GT(told, kQueue / (2 * kRow)) << "what the queue holds was not taken";
    ASSERT_LT(told, 10'000u) << "there was no limit";
    expect_served();
    std::size_t got = 0;
    std::string last;
    while (auto message = slow.get(300)) {
        last = *message;
        if (last.find("continues") != std::string::npos) {
            EXPECT_EQ(Json::parse(last)["parameters"]["n"], got);
            got++;
        }
    }
    EXPECT_EQ(got, told) << "what was taken is told, in order";
    EXPECT_EQ(last, R"({"error":"io.quell.TooSlow","parameters":{"reason":"more than 64 KiB were not read"}})");
    EXPECT_TRUE(quick.get()) << "the others were told all of it";
    EXPECT_EQ(tell({{"n", 0}}), 1);
    ASSERT_TRUE(slow.call(kVersionCall)) << "its connection is as good as before";
    EXPECT_NE(slow.get().value_or("").find("6.12"), std::string::npos);
}

TEST_F(Stream, WhoNeverReadsIsCutOff) {
    options.limits.connection.stream_queue = 16 << 10;
    options.limits.connection.stalled_ns = 50'000'000;
    start();
    RawClient slow(path);
    slow.call(kWatch);
    expect_kept(1);
    for (int i = 0; i < 10'000 && tell({{"text", std::string(4000, 'x')}}) == 1; i++) {}
    for (int i = 0; i < 3000 && connections() != 0; i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(connections(), 0u);
}

TEST_F(Stream, OneLargeReplyIsTakenWhereNothingWaits) {
    options.limits.connection.stream_queue = 4096;
    start();
    RawClient client(path);
    client.call(kWatch);
    expect_kept(1);
    EXPECT_EQ(tell({{"text", std::string(2 << 20, 'x')}}), 1);
    EXPECT_GT(client.get().value_or("").size(), std::size_t{2} << 20);
    EXPECT_EQ(tell({{"n", 1}}), 1);
    EXPECT_TRUE(client.get());
    EXPECT_EQ(tell({{"text", std::string(17 << 20, 'x')}}), 0);
    EXPECT_EQ(client.get(), R"({"error":"io.quell.Failed","parameters":{"reason":"the answer is too large"}})");
}

TEST_F(Stream, CountsAsAConnection) {
    options.limits.per_uid = 2;
    start();
    RawClient first(path), second(path);
    first.call(kWatch);
    second.call(kWatch);
    expect_kept(2);
    RawClient third(path);
    EXPECT_NE(third.get().value_or("").find("too many connections"), std::string::npos);
}

TEST_F(Stream, TheClientHearsAllOfItAndStopsWhenItIsToldTo) {
    start();
    Fd stop(eventfd(0, EFD_CLOEXEC));
    std::vector<int> heard;
    std::atomic<int> count = 0;
    CallResult ended;
    std::thread listening([&] {
        ended = Client(path).stream("Watch", Json::object(), stop.get(), [&](const Json& told) {
            heard.push_back(told["n"]);
            count++;
            return true;
        });
    });
    expect_kept(1);
    for (int i = 0; i < 500; i++) {
        // no faster than a client is that has to wait for a CPU: of one that is too slow another test tells
        for (int tries = 0; tries < 10'000 && i - count > 50; tries++) usleep(1000);
        EXPECT_EQ(tell({{"n", i}, {"text", std::string(2000, 'x')}}), 1);
    }
    in_loop([&] { service.kept.at(0).reply({{"end", true}}); });
    listening.join();
    ASSERT_EQ(heard.size(), 500u);
    EXPECT_EQ(heard.back(), 499);
    EXPECT_EQ(ended.outcome, CallOutcome::Reply);
    EXPECT_FALSE(ended.stopped);
    EXPECT_EQ(ended.parameters, Json({{"end", true}}));

    std::thread stopped([&] { ended = Client(path).stream("Watch", Json::object(), stop.get(), [](const Json&) { return true; }); });
    expect_kept(2);
    ASSERT_EQ(eventfd_write(stop.get(), 1), 0);
    stopped.join();
    EXPECT_TRUE(ended.stopped);
}

TEST_F(Stream, TheClientIsToldOfEveryOtherEnd) {
    start();
    const auto ignore = [](const Json&) { return true; };
    EXPECT_EQ(Client(path).stream("Show", {{"id", "7"}}, -1, ignore).error, errors::kNoSuchIncident);
    EXPECT_EQ(Client(path).stream("Nothing", Json::object(), -1, ignore).error, errors::kMethodNotFound);
    CallResult ended;
    Client client(path);
    std::thread listening([&] { ended = client.stream("Watch", Json::object(), -1, [](const Json&) { return false; }); });
    expect_kept(1);
    EXPECT_EQ(tell({{"n", 1}}), 1);
    listening.join();
    EXPECT_TRUE(ended.stopped);
    EXPECT_EQ(client.call("Version", Json::object()).parameters["abi"], 1) << "not what the stream still sent";
    std::thread abandoned([&] { ended = client.stream("Watch", Json::object(), -1, ignore); });
    expect_kept(2);
    in_loop([&] { server.reset(); });
    abandoned.join();
    EXPECT_EQ(ended.outcome, CallOutcome::Unreachable);
    EXPECT_EQ(client.stream("Watch", Json::object(), -1, ignore).outcome, CallOutcome::Unreachable);
}

}  // namespace
}  // namespace quell::control
