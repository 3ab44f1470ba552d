// SPDX-License-Identifier: Apache-2.0
// Clients that are broken or mean harm: each is told why or cut off, the
// others are served meanwhile, and nothing of it stays with the daemon.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/hostile/raw_client.h"

namespace quell::guest {
namespace {

constexpr uid_t kNobody = 65534;

class Clients : public testing::Test {
protected:
    void SetUp() override {
        pid_ = daemon_pid();
        ASSERT_TRUE(eventually([&] { return run("quell status").status == 0; }));
        descriptors_ = descriptors();
    }
    void TearDown() override {
        EXPECT_EQ(daemon_pid(), pid_) << "the daemon did not survive it";
        EXPECT_TRUE(eventually([&] { return descriptors() <= descriptors_; })) << descriptors() << " descriptors, before: " << descriptors_;
        reject_all();
    }
    // Others are served, and served soon: `quell status` waits for the daemon no longer than that.
    static void expect_served() {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(run("quell status").status, 0);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
    }
    [[nodiscard]] std::size_t descriptors() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd")) count++;
        return count;
    }

    pid_t pid_ = 0;
    std::size_t descriptors_ = 0;
};

TEST_F(Clients, MalformedCallsAreToldSo) {
    const std::string garbage = random_hex(50'000) + "\x1b\xff\xfe";
    for (const std::string& text : {std::string(), std::string("x"), std::string("{}"), std::string("[1]"), std::string("null"), std::string("{\"method\":1}"),
                                    std::string("{\"method\":\"io.quell.Version\",\"parameters\":[]}"), "{\"method\":" + std::string(100'000, '['),
                                    std::string("{\"method\":\"\xff\xfe\"}"), std::string("GET / HTTP/1.1\r\n\r\n"), garbage}) {
        RawClient client;
        client.call(text);
        const auto answer = client.get().value_or("nothing");
        EXPECT_TRUE(answer.starts_with(R"({"error":"io.quell.Failed","parameters":{"reason":"malformed message)")) << text.substr(0, 40) << ": " << answer;
        EXPECT_TRUE(client.hung_up(5000)) << text.substr(0, 40);
    }
    expect_served();
}

TEST_F(Clients, CallsThatDoNotFitTheInterfaceAreToldSo) {
    RawClient client;
    for (const auto& [call, error] : {std::pair{R"({"method":"io.quell.Nothing"})", "MethodNotFound"}, {R"({"method":"com.example.Version"})", "InterfaceNotFound"},
                                      {R"({"method":"io.quell.Show"})", "InvalidParameter"}, {R"({"method":"io.quell.Show","parameters":{"id":7}})", "InvalidParameter"},
                                      {R"({"method":"io.quell.Show","parameters":{"id":"1","more":1}})", "InvalidParameter"},
                                      {R"({"method":"io.quell.History","parameters":{"limit":-99999999999999999999}})", "InvalidParameter"},
                                      {R"({"method":"io.quell.Show","parameters":{"id":"\u0000\u001b[31m"}})", "NoSuchIncident"}}) {
        client.call(call);
        const auto answer = Json::parse(client.get().value_or("nothing"), nullptr, false);
        ASSERT_TRUE(answer.is_object()) << call;
        EXPECT_NE(answer.value("error", "").find(error), std::string::npos) << call << ": " << answer;
    }
    client.call(kVersionCall);
    EXPECT_NE(client.get().value_or("").find("kernel"), std::string::npos) << "such a client may go on";
}

TEST_F(Clients, OversizedCallsAreCutOff) {
    RawClient client;
    client.put("{\"method\":\"io.quell.Show\",\"parameters\":{\"id\":\"");
    client.put(std::string(1 << 20, 'a'));
    EXPECT_EQ(client.get(), R"({"error":"io.quell.Failed","parameters":{"reason":"the message is too large"}})");
    const auto told = std::chrono::steady_clock::now();
    while (client.put(std::string(1 << 20, 'a')) && std::chrono::steady_clock::now() - told < std::chrono::seconds(8)) expect_served();
    EXPECT_FALSE(client.put("a")) << "8 s after it was told";
}

TEST_F(Clients, SlowAndSilentOnesHoldNobodyUp) {
    std::vector<RawClient> slow(6), silent(6);
    for (auto& one : slow) one.put("{\"method\":\"io.qu");
    const auto begin = std::chrono::steady_clock::now();
    bool alive = true;
    while (alive && std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
        expect_served();
        alive = false;
        for (auto& one : slow) alive |= one.put(" ");  // a byte now and then keeps nothing alive
    }
    EXPECT_FALSE(alive) << "after 20 s";
    Container victim("slow");
    victim.start();
    victim.begin("sleep 1000");
    const auto before = matches();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("slow", "delete");
    expect_told(show(id), before, "beside slow clients");
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

TEST_F(Clients, HalfClosedOnesGetTheirAnswerOrAreCutOff) {
    RawClient whole, half;
    whole.call(kVersionCall);
    whole.half_close();
    EXPECT_NE(whole.get().value_or("").find("kernel"), std::string::npos);
    EXPECT_TRUE(whole.hung_up(5000));
    half.put("{\"method\":\"io.quell.Ver");
    half.half_close();
    EXPECT_TRUE(half.hung_up(5000));
    for (int i = 0; i < 50; i++) RawClient().put("{");  // gone in the middle
    expect_served();
}

TEST_F(Clients, ReadersThatTakeNothingAreCutOff) {
    RawClient client;
    // more answers than a socket holds: from then on nothing more is read from it
    const auto begin = std::chrono::steady_clock::now();
    std::size_t taken = 0;
    while (taken < 20'000 && client.call(R"({"method":"io.quell.Status"})")) taken++;
    EXPECT_LT(taken, 20'000u);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(25)) << "not cut off";
    expect_served();
    while (client.get()) {}
    EXPECT_TRUE(client.hung_up(1000));
}

TEST_F(Clients, AnybodysCrowdLeavesRoomForRoot) {
    const auto crowd_is_bounded = [] {
        std::vector<RawClient> crowd(60);
        std::size_t refused = 0, served = 0;
        for (auto& one : crowd) {
            one.call(R"({"method":"io.quell.Status"})");
            const auto answer = one.get().value_or("");
            refused += answer.find("too many connections") != std::string::npos;
            served += answer.find("NotAllowed") != std::string::npos;
        }
        std::this_thread::sleep_for(std::chrono::seconds(3));  // they stay
        return served == 8 && served + refused == crowd.size();
    };
    auto crowd = std::async(std::launch::async, as_user, kNobody, crowd_is_bounded);
    std::this_thread::sleep_for(std::chrono::seconds(2));
    expect_served();
    EXPECT_TRUE(crowd.get());
    EXPECT_EQ(quell("history --limit 1")["rows"][0]["action"], "refused");
}

}  // namespace
}  // namespace quell::guest
