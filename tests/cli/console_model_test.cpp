// SPDX-License-Identifier: Apache-2.0
// The console without a terminal and without a daemon: keys, answers and time
// in, calls out.
#include <random>

#include "tests/cli/console_fixture.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

namespace errors = control::errors;

TEST_F(ConsoleModel, AsksOneAfterTheOtherAndSlowAnswersLessOften) {
    EXPECT_EQ(asked(), R"(Incidents {"all":false} Watch {})");
    pass(60'000);
    EXPECT_EQ(asked(), "") << "the first is not answered yet";
    answer("Incidents", list({sample_incident()}));
    EXPECT_EQ(asked(), "WhoAmI {} Status {}");
    pass(999);
    EXPECT_EQ(asked(), "");
    pass(1);
    EXPECT_EQ(asked(), R"(Incidents {"all":false})");
    answer("Incidents", list({sample_incident()}), 2'000);
    pass(7'999);
    EXPECT_EQ(asked(), "");
    pass(1);
    EXPECT_EQ(asked(), R"(Incidents {"all":false})");
}

TEST_F(ConsoleModel, TheChosenIncidentStaysChosen) {
    show_list({numbered(1), numbered(2), numbered(3)});
    press("j");
    const std::string chosen = model.state().list.chosen_id();
    EXPECT_EQ(chosen, "id0002") << "the newest is above";
    show_list({numbered(1), numbered(2), numbered(3), numbered(4), numbered(5)});
    EXPECT_EQ(model.state().list.chosen_id(), chosen);
    EXPECT_EQ(model.state().list.chosen(), 3u);
    press("G");
    EXPECT_EQ(model.state().list.chosen_id(), "id0001");
    press("g");
    EXPECT_EQ(model.state().list.chosen_id(), "id0005");
    show_list({numbered(1), numbered(2)});
    EXPECT_EQ(model.state().list.chosen_id(), "id0002") << "it is gone: what stands there now";
    show_list({});
    EXPECT_EQ(model.state().list.chosen_id(), "");
    press("j\n");
    EXPECT_EQ(model.state().page, Page::List);
}

TEST_F(ConsoleModel, FilterIsOverIdRuleNameSubjectStateAndSeverity) {
    Json other = numbered(2);
    other["rule"] = "read-shadow";
    other["policy"] = "secrets";
    other["name"] = "Password File Read";
    other["severity"] = "low";
    other["state"] = "arming";
    other["subject"] = "host";
    other.erase("container");
    show_list({numbered(1), other});
    for (const char* text : {"id0002", "read-sh", "SECRETS", "password", "host", "arming", "low", "low host", "word  arm"}) {
        press("/");
        type(text);
        EXPECT_EQ(shown_ids(), "id0002") << text;
        press(Key::Code::Enter);
        EXPECT_EQ(model.state().page, Page::List);
        press(Key::Code::Escape);
        EXPECT_EQ(shown_ids(), "id0002 id0001") << text;
    }
    press("/");
    type("low pending");
    EXPECT_EQ(shown_ids(), "") << "both words in one incident";
    for (int i = 0; i < 7; i++) press(Key::Code::Backspace);
    EXPECT_EQ(shown_ids(), "id0002");
    press(Key::Code::ClearLine);
    EXPECT_EQ(shown_ids(), "id0002 id0001");
    type("q?");
    EXPECT_EQ(model.state().list.filter(), "q?") << "keys are text here";
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::List);
    EXPECT_EQ(model.state().list.filter(), "");
}

TEST_F(ConsoleModel, SortGoesRoundAndTurns) {
    Json a = numbered(1), b = numbered(2), c = numbered(3);
    a["severity"] = "critical", a["state"] = "done", a["name"] = "B";
    b["severity"] = "low", b["state"] = "pending", b["name"] = "C";
    c["severity"] = "medium", c["state"] = "enforcing", c["name"] = "A";
    show_list({a, b, c});
    EXPECT_EQ(shown_ids(), "id0003 id0002 id0001");
    press("s");
    EXPECT_EQ(shown_ids(), "id0001 id0003 id0002") << "severity";
    press("s");
    EXPECT_EQ(shown_ids(), "id0002 id0003 id0001") << "state: what waits first";
    press("s");
    EXPECT_EQ(shown_ids(), "id0003 id0001 id0002") << "rule";
    press("r");
    EXPECT_EQ(shown_ids(), "id0002 id0001 id0003");
    press("rs");
    EXPECT_EQ(shown_ids(), "id0003 id0002 id0001");
}

TEST_F(ConsoleModel, DecidedOnesAreAskedForAndLateAnswersAreDropped) {
    (void)asked();
    press("d");
    pass(0);
    EXPECT_EQ(asked(), R"(Incidents {"all":true})");
    answer_serial(1, "Incidents", list({numbered(1)}));  // about the list of before
    EXPECT_EQ(shown_ids(), "");
    answer("Incidents", list({numbered(1), numbered(2)}));
    EXPECT_EQ(shown_ids(), "id0002 id0001");
}

TEST_F(ConsoleModel, OpensAnIncidentWithItsHistory) {
    show_list({numbered(1), numbered(2)});
    press("\n");
    EXPECT_EQ(asked(), R"(Show {"id":"id0002"} History {"incident":"id0002","limit":200} Preview {"id":"id0002"})");
    const auto first = last_serial("Show");
    press("q");
    press("j\n");
    (void)asked();
    answer_serial(first, "Show", {{"incident", numbered(2)}});
    EXPECT_TRUE(model.state().incident.incident.is_null()) << "an answer about another incident";
    answer("Show", {{"incident", numbered(1)}});
    EXPECT_EQ(model.state().incident.incident["id"], "id0001");
    answer("History", {{"rows", Json::array()}});
    pass(4'000);
    EXPECT_EQ(asked().find("Show"), std::string::npos);
    pass(1'000);
    EXPECT_NE(asked().find("Show"), std::string::npos) << "what it would hit changes";
}

TEST_F(ConsoleModel, ApprovesWhatWasShownWithReasonAndTypedWord) {
    for (const char* word : {"yes", "kill-container"}) {
        open_sample();
        begin_approval();
        type("a drill");
        press(Key::Code::Enter);
        EXPECT_TRUE(model.take_drop_typed()) << "what was pasted with a line end confirms nothing";
        type(word);
        EXPECT_EQ(asked(), "");
        press(Key::Code::Enter);
        EXPECT_EQ(asked(), R"(Approve {"digest":"ab12cd34","id":"00012","reason":"a drill","response":"kill-container"})");
        answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
        EXPECT_EQ(model.state().page, Page::Detail);
        EXPECT_EQ(model.state().message.text, "kill-container of 00012: done");
        EXPECT_EQ(model.state().message.tone, Tone::Good);
        EXPECT_NE(asked().find("Show"), std::string::npos);
        press("q");
    }
}

TEST_F(ConsoleModel, NothingElseApproves) {
    open_sample();
    begin_approval();
    press("\n\n\n");
    EXPECT_EQ(asked(), "") << "an empty word";
    EXPECT_NE(model.state().message.text.find("type yes or kill-container"), std::string::npos) << model.state().message.text;
    for (const char* word : {"y", "Yes", "yes ", "kill-process", "ye\x73\x73"}) {
        press(Key::Code::ClearLine);
        type(word);
        press(Key::Code::Enter);
        EXPECT_EQ(asked(), "") << word;
    }
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_EQ(asked(), "");
}

TEST_F(ConsoleModel, TheDigestIsThatOfTheOfferThatWasOnTheScreen) {
    open_sample();
    pass(5'000);  // asked anew, and answered while the decision is typed
    const auto again = last_serial("Show");
    (void)asked();
    begin_approval();
    Json changed = sample_incident();
    changed["offers"][0]["digest"] = "ffffffff";
    changed["offers"][0]["target"] = "another one";
    answer_serial(again, "Show", {{"incident", changed}});
    press("\n");
    type("yes");
    press(Key::Code::Enter);
    EXPECT_NE(asked().find(R"("digest":"ab12cd34")"), std::string::npos);
    fail("Approve", errors::kChanged, {{"reason", "the container was started again"}});
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_NE(model.state().message.text.find("Changed, nothing was decided: the container was started again"), std::string::npos);
    EXPECT_NE(asked().find("Show"), std::string::npos) << "loaded anew";
}

TEST_F(ConsoleModel, EveryRefusalIsToldAndLoadsAnew) {
    const std::vector<std::tuple<std::string_view, Json, const char*>> cases = {
        {errors::kTooLate, {{"state", "expired"}, {"reason", "an hour ago"}}, "too late: it is expired: an hour ago"},
        {errors::kNotAllowed, {{"reason", "uid 7"}}, "not allowed: uid 7"},
        {errors::kBlind, {{"reason", "canary"}}, "Quell is blind, nothing was enforced: canary"},
        {errors::kNotOffered, {{"response", "kill-container"}, {"reason", "gone"}}, "kill-container is not offered: gone"},
        {errors::kFailed, {{"reason", "disk"}}, "disk"}};
    for (const auto& [error, parameters, text] : cases) {
        open_sample();
        begin_approval();
        press("\n");
        type("yes");
        press(Key::Code::Enter);
        (void)asked();
        fail("Approve", error, parameters);
        EXPECT_EQ(model.state().message.text, std::string("kill-container of 00012: ") + text);
        EXPECT_EQ(model.state().message.tone, Tone::Bad);
        EXPECT_NE(asked().find("Show"), std::string::npos);
        press("q");
    }
}

TEST_F(ConsoleModel, WhatDidNotHoldIsNoSuccess) {
    open_sample();
    begin_approval();
    press("\n");
    type("yes");
    press(Key::Code::Enter);
    answer("Approve", {{"incident", sample_incident("enforcing")}, {"survivors", {sample_process(7, "stuck", "member")}}});
    EXPECT_EQ(model.state().message.text, "kill-container of 00012: enforcing, 1 still there");
    EXPECT_EQ(model.state().message.tone, Tone::Bad);
}

TEST_F(ConsoleModel, RejectsAndUndoes) {
    open_sample();
    press("x");
    type("planned");
    press(Key::Code::Enter);
    type("reject");
    press(Key::Code::Enter);
    EXPECT_EQ(asked(), R"(Reject {"id":"00012","reason":"planned"})");
    answer("Reject", {{"incident", sample_incident("rejected")}});
    EXPECT_EQ(model.state().message.text, "rejection of 00012: rejected");
    answer("Show", {{"incident", sample_incident("rejected")}});
    for (const char* late : {"a", "x"}) {
        press(late);
        EXPECT_EQ(model.state().page, Page::Detail);
        EXPECT_NE(model.state().message.text.find("it is rejected"), std::string::npos) << model.state().message.text;
    }
    press("r");
    answer("Show", {{"incident", sample_incident("enforcing")}});
    (void)asked();
    press("u\n");
    type("undo");
    press(Key::Code::Enter);
    EXPECT_EQ(asked(), R"(Undo {"id":"00012"})");
    answer("Undo", {{"incident", sample_incident("undone")}});
    EXPECT_EQ(model.state().message.text, "undo of 00012: undone");
}

TEST_F(ConsoleModel, WhatIsNotOfferedIsNotBegun) {
    open_sample();
    press(Key::Code::Tab);
    press("a");
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_EQ(model.state().message.text, "quarantine-file is not offered: the file is gone");
    press(Key::Code::Tab);
    press("u");
    EXPECT_EQ(model.state().message.text, "nothing to undo: it waits for a decision");
    press("a");
    EXPECT_EQ(model.state().page, Page::Decide) << "round to the first";
}

TEST_F(ConsoleModel, AReasonIsAsLongAsTheDaemonTakes) {
    open_sample();
    press("a");
    type(std::string(control::kReasonSizeMax + 5, 'r'));
    EXPECT_EQ(model.state().decide.form.fields[0].text.size(), control::kReasonSizeMax);
    EXPECT_EQ(model.state().message.text, "at most 1024 bytes");
    press(Key::Code::Backspace);
    press(Key{Key::Code::Character, U'é'});
    EXPECT_EQ(model.state().decide.form.fields[0].text.size(), control::kReasonSizeMax - 1) << "half a character is none";
}

TEST_F(ConsoleModel, WhileTheDaemonIsAwayNothingIsDecided) {
    open_sample();
    begin_approval();
    press("\n");
    type("yes");
    pass(1'000);
    lose("Incidents", "cannot connect");
    ASSERT_TRUE(model.state().is_stale());
    const auto since = *model.state().link.silent_since_ns;
    (void)asked();
    press(Key::Code::Enter);
    EXPECT_EQ(asked(), "");
    EXPECT_NE(model.state().message.text.find("nothing can be decided"), std::string::npos);
    press(Key::Code::Escape);
    press("a");
    EXPECT_EQ(model.state().page, Page::Detail);
    pass(1'000);
    lose("Incidents", "cannot connect");
    EXPECT_EQ(*model.state().link.silent_since_ns, since) << "since the first time";
    pass(1'000);
    answer("Incidents", list({sample_incident()}));
    EXPECT_FALSE(model.state().is_stale());
    EXPECT_EQ(model.state().message.text, "the daemon is back");
    pass(0);
    EXPECT_NE(asked().find("Show"), std::string::npos) << "it may be another daemon";
}

TEST_F(ConsoleModel, ADecisionWithoutAnAnswerIsNotCalledDoneOrNot) {
    open_sample();
    begin_approval();
    press("\n");
    type("yes");
    press(Key::Code::Enter);
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_NE(model.state().message.text.find("it was sent"), std::string::npos);
    press("x");
    EXPECT_NE(model.state().message.text.find("a decision is on its way"), std::string::npos) << "one after the other";
    lose("Approve", "the daemon hung up without an answer");
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_NE(model.state().message.text.find("Whether it was carried out is not known"), std::string::npos) << model.state().message.text;
}

TEST_F(ConsoleModel, OnATerminalThatIsTooSmallNothingIsDecided) {
    open_sample();
    begin_approval();
    press("\n");
    type("yes");
    model.resize(79, 24);
    press(Key::Code::Enter);
    EXPECT_EQ(asked(), "");
    EXPECT_FALSE(model.wants_to_quit());
    model.resize(80, 24);
    press(Key::Code::Enter);
    EXPECT_NE(asked(), "");
    model.resize(80, 23);
    press("q");
    EXPECT_TRUE(model.wants_to_quit());
}

TEST_F(ConsoleModel, PagesLeadBackToWhereTheyWereOpened) {
    open_sample();
    press("h");
    EXPECT_NE(asked().find(R"(History {"incident":"00012","limit":1000})"), std::string::npos);
    answer("History", {{"rows", {sample_row("done", "00012"), sample_row("detected", "00012"), sample_row("started", nullptr)}}});
    press("G\n");
    EXPECT_EQ(model.state().page, Page::History);
    EXPECT_EQ(model.state().message.text, "this row is about no incident");
    press("g\n");
    EXPECT_EQ(model.state().page, Page::Detail);
    press("?");
    EXPECT_EQ(model.state().page, Page::Help);
    press("q");
    EXPECT_EQ(model.state().page, Page::Detail);
    press("q");
    EXPECT_EQ(model.state().page, Page::History);
    press("q");
    EXPECT_EQ(model.state().page, Page::Detail);
    press("q");
    EXPECT_EQ(model.state().page, Page::List);
    press("t");
    EXPECT_EQ(model.state().page, Page::Status);
    EXPECT_NE(asked().find("Status {} ListPolicies {}"), std::string::npos);
    press("q");
    press(Key::Code::Escape);
    EXPECT_FALSE(model.wants_to_quit());
    press("q");
    EXPECT_TRUE(model.wants_to_quit());
}

// With 10,000 incidents: what one event costs is bounded, and drawing does not depend on their number at all.
TEST_F(ConsoleModel, TenThousandIncidentsCostAFrameNoMoreThanAHundred) {
    const auto many = [](std::size_t count) {
        std::vector<Json> made;
        for (std::size_t i = 0; i < count; i++) made.push_back(numbered(static_cast<int>(i)));
        return made;
    };
    show_list(many(100));
    const std::size_t work = draw(model.state()).work();
    answer_list(many(10'000));
    finish();
    ASSERT_EQ(model.state().list.size(), 10'000u);
    is_stepwise = true;
    EXPECT_NEAR(static_cast<double>(draw(model.state()).work()), static_cast<double>(work), 64);
    std::size_t before = model.state().list.looked_at();
    const auto event = [&](auto what) {
        what();
        const std::size_t cost = model.state().list.looked_at() - before;
        before = model.state().list.looked_at();
        EXPECT_LE(cost, kRowsAStep);
    };
    for (const char* key : {"j", "G", "k", "s", "r", "/"}) {
        event([&] { press(key); });
        for (int steps = 0; model.is_busy(); steps++) {
            ASSERT_LT(steps, 3);
            event([&] { model.work(); });
        }
    }
    for (const char letter : std::string("id0777")) event([&] { type(std::string(1, letter)); });
    while (model.is_busy()) event([&] { model.work(); });
    EXPECT_EQ(model.state().list.size(), 1u);
    event([&] { press(Key::Code::Escape); });
    EXPECT_EQ(model.state().list.size(), 1u) << "until the last step the rows of before are shown";
    while (model.is_busy()) event([&] { model.work(); });
    EXPECT_EQ(model.state().list.size(), 10'000u);
}

// Whatever is typed, and whatever the daemon sends: no crash, and every frame has its size.
TEST_F(ConsoleModel, AnyKeysAndAnswersLeaveItWhole) {
    std::mt19937 random(20260301);
    const auto upto = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };
    const std::vector<Json> answers = {
        list({sample_incident(), numbered(4)}), {{"incident", sample_incident()}}, {{"incident", sample_incident("done")}}, {{"incident", 7}}, {{"incidents", "x"}},
        {{"rows", {sample_row("done", "00012"), sample_row("started", nullptr)}}}, {{"rows", {1, "a", nullptr}}}, {{"status", {{"hooks", 3}}}}, {{"policies", {1}}},
        {{"incident", {{"offers", {1, {{"available", true}}}}, {"ancestry", {3, "x"}}, {"state", "pending"}}}, {"survivors", 4}}, {{"digests", {{{"id", "00012"}, {"digest", "ab12cd34"}}, 4}}}, {{"digests", {{{"id", "id0004"}, {"reason", "gone"}}}}}, previews(sample_preview()),
        previews(sample_preview({{"confirm", "web"}, {"reason", true}})), {{"previews", {1, {{"offer", 3}}}}}, {{"row", sample_row("done", "00012")}}, sample_me(), Json::object(), Json::array()};
    const std::u32string letters = U"jkgGsrdhtaxunpmMceowR/?q yes\u00e9";
    std::vector<Request> open;
    for (int step = 0; step < 20'000; step++) {
        if (model.wants_to_quit()) SetUp(), open.clear();
        for (Request& request : model.take_requests()) open.push_back(std::move(request));
        switch (upto(6)) {
            case 0: press(Key{static_cast<Key::Code>(upto(20)), U'a'}); break;
            case 1:
            case 2: press(Key{Key::Code::Character, letters[upto(letters.size())]}); break;
            case 3:
                if (open.empty()) break;
                else {
                    const auto at = open.begin() + static_cast<std::ptrdiff_t>(upto(open.size()));
                    control::CallResult result;
                    result.outcome = static_cast<control::CallOutcome>(upto(5));
                    result.error = "io.quell.Changed";
                    result.parameters = answers[upto(answers.size())];
                    const bool is_last = at->method != "Watch" || upto(8) == 0;
                    model.reply({at->serial, at->method, result, make_snapshot(result.parameters), upto(50), is_last});
                    if (is_last) open.erase(at);
                }
                break;
            case 4: pass(upto(3'000)); break;
            default: model.resize(1 + upto(200), 1 + upto(60)); break;
        }
        const Grid grid = draw(model.state());
        ASSERT_EQ(grid.columns(), model.state().columns);
        ASSERT_EQ(grid.rows(), model.state().rows);
    }
}

}  // namespace
}  // namespace quell::cli::console
