// SPDX-License-Identifier: Apache-2.0
// The console and what the daemon tells: when it asks, how often, and what it
// does when nothing is told any more.
#include "tests/cli/console_fixture.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

class ConsoleTold : public ConsoleModel {
protected:
    // The list is there, and Watch has begun.
    void SetUp() override {
        ConsoleModel::SetUp();
        answer("Incidents", list({sample_incident()}));
        answer("Status", {{"status", Json::object()}});
        answer("WhoAmI", sample_me());
        tell(Json::object());
        answer("WhoAmI", sample_me());
        pass(1'000);
        answer("Incidents", list({sample_incident()}));
        answer("Status", {{"status", Json::object()}});
        (void)asked();
    }
    void happen(const char* action = "approved", const char* incident = "00012") { tell({{"row", sample_row(action, incident)}}); }
    // How often `method` was asked for since.
    std::size_t count(const std::string& method) {
        const std::string text = asked();
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find(method + " {", at)) != std::string::npos; at++) found++;
        return found;
    }
};

TEST_F(ConsoleTold, TheListIsAskedForWhenSomethingHappensAndSeldomOtherwise) {
    ASSERT_TRUE(model.state().link.is_told);
    pass(4'999);
    EXPECT_EQ(asked(), "");
    pass(1);
    EXPECT_EQ(asked(), "Status {}") << "a daemon that hangs tells nothing";
    answer("Status", {{"status", Json::object()}});
    happen();
    pass(0);
    EXPECT_EQ(asked(), R"(Incidents {"all":false})") << "at once";
    happen("flipped");
    pass(500);
    EXPECT_EQ(asked(), "");
    answer("Incidents", list({sample_incident()}));
    answer("Status", {{"status", Json::object()}});
    (void)asked();
    pass(999);
    EXPECT_EQ(asked(), "");
    pass(1);
    EXPECT_EQ(asked(), R"(Incidents {"all":false})") << "what was told meanwhile may not be in that answer";
    answer("Incidents", list({sample_incident()}));
    for (int i = 0; i < 5; i++) {
        answer("Status", {{"status", Json::object()}});
        pass(5'000);
    }
    EXPECT_EQ(count("Incidents"), 0u);
    answer("Status", {{"status", Json::object()}});
    pass(5'000);
    EXPECT_EQ(count("Incidents"), 1u) << "a list that is wrong all the same does not stay so";
}

// What is told costs nothing but a call a second, whatever is on the screen.
TEST_F(ConsoleTold, AFloodIsOneCallASecond) {
    for (const char* keys : {"", "\n", "qt"}) {
        press(keys);
        (void)asked();
        const std::size_t looked_at = model.state().list.looked_at();
        std::size_t lists = 0, shows = 0;
        for (int i = 0; i < 10'000; i++) {
            happen();
            pass(1);
            const std::string text = asked();
            if (text.find("Incidents") != std::string::npos) lists++, answer("Incidents", list({sample_incident()}));
            if (text.find("Show") != std::string::npos) {
                shows++;
                answer("Show", {{"incident", sample_incident()}});
                answer("History", {{"rows", Json::array()}});
            }
        }
        EXPECT_LE(lists, 11u) << keys;
        EXPECT_GE(lists, 9u) << keys;
        EXPECT_LE(shows, 11u) << keys;
        EXPECT_EQ(model.state().list.looked_at() - looked_at, lists) << "one row each";
    }
}

TEST_F(ConsoleTold, AnIncidentThatIsOpenIsAskedForAnew) {
    press("\n");
    answer("Show", {{"incident", sample_incident()}});
    answer("History", {{"rows", Json::array()}});
    answer("Preview", previews(sample_preview()));
    (void)asked();
    happen("approved", "00099");
    pass(1'000);
    EXPECT_EQ(count("Show"), 0u) << "about another one";
    happen("approved-by-one");
    pass(999);
    EXPECT_EQ(count("Show"), 0u);
    pass(1);
    const std::string text = asked();
    EXPECT_NE(text.find("Show"), std::string::npos);
    EXPECT_NE(text.find("Preview"), std::string::npos) << "what an approval takes may be something else now";
    happen("noted");  // while that is under way
    answer("Show", {{"incident", sample_incident()}});
    answer("History", {{"rows", Json::array()}});
    pass(1'000);
    EXPECT_EQ(count("Show"), 1u);
}

TEST_F(ConsoleTold, WhenNothingIsToldAnyMoreItIsAskedForEverySecond) {
    lose("Watch", "the daemon has gone away");
    EXPECT_FALSE(model.state().link.is_told);
    pass(0);
    EXPECT_EQ(asked(), R"(Incidents {"all":false})") << "whether it is there at all";
    answer("Incidents", list({sample_incident()}));
    EXPECT_FALSE(model.state().is_stale());
    (void)asked();
    // It is tried again later and later, but for ever.
    std::uint64_t last = 1'000;
    pass(999);
    EXPECT_EQ(count("Watch"), 0u);
    pass(1);
    EXPECT_EQ(asked(), R"(Incidents {"all":false} Watch {})");
    for (int round = 0; round < 8; round++) {
        fail("Watch", control::errors::kMethodNotFound, {{"method", "io.quell.Watch"}});
        const std::uint64_t wait = std::min(2 * last, kWatchRetryMaxMs);
        pass(wait - 1);
        EXPECT_EQ(count("Watch"), 0u) << wait;
        pass(1);
        EXPECT_EQ(count("Watch"), 1u) << wait;
        last = wait;
    }
    EXPECT_EQ(last, kWatchRetryMaxMs);
    tell(Json::object());
    EXPECT_TRUE(model.state().link.is_told);
    lose("Watch", "the daemon has gone away");
    pass(1'000);
    EXPECT_EQ(count("Watch"), 1u) << "from the start again";
}

TEST_F(ConsoleTold, ADaemonThatComesBackIsListenedToAtOnce) {
    lose("Watch", "the daemon has gone away");
    for (int i = 0; i < 40; i++) {
        pass(1'000);
        lose("Incidents", "cannot connect");
        if (count("Watch") != 0) lose("Watch", "cannot connect");
    }
    ASSERT_TRUE(model.state().is_stale());
    pass(1'000);
    answer("Incidents", list({sample_incident()}));
    EXPECT_FALSE(model.state().is_stale());
    pass(0);
    const std::string text = asked();
    EXPECT_NE(text.find("Watch"), std::string::npos) << text;
    EXPECT_NE(text.find("WhoAmI"), std::string::npos) << "it may be another daemon: " << text;
}

TEST_F(ConsoleTold, ADaemonThatHangsIsNoticedAllTheSame) {
    pass(5'000);
    lose("Status", "no answer within 3s");
    EXPECT_TRUE(model.state().is_stale());
    (void)asked();
    pass(0);
    EXPECT_EQ(count("Incidents"), 1u) << "its answer ends it";
    answer("Incidents", list({sample_incident()}));
    EXPECT_FALSE(model.state().is_stale());
}

}  // namespace
}  // namespace quell::cli::console
