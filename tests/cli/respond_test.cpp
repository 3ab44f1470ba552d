// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/fake_daemon.h"

namespace quell::cli {
namespace {

class Respond : public FakeDaemon {
protected:
    void answer_all() {
        Json done = sample_incident("done");
        done["response"] = "kill-container";
        will_reply("Request", {{"incident", sample_incident()}});
        will_reply("Show", {{"incident", sample_incident()}});
        will_reply("Approve", {{"incident", done}, {"survivors", Json::array()}});
        will_reply("Reject", {{"incident", sample_incident("rejected")}});
        start();
    }
    std::vector<std::string> methods() {
        std::vector<std::string> names;
        for (const std::string& call : calls()) names.push_back(call.substr(0, call.find(' ')));
        return names;
    }
};

TEST_F(Respond, AScriptThatIsSureApprovesTheDigestOfWhatWasBound) {
    answer_all();
    const Ran ran = quell({"respond", "kill-container", "--container", "web", "--reason", "told", "-y"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    ASSERT_EQ(methods(), (std::vector<std::string>{"Request", "Approve"}));
    EXPECT_EQ(calls()[0], R"(Request {"container":"web","reason":"told","response":"kill-container"})");
    EXPECT_EQ(calls()[1], R"(Approve {"digest":"ab12cd34","id":"00012","reason":"told","response":"kill-container"})");
}

TEST_F(Respond, OnATerminalItShowsAndAsks) {
    answer_all();
    const Ran yes = quell_on_terminal({"respond", "kill-container", "--file", "/etc/x", "--container", "web", "--reason", "told"}, "yes\n");
    EXPECT_EQ(yes.code, 0) << yes.err;
    EXPECT_EQ(methods(), (std::vector<std::string>{"Request", "Show", "Approve"}));
    EXPECT_EQ(calls()[0], R"(Request {"container":"web","path":"/etc/x","reason":"told","response":"kill-container"})");
}

TEST_F(Respond, WhatWasNotConfirmedDoesNotWaitForSomebodyElse) {
    answer_all();
    const Ran no = quell_on_terminal({"respond", "kill-container", "--pid", "4242", "--reason", "told"}, "no\n");
    EXPECT_EQ(no.code, 1) << no.err;
    EXPECT_EQ(methods(), (std::vector<std::string>{"Request", "Show", "Reject"}));
    EXPECT_EQ(calls()[2], R"(Reject {"id":"00012","reason":"not confirmed"})");
}

TEST_F(Respond, WhatIsNotPossibleIsRejectedToo) {
    answer_all();
    const Ran ran = quell({"respond", "kill-process", "--from", "00012", "--reason", "told", "--yes"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("kill-process is not offered"), std::string::npos) << ran.err;
    EXPECT_EQ(methods(), (std::vector<std::string>{"Request", "Reject"}));
}

TEST_F(Respond, UsageIsSaidBeforeAnybodyIsAsked) {
    answer_all();
    const std::vector<std::vector<std::string>> wrong = {
        {"--container", "web", "--reason", "r"},                              // a script that does not say that it is sure
        {"--container", "web", "-y"},                                         // no reason
        {"--reason", "r", "-y"},                                              // nothing named
        {"--container", "web", "--pid", "5", "--reason", "r", "-y"},          // two things
        {"--file", "/x", "--from", "00012", "--reason", "r", "-y"},
        {"--pid", "x", "--reason", "r", "-y"}, {"--pid", "0", "--reason", "r", "-y"}, {"--pid", "-4", "--reason", "r", "-y"},
        {"--pid", "99999999999", "--reason", "r", "-y"},
    };
    for (auto arguments : wrong) {
        arguments.insert(arguments.begin(), {"respond", "kill-container"});
        EXPECT_EQ(quell(arguments).code, 2) << arguments[2] << " " << arguments[3];
    }
    EXPECT_TRUE(calls().empty());
}

TEST_F(Respond, OptionsOfTheResponseAreLookedAtBeforeAndGivenWithTheApproval) {
    answer_all();
    const Ran ran = quell({"respond", "kill-container", "--container", "web", "--reason", "told", "-y", "--allow", "10.0.0.53:53", "--allow", "10.1.0.0/16", "--allow-node", "--loopback", "--with", "capture", "--copy"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    ASSERT_EQ(methods(), (std::vector<std::string>{"Request", "Approve"}));
    EXPECT_EQ(calls()[0], R"(Request {"allow":["10.0.0.53:53","10.1.0.0/16"],"allow_node":true,"container":"web","copy":true,"loopback":true,"reason":"told","response":"kill-container","with":"capture"})");
    EXPECT_EQ(calls()[1], R"(Approve {"allow":["10.0.0.53:53","10.1.0.0/16"],"allow_node":true,"copy":true,"digest":"ab12cd34","id":"00012","loopback":true,"reason":"told","response":"kill-container","with":"capture"})");
}

TEST_F(Respond, ADryRunIsApprovedAsOneAndWithdrawn) {
    answer_all();
    will_reply("Approve", {{"incident", sample_incident()}, {"survivors", Json::array()}});
    const Ran ran = quell({"respond", "kill-container", "--container", "web", "--reason", "told", "--dry-run"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("a dry run, nothing was approved"), std::string::npos) << ran.out;
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Request {"container":"web","reason":"told","response":"kill-container"})",
                                                 R"(Approve {"digest":"ab12cd34","dry_run":true,"id":"00012","reason":"told","response":"kill-container"})",
                                                 R"(Reject {"id":"00012","reason":"a dry run"})"}));
    will_fail("Approve", "io.quell.NotAllowed", {{"reason", "it is in Quell's own pod"}});
    will_fail("Reject", "io.quell.NotAllowed", {{"reason", "your role is too low"}});
    const Ran refused = quell({"respond", "kill-container", "--container", "web", "--reason", "told", "--dry-run"});
    EXPECT_EQ(refused.code, 4) << "as the real thing would";
    EXPECT_NE(refused.err.find("waits as incident 00012"), std::string::npos) << refused.err;
}

TEST_F(Respond, WhatAnApprovalTakesIsGivenToIt) {
    answer_all();
    const Ran ran = quell({"respond", "kill-container", "--container", "web", "--reason", "told", "-y", "--follow", "2h", "--kill-holders", "--confirm", "web", "--break-glass"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    ASSERT_EQ(methods(), (std::vector<std::string>{"Request", "Approve"}));
    EXPECT_EQ(calls()[0], R"(Request {"break_glass":true,"container":"web","follow_s":7200,"kill_holders":true,"reason":"told","response":"kill-container"})");
    EXPECT_EQ(calls()[1], R"(Approve {"break_glass":true,"confirm":"web","digest":"ab12cd34","follow_s":7200,"id":"00012","kill_holders":true,"reason":"told","response":"kill-container"})");
    EXPECT_EQ(quell({"respond", "deny-exec", "--container", "web", "--reason", "told", "-y", "--follow", "8d"}).code, 2);
    EXPECT_EQ(quell({"respond", "isolate-network", "--pod", "shop/web", "--reason", "told", "-y", "--follow", "2h"}).code, 2);
    EXPECT_EQ(quell({"respond", "kill-container", "--container", "web", "--reason", "", "-y", "--break-glass"}).code, 2);
    EXPECT_EQ(calls().size(), 2u) << "nothing is bound";
}

TEST_F(Respond, APodIsPreviewedForTheDigestOfAll) {
    const Json incident = sample_incident();
    will_reply("Preview", {{"incident", incident},
                           {"previews", {{{"offer", {{"response", "kill-container"}, {"available", true}, {"digest", "0fa11"}, {"would_hit_count", 4}}}, {"files", Json::array()}, {"risk", "r"},
                                          {"reversible", false}, {"needs", Json::array()}, {"parts", Json::array()}}}}});
    answer_all();
    const Ran ran = quell({"respond", "kill-container", "--pod", "shop/web", "--reason", "told", "-y"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Request {"pod":"shop/web","reason":"told","response":"kill-container"})",
                                                 R"(Preview {"id":"00012","response":"kill-container","scope":"pod"})",
                                                 R"(Approve {"digest":"0fa11","id":"00012","reason":"told","response":"kill-container","scope":"pod"})"}));
    const Ran by_container = quell_on_terminal({"respond", "kill-container", "--container", "web", "--scope", "pod", "--reason", "told"}, "no\n");
    EXPECT_EQ(by_container.code, 1);
    EXPECT_EQ(methods(), (std::vector<std::string>{"Request", "Preview", "Approve", "Request", "Preview", "Reject"}));
    EXPECT_EQ(quell({"respond", "kill-container", "--pod", "shop/web", "--container", "web", "--reason", "told", "-y"}).code, 2);
}

TEST_F(Respond, WrongOptionsBindNothing) {
    will_fail("Request", "io.quell.NotOffered", {{"response", "isolate-network"}, {"reason", "'x' is no address and no network"}});
    start();
    const Ran ran = quell({"respond", "isolate-network", "--container", "web", "--reason", "told", "-y", "--allow", "x"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("no address"), std::string::npos) << ran.err;
    EXPECT_EQ(methods(), (std::vector<std::string>{"Request"}));
}

TEST_F(Respond, NothingOfThatName) {
    will_fail("Request", "io.quell.NoSuchTarget", {{"reason", "no container is called web"}});
    start();
    const Ran ran = quell({"respond", "kill-container", "--container", "web", "--reason", "told", "-y"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("no container is called web"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace quell::cli
