// SPDX-License-Identifier: Apache-2.0
// What the console asks for before a decision, and beside it: what would be
// hit, roles, two persons, reasons, guards; deadlines, assignees, notes.
#include "tests/cli/console_fixture.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

namespace errors = control::errors;

bool has_line(const State& state, std::string_view text) {
    return std::ranges::any_of(state.lines, [&](const Line& line) { return (line.label + " " + line.text).find(text) != std::string::npos; });
}

TEST_F(ConsoleModel, NothingIsApprovedBeforeItIsKnownWhatWouldBeHit) {
    open_sample();
    press("a");
    EXPECT_EQ(asked(), R"(Preview {"id":"00012","response":"kill-container"})");
    EXPECT_TRUE(has_line(model.state(), "asking the daemon what would be hit now"));
    press("\n");
    type("yes");
    press("\n");
    EXPECT_EQ(asked(), "");
    EXPECT_NE(model.state().message.text.find("still being asked for"), std::string::npos) << model.state().message.text;
    lose("Preview", "no answer within 10s");
    EXPECT_NE(model.state().message.text.find("not known what would be hit now: no answer"), std::string::npos) << model.state().message.text;
    press("\n");
    EXPECT_EQ(asked(), R"(Preview {"id":"00012","response":"kill-container"})") << "once more, and still nothing is approved";
    answer("Preview", previews(sample_preview()));
    EXPECT_TRUE(has_line(model.state(), "risk all in it ends at once"));
    EXPECT_TRUE(has_line(model.state(), "would hit 3 processes now"));
    press("\n");
    EXPECT_EQ(asked(), R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container"})");
}

TEST_F(ConsoleModel, WhatChangedBetweenTheLooksIsNotApproved) {
    Json other = sample_preview(), gone = sample_preview(), none = sample_preview();
    other["offer"]["digest"] = "ffffffff";
    gone["offer"]["available"] = false;
    gone["offer"]["reason"] = "the container is gone";
    none["offer"]["response"] = "kill-process";
    for (const auto& [preview, text] : std::vector<std::pair<Json, const char*>>{{other, "it changed since you looked"}, {gone, "not offered any more: the container is gone"}, {none, "says nothing of what it would hit"}}) {
        open_sample();
        begin_approval(preview);
        EXPECT_NE(model.state().message.text.find(text), std::string::npos) << model.state().message.text;
        EXPECT_TRUE(has_line(model.state(), text));
        press("\n");
        type("yes");
        press("\n");
        EXPECT_EQ(asked(), "") << text;
        press(Key::Code::Escape);
        pass(0);
        EXPECT_NE(asked().find("Show"), std::string::npos) << "looked at anew";
        press("q");
    }
}

TEST_F(ConsoleModel, WhatHeMayNotApproveIsShownWithTheReasonAndNotBegun) {
    open_sample();
    press("r");
    answer("Preview", previews(sample_preview({{"refused", "kill-container at severity high takes the role senior"}}, {"a line"})));
    answer("Show", {{"incident", sample_incident()}});
    EXPECT_TRUE(has_line(model.state(), "you may not kill-container at severity high takes the role senior"));
    EXPECT_FALSE(has_line(model.state(), "needs"));
    press("a");
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_EQ(model.state().message.text, "you may not: kill-container at severity high takes the role senior");
    (void)asked();
    press("r");
    answer("Preview", previews(sample_preview(Json::object(), {"two persons: the first and then another give the same digest"})));
    EXPECT_TRUE(has_line(model.state(), "needs two persons: the first"));
    // It may have become so in this moment.
    begin_approval(sample_preview({{"refused", "this one was the first"}}));
    EXPECT_TRUE(has_line(model.state(), "stop you may not: this one was the first"));
    press("\n");
    type("yes");
    press("\n");
    EXPECT_EQ(asked(), "");
}

TEST_F(ConsoleModel, AViewerBeginsNothing) {
    answer("Incidents", list({sample_incident()}));
    answer("WhoAmI", sample_me("viewer"));
    open_sample();
    for (const char* key : {"a", "x", "u", "e", "o", "w"}) {
        press(key);
        EXPECT_EQ(model.state().page, Page::Detail) << key;
        EXPECT_EQ(model.state().message.text, "your role is viewer: it looks, and decides nothing") << key;
    }
    EXPECT_EQ(asked(), "");
    press("q");
    press("ma");
    EXPECT_EQ(model.state().page, Page::List);
}

TEST_F(ConsoleModel, TheFirstOfTwoIsShownAsWaitingForTheSecond) {
    open_sample();
    begin_approval(sample_preview({{"two_persons", true}}));
    press("\n");
    type("yes");
    press("\n");
    (void)asked();
    Json half = sample_incident();
    half["first_approval"] = {{"response", "kill-container"}, {"digest", "ab12cd34"}, {"who", sample_who()}, {"since", "2026-03-01T09:08:10.000000Z"}, {"reason", "case 42"}};
    answer("Approve", {{"incident", half}, {"survivors", Json::array()}});
    EXPECT_NE(model.state().message.text.find("approved by one of two; nothing is contained yet"), std::string::npos) << model.state().message.text;
    EXPECT_EQ(model.state().message.tone, Tone::Warning);
    answer("Show", {{"incident", half}});
    EXPECT_TRUE(has_line(model.state(), "first of two root (uid 0, logged in as alice 1000), kill-container@ab12cd34"));
    EXPECT_TRUE(has_line(model.state(), "\"case 42\""));
    EXPECT_TRUE(has_line(model.state(), "another person, not root, has to approve the same"));
    press("q");
    show_list({half});
    EXPECT_NE(draw(model.state()).row(3).find("1 of 2"), std::string::npos) << draw(model.state()).row(3);
}

TEST_F(ConsoleModel, AReasonIsTypedWhereTheRuleAsksForOne) {
    open_sample();
    begin_approval(sample_preview({{"reason", true}}));
    EXPECT_EQ(model.state().decide.form.fields[0].label, "Reason, for the history (its rule asks for one):");
    type("  ");
    press("\n");
    type("yes");
    press("\n");
    EXPECT_EQ(asked(), "");
    EXPECT_EQ(model.state().message.text, "nothing was decided: its rule asks for a reason");
    EXPECT_EQ(model.state().decide.form.at, 0u) << "that is where it is typed";
    type("case 42");
    press("\n\n");
    EXPECT_EQ(asked(), R"(Approve {"digest":"ab12cd34","id":"00012","reason":"  case 42","response":"kill-container"})");
}

TEST_F(ConsoleModel, OverAGuardGoesItsWordAndNoOther) {
    open_sample();
    press("a\n");
    type("yes");
    answer("Preview", previews(sample_preview({{"confirm", "db-0"}}, {"guard labels; an admin goes over it with --confirm db-0"})));
    (void)asked();
    EXPECT_EQ(model.state().decide.form.fields[1].text, "") << "it was typed for something else";
    EXPECT_TRUE(has_line(model.state(), "needs guard labels"));
    for (const char* word : {"yes", "kill-container", "db-1"}) {
        press(Key::Code::ClearLine);
        type(word);
        press("\n");
        EXPECT_EQ(asked(), "") << word;
        EXPECT_NE(model.state().message.text.find("type db-0"), std::string::npos) << model.state().message.text;
    }
    press(Key::Code::ClearLine);
    type("db-0");
    press("\n");
    EXPECT_EQ(asked(), R"(Approve {"confirm":"db-0","digest":"ab12cd34","id":"00012","response":"kill-container"})");
    fail("Approve", errors::kGuarded, {{"guard", "containers"}, {"reason", "guard containers: 3 within 10m"}, {"word", "db-0"}});
    EXPECT_NE(model.state().message.text.find("guarded, nothing was approved: guard containers"), std::string::npos) << model.state().message.text;
}

TEST_F(ConsoleModel, ADeadlineIsMoved) {
    open_sample();
    press("e");
    ASSERT_EQ(model.state().page, Page::Decide);
    for (const char* wrong : {"", "soon", "8d", "0s", "30"}) {
        press(Key::Code::ClearLine);
        type(wrong);
        press("\n\n");
        EXPECT_EQ(asked(), "") << wrong;
        EXPECT_EQ(model.state().message.text, "a duration from 1s to 7d, such as 30m or 1h30m");
        press(Key::Code::Tab);
    }
    press(Key::Code::ClearLine);
    type("1h30m");
    press("\n\n");
    EXPECT_EQ(asked(), "");
    EXPECT_EQ(model.state().message.text, "a later deadline takes a reason");
    type("the owner is called");
    press("\n");
    EXPECT_EQ(asked(), R"(Extend {"for_s":5400,"id":"00012","reason":"the owner is called"})");
    answer("Extend", {{"incident", sample_incident()}});
    EXPECT_EQ(model.state().message.text, "00012: waits until 2026-03-01 10:08:07");
    EXPECT_EQ(model.state().page, Page::Detail);
    answer("Show", {{"incident", sample_incident("done")}});
    press("e");
    EXPECT_EQ(model.state().message.text, "too late to extend: it is done");
}

TEST_F(ConsoleModel, ItIsAssignedAndNotedAlsoWhenItIsOver) {
    answer("Incidents", list({sample_incident()}));
    answer("WhoAmI", sample_me());
    open_sample();
    press("r");
    Json done = sample_incident("done");
    answer("Show", {{"incident", done}});
    (void)asked();
    press("o\n");
    EXPECT_EQ(asked(), R"(Assign {"id":"00012","user":"alice"})") << "one's own name is there already";
    done["assigned_to"] = "alice";
    answer("Assign", {{"incident", done}});
    EXPECT_EQ(model.state().message.text, "00012: assigned to alice");
    (void)asked();
    press("o");
    press(Key::Code::ClearLine);
    press("\n");
    EXPECT_EQ(asked(), R"(Assign {"id":"00012","user":""})");
    fail("Assign", errors::kFailed, {{"reason", "disk"}});
    EXPECT_EQ(model.state().message.text, "assign of 00012: disk");
    (void)asked();
    press("w\n");
    EXPECT_EQ(asked(), "");
    EXPECT_EQ(model.state().message.text, "a note has text");
    type("the backup is fresh");
    press("\n");
    EXPECT_EQ(asked(), R"(Note {"id":"00012","text":"the backup is fresh"})");
    done["notes"] = {{{"time", "2026-03-01T09:10:00.000000Z"}, {"uid", 1000}, {"user", "alice"}, {"text", "the backup is fresh"}}};
    answer("Note", {{"incident", done}});
    EXPECT_EQ(model.state().message.text, "00012: noted");
    answer("Show", {{"incident", done}});
    EXPECT_TRUE(has_line(model.state(), "noted 2026-03-01 09:10:00.000  alice: the backup is fresh"));
    EXPECT_TRUE(has_line(model.state(), "assigned to alice"));
}

}  // namespace
}  // namespace quell::cli::console
