// SPDX-License-Identifier: Apache-2.0
// A daemon that was fooled, or is none, cannot drive the terminal of whoever
// looks; and JSON stays JSON.
#include <algorithm>

#include "tests/cli/fake_daemon.h"
#include "user/cli/terminal.h"

namespace quell::cli {
namespace {

// Every text in it becomes hostile.
Json poisoned(Json value, bool keep = false) {
    static const std::string kPoison = "a\x1b[2J\x1b]0;t\x07\nb\r\t\x7f\xc2\x9b" "31m\xe2\x80\xae" "c\\x1b\xf0\x9f\x98\x80";
    if (value.is_string() && !keep) return kPoison;
    if (value.is_structured())
        for (auto& [key, one] : value.items()) one = poisoned(one);
    return value;
}

void expect_clean(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); i++) {
        const auto c = static_cast<unsigned char>(text[i]);
        ASSERT_TRUE((c >= 0x20 || c == '\n') && c != 0x7f) << "byte " << i << ": " << static_cast<int>(c);
    }
    EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
}

TEST_F(FakeDaemon, HostileTextIsEscapedEverywhere) {
    const Json incident = poisoned(sample_incident());
    will_reply("Incidents", {{"incidents", {incident}}});
    will_reply("Show", {{"incident", incident}});
    will_reply("Approve", {{"incident", incident}, {"survivors", {poisoned(sample_process(1, "", ""))}}});
    will_reply("Reject", {{"incident", incident}});
    will_reply("History",
               {{"rows", {poisoned(Json{{"row", 1}, {"time", ""}, {"action", ""}, {"incident", ""}, {"subject", ""}, {"response", ""}, {"result", ""}, {"who", sample_who()}, {"reason", ""}, {"detail", ""}})}}});
    will_reply("VerifyHistory", poisoned(Json{{"ok", false}, {"rows", 1}, {"head", ""}, {"broken_at", 1}, {"detail", ""}}));
    will_reply("ListPolicies", poisoned(Json{{"generation", 1}, {"policies", {{{"name", ""}, {"file", ""}, {"rules", 1}, {"rule_ids", {""}}, {"observed", {""}}, {"off", {""}}}}}}));
    will_reply("Version", poisoned(Json{{"version", ""}, {"abi", 1}, {"kernel", ""}}));
    will_fail("Undo", control::errors::kTooLate, poisoned(Json{{"state", ""}, {"reason", ""}}));
    start();
    for (const auto& verb : std::vector<std::vector<std::string>>{
             {"incidents"}, {"show", "1"}, {"approve", "1@d", "x"}, {"reject", "1"}, {"undo", "1"}, {"history"}, {"history", "verify"}, {"policy", "list"}, {"version"}}) {
        SCOPED_TRACE(verb[0]);
        const Ran ran = quell(verb);
        expect_clean(ran.out);
        expect_clean(ran.err);
        EXPECT_NE((ran.out + ran.err).find("\\x1b"), std::string::npos);
        auto with_json = verb;
        with_json.push_back("--json");
        const Ran json = quell(with_json);
        expect_clean(json.out);
        EXPECT_TRUE(Json::accept(json.out)) << json.out;
        for (const char c : json.out) ASSERT_LT(static_cast<unsigned char>(c), 0x80);
    }
}

TEST_F(FakeDaemon, HostileTextOnATerminalBringsNoSequenceOfItsOwn) {
    Json incident = poisoned(sample_incident());
    incident["state"] = "pending";
    incident["offers"][0]["response"] = "kill-container";
    will_reply("Show", {{"incident", incident}});
    start();
    for (const auto& verb : std::vector<std::vector<std::string>>{{"approve", "1", "kill-container"}, {"approve", "1", "a\x1b[2J"}, {"approve", "1"}}) {
        const Ran ran = quell_on_terminal(verb, "kill-container\nno\n", {"NO_COLOR=1"});
        EXPECT_EQ(ran.code, 1);
        EXPECT_EQ(ran.out.find("\x1b"), std::string::npos) << ran.out;
        EXPECT_NE(ran.out.find("\\x1b"), std::string::npos) << ran.out;
    }
}

TEST(Usage, AWrongArgumentIsNotRepeatedRaw) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"status", "bog\x1b]0;t\x07us"}, {"status", "--bog\x1b[2Jus"}, {"show", "1", "a\x1b[2J\nb"}, {"history", "\xc2\x9b" "31m\x7f"}}) {
        const Ran ran = run_quell(arguments);
        EXPECT_EQ(ran.code, 2);
        expect_clean(ran.err);
        EXPECT_NE(ran.err.find("\\x"), std::string::npos) << ran.err;
        EXPECT_EQ(std::ranges::count(ran.err, '\n'), 2) << "no line of its own: " << ran.err;
    }
}

TEST(Safe, IsIdempotentAndKeepsWhatIsPrintable) {
    EXPECT_EQ(safe("a\x1b" "b"), "a\\x1b" "b");
    EXPECT_EQ(safe(safe("a\x1b" "b\\\xff")), safe("a\x1b" "b\\\xff"));
    EXPECT_EQ(safe("naïve 漢字"), "naïve 漢字");
    EXPECT_EQ(safe(std::string("\0", 1)), "\\x00");
    EXPECT_EQ(safe(""), "");
}

}  // namespace
}  // namespace quell::cli
