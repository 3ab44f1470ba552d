// SPDX-License-Identifier: Apache-2.0
// Frames of the console as grids of cells: what is where, at which size.
#include <cstdlib>

#include "tests/cli/console_fixture.h"
#include "user/base/files.h"

namespace quell::cli::console {
namespace {

std::string frame(const Grid& grid) {
    std::string text;
    for (std::size_t y = 0; y < grid.rows(); y++) text += grid.row(y) + "\n";
    return text;
}

class ConsolePages : public ConsoleModel {
protected:
    ConsolePages() {
        setenv("TZ", "UTC", 1);
        tzset();
    }
    void use(Charset charset, std::size_t columns, std::size_t rows) {
        model = Model(charset, true);
        now_ms = 0;
        model.resize(columns, rows);
        pass(0);
        show_list({numbered(1), second()});
        answer("Status", {{"status", status()}});
        answer("WhoAmI", sample_me());
        tell(Json::object());
    }
    static Json second() {
        Json incident = numbered(2);
        incident["name"] = "Password File Read";
        incident["severity"] = "medium";
        incident["state"] = "enforcing";
        incident["file"]["path"] = "/etc/shadow";
        incident["container"]["name"] = "漢字";
        return incident;
    }
    static Json status() {
        return {{"state", "ready"}, {"version", "0.1.0"}, {"kernel", "6.12"}, {"pid", 7}, {"since", "2026-03-01T09:00:00.000000Z"}, {"canary", "denied"}, {"canary_checked", "2026-03-01T09:08:00.000000Z"},
                {"generation", 4}, {"policies", 1}, {"rules", 2}, {"hooks", {{{"name", "inode_unlink"}, {"role", "operation"}, {"attached", true}, {"matched", 5}, {"denied", 3}}, {{"name", "file_permission"}, {"role", "contain"}, {"attached", false}, {"matched", 0}, {"denied", 0}}}},
                {"containers", 3}, {"pending", 1}, {"arming", 0}, {"approved", 0}, {"enforcing", 1}, {"counters", {{{"name", "ring-dropped"}, {"value", 2}}, {{"name", "events"}, {"value", 0}}}}, {"warnings", {"2 events were dropped"}}};
    }
    void open_numbered(const Json& asks) {
        press("G\n");
        answer("Show", {{"incident", numbered(1)}});
        Json approved = sample_row("approved", "id0001");
        approved["who"] = sample_who();
        approved["reason"] = "case 42";
        approved["latency"] = {{"detected_to_approved_us", 12'300'000}};
        answer("History", {{"rows", {approved, sample_row("detected", "id0001")}}});
        answer("Preview", previews(sample_preview(asks)));
    }
    // With tests/cli/frames/NAME.txt, which is to be looked at before it is changed.
    void expect_frame(const std::string& name) {
        const std::string path = std::string(QUELL_SOURCE_DIR "/tests/cli/frames/") + name + ".txt";
        const auto expected = read_file(path, 1 << 20);
        EXPECT_EQ(expected ? *expected : "", frame(draw(model.state()))) << path;
    }
};

TEST_F(ConsolePages, ListAt80x24) {
    use(Charset::Utf8, 80, 24);
    expect_frame("list-80x24");
}

TEST_F(ConsolePages, ListAt80x24InAscii) {
    use(Charset::Ascii, 80, 24);
    expect_frame("list-80x24-ascii");
}

TEST_F(ConsolePages, ListAt200x50) {
    use(Charset::Utf8, 200, 50);
    expect_frame("list-200x50");
}

TEST_F(ConsolePages, At40x10ItSaysWhatItNeeds) {
    for (const Charset charset : {Charset::Utf8, Charset::Ascii}) {
        use(charset, 40, 10);
        expect_frame("small-40x10");
    }
    model.resize(3, 1);
    EXPECT_EQ(draw(model.state()).rows(), 1u);
}

TEST_F(ConsolePages, IncidentAt80x24) {
    use(Charset::Utf8, 80, 24);
    open_numbered({{"refused", "kill-container at severity high takes the role senior, who asks has responder"}});
    expect_frame("incident-80x24");
    press("G");
    expect_frame("incident-80x24-end");
}

TEST_F(ConsolePages, IncidentAt200x50InAscii) {
    use(Charset::Ascii, 200, 50);
    open_numbered(Json::object());
    expect_frame("incident-200x50-ascii");
}

TEST_F(ConsolePages, DecisionAt80x24) {
    use(Charset::Utf8, 80, 24);
    open_numbered(Json::object());
    begin_approval(sample_preview({{"reason", true}}, {"its rule asks for a reason (--reason)"}));
    type("case 42");
    press(Key::Code::Enter);
    type("ki");
    expect_frame("decision-80x24");
    const Grid grid = draw(model.state());
    ASSERT_NE(grid.cursor(), nullptr);
    EXPECT_EQ(grid.cursor()->y, 20u);
}

TEST_F(ConsolePages, MarksAndTheListOfTheMarkedAt80x24) {
    use(Charset::Utf8, 80, 24);
    Json third = numbered(3), first = numbered(1);
    third["name"] = "Password File Read";
    third["container"]["name"] = "漢字";
    first["first_approval"] = {{"response", "kill-container"}, {"digest", "ab12cd34"}, {"who", sample_who()}, {"since", "2026-03-01T09:08:09.000000Z"}};
    show_list({first, numbered(2), third});
    press("M");
    expect_frame("marked-80x24");
    press("a");
    answer("Digests", {{"digests", {{{"id", "id0001"}, {"digest", "aaaaaaaaaaaa"}, {"target", "container web"}}, {{"id", "id0002"}, {"reason", "the container is gone"}},
                                    {{"id", "id0003"}, {"digest", "cccccccccccc"}, {"target", "container 漢字"}}}}});
    type("case 42");
    press(Key::Code::Enter);
    expect_frame("bulk-80x24");
    model.resize(200, 50);
    expect_frame("bulk-200x50");
    type("yes");
    press(Key::Code::Enter);
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
    fail("Approve", "io.quell.Guarded", {{"guard", "labels"}, {"reason", "guard labels: protected"}, {"word", "db"}});
    model.resize(80, 24);
    expect_frame("bulk-80x24-over");
}

TEST_F(ConsolePages, WhatWasToldLastIsBelowTheList) {
    use(Charset::Utf8, 80, 24);
    Json row = sample_row("approved", "id0001");
    row["who"] = sample_who();
    row["response"] = "kill-container";
    row["reason"] = "\x1b[2Jcase 42";
    tell({{"row", row}});
    const Grid grid = draw(model.state());
    EXPECT_EQ(grid.row(22), " 09:08:07  approved id0001, web (c0ffee), kill-container, by root (uid 0, logg…");
    EXPECT_EQ(grid.row(1), " alice, responder");
    answer("WhoAmI", sample_me("admin", 0));
    lose("Watch", "the daemon has gone away");
    model.resize(200, 50);
    EXPECT_EQ(draw(model.state()).row(1), " root, admin: root is none of two persons, and can change its own login uid  (the list is asked for every second)");
}

TEST_F(ConsolePages, HistoryStatusAndHelpAt80x24) {
    use(Charset::Utf8, 80, 24);
    press("h");
    Json approved = sample_row("approved", "id0001");
    approved["who"] = sample_who();
    approved["reason"] = "case 42";
    answer("History", {{"rows", {approved, sample_row("detected", "id0001"), sample_row("started", nullptr)}}});
    expect_frame("history-80x24");
    press("qt");
    answer("Status", {{"status", status()}});
    answer("ListPolicies", {{"generation", 4}, {"policies", {{{"name", "notable-events"}, {"version", "1"}, {"file", "x.yaml"}, {"rules", 2}, {"rule_ids", {"clear-log-activities", "read-shadow"}}, {"observed", Json::array()}, {"off", Json::array()}}}}});
    expect_frame("status-80x24");
    press("q?");
    expect_frame("help-80x24");
}

TEST_F(ConsolePages, ADaemonThatIsAwayAndOneThatIsBlind) {
    use(Charset::Utf8, 80, 24);
    pass(1'000);
    lose("Incidents", "cannot connect to /run/quell/quell.sock: Connection refused");
    pass(12'000);
    const Grid grid = draw(model.state());
    EXPECT_EQ(grid.row(1), " daemon away since 09:09:08 (12s), nothing can be decided: cannot connect to /r…");
    EXPECT_NE(grid.row(0).find("STALE"), std::string::npos);
    EXPECT_TRUE(grid.at(2, 4).look.dim) << "what is shown is stale";
    answer("Incidents", list({numbered(1)}));
    Json blind = status();
    blind["state"] = "blind";
    answer("Status", {{"status", blind}});
    EXPECT_NE(draw(model.state()).row(1).find("Quell is blind"), std::string::npos);
}

TEST_F(ConsolePages, SeverityHasItsColour) {
    use(Charset::Utf8, 80, 24);
    const Grid grid = draw(model.state());
    EXPECT_EQ(grid.row(3).find("> id0002"), 0u);
    EXPECT_EQ(grid.at(10, 3).look.tone, Tone::Warning) << "medium";
    EXPECT_TRUE(grid.at(10, 3).look.reverse) << "chosen";
    EXPECT_TRUE(grid.at(2, 3).look.dim) << "decided";
    EXPECT_EQ(grid.at(10, 4).look.tone, Tone::Bad) << "high";
    EXPECT_EQ(grid.at(19, 4).look.tone, Tone::Bad) << "its state, too";
}

TEST_F(ConsolePages, TheListIsNotWiderForLongOrWideNames) {
    use(Charset::Utf8, 80, 24);
    Json wide = numbered(3), marks = numbered(4), plain = numbered(5), hostile = numbered(6);
    wide["name"] = "漢字漢字漢字漢字漢字漢字漢字漢字漢字";
    marks["name"] = "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81o\xcc\x88";
    hostile["name"] = "\x1b[2J\xe2\x80\xae\n\xd7\xa9";
    for (Json* one : {&wide, &marks, &plain, &hostile}) (*one)["container"]["name"] = "SUBJECT";
    show_list({wide, marks, plain, hostile});
    const Grid grid = draw(model.state());
    const auto subject_at = [&](std::size_t y) {
        for (std::size_t x = 0; x < grid.columns(); x++)
            if (grid.at(x, y).characters[0] == U'S' && grid.at(x + 1, y).characters[0] == U'U') return x;
        return SIZE_MAX;
    };
    for (std::size_t y = 2; y < 7; y++) EXPECT_EQ(subject_at(y), subject_at(2)) << grid.row(y);
    EXPECT_NE(grid.row(3).find("\\x1b[2J"), std::string::npos) << grid.row(3);
}

TEST(ConsoleGrid, NothingLeavesItsColumns) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    Grid grid(10, 2, Charset::Utf8);
    EXPECT_EQ(grid.put(0, 0, "漢字漢字漢字"), 9u);
    EXPECT_EQ(grid.row(0), "漢字漢字…") << "no half of a character at the end";
    EXPECT_EQ(grid.put(8, 1, "漢字"), 1u);
    EXPECT_EQ(grid.row(1), "        …");
    EXPECT_EQ(grid.put(2, 1, "abcdef", {}, 4), 4u);
    EXPECT_EQ(grid.row(1), "  abc…  …");
    EXPECT_EQ(grid.put(0, 1, "e\xcc\x81" "x", {}, 2), 2u);
    EXPECT_EQ(grid.row(1), "e\xcc\x81xabc…  …");
    EXPECT_EQ(grid.put(10, 0, "x"), 0u);
    EXPECT_EQ(grid.put(0, 2, "x"), 0u);
    Grid wide(30, 1, Charset::Utf8);
    wide.put(0, 0, "\xcc\x81" "a\xff\x1b\xd7\xa9");
    EXPECT_EQ(wide.row(0), "\\xcc\\x81a\\xff\\x1b\\xd7\\xa9") << "a mark without its base, no character, a control, right to left";
    Grid ascii(30, 1, Charset::Ascii);
    ascii.put(0, 0, "naïve 漢", {}, 16);
    EXPECT_EQ(ascii.row(0), "na\\xc3\\xafve \\x~");
}

TEST(ConsoleText, WrapsAtBlanks) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    using Parts = std::vector<std::string>;
    EXPECT_EQ(wrap("", 20, 9, Charset::Utf8), Parts{""});
    EXPECT_EQ(wrap("one two three four five", 16, 9, Charset::Utf8), (Parts{"one two three", "four five"}));
    EXPECT_EQ(wrap(std::string(40, 'x'), 16, 9, Charset::Utf8), (Parts{std::string(16, 'x'), std::string(16, 'x'), std::string(8, 'x')}));
    EXPECT_EQ(wrap(std::string(40, 'x'), 16, 2, Charset::Utf8), (Parts{std::string(16, 'x'), std::string(15, 'x') + "…"}));
    EXPECT_EQ(wrap("漢字漢字漢字漢字漢字", 16, 9, Charset::Utf8), (Parts{"漢字漢字漢字漢字", "漢字"}));
}

TEST(ConsoleText, LongValuesAreCutAndRulesAreNot) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    Json incident = sample_incident();
    const std::size_t before = incident_lines(incident, Json(), Json::array(), 0, Layout{}).size();
    incident["file"]["path"] = std::string(4096, 'p');
    const auto lines = incident_lines(incident, Json(), Json::array(), 0, Layout{});
    EXPECT_EQ(lines.size(), before + kValueLinesMax - 1);
    Json rules = Json::array();
    for (int i = 0; i < 200; i++) rules.push_back("a-rule-with-a-name-" + std::to_string(i));
    const auto status = status_lines(Json::object(), {{"policies", {{{"name", "p"}, {"rule_ids", rules}}}}}, Layout{});
    EXPECT_TRUE(std::ranges::any_of(status, [](const Line& line) { return line.text.ends_with("a-rule-with-a-name-199"); }));
}

}  // namespace
}  // namespace quell::cli::console
