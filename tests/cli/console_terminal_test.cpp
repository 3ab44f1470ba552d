// SPDX-License-Identifier: Apache-2.0
// The console in a real terminal, against a real server with canned answers:
// all by keys that are sent and screens that are captured.
#include <csignal>

#include "tests/cli/console_terminal.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

namespace errors = control::errors;

TEST_F(ConsoleTerminal, AnOperatorKillsAContainerByKeysAlone) {
    on_call = [this](const std::string& method, const Json&) {
        if (method != "Approve") return;
        Json done = sample_incident("done");
        done["response"] = "kill-container";
        done["note"] = "every process is gone";
        Json approved = sample_row("approved", "00012"), row = sample_row("done", "00012");
        approved["who"] = sample_who();
        approved["reason"] = "case 42";
        approved["latency"] = {{"detected_to_approved_us", 12'300'000}};
        row["latency"] = {{"flipped_to_last_gone_us", 4'100}};
        will_reply("Approve", {{"incident", done}, {"survivors", Json::array()}});
        will_reply("Show", {{"incident", done}});
        will_reply("Incidents", list({}));
        will_reply("History", {{"rows", {row, approved, sample_row("detected", "00012")}}});
    };
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("Clear Log Activit"));
    expect_whole(*tmux, 80, 24);
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> kill-container"));
    expect_whole(*tmux, 80, 24);
    tmux->press({"a"});
    ASSERT_TRUE(tmux->shows("risk         all in it ends at once"));
    ASSERT_TRUE(tmux->shows("would hit    3 processes now"));
    ASSERT_TRUE(tmux->shows("ab12cd34"));
    tmux->type("case 42");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> To confirm"));
    tmux->type("kill-container");
    ASSERT_TRUE(tmux->shows("kill-container: kill-container"));
    EXPECT_TRUE(decisions().empty());
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("kill-container of 00012: done, every process is gone"));
    EXPECT_EQ(decisions(), std::vector<std::string>{R"(Approve {"digest":"ab12cd34","id":"00012","reason":"case 42","response":"kill-container"})"});
    tmux->press({"h"});
    ASSERT_TRUE(tmux->shows("root (uid 0, logge"));
    ASSERT_TRUE(tmux->shows("> 2026-03-01 09:08:07"));
    tmux->press({"q"});
    ASSERT_TRUE(tmux->shows("state        done"));
    tmux->press({"q"});
    ASSERT_TRUE(tmux->shows("Nothing waits for a decision."));
    tmux->press({"q"});
    EXPECT_TRUE(tmux->shows("left with 0"));
}

TEST_F(ConsoleTerminal, ATargetThatChangedIsToldAndShownAnew) {
    Json changed = sample_incident();
    changed["offers"][0]["target"] = "another container";
    on_call = [this, changed](const std::string& method, const Json&) {
        if (method == "Approve") will_reply("Show", {{"incident", changed}});
    };
    will_fail("Approve", errors::kChanged, {{"reason", "it was started again"}});
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("Clear Log"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> kill-container"));
    tmux->press({"a", "Tab"});
    ASSERT_TRUE(tmux->shows("> To confirm"));
    ASSERT_TRUE(tmux->shows("risk "));
    tmux->type("yes");
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("Changed, nothing was decided: it was started again"));
    ASSERT_TRUE(tmux->shows("another container"));
}

TEST_F(ConsoleTerminal, WhatIsPastedWithLineEndsConfirmsNothing) {
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("Clear Log"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> kill-container"));
    tmux->press({"a"});
    ASSERT_TRUE(tmux->shows("Reason, for"));
    tmux->type("x\ryes\ryes\r");
    ASSERT_TRUE(tmux->shows("Reason, for the history: x"));
    usleep(300'000);
    EXPECT_TRUE(decisions().empty());
}

TEST_F(ConsoleTerminal, HostileNamesDoNotBreakTheScreen) {
    Json incident = sample_incident();
    const std::string nasty = "a\x1b[2J\x1b]0;t\x07\nstate  done\r\t\x7f\xc2\x9b" "31m\xe2\x80\xae" "x\xd7\xa9\xd7\x9c 漢字e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xf0\x9f\x98\x80 \\x1b \"";
    std::string longest;
    while (longest.size() < 4096) longest += nasty;
    for (const char* name : {"name", "rule"}) incident[name] = nasty;
    incident["file"]["path"] = longest;
    incident["process"]["comm"] = nasty;
    incident["container"]["name"] = longest;
    incident["container"]["pod"] = nasty;
    incident["arguments"] = {longest, nasty};
    incident["ancestry"][0]["comm"] = nasty;
    incident["offers"][0]["target"] = longest;
    incident["offers"][0]["would_hit"][0]["comm"] = nasty;
    Json row = sample_row("detected", "00012");
    row["subject"] = row["detail"] = longest;
    Json preview = sample_preview(Json::object(), {nasty});
    preview["risk"] = nasty;
    preview["offer"]["target"] = longest;
    preview["container"] = incident["container"];
    Json me = sample_me();
    me["user"] = nasty;
    will_reply("Preview", previews(preview));
    will_reply("WhoAmI", me);
    will_reply("Incidents", list({incident, sample_incident()}));
    will_reply("Show", {{"incident", incident}});
    will_reply("History", {{"rows", {row}}});
    start();
    for (const char* options : {"", "--ascii"}) {
        const auto tmux = open(options);
        ASSERT_TRUE(tmux->shows("pending"));
        for (const auto& [key, text] : std::vector<std::pair<const char*, const char*>>{{"Down", "Clear Log"}, {"Up", "pending"}, {"Enter", "severity"}, {"End", "Ancestry"}, {"a", "Reason, for"},
                                                                                    {"PPage", "target"}, {"Escape", "of "}, {"h", "TIME"}, {"q", "of "}, {"q", "SEVERITY"}}) {
            tmux->press({key});
            ASSERT_TRUE(tmux->shows(text)) << key;
            expect_whole(*tmux, 80, 24);
            const std::string screen = tmux->screen();
            EXPECT_EQ(screen.find("\nstate  done"), std::string::npos) << screen;
            for (const char c : screen) ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
        }
        EXPECT_NE(tmux->screen().find("\\x1b"), std::string::npos) << tmux->screen();
        tmux->resize(200, 50);
        ASSERT_TRUE(tmux->shows("IMAGE"));
        expect_whole(*tmux, 200, 50);
    }
}

TEST_F(ConsoleTerminal, ResizesWhileItRuns) {
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("pending"));
    EXPECT_EQ(tmux->screen().find("IMAGE"), std::string::npos);
    tmux->resize(200, 50);
    ASSERT_TRUE(tmux->shows("registry/shop:1"));
    expect_whole(*tmux, 200, 50);
    tmux->resize(600, 150);  // a wall of screens
    ASSERT_TRUE(tmux->shows("registry/shop:1"));
    expect_whole(*tmux, 600, 150);
    tmux->resize(40, 10);
    ASSERT_TRUE(tmux->shows("Needed: 80x24."));
    EXPECT_EQ(tmux->screen().find("Quell"), std::string::npos) << tmux->screen();
    tmux->resize(80, 24);
    ASSERT_TRUE(tmux->shows("Clear Log"));
    expect_whole(*tmux, 80, 24);
}

TEST_F(ConsoleTerminal, StopsAndGoesOn) {
    start();
    const Tmux tmux(dir.path(), 80, 24, "exec env -i PATH=/usr/bin:/bin TZ=UTC LC_ALL=C.UTF-8 TERM=\"$TERM\" PS1='shell: ' bash --norc -i");
    ASSERT_TRUE(tmux.shows("shell:"));
    tmux.type(QUELL_PROGRAM " --socket " + socket + " console\r");
    ASSERT_TRUE(tmux.shows("pending"));
    for (int round = 0; round < 2; round++) {
        tmux.press({"C-z"});
        ASSERT_TRUE(tmux.shows("Stopped"));
        tmux.type("echo at the $((40 + 2))\r");
        ASSERT_TRUE(tmux.shows("at the 42")) << "the shell has its terminal back";
        tmux.resize(100, 30);  // nobody tells a stopped program
        tmux.type("stty size\r");
        ASSERT_TRUE(tmux.shows("30 100"));
        tmux.type("fg\r");
        ASSERT_TRUE(tmux.shows("pending"));
        EXPECT_TRUE(tmux.shows_no_more("at the 42"));
        expect_whole(tmux, 100, 30);
        tmux.press({"?"});
        ASSERT_TRUE(tmux.shows("Keys: incidents")) << "it reads keys again";
        tmux.press({"q"});
        ASSERT_TRUE(tmux.shows_no_more("Keys: incidents"));
        tmux.resize(80, 24);
    }
    tmux.press({"q"});
    ASSERT_TRUE(tmux.shows("shell:"));
    tmux.type("stty -a | tr ';' '\\n' | grep -c -e ' echo ' -e ' icanon'; echo left with $?\r");
    EXPECT_TRUE(tmux.shows("left with 0")) << "the terminal is as it was";
}

TEST_F(ConsoleTerminal, ADaemonGoesAwayAndComesBack) {
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("pending"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("> kill-container"));
    stop();
    ASSERT_TRUE(tmux->shows("daemon away since "));
    ASSERT_TRUE(tmux->shows("STALE"));
    ASSERT_TRUE(tmux->shows("> kill-container")) << "what was shown stays";
    tmux->press({"a"});
    ASSERT_TRUE(tmux->shows("the daemon does not answer: nothing can be decided"));
    tmux->press({"q"});
    ASSERT_TRUE(tmux->shows("Clear Log"));
    start();
    ASSERT_TRUE(tmux->shows_no_more("daemon away"));
    ASSERT_TRUE(tmux->shows("ready"));
    expect_whole(*tmux, 80, 24);
    EXPECT_TRUE(decisions().empty());
}

TEST_F(ConsoleTerminal, KeysWorkWhileTheDaemonHangs) {
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("pending"));
    stop();
    will_be_silent("Incidents");
    will_be_silent("Show");
    start();
    ASSERT_TRUE(tmux->shows("no answer within 3s"));
    tmux->press({"Enter"});
    ASSERT_TRUE(tmux->shows("incident 00012"));
    tmux->press({"?"});
    ASSERT_TRUE(tmux->shows("Keys: incident"));
    tmux->press({"q", "q", "q"});
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(tmux->shows("left with 0"));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(3)) << "it does not wait for the calls to end";
}

TEST_F(ConsoleTerminal, TenThousandIncidents) {
    std::vector<Json> many;
    for (int i = 0; i < 10'000; i++) {
        many.push_back(numbered(i));
        for (const char* part : {"arguments", "ancestry", "offers", "container"}) many.back().erase(part);
        many.back()["ancestry"] = many.back()["offers"] = Json::array();
    }
    will_reply("Incidents", list(many));
    start();
    const auto tmux = open();
    ASSERT_TRUE(tmux->shows("10000 of 10000"));
    tmux->press({"End"});
    ASSERT_TRUE(tmux->shows("> id0000"));
    tmux->press({"Home", "/"});
    tmux->type("id0777");
    ASSERT_TRUE(tmux->shows("> id0777"));
    ASSERT_TRUE(tmux->shows("1 of 10000"));
    tmux->press({"Escape", "s", "PPage", "NPage"});
    ASSERT_TRUE(tmux->shows("by severity"));
    expect_whole(*tmux, 80, 24);
}

TEST_F(ConsoleTerminal, ColoursOnlyWhereTheyAreWanted) {
    start();
    const auto coloured = [&](const std::string& options, const std::string& environment) {
        const Tmux tmux(dir.path(), 80, 24, command(options, environment));
        EXPECT_TRUE(tmux.shows("pending"));
        return tmux.coloured().find("\x1b[31m") != std::string::npos || tmux.coloured().find(";31m") != std::string::npos;
    };
    EXPECT_TRUE(coloured("", "LC_ALL=C.UTF-8"));
    EXPECT_FALSE(coloured("--no-color", "LC_ALL=C.UTF-8"));
    EXPECT_FALSE(coloured("", "LC_ALL=C.UTF-8 NO_COLOR=1"));
    EXPECT_FALSE(coloured("", "LC_ALL=C.UTF-8 TERM=vt100"));
}

TEST_F(ConsoleTerminal, AsciiByLocaleOrByOption) {
    Json incident = sample_incident();
    incident["name"] = "naïve";
    will_reply("Incidents", list({incident}));
    start();
    for (const auto& [options, environment, text] : std::vector<std::tuple<const char*, const char*, const char*>>{
             {"", "LC_ALL=C.UTF-8", "naïve"}, {"--ascii", "LC_ALL=C.UTF-8", "na\\xc3\\xafve"}, {"", "LC_ALL=C", "na\\xc3\\xafve"}}) {
        const Tmux tmux(dir.path(), 80, 24, command(options, environment));
        EXPECT_TRUE(tmux.shows(text));
    }
}

TEST_F(ConsoleTerminal, WhatIsNoTerminalIsToldSo) {
    start();
    const Ran piped = quell({"console"});
    EXPECT_EQ(piped.code, 2);
    EXPECT_EQ(piped.err, "quell: the console needs a terminal\n  hint: quell incidents\n");
    EXPECT_EQ(quell({"console", "--json"}).code, 2);
    for (const char* term : {"TERM=dumb", "TERM=no-such-terminal"}) {
        const Ran ran = quell_on_terminal({"console"}, "", {term, "LC_ALL=C.UTF-8"});
        EXPECT_EQ(ran.code, 1) << term;
        EXPECT_NE(ran.out.find("TERM"), std::string::npos) << ran.out;
    }
}

// As when its window is closed, or somebody kills it.
TEST_F(ConsoleTerminal, EndsWhenItIsToldTo) {
    start();
    for (const int signal : {SIGTERM, SIGHUP}) {
        const auto tmux = open();
        ASSERT_TRUE(tmux->shows("pending"));
        const int pid = tmux->child_pid();
        ASSERT_GT(pid, 0);
        ASSERT_EQ(kill(pid, signal), 0);
        EXPECT_TRUE(tmux->shows("left with 0"));
    }
}

}  // namespace
}  // namespace quell::cli::console
