// SPDX-License-Identifier: Apache-2.0
// Marks, and the approval of all that are marked: one list, one digest, a
// result for each.
#include "tests/cli/console_fixture.h"
#include "user/cli/select.h"
#include "user/control/varlink.h"

namespace quell::cli::console {
namespace {

namespace errors = control::errors;

class ConsoleBulk : public ConsoleModel {
protected:
    static std::vector<Json> several(int count) {
        std::vector<Json> made;
        for (int i = 0; i < count; i++) made.push_back(numbered(i));
        return made;
    }
    static Json digest(const std::string& id, const std::string& digest) { return {{"id", id}, {"digest", digest}, {"target", "container web"}}; }
    // Of all that are marked: "d" and the id.
    void answer_digests() {
        Json list = Json::array();
        for (const BulkTarget& one : model.state().bulk.targets) list.push_back(digest(one.id, "d" + one.id));
        answer("Digests", {{"digests", list}});
        (void)asked();
    }
    void confirm() {
        press("\n");
        type("yes");
        press("\n");
    }
    const BulkTarget& target(std::size_t at) { return model.state().bulk.targets.at(at); }
};

TEST_F(ConsoleBulk, MarksStayOnTheirIncidentsWhileTheyWait) {
    Json over = numbered(3);
    over["state"] = "done";
    show_list({numbered(1), numbered(2), over});
    press("m");
    EXPECT_EQ(model.state().message.text, "it does not wait for a decision: it is done");
    press("j");
    press("m");
    EXPECT_EQ(model.state().list.chosen_id(), "id0001") << "on to the one below";
    press("m");
    EXPECT_EQ(model.state().marks.size(), 2u);
    press("km");
    EXPECT_EQ(model.state().marks, (std::set<std::string, std::less<>>{"id0001"}));
    show_list({numbered(1), numbered(2), numbered(4)});
    EXPECT_TRUE(model.state().marks.contains("id0001"));
    press("M");
    EXPECT_EQ(model.state().marks.size(), 3u);
    press("M");
    EXPECT_TRUE(model.state().marks.empty());
    press("/");
    type("id0002");
    press("\nM");
    EXPECT_EQ(model.state().marks, (std::set<std::string, std::less<>>{"id0002"})) << "of those that are shown";
    press("c");
    EXPECT_TRUE(model.state().marks.empty());
    press("M");
    show_list({numbered(1)});
    EXPECT_TRUE(model.state().marks.empty()) << "it is gone";
    press("a");
    EXPECT_EQ(model.state().message.text, "nothing is marked: m marks the chosen incident");
}

TEST_F(ConsoleBulk, OneListOneDigestAResultForEach) {
    show_list(several(4));
    press("Ma");
    ASSERT_EQ(model.state().page, Page::Bulk);
    EXPECT_EQ(asked(), R"(Digests {"ids":["id0000","id0001","id0002","id0003"],"response":"kill-container"})");
    confirm();
    EXPECT_EQ(asked(), "") << "nobody has seen the digest yet";
    answer("Digests", {{"digests", {digest("id0000", "d0"), digest("id0001", "d1"), {{"id", "id0002"}, {"reason", "the container is gone"}}}}});
    EXPECT_EQ(model.state().bulk.digest, digest_of_all("kill-container", {{"id0000", "d0"}, {"id0001", "d1"}}));
    EXPECT_EQ(target(2).text, "not offered: the container is gone");
    EXPECT_EQ(target(3).text, "it is gone");
    press(Key::Code::ClearLine);
    for (const char* word : {"", "y", "kill-process"}) {
        press(Key::Code::ClearLine);
        type(word);
        press("\n");
        EXPECT_EQ(asked(), "") << word;
        EXPECT_NE(model.state().message.text.find("type yes or kill-container to approve it for these 2"), std::string::npos) << model.state().message.text;
    }
    press(Key::Code::Tab);
    type("case 42");
    press(Key::Code::Tab);
    press(Key::Code::ClearLine);
    type("kill-container");
    press("\n");
    EXPECT_EQ(asked(), R"(Approve {"digest":"d0","id":"id0000","reason":"case 42","response":"kill-container"})") << "one after the other";
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
    EXPECT_EQ(asked(), R"(Approve {"digest":"d1","id":"id0001","reason":"case 42","response":"kill-container"})");
    EXPECT_EQ(target(0).text, "done");
    EXPECT_EQ(target(0).tone, Tone::Good);
    fail("Approve", errors::kChanged, {{"reason", "it was started again"}});
    EXPECT_EQ(asked(), "");
    EXPECT_NE(target(1).text.find("Changed, nothing was decided: it was started again"), std::string::npos) << target(1).text;
    EXPECT_EQ(target(3).text, "it is gone") << "and nobody asked for it";
    EXPECT_TRUE(model.state().bulk.is_over);
    EXPECT_EQ(model.state().message.text, "kill-container: 1 of 4 hold, 2 were asked for; the list says how each went");
    EXPECT_EQ(model.state().message.tone, Tone::Warning);
    press("\n");
    EXPECT_EQ(asked(), "") << "not twice";
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::List);
}

TEST_F(ConsoleBulk, TheWholeOfTheChosenOneIsShownBelow) {
    show_list(several(40));
    press("Ma");
    Json list = Json::array();
    for (const BulkTarget& one : model.state().bulk.targets) list.push_back({{"id", one.id}, {"reason", "of " + one.id + ", " + std::string(30, 'r')}});
    answer("Digests", {{"digests", list}});
    for (int i = 0; i < 20; i++) press(Key::Code::Down);
    EXPECT_EQ(draw(model.state()).row(22), " id0020: not offered: of id0020, " + std::string(30, 'r'));
    press(Key::Code::PageDown);
    press(Key::Code::PageDown);
    EXPECT_EQ(draw(model.state()).row(22).find(" id0039: not offered"), 0u) << "the last, and no further";
    EXPECT_EQ(draw(model.state()).row(16).find("> id0039"), 0u);
}

TEST_F(ConsoleBulk, AResponseIsChosenAndItsDigestsAreItsOwn) {
    Json both = numbered(1), one = numbered(2), only = numbered(3);
    both["offers"].push_back({{"response", "kill-process"}, {"available", true}, {"would_hit_count", 0}});
    only["offers"] = {{{"response", "kill-process"}, {"available", true}, {"would_hit_count", 0}}, {{"response", "isolate-network"}, {"available", false}, {"reason", "off"}, {"would_hit_count", 0}}};
    show_list({both, one, only});
    press("Ma");
    EXPECT_EQ(model.state().bulk.responses, (std::vector<std::string>{"kill-container", "kill-process"})) << "what is not offered is none";
    answer_digests();
    confirm();
    EXPECT_NE(asked().find("Approve"), std::string::npos);
    press(Key::Code::Right);
    EXPECT_EQ(asked(), "") << "too late to choose";
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});

    SetUp();
    show_list({both, one, only});
    press("Ma");
    const auto first = last_serial("Digests");
    press("\n");
    type("yes");
    press(Key::Code::Right);
    EXPECT_EQ(model.state().bulk.form.fields[1].text, "") << "that was for another response";
    EXPECT_NE(asked().find(R"("response":"kill-process")"), std::string::npos);
    answer_serial(first, "Digests", {{"digests", {digest("id0001", "of another response")}}});
    EXPECT_FALSE(model.state().bulk.has_digests) << "an answer that comes too late";
    answer_digests();
    press(Key::Code::Left);
    EXPECT_EQ(model.state().bulk.word(), "kill-container");
}

TEST_F(ConsoleBulk, WhereNobodyAnswersTheRestIsNotAsked) {
    show_list(several(3));
    press("Ma");
    answer_digests();
    confirm();
    (void)asked();
    lose("Approve", "the daemon hung up without an answer");
    EXPECT_EQ(asked(), "");
    EXPECT_NE(target(0).text.find("Whether it was carried out is not known"), std::string::npos) << target(0).text;
    EXPECT_EQ(target(1).text, "not asked: nobody answered before");
    EXPECT_EQ(target(2).text, target(1).text);
    EXPECT_FALSE(model.state().is_deciding);
}

TEST_F(ConsoleBulk, ItIsStoppedBehindTheOneThatIsUnderWay) {
    show_list(several(3));
    press("Ma");
    answer_digests();
    confirm();
    (void)asked();
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::Bulk);
    EXPECT_EQ(model.state().message.text, "it stops behind the one that is under way");
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
    EXPECT_EQ(asked().find("Approve"), std::string::npos);
    EXPECT_EQ(target(0).text, "done");
    EXPECT_EQ(target(2).text, "not asked: it was stopped");
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::List);
    EXPECT_EQ(model.state().marks.size(), 2u) << "those are marked still";
}

TEST_F(ConsoleBulk, NothingElseIsDecidedWhileItRuns) {
    show_list(several(2));
    press("Ma");
    answer_digests();
    confirm();
    press(Key::Code::Escape);
    press(Key::Code::Escape);
    EXPECT_EQ(model.state().page, Page::List) << "it goes on without its page";
    press("a");
    EXPECT_NE(model.state().message.text.find("a decision is on its way"), std::string::npos);
    pass(1'000);
    lose("Incidents", "cannot connect");
    answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
    press("a");
    EXPECT_EQ(model.state().message.text, kAway);
}

// As many as can wait, among 10,000: what one key or answer costs is bounded, and a frame costs what is visible.
TEST_F(ConsoleBulk, AThousandOfTenThousand) {
    std::vector<Json> many = several(10'000);
    show_list({many.begin(), many.begin() + 30});
    press("Ma");
    answer_digests();
    const std::size_t work = draw(model.state()).work();
    press(Key::Code::Escape);
    press("c");
    show_list(many);
    const std::size_t before = model.state().list.looked_at();
    press("M");
    EXPECT_LE(model.state().list.looked_at() - before, kRowsAStep);
    EXPECT_EQ(model.state().marks.size(), kMarksMax);
    const std::size_t list_work = draw(model.state()).work();
    press("c");
    EXPECT_NEAR(static_cast<double>(draw(model.state()).work()), static_cast<double>(list_work), 128) << "marks cost a frame nothing";
    press("Ma");
    ASSERT_EQ(model.state().bulk.targets.size(), kMarksMax);
    answer_digests();
    EXPECT_NEAR(static_cast<double>(draw(model.state()).work()), static_cast<double>(work), 128);
    const std::size_t looked_at = model.state().list.looked_at();
    confirm();
    for (std::size_t i = 0; i < kMarksMax; i++) {
        ASSERT_EQ(asked().rfind("Approve", 0), 0u) << i;
        answer("Approve", {{"incident", sample_incident("done")}, {"survivors", Json::array()}});
    }
    EXPECT_EQ(model.state().list.looked_at(), looked_at);
    EXPECT_TRUE(model.state().bulk.is_over);
    EXPECT_EQ(model.state().bulk.held, kMarksMax);
    EXPECT_EQ(model.state().message.tone, Tone::Good);
    EXPECT_NE(draw(model.state()).row(3 + kBulkHeadRows).find("done"), std::string::npos);
    press(Key::Code::PageUp);
    EXPECT_LT(draw(model.state()).work(), 2 * work);
}

}  // namespace
}  // namespace quell::cli::console
