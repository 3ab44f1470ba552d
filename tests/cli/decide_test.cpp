// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/fake_daemon.h"
#include "user/cli/incident_text.h"
#include "user/control/varlink.h"

namespace quell::cli {
namespace {

Json done_incident() {
    Json incident = sample_incident("done");
    incident["response"] = "kill-container";
    incident["decided_by"] = sample_who();
    incident["latency"] = {{"detected_to_approved_us", 12'300'000}, {"approved_to_flipped_us", 85}, {"flipped_to_last_gone_us", 4100}};
    return incident;
}

TEST_F(FakeDaemon, Approve) {
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "kill-container", "--reason", "a drill"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out,
              "00012 Clear Log Activities: kill-container done\n"
              "  detected 2026-03-01 09:08:07 +0000 -> approved +12.3s -> flipped +85us -> last process gone +4.1ms\n");
    EXPECT_EQ(calls(), std::vector<std::string>{R"(Approve {"digest":"ab12cd34","id":"00012","reason":"a drill","response":"kill-container"})"});
}

TEST_F(FakeDaemon, WhatStaysAllowedGoesWithTheApproval) {
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "--allow", "10.0.0.53:53", "isolate-network", "--allow", "10.0.0.0/8", "--allow-node", "--loopback"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(calls(), std::vector<std::string>{
                           R"(Approve {"allow":["10.0.0.53:53","10.0.0.0/8"],"allow_node":true,"digest":"ab12cd34","id":"00012","loopback":true,"response":"isolate-network"})"});
}

TEST_F(FakeDaemon, EvidenceGoesWithTheApprovalAndItsLackIsNoSuccess) {
    const Json taken = {{"whole", true}, {"text", "2 processes captured\x1b[31m"}}, lost = {{"whole", false}, {"text", "the evidence failed: the disk is full"}};
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}, {"evidence", taken}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "kill-container", "--with", "capture"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("  evidence: 2 processes captured"), std::string::npos) << ran.out;
    EXPECT_EQ(ran.out.find('\x1b'), std::string::npos) << ran.out;
    EXPECT_EQ(calls().back(), R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container","with":"capture"})");
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}, {"evidence", lost}});
    const Ran failed = quell({"approve", "00012@ab12cd34", "quarantine-file", "--copy"});
    EXPECT_EQ(failed.code, 1) << "it is contained, and there is no copy";
    EXPECT_NE(failed.out.find("the disk is full"), std::string::npos) << failed.out;
    EXPECT_EQ(calls().back(), R"(Approve {"copy":true,"digest":"ab12cd34","id":"00012","response":"quarantine-file"})");
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "quarantine-file", "--copy", "--json"}).code, 1);
}

TEST_F(FakeDaemon, EvidenceIsNoMatterOfManyAtOnce) {
    start();
    for (const auto& option : {std::vector<std::string>{"--with", "capture"}, {"--copy"}}) {
        std::vector<std::string> arguments{"approve", "--select", "severity=high", "kill-container", "--dry-run"};
        arguments.insert(arguments.end(), option.begin(), option.end());
        EXPECT_EQ(quell(arguments).code, 2) << option[0];
    }
    EXPECT_TRUE(calls().empty());
}

TEST_F(FakeDaemon, PlacesGoWithTheApproval) {
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "--below", "/var/log", "deny-write", "--below", "/srv/a b"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(calls(), std::vector<std::string>{R"(Approve {"below":["/var/log","/srv/a b"],"digest":"ab12cd34","id":"00012","response":"deny-write"})"});
}

Json followed_incident() {
    Json incident = done_incident();
    incident["state"] = "enforcing";
    incident["response"] = "isolate-network";
    incident["follow"] = {{"incident", "00012"}, {"workload", "shop/cart-0/web of registry.example/cart:1"}, {"response", "isolate-network"}, {"until", "2026-03-01T11:08:07.000000Z"},
                          {"time_left_s", 7199}, {"times", 1}, {"came_back", {"00023"}}, {"longest_window_us", 34'200}};
    return incident;
}

TEST_F(FakeDaemon, AContainmentFollowsItsWorkload) {
    will_reply("Approve", {{"incident", followed_incident()}, {"survivors", Json::array()}});
    will_reply("Incidents", {{"incidents", {followed_incident()}}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "isolate-network", "--follow", "2h"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("  isolate-network of incident 00012 follows shop/cart-0/web of registry.example/cart:1 until 2026-03-01 11:08:07 +0000, 1h 59m left; "
                           "it came back 1 time, not contained for at most 34.2ms: 00023\n"),
              std::string::npos)
        << ran.out;
    EXPECT_NE(quell({"incidents"}).out.find("enforcing follows"), std::string::npos);
    EXPECT_EQ(calls().front(), R"(Approve {"digest":"ab12cd34","follow_s":7200,"id":"00012","response":"isolate-network"})");
}

TEST_F(FakeDaemon, WhatAContainmentIsFoundAgainByIsShown) {
    auto denial = followed_incident();
    denial["follow"]["response"] = "deny-exec";
    denial["follow"]["paths"] = {"/usr/bin/x\x1b", "/srv"};
    will_reply("Approve", {{"incident", denial}, {"survivors", Json::array()}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "deny-exec", "--follow", "2h"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("  deny-exec of incident 00012 follows shop/cart-0/web of registry.example/cart:1, by /usr/bin/x"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find(", /srv until 2026-03-01"), std::string::npos) << ran.out;
    EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
}

// A script whose variable is empty meant to try it.
TEST_F(FakeDaemon, AnEmptyReasonDoesNotTakeTheNextOption) {
    will_reply("Approve", {{"incident", sample_incident()}, {"survivors", Json::array()}});
    start();
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--reason=", "--dry-run"}).code, 0);
    EXPECT_EQ(calls(), std::vector<std::string>{R"(Approve {"digest":"ab12cd34","dry_run":true,"id":"00012","reason":"","response":"kill-container"})"});
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--reason", "--dry-run"}).code, 2);
    EXPECT_EQ(calls().size(), 1u);
}

TEST_F(FakeDaemon, ATermIsChecked) {
    start();
    for (const char* term : {"0s", "8d", "soon", "500ms", "-1h"}) EXPECT_EQ(quell({"approve", "00012@ab12cd34", "isolate-network", "--follow=" + std::string(term)}).code, 2) << term;
    EXPECT_EQ(quell({"approve", "--select", "rule=x", "isolate-network", "--digest", "ab", "--follow", "2h"}).code, 2) << "many at once follow nothing";
    EXPECT_TRUE(calls().empty());
}

TEST_F(FakeDaemon, ThatItDoesNotFollowIsSaid) {
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "isolate-network", "--no-follow", "--follow", "2h"}).code, 2) << "one of them";
    EXPECT_TRUE(calls().empty());
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "isolate-network", "--no-follow"}).code, 0);
    EXPECT_EQ(calls(), std::vector<std::string>{R"(Approve {"digest":"ab12cd34","id":"00012","no_follow":true,"response":"isolate-network"})"});
}

TEST(OfferText, SaysWhetherItFollows) {
    const auto text = [](Json offer) { return offer_text(offer, ""); };
    EXPECT_EQ(text({{"response", "deny-write"}}).find("follows:"), std::string::npos) << "its rule says nothing";
    EXPECT_NE(text({{"response", "deny-write"}, {"follow_s", 28800}}).find("follows:   its workload, for 8h"), std::string::npos) << text({{"follow_s", 28800}});
    EXPECT_NE(text({{"response", "deny-write"}, {"not_followed", "its runtime does not say its image\x1b"}}).find("follows:   not its workload, though its rule says so: its runtime does not say its image"), std::string::npos);
    EXPECT_EQ(text({{"not_followed", "\x1b[2J"}}).find('\x1b'), std::string::npos);
}

TEST_F(FakeDaemon, WhoHoldsTheFileIsKilledWhereItIsSaid) {
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "quarantine-file", "--kill-holders"}).code, 0);
    EXPECT_EQ(calls(), std::vector<std::string>{R"(Approve {"digest":"ab12cd34","id":"00012","kill_holders":true,"response":"quarantine-file"})"});
}

TEST_F(FakeDaemon, SurvivorsAreNamed) {
    Json incident = done_incident();
    incident["state"] = "enforcing";
    will_reply("Approve", {{"incident", incident}, {"survivors", {sample_process(4300, "stuck", "member")}}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "kill-container"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("  still there: 4300 stuck (uid 0), member, running\n"), std::string::npos) << ran.out;
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--json"}).code, 1);
}

TEST_F(FakeDaemon, FlippedButNotProvenIsNoSuccess) {
    Json incident = done_incident();
    incident["state"] = "approved";
    will_reply("Approve", {{"incident", incident}, {"survivors", Json::array()}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "kill-container"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("was not seen to hold"), std::string::npos) << ran.err;
}

TEST_F(FakeDaemon, AScriptMustSayWhatItApproves) {
    start();
    for (const char* target : {"00012", "00012@"}) {
        const Ran ran = quell({"approve", target, "kill-container"});
        EXPECT_EQ(ran.code, 2);
        EXPECT_NE(ran.err.find("hint: quell approve 00012@DIGEST kill-container"), std::string::npos) << ran.err;
    }
    for (const char* target : {"00012", "00012@", "00012@ab12cd34"}) {
        const Ran ran = quell({"approve", target});
        EXPECT_EQ(ran.code, 2);
        EXPECT_NE(ran.err.find("hint: quell approve 00012@DIGEST RESPONSE"), std::string::npos) << ran.err;
    }
    EXPECT_EQ(quell_on_terminal({"approve", "00012@ab12cd34"}, "yes\n").code, 2) << "a digest stands for one response";
    EXPECT_TRUE(calls().empty());
}

TEST_F(FakeDaemon, AReasonThatIsTooLongIsAUsageError) {
    will_reply("Reject", {{"incident", sample_incident("rejected")}});
    start();
    const std::string most(control::kReasonSizeMax, 'r');
    for (const auto& verb : std::vector<std::vector<std::string>>{{"approve", "1@d", "kill-container"}, {"reject", "1"}, {"undo", "1"}}) {
        auto arguments = verb;
        arguments.insert(arguments.end(), {"--reason", most + "r"});
        const Ran ran = quell(arguments);
        EXPECT_EQ(ran.code, 2) << verb[0];
        EXPECT_EQ(ran.err, "quell: --reason: at most 1024 bytes, this one has 1025\n");
    }
    EXPECT_TRUE(calls().empty());
    EXPECT_EQ(quell({"reject", "1", "--reason", most}).code, 0);
}

TEST_F(FakeDaemon, ShowsWhatIsHeldWhileNobodyHasDecided) {
    auto incident = sample_incident();
    incident["while_pending"] = {{{"response", "pause-container"}, {"state", "frozen"}, {"after_us", 4100}}, {{"response", "isolate-network"}, {"state", "in force"}, {"after_us", 0}},
                                 {{"response", "isolate-network"}, {"state", "not in force"}, {"detail", "no room"}}};
    will_reply("Show", {{"incident", incident}});
    start();
    const Ran ran = quell({"show", "00012"});
    EXPECT_NE(ran.out.find("  held        pause-container: frozen 4.1ms after the event\n              isolate-network: in force from the event on\n              isolate-network: not in force, no room\n"), std::string::npos) << ran.out;
}

TEST_F(FakeDaemon, OnATerminalItShowsAndAsks) {
    will_reply("Show", {{"incident", sample_incident()}});
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    for (const char* answer : {"\n", "y\n", "no\n", "YES\n", "\004"}) {
        const Ran ran = quell_on_terminal({"approve", "00012", "kill-container"}, answer);
        EXPECT_EQ(ran.code, 1) << answer;
        EXPECT_NE(ran.out.find("would hit: 3 processes now"), std::string::npos) << ran.out;
        EXPECT_NE(ran.out.find("Type yes to approve: "), std::string::npos) << ran.out;
        EXPECT_NE(ran.out.find("not approved"), std::string::npos) << ran.out;
    }
    EXPECT_EQ(calls().size(), 5u);
    const Ran ran = quell_on_terminal({"approve", "00012", "kill-container"}, "yes\n");
    EXPECT_EQ(ran.code, 0) << ran.out;
    EXPECT_EQ(calls().back(), R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container"})");
    const Ran not_offered = quell_on_terminal({"approve", "00012", "quarantine-file"}, "yes\n");
    EXPECT_EQ(not_offered.code, 1);
    EXPECT_NE(not_offered.out.find("is not offered: the file is gone"), std::string::npos) << not_offered.out;
}

TEST_F(FakeDaemon, OnATerminalItAsksForTheResponse) {
    will_reply("Show", {{"incident", sample_incident()}});
    will_reply("Approve", {{"incident", done_incident()}, {"survivors", Json::array()}});
    start();
    for (const char* answer : {"\n", "yes\n", "quarantine-file\nyes\n", "kill\nyes\n", "kill-container\ny\n", "kill-container\n\004", "\004"}) {
        const Ran ran = quell_on_terminal({"approve", "00012"}, answer);
        EXPECT_EQ(ran.code, 1) << answer << ran.out;
        EXPECT_NE(ran.out.find("ancestry    4200 sh (uid 0), parent, running"), std::string::npos) << "the whole incident: " << ran.out;
        EXPECT_NE(ran.out.find("Type the response to approve, one of kill-container: "), std::string::npos) << ran.out;
    }
    EXPECT_EQ(calls().size(), 7u);  // Show, each time, and nothing else
    const Ran ran = quell_on_terminal({"approve", "00012", "--reason", "a drill"}, "kill-container\nyes\n");
    EXPECT_EQ(ran.code, 0) << ran.out;
    EXPECT_NE(ran.out.find("would hit: 3 processes now"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("Type yes to approve: "), std::string::npos) << ran.out;
    EXPECT_EQ(calls().back(), R"(Approve {"digest":"ab12cd34","id":"00012","reason":"a drill","response":"kill-container"})");
}

TEST_F(FakeDaemon, OnATerminalNothingIsAskedWhereNothingCanBeApproved) {
    will_reply("Show", {{"incident", sample_incident("expired")}});
    start();
    const Ran late = quell_on_terminal({"approve", "00012"}, "kill-container\nyes\n");
    EXPECT_EQ(late.code, 5);
    EXPECT_NE(late.out.find("too late: it is expired"), std::string::npos) << late.out;
    EXPECT_EQ(late.out.find("Type "), std::string::npos) << late.out;
    stop();
    Json incident = sample_incident();
    incident["offers"] = {incident["offers"][1]};
    will_reply("Show", {{"incident", incident}});
    start();
    const Ran none = quell_on_terminal({"approve", "00012"}, "quarantine-file\nyes\n");
    EXPECT_EQ(none.code, 1);
    EXPECT_NE(none.out.find("no response is offered for 00012"), std::string::npos) << none.out;
}

TEST_F(FakeDaemon, ColoursOnlyOnATerminalThatWantsThem) {
    will_reply("Show", {{"incident", sample_incident()}});
    start();
    EXPECT_NE(quell_on_terminal({"show", "1"}, "").out.find("\033["), std::string::npos);
    EXPECT_EQ(quell_on_terminal({"show", "1"}, "", {"NO_COLOR=1"}).out.find("\033["), std::string::npos);
    EXPECT_EQ(quell({"show", "1"}).out.find("\033["), std::string::npos);
}

TEST_F(FakeDaemon, RejectAndUndo) {
    will_reply("Reject", {{"incident", sample_incident("rejected")}});
    Json undone = sample_incident("undone");
    undone["note"] = "the file is free again";
    will_reply("Undo", {{"incident", undone}});
    start();
    EXPECT_EQ(quell({"reject", "00012", "--reason", "planned"}).out, "00012 Clear Log Activities: rejected\n");
    EXPECT_EQ(quell({"undo", "00012"}).out, "00012 Clear Log Activities: undone\n  the file is free again\n");
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Reject {"id":"00012","reason":"planned"})", R"(Undo {"id":"00012"})"}));
}

TEST_F(FakeDaemon, Extend) {
    will_reply("Extend", {{"incident", sample_incident()}});
    start();
    const Ran ran = quell({"--utc", "extend", "00012", "--for", "1h30m", "--reason", "asked"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out.find("00012 Clear Log Activities: pending until "), 0u) << ran.out;
    for (const char* wrong : {"8d", "500ms", "soon", "", "0s"}) {
        const Ran refused = quell({"extend", "00012", "--for", wrong, "--reason", "asked"});
        EXPECT_EQ(refused.code, 2) << wrong;
    }
    EXPECT_EQ(quell({"extend", "00012"}).code, 2);
    EXPECT_EQ(quell({"extend", "00012", "--for", "1h30m"}).code, 2) << "without a reason";
    const Ran dry = quell({"extend", "00012", "--for", "1h30m", "--reason", "asked", "--dry-run"});
    EXPECT_EQ(dry.code, 0) << dry.err;
    EXPECT_EQ(dry.out, "00012 Clear Log Activities: nothing stands against it; a dry run, no deadline was moved\n");
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Extend {"for_s":5400,"id":"00012","reason":"asked"})", R"(Extend {"dry_run":true,"for_s":5400,"id":"00012","reason":"asked"})"}));
}

}  // namespace
}  // namespace quell::cli
