// SPDX-License-Identifier: Apache-2.0
// One target, by real HTTP.
#include "user/notifier/delivery.h"

#include "tests/base/temp_dir.h"
#include "tests/notifier/http_target.h"
#include "user/base/files.h"
#include "user/notifier/message.h"

namespace quell::notifier {
namespace {

using std::chrono::milliseconds;

class DeliveryTest : public testing::Test {
protected:
    DeliveryTest() { queue = std::move(Queue::open(dir / "queue.db", 100, {"t"})).value(); }
    ~DeliveryTest() override { end(); }
    void begin() {
        Target target;
        target.name = "t";
        target.url = url.empty() ? http.url() : url;
        target.secret_file = secret_file;
        target.timeout_s = timeout_s;
        delivery.emplace(*queue, target);
    }
    void end() {
        queue->stop();
        delivery.reset();
    }
    void put(int number) { ASSERT_TRUE(queue->put({{"t", "id-" + std::to_string(number), "detected", R"({"n":)" + std::to_string(number) + "}"}}, static_cast<std::uint64_t>(number))); }
    bool until(const std::function<bool(const TargetCounts&)>& fits) {
        for (int i = 0; i < 2000; i++, usleep(10'000))
            if (fits(queue->counts()["t"])) return true;
        return false;
    }

    TempDir dir;
    HttpTarget http;
    std::unique_ptr<Queue> queue;
    std::optional<Delivery> delivery;
    std::string url, secret_file;
    std::uint64_t timeout_s = 5;
};

TEST_F(DeliveryTest, SendsInOrderWithIdAndSignature) {
    secret_file = dir / "secret";
    ASSERT_TRUE(write_file_atomic(secret_file, "a secret\n", 0600));
    put(1);
    begin();
    put(2);
    const auto got = http.received(2);
    ASSERT_EQ(got.size(), 2u);
    for (std::size_t i = 0; i < 2; i++) {
        EXPECT_EQ(got[i].method, "POST");
        EXPECT_EQ(got[i].body, R"({"n":)" + std::to_string(i + 1) + "}");
        EXPECT_EQ(got[i].header("Content-Type"), "application/json");
        EXPECT_EQ(got[i].header("X-Quell-Id"), "id-" + std::to_string(i + 1));
        EXPECT_EQ(got[i].header("User-Agent").substr(0, 15), "quell-notifier/");
        const auto timestamp = got[i].header("X-Quell-Timestamp");
        EXPECT_LE(std::abs(std::atol(timestamp.c_str()) - std::time(nullptr)), 5);
        EXPECT_EQ(got[i].header("X-Quell-Signature"), "sha256=" + signature("a secret", timestamp, got[i].body));
    }
    EXPECT_TRUE(until([](const auto& counts) { return counts.sent == 2 && counts.waiting == 0; }));
    EXPECT_GT(delivery->last_sent_s(), 0);
}

TEST_F(DeliveryTest, TriesAgainWithTheSameIdAndKeepsTheOrder) {
    http.will_answer({{503}, {500}});
    put(1);
    put(2);
    begin();
    const auto got = http.received(4);
    ASSERT_EQ(got.size(), 4u);
    for (std::size_t i = 0; i < 3; i++) EXPECT_EQ(got[i].header("X-Quell-Id"), "id-1");
    EXPECT_EQ(got[3].header("X-Quell-Id"), "id-2");
    EXPECT_GE(got[1].when - got[0].when, milliseconds(450));
    EXPECT_GE(got[2].when - got[1].when, milliseconds(950)) << "longer each time";
    EXPECT_TRUE(until([](const auto& counts) { return counts.sent == 2 && counts.failed == 2; }));
}

TEST_F(DeliveryTest, ComesBackWhenTheTargetSays) {
    http.will_answer({{429, {{"Retry-After", "3"}}}});
    put(1);
    begin();
    const auto got = http.received(2);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_GE(got[1].when - got[0].when, milliseconds(2900));
}

TEST_F(DeliveryTest, WhatCanNeverBeTakenIsGivenUpAndCounted) {
    http.will_answer({{400}, {422}, {413}});
    for (int i = 1; i <= 4; i++) put(i);
    begin();
    EXPECT_EQ(http.received(4).size(), 4u);
    EXPECT_TRUE(until([](const auto& counts) { return counts.refused == 3 && counts.sent == 1 && counts.waiting == 0; }));
}

TEST_F(DeliveryTest, NothingIsLostWhileTheTargetIsAway) {
    http.stop();
    begin();
    put(1);
    put(2);
    EXPECT_TRUE(until([](const auto& counts) { return counts.failed >= 1; }));
    http.start();
    const auto got = http.received(2);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].header("X-Quell-Id"), "id-1");
}

TEST_F(DeliveryTest, ARedirectionIsNotFollowed) {
    HttpTarget other;
    http.will_answer({{302, {{"Location", other.url()}}}});
    put(1);
    begin();
    EXPECT_EQ(http.received(2).size(), 2u) << "it is no answer: tried again";
    EXPECT_TRUE(other.no_more_than(0, milliseconds(100)));
}

TEST_F(DeliveryTest, ALongAnswerIsAnAnswer) {
    http.will_answer({{200, {}, std::string(10 << 20, 'x')}});
    put(1);
    put(2);
    begin();
    EXPECT_TRUE(until([](const auto& counts) { return counts.sent == 2 && counts.failed == 0; }));
}

TEST_F(DeliveryTest, ASlowTargetTimesOutAndAnEndWaitsForNone) {
    timeout_s = 1;
    http.will_answer({{200, {}, "", 2500}});
    put(1);
    begin();
    EXPECT_TRUE(until([](const auto& counts) { return counts.failed == 1; }));
    EXPECT_TRUE(until([](const auto& counts) { return counts.sent == 1; }));
    http.will_answer({{200, {}, "", 3000}});
    timeout_s = 60;
    put(2);
    EXPECT_EQ(http.received(3).size(), 3u);
    const auto before = std::chrono::steady_clock::now();
    end();
    EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(2500));
}

TEST_F(DeliveryTest, WithoutItsSecretNothingIsSentUnsigned) {
    secret_file = dir / "secret";
    put(1);
    begin();
    EXPECT_TRUE(until([](const auto& counts) { return counts.failed >= 1; }));
    ASSERT_TRUE(write_file_atomic(secret_file, "late", 0600));
    const auto got = http.received(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_FALSE(got[0].header("X-Quell-Signature").empty());
}

TEST_F(DeliveryTest, WhatWasDroppedIsToldWithTheNext) {
    queue = std::move(Queue::open(dir / "small.db", 1, {"t"})).value();
    put(1);
    put(2);
    put(3);
    begin();
    const auto got = http.received(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].header("X-Quell-Id"), "id-3");
    EXPECT_EQ(got[0].header("X-Quell-Dropped"), "2");
}

TEST(Backoff, DoublesUpToABoundAndKeepsToWhatIsAsked) {
    EXPECT_EQ(backoff_ms(1, std::nullopt, 1), 1000u);
    EXPECT_EQ(backoff_ms(1, std::nullopt, 0), 500u);
    EXPECT_EQ(backoff_ms(4, std::nullopt, 1), 8000u);
    EXPECT_EQ(backoff_ms(100, std::nullopt, 1), 300'000u);
    EXPECT_EQ(backoff_ms(0, std::nullopt, 1), 1000u);
    EXPECT_EQ(backoff_ms(1, 30, 0), 30'000u);
    EXPECT_EQ(backoff_ms(20, 1, 1), 300'000u) << "not sooner than without";
    EXPECT_EQ(backoff_ms(1, 1'000'000, 0), 3'600'000u);
}

}  // namespace
}  // namespace quell::notifier
