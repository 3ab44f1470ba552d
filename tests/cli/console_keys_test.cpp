// SPDX-License-Identifier: Apache-2.0
// The console in a real terminal: what is told, several at once, deadlines,
// assignees and notes, and what an approval takes. Keys in, screens out.
#include "tests/cli/console_terminal.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

namespace errors = control::errors;

class ConsoleKeys : public ConsoleTerminal {
protected:
    static Json called(const char* id, const char* name) {
        Json incident = sample_incident();
        incident["id"] = id;
        incident["name"] = name;
        return incident;
    }
    // The page of 00012.
    [[nodiscard]] std::unique_ptr<Tmux> open_incident(const std::string& options = "", int columns = 80, int rows = 24) const {
        auto tmux = open(options, columns, rows);
        EXPECT_TRUE(tmux->shows("Clear Log"));
        tmux->press({"Enter"});
        EXPECT_TRUE(tmux->shows("> kill-container"));
        return tmux;
    }
    // Once somebody listens.
    void tell_row(const Json& row) {
        for (int tries = 0; tries < 500; tries++) {
            if (tell({{"row", row}}) != 0) return;
            usleep(20'000);
        }
        ADD_FAILURE() << "nobody listens";
    }
};

TEST_F(ConsoleKeys, WhatHappensIsOnTheScreenWithoutAsking) {
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("Clear Log"));
    ASSERT_TRUE(tmux->shows("alice, responder"));
    ASSERT_TRUE(tmux->shows_no_more("asked for every second"));
    usleep(2'500'000);  // the list once more, for what happened before it was told
    const std::size_t before = calls_of({"Incidents"}).size();
    usleep(3'500'000);
    EXPECT_EQ(calls_of({"Incidents"}).size(), before) << "nothing happened";
    will_reply("Incidents", list({sample_incident(), called("00023", "Shell In Container")}));
    Json row = sample_row("detected", "00023");
    row["subject"] = "api (beef)";
    tell_row(row);
    ASSERT_TRUE(tmux->shows("Shell In Contai"));
    ASSERT_TRUE(tmux->shows("detected 00023, api (beef)"));
    expect_whole(*tmux, 80, 24);
    stop();
    ASSERT_TRUE(tmux->shows("daemon away since"));
    start();
    ASSERT_TRUE(tmux->shows_no_more("daemon away"));
    ASSERT_TRUE(tmux->shows_no_more("asked for every second")) << "it is told again";
    will_reply("Incidents", list({}));
    tell_row(sample_row("expired", "00012"));
    ASSERT_TRUE(tmux->shows("Nothing waits for a decision."));
}

TEST_F(ConsoleKeys, SeveralAreApprovedByOneListAndOneDigest) {
    Json third = called("00045", "Third");
    third["state"] = "done";
    will_reply("Incidents", list({sample_incident(), called("00023", "Shell In Container"), third}));
    will_reply("Digests", {{"digests", {{{"id", "00012"}, {"digest", "aaaa"}, {"target", "web"}}, {{"id", "00023"}, {"digest", "bbbb"}, {"target", "api"}}}}});
    on_call = [this](const std::string& method, const Json& parameters) {
        if (method != "Approve") return;
        if (parameters["id"] == "00023") return will_fail("Approve", errors::kChanged, {{"reason", "it was started again"}});
        will_reply("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
    };
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("Third"));
    tmux->press({"Home", "m"});
    ASSERT_TRUE(tmux->shows(", 1 marked"));
    tmux->press({"m"});
    ASSERT_TRUE(tmux->shows(", 2 marked"));
    tmux->press({"m"});
    ASSERT_TRUE(tmux->shows("it does not wait for a decision: it is done"));
    tmux->press({"c"});
    ASSERT_TRUE(tmux->shows_no_more(" marked"));
    tmux->press({"M"});
    ASSERT_TRUE(tmux->shows(", 2 marked"));
    ASSERT_TRUE(tmux->shows("*00012"));
    tmux->press({"a"});
    ASSERT_TRUE(tmux->shows("kill-container for 2 of the 2 marked, digest "));
    expect_whole(*tmux, 80, 24);
    tmux->press({"Right"});
    ASSERT_TRUE(tmux->shows("kill-container for 2 of the 2 marked")) << "there is no other";
    tmux->type("case 42");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> To confirm"));
    tmux->type("yes");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("1 of 2 hold, 2 were asked for"));
    tmux->press({"Up", "Down"});
    ASSERT_TRUE(tmux->shows("Changed, nothing was decided: it was started again"));
    expect_whole(*tmux, 80, 24);
    EXPECT_EQ(decisions(), (std::vector<std::string>{R"(Approve {"digest":"aaaa","id":"00012","reason":"case 42","response":"kill-container"})",
                                                     R"(Approve {"digest":"bbbb","id":"00023","reason":"case 42","response":"kill-container"})"}));
    tmux->press({"F1"});
    ASSERT_TRUE(tmux->shows("Keys: approval of the marked"));
    tmux->press({"q", "Escape"});
    ASSERT_TRUE(tmux->shows("SEVERITY STATE"));
}

TEST_F(ConsoleKeys, DeadlineAssigneeAndNote) {
    Json extended = sample_incident(), assigned = sample_incident();
    extended["deadline"] = "2026-03-01T12:00:00.000000Z";
    assigned["assigned_to"] = "alice";
    will_reply("Extend", {{"incident", extended}});
    will_reply("Assign", {{"incident", assigned}});
    will_reply("Note", {{"incident", assigned}});
    start();
    const auto tmux = open_incident();
    tmux->press({"e"});
    ASSERT_TRUE(tmux->shows("> For how long from now"));
    expect_whole(*tmux, 80, 24);
    tmux->type("2h");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> Reason, for the history:"));
    tmux->type("called the owner");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("00012: waits until 2026-03-01 12:00:00"));
    tmux->press({"o"});
    ASSERT_TRUE(tmux->shows("Whose it is (nothing: nobody's): alice"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("00012: assigned to alice"));
    tmux->press({"w"});
    ASSERT_TRUE(tmux->shows("> Note:"));
    tmux->type("the backup is fresh");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("00012: noted"));
    EXPECT_EQ(calls_of({"Extend", "Assign", "Note"}), (std::vector<std::string>{R"(Extend {"for_s":7200,"id":"00012","reason":"called the owner"})", R"(Assign {"id":"00012","user":"alice"})",
                                                                               R"(Note {"id":"00012","text":"the backup is fresh"})"}));
    EXPECT_TRUE(decisions().empty());
}

TEST_F(ConsoleKeys, AReasonAGuardAndTwoPersons) {
    will_reply("Preview", previews(sample_preview({{"reason", true}, {"two_persons", true}, {"confirm", "db-0"}}, {"guard labels: protected; an admin goes over it with --confirm db-0"})));
    Json half = sample_incident();
    half["first_approval"] = {{"response", "kill-container"}, {"digest", "ab12cd34"}, {"who", sample_who()}, {"since", "2026-03-01T09:08:10.000000Z"}};
    on_call = [this, half](const std::string& method, const Json&) {
        if (method != "Approve") return;
        will_reply("Show", {{"incident", half}});
        will_reply("Incidents", list({half}));
    };
    will_reply("Approve", {{"incident", half}, {"survivors", Json::array()}});
    start();
    const auto tmux = open_incident();
    ASSERT_TRUE(tmux->shows("needs        guard labels"));
    tmux->press({"a"});
    ASSERT_TRUE(tmux->shows("(its rule asks for one)"));
    tmux->press({"Tab"});
    ASSERT_TRUE(tmux->shows("> To go over the guard type db-0:"));
    tmux->type("yes");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("nothing was decided: type db-0 to approve"));
    tmux->press({"C-u"});
    tmux->type("db-0");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("nothing was decided: its rule asks for a reason"));
    EXPECT_TRUE(decisions().empty());
    tmux->type("case 42");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> To go over"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("approved by one of two; nothing is contained yet"));
    EXPECT_EQ(decisions(), std::vector<std::string>{R"(Approve {"confirm":"db-0","digest":"ab12cd34","id":"00012","reason":"case 42","response":"kill-container"})"});
    ASSERT_TRUE(tmux->shows("first of two root"));
    tmux->press({"q"});
    ASSERT_TRUE(tmux->shows("1 of 2"));
}

TEST_F(ConsoleKeys, OptionsAreChosenInAnyTerminal) {
    will_reply("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}, {"evidence", {{"whole", true}, {"text", "12 processes"}}}});
    start();
    for (const char* options : {"", "--ascii --no-color"}) {
        const auto tmux = open_incident(options);
        tmux->press({"a"});
        ASSERT_TRUE(tmux->shows("risk         all in it"));
        expect_whole(*tmux, 80, 24);
        tmux->press({"C-o"});
        ASSERT_TRUE(tmux->shows("> [ ] --with capture"));
        ASSERT_TRUE(tmux->shows("  [ ] --break-glass"));
        expect_whole(*tmux, 80, 24);
        tmux->press({"Space"});
        ASSERT_TRUE(tmux->shows("> [x] --with capture"));
        tmux->press({"F1"});
        ASSERT_TRUE(tmux->shows("Keys: options"));
        tmux->press({"q", "Escape"});
        ASSERT_TRUE(tmux->shows("> Reason"));
        tmux->press({"F2"});
        ASSERT_TRUE(tmux->shows("> [ ] --with capture")) << "it was not kept";
        tmux->press({"Space", "Enter"});
        ASSERT_TRUE(tmux->shows("    options      --with capture"));
        ASSERT_TRUE(tmux->shows("risk         all in it"));
        tmux->press({"Enter"});
        ASSERT_TRUE(tmux->shows("> To confirm"));
        tmux->type("yes");
        tmux->press({"Enter"});
        ASSERT_TRUE(tmux->shows("done, evidence: 12 processes"));
    }
    const std::string sent = R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container","with":"capture"})";
    EXPECT_EQ(decisions(), (std::vector<std::string>{sent, sent}));
}

TEST_F(ConsoleKeys, WhoMayNotIsToldWhyAndDecidesNothing) {
    will_reply("Preview", previews(sample_preview({{"refused", "kill-container at severity high takes the role senior, who asks has responder"}})));
    start();
    {
        const auto tmux = open_incident();
        ASSERT_TRUE(tmux->shows("you may not  kill-container at severity high takes the role senior"));
        tmux->press({"a"});
        ASSERT_TRUE(tmux->shows("you may not: kill-container at severity high"));
        expect_whole(*tmux, 80, 24);
    }
    will_reply("WhoAmI", sample_me("viewer"));
    const auto tmux = open_incident();
    ASSERT_TRUE(tmux->shows("alice, viewer"));
    for (const char* key : {"x", "u", "e", "o", "w"}) {
        tmux->press({"r"});
        ASSERT_TRUE(tmux->shows_no_more("decides nothing"));
        tmux->press({key});
        ASSERT_TRUE(tmux->shows("your role is viewer: it looks, and decides nothing")) << key;
    }
    EXPECT_TRUE(calls_of({"Approve", "Reject", "Undo", "Extend", "Assign", "Note"}).empty());
}

// Names that mean harm, on the pages that are not those of one incident; in any size, with and without colours and UTF-8.
TEST_F(ConsoleKeys, HostileNamesAndSizes) {
    const std::string nasty = "a\x1b[2J\x1b]0;t\x07\nstate  done\r\t\x7f\xc2\x9b" "31m\xe2\x80\xae" "x\xd7\xa9 漢字e\xcc\x81\xcc\x81\xf0\x9f\x98\x80 \\x1b \"";
    Json incident = sample_incident();
    for (const char* name : {"name", "rule"}) incident[name] = nasty;
    incident["container"]["name"] = nasty + nasty + nasty;
    will_reply("Incidents", list({incident, called("00023", "Shell In Container")}));
    will_reply("Digests", {{"digests", {{{"id", "00012"}, {"digest", "aaaa"}, {"target", nasty + nasty}}, {{"id", "00023"}, {"reason", nasty}}}}});
    Json row = sample_row("detected", "00012");
    for (const char* name : {"subject", "reason", "result", "detail"}) row[name] = nasty;
    start();
    for (const auto& [options, columns, rows] : std::vector<std::tuple<const char*, int, int>>{{"", 80, 24}, {"--ascii", 80, 24}, {"--no-color", 400, 100}, {"--ascii --no-color", 131, 31}}) {
        const auto tmux = open(options, columns, rows);
        ASSERT_TRUE(tmux->shows("Shell In Conta"));
        tell_row(row);
        ASSERT_TRUE(tmux->shows("detected 00012"));
        for (const auto& [key, text] : std::vector<std::pair<const char*, const char*>>{{"M", "2 marked"}, {"a", "kill-container for 1 of the 2 marked"}, {"Down", "not offered: a"}, {"F1", "Keys: approval"},
                                                                                    {"q", "kill-container for 1 of"}, {"Escape", "SEVERITY"}, {"h", "TIME"}, {"q", "SEVERITY"}}) {
            tmux->press({key});
            ASSERT_TRUE(tmux->shows(text)) << key << "\n" << tmux->screen();
            expect_whole(*tmux, static_cast<std::size_t>(columns), static_cast<std::size_t>(rows));
            const std::string screen = tmux->screen();
            EXPECT_EQ(screen.find("\nstate  done"), std::string::npos) << screen;
            for (const char c : screen) ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
        }
        const std::string coloured = tmux->coloured();
        const bool has_colours = coloured.find("\x1b[31m") != std::string::npos || coloured.find(";31m") != std::string::npos;
        EXPECT_EQ(has_colours, std::string_view(options).find("--no-color") == std::string_view::npos) << options;
        tmux->press({"q"});
        EXPECT_TRUE(tmux->shows("left with 0"));
    }
}

}  // namespace
}  // namespace quell::cli::console
