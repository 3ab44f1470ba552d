// SPDX-License-Identifier: Apache-2.0
// What comes before a decision and beside it: preview, dry runs.
#include <unistd.h>

#include "tests/cli/fake_daemon.h"
#include "user/cli/select.h"
#include "user/control/varlink.h"

namespace quell::cli {
namespace {

Json a_preview() {
    const Json incident = sample_incident();
    return {{"offer", incident["offers"][0]}, {"container", incident["container"]}, {"files", Json::array()}, {"risk", "everything in it ends"},
            {"reversible", false},            {"needs", {"a reason (--reason)"}}};
}

TEST_F(FakeDaemon, PreviewShowsWhomItWouldHit) {
    Json file = a_preview(), off = a_preview();
    file["offer"] = {{"response", "quarantine-file"}, {"available", true}, {"undo", "release"}, {"digest", "ff00"}, {"target", "/var/log/b.log"}, {"would_hit_count", 0}};
    file["files"] = {sample_incident()["file"]};
    file["reversible"] = true;
    file["needs"] = Json::array();
    off["offer"] = {{"response", "kill-process"}, {"available", false}, {"reason", "the process has exited"}, {"would_hit_count", 0}};
    const Json reply = {{"incident", sample_incident()}, {"previews", {a_preview(), file, off}}};
    will_reply("Preview", reply);
    start();
    const Ran ran = quell({"--utc", "preview", "00012"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out,
              "Incident 00012: Clear Log Activities, pending\n"
              "kill-container\n"
              "  target      container web\n"
              "  container   web, pod shop-7d9f, image registry/shop:1\n"
              "  would hit   3 processes now\n"
              "    4200 sh (uid 0), started 2026-03-01T09:00:00Z\n"
              "    4100 init (uid 0), started 2026-03-01T09:00:00Z\n"
              "    and 1 more\n"
              "  risk        everything in it ends\n"
              "  undo        cannot be undone\n"
              "  needs       a reason (--reason)\n"
              "  digest      ab12cd34\n"
              "quarantine-file\n"
              "  target      /var/log/b.log\n"
              "  container   web, pod shop-7d9f, image registry/shop:1\n"
              "  file        /var/log/dpkg.log (in the container), layer lower\n"
              "  risk        everything in it ends\n"
              "  undo        quell undo (release)\n"
              "  digest      ff00\n"
              "kill-process: not offered, the process has exited\n");
    EXPECT_EQ(Json::parse(quell({"preview", "00012", "kill-container", "--json"}).out), reply);
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Preview {"id":"00012"})", R"(Preview {"id":"00012","response":"kill-container"})"}));
}

Json a_pods_preview() {
    Json preview = a_preview();
    preview["offer"]["target"] = "the pod shop/web: web, side";
    preview["parts"] = {{{"offer", {{"response", "kill-container"}, {"available", true}, {"would_hit_count", 1}, {"would_hit", {sample_process(4300, "proxy", "would be killed")}}}},
                         {"container", {{"id", "beef"}, {"cgroup", "/x"}, {"runtime", "crio"}, {"name", "side"}, {"alive", true}}},
                         {"files", Json::array()}}};
    preview["unseen"] = "of 1 container of this host it is not known whose they are";
    return preview;
}

Json a_part(const char* id, const char* subject, const char* state, bool ok) { return {{"id", id}, {"subject", subject}, {"state", state}, {"ok", ok}, {"note", "a note"}}; }

TEST_F(FakeDaemon, PreviewOfAPodShowsEachContainer) {
    will_reply("Preview", {{"incident", sample_incident()}, {"previews", {a_pods_preview()}}});
    start();
    const Ran ran = quell({"--utc", "preview", "00012", "kill-container", "--scope", "pod"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("  target      the pod shop/web: web, side\n"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("  and         side\n  would hit   1 process now\n    4300 proxy (uid 0), started 2026-03-01T09:00:00Z\n"
                           "  not seen    of 1 container of this host it is not known whose they are\n  risk "), std::string::npos) << ran.out;
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Preview {"id":"00012","response":"kill-container","scope":"pod"})"}));
    EXPECT_EQ(quell({"preview", "00012", "--scope", "host"}).code, 2);
}

TEST_F(FakeDaemon, AnApprovalOfAPodSaysWhatCameOfEach) {
    Json done = sample_incident("done");
    done["response"] = "kill-container";
    will_reply("Preview", {{"incident", sample_incident()}, {"previews", {a_pods_preview()}}});
    will_reply("Approve", {{"incident", done}, {"survivors", Json::array()}, {"parts", {a_part("00012", "web", "done", true), a_part("00013", "side", "done", true)}}});
    start();
    const Ran script = quell({"approve", "00012@ab12cd34", "kill-container", "--scope", "pod"});
    EXPECT_EQ(script.code, 0) << script.err;
    EXPECT_NE(script.out.find("  00013 side: done, a note\n"), std::string::npos) << script.out;
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Approve {"digest":"ab12cd34","id":"00012","response":"kill-container","scope":"pod"})"}));
    const Ran asked = quell_on_terminal({"approve", "00012", "kill-container", "--scope", "pod"}, "yes\n");
    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_EQ(calls().back(), calls().front()) << "the digest of what was shown";
    EXPECT_EQ(quell_on_terminal({"approve", "00012", "kill-container", "--scope", "pod"}, "no\n").code, 1);
    EXPECT_EQ(quell_on_terminal({"approve", "00012", "--scope", "pod"}, "yes\n").code, 2) << "of which response?";
    const Ran open = quell({"approve", "00012", "kill-container", "--scope", "pod"});
    EXPECT_EQ(open.code, 2);
    EXPECT_NE(open.err.find("quell preview 00012 kill-container --scope pod"), std::string::npos) << open.err;
    will_reply("Approve", {{"incident", done}, {"survivors", Json::array()}, {"parts", {a_part("00012", "web", "done", true), a_part("00013", "side", "failed", false)}}});
    const Ran half = quell({"approve", "00012@ab12cd34", "kill-container", "--scope", "pod"});
    EXPECT_EQ(half.code, 1) << "not all of them";
    EXPECT_NE(half.err.find("not all of them"), std::string::npos) << half.err;
}

TEST_F(FakeDaemon, AllInstancesOfAFileAreAskedForByAFlag) {
    Json preview = a_pods_preview();
    preview["offer"] = {{"response", "quarantine-file"}, {"available", true}, {"undo", "release"}, {"digest", "ff00"}, {"target", "all instances of sha256 ab"}, {"would_hit_count", 0}};
    preview["parts"][0]["offer"] = {{"response", "quarantine-file"}, {"available", true}, {"would_hit_count", 0}};
    preview["parts"][0]["files"] = {sample_incident()["file"]};
    will_reply("Preview", {{"incident", sample_incident()}, {"previews", {preview}}});
    start();
    const Ran ran = quell({"preview", "00012", "quarantine-file", "--all-instances"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("  and         side\n  file        /var/log/dpkg.log, layer lower\n"), std::string::npos) << ran.out;
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Preview {"all_instances":true,"id":"00012","response":"quarantine-file"})"}));
    EXPECT_EQ(quell({"preview", "00012", "--all-instances", "--scope", "pod"}).code, 2);
}

TEST_F(FakeDaemon, AnUndoOfAPodSaysWhatCameOfEach) {
    will_reply("Undo", {{"incident", sample_incident("undone")}, {"parts", {a_part("00012", "web", "undone", true), a_part("00013", "side", "undone", true)}}});
    start();
    const Ran ran = quell({"undo", "00012"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("  00013 side: undone, a note\n"), std::string::npos) << ran.out;
}

TEST_F(FakeDaemon, ADryRunDecidesNothingAndEndsAsTheRealThing) {
    will_reply("Approve", {{"incident", sample_incident()}, {"survivors", Json::array()}});
    will_reply("Reject", {{"incident", sample_incident()}});
    will_fail("Undo", control::errors::kTooLate, {{"state", "done"}, {"reason", "it is done already"}});
    start();
    const Ran approve = quell({"approve", "00012@ab12cd34", "kill-container", "--dry-run"});
    EXPECT_EQ(approve.code, 0) << "it waits still, and that is right";
    EXPECT_EQ(approve.out, "00012 Clear Log Activities: nothing stands against kill-container; a dry run, nothing was approved\n");
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--dry-run", "--json"}).code, 0);
    EXPECT_EQ(quell({"reject", "00012", "--dry-run"}).out, "00012 Clear Log Activities: nothing stands against it; a dry run, nothing was decided\n");
    EXPECT_EQ(quell({"undo", "00012", "--dry-run"}).code, 5);
    EXPECT_EQ(calls()[0], R"(Approve {"digest":"ab12cd34","dry_run":true,"id":"00012","response":"kill-container"})");
    EXPECT_EQ(calls()[2], R"(Reject {"dry_run":true,"id":"00012"})");
    EXPECT_EQ(calls()[3], R"(Undo {"dry_run":true,"id":"00012"})");
}

TEST_F(FakeDaemon, TheFirstOfTwoPersonsIsToldWhatIsMissing) {
    Json incident = sample_incident();
    incident["first_approval"] = {{"response", "kill-container"}, {"digest", "ab12cd34"}, {"who", sample_who()}, {"since", "2026-03-01T09:10:00.000000Z"}, {"reason", "web shell"}};
    will_reply("Approve", {{"incident", incident}, {"survivors", Json::array()}});
    will_reply("Show", {{"incident", incident}});
    will_reply("Incidents", {{"incidents", {incident}}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "kill-container"});
    EXPECT_EQ(ran.code, 6);
    EXPECT_EQ(ran.out,
              "00012 Clear Log Activities: kill-container approved by one of two\n"
              "  nothing is contained yet: another person, not root, has to run\n"
              "  quell approve 00012@ab12cd34 kill-container\n");
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--json"}).code, 6);
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--dry-run"}).code, 0);
    const std::string shown = quell({"--utc", "show", "00012"}).out;
    EXPECT_NE(shown.find("  first of two root (uid 0, logged in as alice 1000), kill-container@ab12cd34, since 2026-03-01T09:10:00Z\n"), std::string::npos) << shown;
    EXPECT_NE(quell({"incidents"}).out.find("pending 1 of 2"), std::string::npos);
}

TEST_F(FakeDaemon, AGuardSaysItsWord) {
    will_fail("Approve", control::errors::kGuarded, {{"guard", "labels"}, {"reason", "guard labels: containers with the label tier=db are protected; an admin may go over it"}, {"word", "db-0"}});
    start();
    const Ran ran = quell({"approve", "00012@ab12cd34", "kill-container"});
    EXPECT_EQ(ran.code, 4);
    EXPECT_NE(ran.err.find("quell: guarded, nothing was approved: guard labels: containers with the label tier=db are protected; an admin may go over it\n"
                           "  hint: where it is right all the same, --confirm db-0\n"), std::string::npos) << ran.err;
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--confirm", "db-0", "--json"}).code, 4);
    EXPECT_EQ(calls().back(), R"(Approve {"confirm":"db-0","digest":"ab12cd34","id":"00012","response":"kill-container"})");
}

TEST_F(FakeDaemon, BreakingTheGlassTakesAReason) {
    Json incident = sample_incident("done");
    incident["response"] = "kill-container";
    will_reply("Approve", {{"incident", incident}, {"survivors", Json::array()}});
    start();
    const Ran without = quell({"approve", "00012@ab12cd34", "kill-container", "--break-glass"});
    EXPECT_EQ(without.code, 2);
    EXPECT_EQ(without.err, "quell: --break-glass takes a --reason\n");
    EXPECT_TRUE(calls().empty());
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container", "--break-glass", "--reason", "alone"}).code, 0);
    EXPECT_EQ(calls().back(), R"(Approve {"break_glass":true,"digest":"ab12cd34","id":"00012","reason":"alone","response":"kill-container"})");
}

TEST_F(FakeDaemon, RootIsToldWhatItsLoginUidIsWorth) {
    will_fail("Approve", control::errors::kBlind, {{"reason", "x"}});
    start();
    EXPECT_EQ(quell({"approve", "00012@ab12cd34", "kill-container"}).err.find("you act as root: the login uid in the history is for audit only") != std::string::npos, geteuid() == 0);
}

class Bulk : public FakeDaemon {
protected:
    void SetUp() override {
        Json second = sample_incident(), other = sample_incident(), over = sample_incident("enforcing");
        second["id"] = "00023";
        second["age_s"] = 10;
        other["id"] = "00034";
        other["rule"] = "other";
        over["id"] = "00045";
        will_reply("Incidents", {{"incidents", {sample_incident(), second, other, over}}});
        will_reply("Digests", {{"digests", {{{"id", "00012"}, {"digest", "ab12cd34"}}, {{"id", "00023"}, {"digest", "ff00ff00"}}}}});
        Json done = sample_incident("done");
        done["response"] = "kill-container";
        will_reply("Approve", {{"incident", done}, {"survivors", Json::array()}});
    }
    std::vector<std::string> approvals() {
        std::vector<std::string> all;
        for (const auto& call : calls())
            if (call.starts_with("Approve ")) all.push_back(call);
        return all;
    }
    const std::vector<std::string> verb{"approve", "--select", "rule=clear-log-*", "kill-container"};
    std::vector<std::string> with(std::vector<std::string> more) {
        auto all = verb;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
};

TEST_F(Bulk, ADryRunPrintsTheDigestThatTheRealThingTakes) {
    start();
    const Ran dry = quell(with({"--dry-run", "--json"}));
    ASSERT_EQ(dry.code, 0) << dry.err;
    const Json told = Json::parse(dry.out);
    EXPECT_EQ(told["results"].size(), 2u) << told;
    EXPECT_EQ(approvals()[0], R"(Approve {"digest":"ab12cd34","dry_run":true,"id":"00012","response":"kill-container"})");
    EXPECT_EQ(calls()[1], R"(Digests {"ids":["00012","00023"],"response":"kill-container"})") << "what does not fit, or does not wait, is not asked for";
    const std::string digest = told["digest"];
    const Ran ran = quell(with({"--digest", digest, "--reason", "worm"}));
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "00012 Clear Log Activities: done\n00023 Clear Log Activities: done\n");
    ASSERT_EQ(approvals().size(), 4u);
    EXPECT_EQ(approvals()[3], R"(Approve {"digest":"ff00ff00","id":"00023","reason":"worm","response":"kill-container"})");
    EXPECT_EQ(quell({"approve", "--select", "rule=clear-log-*,older=1m", "kill-container", "--digest", digest}).code, 5) << "one less fits: another digest";
    EXPECT_EQ(approvals().size(), 4u);
}

TEST_F(Bulk, AScriptWithoutADigestIsTold) {
    start();
    const Ran ran = quell(verb);
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("hint: --digest "), std::string::npos) << ran.err;
    EXPECT_EQ(quell({"approve", "--select", "rule=nothing", "kill-container"}).code, 1);
    EXPECT_TRUE(approvals().empty());
}

TEST_F(Bulk, OnATerminalItShowsAndAsks) {
    start();
    const Ran no = quell_on_terminal(verb, "y\n");
    EXPECT_EQ(no.code, 1);
    EXPECT_NE(no.out.find("ab12cd34"), std::string::npos) << no.out;
    EXPECT_NE(no.out.find("Type yes to approve kill-container for these 2: "), std::string::npos) << no.out;
    EXPECT_TRUE(approvals().empty());
    EXPECT_EQ(quell_on_terminal(verb, "yes\n").code, 0);
    EXPECT_EQ(approvals().size(), 2u);
    const Ran json = quell_on_terminal(with({"--json"}), "y\n");
    EXPECT_LT(json.out.find("ab12cd34"), json.out.find("Type yes")) << "who is asked sees it: " << json.out;
    EXPECT_NE(json.out.find("io.quell.Failed"), std::string::npos) << json.out;
}

TEST_F(Bulk, OneThatWentWrongIsNoSuccess) {
    will_fail("Approve", control::errors::kTooLate, {{"state", "gone"}, {"reason", "its target vanished"}});
    start();
    const std::string digest = Json::parse(quell(with({"--dry-run", "--json"})).out)["digest"];
    const Ran ran = quell(with({"--digest", digest}));
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "00012 Clear Log Activities: too late: it is gone: its target vanished\n00023 Clear Log Activities: too late: it is gone: its target vanished\n");
    stop();
    Json half = sample_incident();
    half["first_approval"] = {{"response", "kill-container"}, {"digest", "ab12cd34"}, {"who", sample_who()}, {"since", "2026-03-01T09:10:00.000000Z"}};
    will_reply("Approve", {{"incident", half}, {"survivors", Json::array()}});
    start();
    EXPECT_EQ(quell(with({"--digest", digest})).code, 6);
    stop();
    will_reply("Digests", {{"digests", {{{"id", "00012"}, {"reason", "the container is gone"}}}}});
    start();
    const Json none = Json::parse(quell(with({"--dry-run", "--json"})).out);
    EXPECT_EQ(none["results"][0]["text"], "not offered: the container is gone");
    EXPECT_EQ(none["results"][1]["text"], "it is gone");
    EXPECT_TRUE(approvals().size() == 6u) << "nobody was asked to approve what is not offered";
}

// As many as can wait; one call after the other, so that the daemon never holds more than one of them.
TEST_F(Bulk, AThousandAreOneCallEach) {
    constexpr int kMany = 1024;
    Json list = Json::array(), digests = Json::array();
    for (int i = 0; i < kMany + 10; i++) {
        Json one = sample_incident();
        one["id"] = "id" + std::to_string(i);
        list.push_back(one);
        if (i < kMany) digests.push_back({{"id", one["id"]}, {"digest", "d" + std::to_string(i)}});
    }
    will_reply("Incidents", {{"incidents", list}});
    will_reply("Digests", {{"digests", digests}});
    start();
    const Ran ran = quell(with({"--dry-run", "--json"}));
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(Json::parse(ran.out)["results"].size(), static_cast<std::size_t>(kMany)) << "the bound of the method";
    ASSERT_EQ(approvals().size(), static_cast<std::size_t>(kMany));
    EXPECT_EQ(approvals().back(), R"(Approve {"digest":"d1023","dry_run":true,"id":"id1023","response":"kill-container"})");
}

TEST_F(Bulk, WrongCommandLines) {
    start();
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"approve"}, {"approve", "--select", "rule=x"}, {"approve", "--select", "rule", "kill-container"}, {"approve", "--select", "rule=a,rule=b", "kill-container"},
                                                                       {"approve", "--select", "older=soon", "kill-container"}, {"approve", "--select", "severity=bad", "kill-container"}, {"approve", "--select", "pod=x", "kill-container"},
                                                                       {"approve", "--select", "rule=x", "00012@d", "kill-container"}, {"approve", "--select", "rule=x", "kill-container", "--confirm", "x"},
                                                                       {"approve", "00012@d", "kill-container", "--digest", "d"}, {"approve", "--select", "rule=x", "isolate-network", "--allow", "10.0.0.1"},
                                                                       {"approve", "--select", "rule=x", "isolate-network", "--allow-node"}, {"approve", "--select", "rule=x", "isolate-network", "--loopback"},
                                                                       {"approve", "--select", "rule=x", "deny-write", "--below", "/x"}, {"approve", "--select", "rule=x", "quarantine-file", "--kill-holders"}})
        EXPECT_EQ(quell(arguments).code, 2) << testing::PrintToString(arguments);
    EXPECT_TRUE(calls().empty());
}

TEST(Selection, EveryKeyHasToFit) {
    const auto fits = [](const char* text, const Json& incident = sample_incident()) {
        const auto selection = parse_selection(text);
        EXPECT_TRUE(selection) << text;
        return selection && selection->fits(incident);
    };
    for (const char* text : {"rule=clear-log-activities", "rule=notable-events/*", "image=registry/shop:?", "severity=high", "older=2m", "rule=clear*,image=registry/*,older=130s"}) EXPECT_TRUE(fits(text)) << text;
    for (const char* text : {"rule=clear", "rule=other/*", "image=shop", "namespace=x", "severity=critical", "older=131s", "rule=clear*,severity=low"}) EXPECT_FALSE(fits(text)) << text;
    EXPECT_FALSE(fits("rule=*", sample_incident("rejected")));
    EXPECT_FALSE(fits("rule=*", Json::object()));
    Json pod = sample_incident();
    pod["container"]["namespace"] = "shop";
    EXPECT_TRUE(fits("namespace=sh*", pod));
}

TEST(Selection, OneDigestForAllInAnyOrder) {
    const std::vector<Chosen> one{{"a", "1"}, {"b", "2"}}, other{{"b", "2"}, {"a", "1"}};
    EXPECT_EQ(digest_of_all("kill-container", one), digest_of_all("kill-container", other));
    EXPECT_EQ(digest_of_all("kill-container", one).size(), 12u);
    EXPECT_NE(digest_of_all("kill-process", one), digest_of_all("kill-container", one));
    EXPECT_NE(digest_of_all("kill-container", {{"a", "1"}}), digest_of_all("kill-container", one));
    EXPECT_NE(digest_of_all("kill-container", {{"a", "2"}, {"b", "1"}}), digest_of_all("kill-container", one));
}

TEST_F(FakeDaemon, AssignAndNote) {
    Json incident = sample_incident();
    incident["assigned_to"] = "alice";
    incident["notes"] = {{{"time", "2026-03-01T09:10:00.000000Z"}, {"uid", 1000}, {"user", "bob"}, {"text", "asked \\x1bthe owner"}}};
    Json other = sample_incident();
    other["id"] = "00023";
    will_reply("Assign", {{"incident", incident}});
    will_reply("Note", {{"incident", incident}});
    will_reply("Show", {{"incident", incident}});
    will_reply("Incidents", {{"incidents", {incident, other}}});
    start();
    EXPECT_EQ(quell({"assign", "00012", "alice"}).out, "00012 Clear Log Activities: assigned to alice\n");
    (void)quell({"assign", "00012", "-"});
    EXPECT_EQ(quell({"note", "00012", "asked the owner"}).out, "00012 Clear Log Activities: noted\n");
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Assign {"id":"00012","user":"alice"})", R"(Assign {"id":"00012","user":""})", R"(Note {"id":"00012","text":"asked the owner"})"}));
    for (const std::string& text : {std::string(), std::string(1025, 'n')}) EXPECT_EQ(quell({"note", "00012", text}).code, 2);
    EXPECT_EQ(calls().size(), 3u);
    EXPECT_EQ(quell({"assign", "00012", "alice", "--dry-run"}).out, "00012 Clear Log Activities: nothing stands against it; a dry run, nothing was changed\n");
    EXPECT_EQ(quell({"note", "00012", "asked", "--dry-run"}).out, "00012 Clear Log Activities: nothing stands against it; a dry run, nothing was changed\n");
    EXPECT_EQ(calls()[3], R"(Assign {"dry_run":true,"id":"00012","user":"alice"})");
    EXPECT_EQ(calls()[4], R"(Note {"dry_run":true,"id":"00012","text":"asked"})");
    const std::string shown = quell({"--utc", "show", "00012"}).out;
    EXPECT_NE(shown.find("  assigned to alice\n"), std::string::npos) << shown;
    EXPECT_NE(shown.find("Notes\n  2026-03-01T09:10:00Z  bob: asked \\x1bthe owner\n"), std::string::npos) << shown;
    const std::string list = quell({"incidents"}).out;
    EXPECT_NE(list.find("  ASSIGNED\n"), std::string::npos) << list;
    EXPECT_NE(list.find("  alice\n"), std::string::npos) << list;
}

}  // namespace
}  // namespace quell::cli
