// SPDX-License-Identifier: Apache-2.0
// The options of an approval, and a response without an incident: keys in,
// calls and frames out.
#include <set>

#include "tests/cli/console_fixture.h"
#include "user/base/vocabulary.h"
#include "user/cli/console/options.h"
#include "user/cli/verb.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

namespace errors = control::errors;

class ConsoleOptions : public ConsoleModel {
protected:
    // The page of an incident that offers this response, and the approval of it with what it would hit.
    void begin(const char* response, const Json& asks = Json::object()) {
        incident = sample_incident();
        incident["offers"] = Json::array({incident["offers"][0]});
        incident["offers"][0]["response"] = response;
        preview = sample_preview(asks);
        preview["offer"]["response"] = response;
        show_list({incident});
        press("\n");
        answer("Show", {{"incident", incident}});
        answer("History", {{"rows", Json::array()}});
        (void)asked();
        begin_approval(preview);
    }
    void open_options() {
        press(Key::Code::F2);
        ASSERT_EQ(model.state().page, Page::Options) << model.state().message.text;
    }
    // Down to this one.
    void choose(std::string_view option) {
        const OptionsPage& page = model.state().options;
        for (std::size_t i = 0; i < page.options.size() && page.options[page.chosen].row->option != option; i++) press(Key::Code::Tab);
        ASSERT_EQ(page.options[page.chosen].row->option, option);
    }
    void keep() {
        press(Key::Code::Enter);
        ASSERT_EQ(model.state().page, Page::Decide) << model.state().message.text;
    }
    void confirm(const std::string& word) {
        if (model.state().decide.form.at == 0) press(Key::Code::Enter);
        type(word);
        press(Key::Code::Enter);
    }
    std::string screen() const {
        const Grid grid = draw(model.state());
        std::string text;
        for (std::size_t y = 0; y < grid.rows(); y++) text += grid.row(y) + "\n";
        return text;
    }
    void expect_shown(const std::string& text) const { EXPECT_NE(screen().find(text), std::string::npos) << text << "\n" << screen(); }

    Json incident, preview;
};

TEST_F(ConsoleOptions, AreThoseOfApprove) {
    std::set<std::string> known, had;
    // That have fields and keys of their own, or are not for somebody who looks at it.
    const std::set<std::string> elsewhere = {"--reason", "--confirm", "--dry-run", "--select", "--digest"};
    for (const Verb& verb : verbs())
        if (verb.name == "approve")
            for (const Parameter& one : verb.parameters)
                if (one.name.starts_with("--") && !elsewhere.contains(std::string(one.name))) known.insert(std::string(one.name));
    for (const OptionRow& row : option_rows()) had.insert(std::string(row.option));
    EXPECT_EQ(had, known);
    std::set<std::string> offered;
    for (const std::string_view response : kResponseWords) {
        const auto options = options_of(response);
        EXPECT_LE(2 * options.size() + 1, kRowsMin - kFrameRows) << "80x24 have room for those of " << response;
        for (const Option& one : options) offered.insert(std::string(one.row->option));
    }
    EXPECT_EQ(offered, known) << "each is of a response that there is";
    for (const OptionRow& row : option_rows()) EXPECT_LE(row.help.size(), kColumnsMin - 6) << row.option;
}

TEST_F(ConsoleOptions, EvidenceFirstIsShownAskedForAnewAndSent) {
    begin("kill-container");
    press("\n");
    type("yes");
    open_options();
    for (const char* text : {"> [ ] --with capture", "evidence first: freeze it, capture it, then kill it", "  [ ] --scope pod", "  [ ] --break-glass"}) expect_shown(text);
    EXPECT_EQ(screen().find("--allow"), std::string::npos) << "of another response";
    press(" ");
    expect_shown("> [x] --with capture");
    press("q ");
    expect_shown("> [ ] --with capture");
    EXPECT_EQ(asked(), "");
    press(" ");
    keep();
    EXPECT_EQ(asked(), R"(Preview {"id":"00012","response":"kill-container"})");
    EXPECT_EQ(model.state().decide.form.fields.back().text, "") << "it confirmed something else";
    expect_shown("Approve kill-container --with capture");
    expect_shown("    options      --with capture");
    confirm("yes");
    EXPECT_EQ(asked(), "") << "what would be hit is not there yet";
    answer("Preview", previews(preview));
    press("\n");
    EXPECT_EQ(asked(), R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container","with":"capture"})");
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}, {"evidence", {{"whole", false}, {"text", "cut after 60 s"}}}});
    EXPECT_NE(model.state().message.text.find("done, evidence: cut after 60 s"), std::string::npos) << model.state().message.text;
    EXPECT_EQ(model.state().message.tone, Tone::Bad);
}

TEST_F(ConsoleOptions, WhatIsLeftWithEscapeIsNotTaken) {
    begin("kill-container");
    open_options();
    press(" ");
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::Decide);
    EXPECT_EQ(asked(), "");
    confirm("yes");
    EXPECT_EQ(asked(), R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container"})");
}

TEST_F(ConsoleOptions, WhatStaysAllowedIsTyped) {
    begin("isolate-network");
    open_options();
    choose("--allow");
    type("10.0.0.53:53  [2001:db8::53]:53");
    choose("--allow-node");
    press(" ");
    choose("--follow");
    type("soon");
    press("\n");
    EXPECT_EQ(model.state().page, Page::Options);
    EXPECT_EQ(model.state().message.text, "--follow: a duration from 1s to 7d, such as 2h");
    press(Key::Code::ClearLine);
    type("2h");
    expect_shown("  --allow NETWORK[:PORT] ...: 10.0.0.53:53  [2001:db8::53]:53");
    expect_shown("> --follow DURATION: 2h");
    keep();
    answer("Preview", previews(preview));
    (void)asked();
    confirm("yes");
    EXPECT_EQ(asked(), R"(Approve {"allow":["10.0.0.53:53","[2001:db8::53]:53"],"allow_node":true,"digest":"ab12cd34","follow_s":7200,"id":"00012","response":"isolate-network"})");
    // The daemon knows what a network is. The page stays, to mend it.
    fail("Approve", errors::kNotOffered, {{"response", "isolate-network"}, {"reason", "10.0.0.53:53: no"}});
    EXPECT_EQ(model.state().page, Page::Decide);
    EXPECT_NE(model.state().message.text.find("isolate-network is not offered: 10.0.0.53:53: no"), std::string::npos) << model.state().message.text;
    EXPECT_EQ(asked(), R"(Preview {"id":"00012","response":"isolate-network"})") << "and nothing can be confirmed before it";
}

TEST_F(ConsoleOptions, PathsMayHaveBlanks) {
    begin("deny-write");
    open_options();
    choose("--below");
    type("/srv/data /a\\ b");
    keep();
    answer("Preview", previews(preview));
    (void)asked();
    confirm("yes");
    EXPECT_EQ(asked(), R"(Approve {"below":["/srv/data","/a b"],"digest":"ab12cd34","id":"00012","response":"deny-write"})");
}

TEST_F(ConsoleOptions, OfAPodOrOfAllInstances) {
    begin("deny-exec");
    open_options();
    choose("--all-instances");
    press(" ");
    choose("--scope");
    press(" \n");
    EXPECT_EQ(model.state().message.text, "--all-instances is of a file, and a scope of containers: one of them");
    press(" ");
    keep();
    EXPECT_EQ(asked(), R"(Preview {"all_instances":true,"id":"00012","response":"deny-exec"})");
}

TEST_F(ConsoleOptions, OfAPodTheDigestIsThatOfWhatIsShown) {
    begin("kill-container");
    open_options();
    press(" ");
    choose("--scope");
    press(" \n");
    EXPECT_EQ(model.state().message.text, "--with is of one target, not of several");
    choose("--break-glass");  // down to the last, and up
    press(Key::Code::Up);
    press(Key::Code::Up);
    choose("--with");
    press(" ");
    keep();
    EXPECT_EQ(asked(), R"(Preview {"id":"00012","response":"kill-container","scope":"pod"})");
    confirm("yes");
    Json other = {{"offer", preview["offer"]}, {"container", {{"id", "beef"}, {"name", "side\x1b[2J"}, {"alive", true}}}, {"files", Json::array()}}, wide = preview;
    wide["offer"]["digest"] = "ffff0000";
    wide["parts"] = Json::array({other});
    wide["unseen"] = "of 1 container of this host it is not known whose it is";
    answer("Preview", previews(wide));
    EXPECT_EQ(model.state().decide.form.fields.back().text, "") << "it was typed before anybody saw them";
    EXPECT_EQ(screen().find("stop "), std::string::npos) << screen();
    press(Key::Code::PageDown);
    expect_shown("and          side\\x1b[2J, 3 processes now");
    expect_shown("not seen     of 1 container");
    type("yes");
    (void)asked();
    press("\n");
    EXPECT_EQ(asked(), R"(Approve {"digest":"ffff0000","id":"00012","response":"kill-container","scope":"pod"})");
    fail("Approve", errors::kChanged, {{"reason", "since it was shown: api is new"}});
    EXPECT_EQ(model.state().page, Page::Decide);
    EXPECT_EQ(model.state().message.text, "Changed, nothing was decided: since it was shown: api is new. Look again");
    wide["offer"]["digest"] = "ffff1111";
    answer("Preview", previews(wide));
    (void)asked();
    confirm("yes");
    EXPECT_EQ(asked(), R"(Approve {"digest":"ffff1111","id":"00012","response":"kill-container","scope":"pod"})");
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}, {"parts", {{{"id", "00013"}, {"subject", "api"}, {"state", "failed"}, {"ok", false}}}}});
    EXPECT_NE(model.state().message.text.find("with 0 of 1 others"), std::string::npos) << model.state().message.text;
    EXPECT_EQ(model.state().message.tone, Tone::Bad);
}

TEST_F(ConsoleOptions, TheGlassIsBrokenByTheResponsesNameAndAReason) {
    answer("Incidents", list({sample_incident()}));
    Json me = sample_me();
    me["break_glass"] = true;
    answer("WhoAmI", me);
    begin("kill-container", {{"refused", "it takes the role senior"}});
    expect_shown("stop         you may not: it takes the role senior");
    confirm("yes");
    EXPECT_EQ(asked(), "");
    open_options();
    choose("--break-glass");
    press(" ");
    keep();
    answer("Preview", previews(preview));
    (void)asked();
    expect_shown("To break the glass type kill-container:");
    confirm("yes");
    EXPECT_EQ(asked(), "");
    press(Key::Code::ClearLine);
    type("kill-container");
    press("\n");
    EXPECT_EQ(asked(), "");
    EXPECT_EQ(model.state().message.text, "nothing was decided: breaking the glass takes a reason");
    type("case 42");
    press("\n\n");
    EXPECT_EQ(asked(), R"(Approve {"break_glass":true,"digest":"ab12cd34","id":"00012","reason":"case 42","response":"kill-container"})");
}

TEST_F(ConsoleOptions, OnlyAnApprovalHasThem) {
    open_sample();
    press("x");
    press(Key::Code::F2);
    EXPECT_EQ(model.state().page, Page::Decide);
    EXPECT_EQ(model.state().message.text, "only an approval has options");
}

TEST_F(ConsoleOptions, WhatNobodyDetectedIsBoundAndNotContained) {
    show_list({});
    press("R");
    ASSERT_EQ(model.state().page, Page::Decide);
    expect_shown("> Response:");
    expect_shown("Target:");
    expect_shown("Reason, for the history:");
    type("kill");
    press("\n");
    type("container web");
    press("\n");
    type("case 42");
    press("\n");
    EXPECT_EQ(asked(), "");
    EXPECT_EQ(model.state().message.text, "nothing was bound: no such response");
    type("-container");
    press("\n\n\n");
    EXPECT_EQ(asked(), R"(Request {"container":"web","reason":"case 42","response":"kill-container"})");
    fail("Request", errors::kFailed, {{"reason", "there is no such container"}});
    EXPECT_EQ(model.state().message.text, "nothing was bound: there is no such container");
    ASSERT_EQ(model.state().page, Page::Decide) << "to mend it";
    for (const auto& [target, sent] : std::vector<std::pair<const char*, const char*>>{{"container web /etc/a b", R"("container":"web","path":"/etc/a b")"}, {"pod shop/web-0", R"("pod":"shop/web-0")"},
                                                                                     {"pid 4711", R"("pid":4711)"}, {"file /usr/bin/x", R"("path":"/usr/bin/x")"}, {"from 00012", R"("from":"00012")"}}) {
        while (model.state().decide.form.at != 1) press(Key::Code::Tab);
        press(Key::Code::ClearLine);
        type(target);
        press("\n\n");
        EXPECT_NE(asked().find(sent), std::string::npos) << target;
        fail("Request", errors::kFailed, {{"reason", "no"}});
    }
    for (const char* wrong : {"", "pid", "pid x", "pid 0", "web", "image x"}) {
        while (model.state().decide.form.at != 1) press(Key::Code::Tab);
        press(Key::Code::ClearLine);
        type(wrong);
        press("\n\n");
        EXPECT_EQ(asked().find("Request"), std::string::npos) << wrong;
        EXPECT_TRUE(model.state().message.text.starts_with("nothing was bound: a target is one of container NAME")) << model.state().message.text;
    }
    press(Key::Code::ClearLine);
    type("container web");
    press("\n\n");
    (void)asked();
    answer("Request", {{"incident", sample_incident()}});
    EXPECT_EQ(model.state().page, Page::Detail);
    EXPECT_NE(asked().find(R"(Show {"id":"00012"})"), std::string::npos);
    EXPECT_EQ(model.state().message.text, "bound, nothing is contained yet: a approves it, x withdraws it");
}

TEST_F(ConsoleOptions, WhatHasExpiredIsRespondedToByItsId) {
    open_sample();
    press("R");
    EXPECT_EQ(model.state().message.text, "it waits: a approves what it offers");
    press("r");
    answer("Show", {{"incident", sample_incident("expired")}});
    press("R");
    ASSERT_EQ(model.state().page, Page::Decide);
    EXPECT_EQ(model.state().decide.form.fields[1].text, "from 00012");
}

}  // namespace
}  // namespace quell::cli::console
