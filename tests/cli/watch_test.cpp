// SPDX-License-Identifier: Apache-2.0
// `quell watch` against a control server that tells it what a test wants.
#include "tests/cli/fake_daemon.h"
#include "tests/cli/running_quell.h"
#include "user/control/varlink.h"

namespace quell::cli {
namespace {

Json told(const char* action, Json more = Json::object()) {
    Json row = {{"row", 0}, {"time", "2026-03-01T09:08:07.123456Z"}, {"action", action}, {"incident", "00012"}, {"subject", "web (4f0c9a)"}, {"result", "Clear Log Activities"}};
    row.update(more);
    return {{"row", row},
            {"incident",
             {{"id", "00012"}, {"policy", "notable-events"}, {"rule", "clear-log-activities"}, {"name", "Clear Log Activities"}, {"severity", "high"},
              {"state", "pending"}, {"subject", "web (4f0c9a)"}, {"operation", "delete"}, {"count", 1}}}};
}

class Watching : public FakeDaemon {
protected:
    std::unique_ptr<RunningQuell> watch(std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(), {"--socket", socket, "watch"});
        auto running = std::make_unique<RunningQuell>(std::move(arguments));
        expect_listeners(1);
        return running;
    }
    // A row that nobody asked for is told to who asked for another incident too: here all are told all.
    void expect_listeners(std::size_t count) {
        for (int i = 0; i < 1000 && calls().size() < count; i++) usleep(10'000);
        ASSERT_EQ(calls().size(), count);
    }
};

TEST_F(Watching, ALineEachAndAtOnce) {
    start();
    auto running = watch();
    ASSERT_EQ(tell(told("detected")), 1u);
    EXPECT_EQ(running->line(), "2026-03-01 09:08:07 +0000  00012    detected       high     notable-events/clear-log-activities, web (4f0c9a)");
    tell(told("approved", {{"result", "approved"}, {"response", "kill-container"}, {"who", sample_who()}, {"reason", "seen"}}));
    EXPECT_EQ(running->line(), "2026-03-01 09:08:07 +0000  00012    approved       high     notable-events/clear-log-activities, web (4f0c9a), kill-container; root (uid 0, logged in as alice 1000): seen");
    Json stopped = {{"row", {{"row", 0}, {"time", "2026-03-01T09:08:07.123456Z"}, {"action", "stopped"}, {"subject", "quelld"}, {"result", "it goes on"}}}};
    tell(stopped);
    EXPECT_EQ(running->line(), "2026-03-01 09:08:07 +0000  -        stopped        quelld: it goes on");
    running->signal(SIGTERM);
    EXPECT_EQ(running->ended(), 0);
    EXPECT_FALSE(running->note()) << "nothing else was said";
}

TEST_F(Watching, JsonIsAValueOnEachLine) {
    start();
    auto running = watch({"--json", "00012"});
    EXPECT_EQ(calls(), std::vector<std::string>{R"(Watch {"incident":"00012"})"});
    for (const char* action : {"detected", "approved", "flipped", "done"}) {
        tell(told(action, {{"subject", "wëb"}}));
        const auto line = running->line().value_or("");
        EXPECT_EQ(Json::parse(line, nullptr, false), told(action, {{"subject", "wëb"}})) << line;
        EXPECT_NE(line.find("w\\u00ebb"), std::string::npos) << "ASCII alone";
    }
    running->signal(SIGINT);
    EXPECT_EQ(running->ended(), 0);
}

TEST_F(Watching, HostileTextIsOneHarmlessLine) {
    start();
    auto running = watch();
    tell(told("detected", {{"subject", "a\nb\x1b[2J\u202e"}, {"result", "x\ny"}}));
    EXPECT_EQ(running->line(), "2026-03-01 09:08:07 +0000  00012    detected       high     notable-events/clear-log-activities, a\\x0ab\\x1b[2J\\xe2\\x80\\xae: x\\x0ay");
}

TEST_F(Watching, ADaemonThatGoesAwayAndComesBack) {
    start();
    auto running = watch();
    tell(told("detected"));
    EXPECT_TRUE(running->line());
    stop();
    EXPECT_EQ(running->note(), "quell: the daemon has gone away; waiting for it");
    start();
    EXPECT_EQ(running->note(), "quell: the daemon is back; what happened meanwhile is in `quell history`");
    tell(told("done"));
    EXPECT_NE(running->line().value_or("").find("done"), std::string::npos);
    stop();
    EXPECT_TRUE(running->note());
    running->signal(SIGTERM);
    EXPECT_EQ(running->ended(), 0) << "also while it waits";
}

TEST_F(Watching, WithoutReconnectItEndsWithTheDaemon) {
    start();
    auto running = watch({"--no-reconnect"});
    stop();
    EXPECT_EQ(running->ended(), 3);
}

TEST_F(Watching, WhatCannotBeWatchedEndsAtOnce) {
    EXPECT_EQ(quell({"watch"}).code, 3) << "nobody is there";
    will_fail("Watch", control::errors::kNoSuchIncident, {{"id", "00023"}});
    start();
    const Ran ran = quell({"watch", "00023"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "quell: no such incident: 00023\n");
    peer_uid = 1000;
    stop();
    start();
    EXPECT_EQ(quell({"watch"}).code, 4);
}

TEST_F(Watching, WhoReadsTooSlowlyIsToldSo) {
    will_fail("Watch", control::errors::kTooSlow, {{"reason", "more than 256 KiB were not read"}});
    start();
    const Ran ran = quell({"watch"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "quell: read too slowly: more than 256 KiB were not read\n  hint: what came next is in `quell history`\n");
}

TEST_F(Watching, AClosedPipeEndsIt) {
    start();
    auto running = watch();
    running->stop_reading();
    tell(told("detected"));
    EXPECT_EQ(running->ended(), 128 + SIGPIPE);
}

}  // namespace
}  // namespace quell::cli
