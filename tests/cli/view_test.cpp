// SPDX-License-Identifier: Apache-2.0
// Golden outputs of the verbs that only look.
#include <sstream>

#include "tests/cli/fake_daemon.h"
#include "user/history/history.h"

namespace quell::cli {
namespace {

TEST_F(FakeDaemon, Incidents) {
    will_reply("Incidents", {{"incidents", {sample_incident()}}});
    start();
    const Ran wide = quell({"incidents"});
    EXPECT_EQ(wide.code, 0) << wide.err;
    EXPECT_EQ(wide.out,
              "ID     SEVERITY  NAME                  AGE  CONTAINER  POD        IMAGE            PROCESS  OBJECT             STATE    OFFERS          LEFT\n"
              "00012  high      Clear Log Activities  2m   web        shop-7d9f  registry/shop:1  rm 4242  /var/log/dpkg.log  pending  kill-container  57m\n");
    const Ran narrow = quell({"incidents", "--all"}, {"COLUMNS=80"});
    EXPECT_EQ(narrow.out,
              "ID     SEVERITY  NAME        AGE  CONTAINER  PROCESS  OBJECT       STATE    LEFT\n"
              "00012  high      Clear Log…  2m   web        rm 4242  /var/log/d…  pending  57m\n");
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(Incidents {"all":false})", R"(Incidents {"all":true})"}));
}

TEST_F(FakeDaemon, NoIncidents) {
    will_reply("Incidents", {{"incidents", Json::array()}});
    start();
    EXPECT_EQ(quell({"incidents"}).out, "No incidents.\n");
}

TEST_F(FakeDaemon, Show) {
    will_reply("Show", {{"incident", sample_incident()}});
    start();
    const Ran shown = quell({"show", "00012"});
    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_EQ(shown.out, R"(Incident 00012: Clear Log Activities
  severity    high
  state       pending
  rule        notable-events/clear-log-activities, generation 4, T1070.002
  operation   delete, hook inode_unlink, verdict allowed
  events      3, first 2026-03-01 09:08:07 +0000, last 2026-03-01 09:08:09 +0000
  age         2m 10s
  deadline    2026-03-01 10:08:07 +0000, 57m 50s left
Container
  name        web
  pod         shop-7d9f
  namespace   unknown
  image       registry/shop:1
  id          c0ffee
  cgroup      /kubepods.slice/crio-c0ffee.scope (crio)
  alive       yes
Process
  process     4242 rm (uid 0), actor, gone
  executable  /usr/bin/rm
  arguments   rm /var/log/dpkg.log
  ancestry    4200 sh (uid 0), parent, running
              4100 init (uid 0), init, running
File
  path        /var/log/dpkg.log (in the container)
  inode       77, generation 5, device 0:45
  layer       lower
  exists      gone
Offers
  kill-container
    target:    container web
    would hit: 3 processes now
      4200 sh (uid 0), member, running
      4100 init (uid 0), init, running
      and 1 more
    undo:      cannot be undone
    approve:   quell approve 00012@ab12cd34 kill-container --reason "…"
  quarantine-file: not offered, the file is gone
)");
    EXPECT_NE(quell({"--utc", "show", "00012"}).out.find("first 2026-03-01T09:08:07Z"), std::string::npos);
    EXPECT_EQ(calls()[0], R"(Show {"id":"00012"})");
}

TEST_F(FakeDaemon, TimesAreLocalOrUtc) {
    will_reply("Show", {{"incident", sample_incident()}});
    start();
    const std::vector<std::string> india = {"TZ=IST-5:30"};  // half an hour, east, and no file of zones needed
    const std::string local = quell({"show", "00012"}, india).out;
    EXPECT_NE(local.find("first 2026-03-01 14:38:07 +0530, last 2026-03-01 14:38:09 +0530\n"), std::string::npos) << local;
    const std::string utc = quell({"--utc", "show", "00012"}, india).out;
    EXPECT_NE(utc.find("first 2026-03-01T09:08:07Z, last 2026-03-01T09:08:09Z\n"), std::string::npos) << utc;
}

TEST_F(FakeDaemon, ShowOfADecidedHostIncident) {
    Json incident = sample_incident("enforcing");
    incident.erase("container");
    incident["subject"] = "host";
    incident["response"] = "kill-process";
    incident["decided_by"] = sample_who();
    incident["reason"] = "drill";
    incident["latency"] = {{"detected_to_approved_us", 12'300'000}, {"approved_to_flipped_us", 85}};
    will_reply("Show", {{"incident", incident}});
    start();
    const std::string out = quell({"show", "1"}).out;
    EXPECT_NE(out.find("Host\n  subject     host\n"), std::string::npos) << out;
    EXPECT_NE(out.find("Decision\n  response    kill-process\n  decided by  root (uid 0, logged in as alice 1000)\n  reason      drill\n"
                       "  latency     detected 2026-03-01 09:08:07 +0000 -> approved +12.3s -> flipped +85us\n"),
              std::string::npos)
        << out;
    EXPECT_EQ(out.find("approve:"), std::string::npos);
}

TEST_F(FakeDaemon, History) {
    will_reply("History", {{"rows",
                            {{{"row", 7},
                              {"time", "2026-03-01T09:08:20.000000Z"},
                              {"action", "approve"},
                              {"incident", "00012"},
                              {"subject", "container web"},
                              {"response", "kill-container"},
                              {"result", "done"},
                              {"who", sample_who()},
                              {"reason", "drill"},
                              {"latency", {{"detected_to_approved_us", 12'300'000}, {"approved_to_flipped_us", 85}, {"flipped_to_last_gone_us", 4100}}}},
                             {{"row", 6}, {"time", "2026-03-01T09:08:07.000000Z"}, {"action", "detect"}, {"incident", "00012"}, {"subject", "container web"}, {"result", "pending"}}}}});
    start();
    const Ran ran = quell({"history", "--limit", "2", "--incident", "00012"});
    EXPECT_EQ(ran.out,
              "TIME                       ACTION   INCIDENT  SUBJECT        RESPONSE        RESULT   WHO                                    REASON  LATENCY               DETAIL\n"
              "2026-03-01 09:08:20 +0000  approve  00012     container web  kill-container  done     root (uid 0, logged in as alice 1000)  drill   12.3s / 85us / 4.1ms  -\n"
              "2026-03-01 09:08:07 +0000  detect   00012     container web  -               pending  -                                      -       -                     -\n");
    EXPECT_EQ(calls()[0], R"(History {"incident":"00012","limit":2})");
    EXPECT_EQ(quell({"history", "--limit", "none"}).code, 2);
    EXPECT_EQ(quell({"history", "--limit", "0"}).code, 2);
    const Ran beyond = quell({"history", "--limit", std::to_string(history::kListMax + 1)});
    EXPECT_EQ(beyond.code, 2) << "the daemon returns no more: to ask for it would be to believe it were all";
    EXPECT_EQ(beyond.err, "quell: --limit: a number from 1 to 10000\n");
    EXPECT_EQ(quell({"history", "--limit", std::to_string(history::kListMax)}).code, 0);
}

// Two pages and what waits for the disk: asked for behind the row that came last.
TEST_F(FakeDaemon, HistoryAsJsonLines) {
    const auto row = [](int number) {
        return Json{{"row", number}, {"time", "2026-03-01T09:08:07.000000Z"}, {"action", "detected"}, {"subject", "container \xc3\xa9"}, {"result", "line\nbreak"}};
    };
    on_call = [&](const std::string& method, const Json& parameters) {
        if (method != "History") return;
        const int after = parameters.value("after", -1);
        Json rows = Json::array();
        if (after == 0) rows = Json::array({row(1), row(2)});
        if (after == 2) rows = Json::array({row(3), row(0)});
        will_reply("History", {{"rows", rows}, {"incidents", Json::array()}});
    };
    start();
    const Ran ran = quell({"history", "--json-lines"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::istringstream lines(ran.out);
    std::vector<Json> rows;
    for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
    EXPECT_EQ(rows, (std::vector<Json>{row(1), row(2), row(3), row(0)}));
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(History {"after":0,"limit":1000})", R"(History {"after":2,"limit":1000})"}));
    EXPECT_EQ(quell({"history", "--json-lines", "--after", "9", "--incident", "00012"}).out, "");
    EXPECT_EQ(calls().back(), R"(History {"after":9,"incident":"00012","limit":1000})");
    (void)quell({"history", "--json-lines", "--limit", "2"});
    EXPECT_EQ(calls().back(), R"(History {"after":0,"limit":2})");
    EXPECT_EQ(calls().size(), 4u) << "two were asked for";
    for (const char* wrong : {"x", "-1", ""}) EXPECT_EQ(quell({"history", "--json-lines", "--after", wrong}).code, 2) << wrong;
    EXPECT_EQ(quell({"history", "--after", "1"}).code, 2);
}

// A daemon that repeats itself is no endless output.
TEST_F(FakeDaemon, HistoryAsJsonLinesEnds) {
    will_reply("History", {{"rows", {{{"row", 1}, {"time", "2026-03-01T09:08:07.000000Z"}, {"action", "detected"}, {"subject", "host"}, {"result", "x"}}}}});
    start();
    EXPECT_EQ(quell({"history", "--json-lines"}).code, 1);
    EXPECT_EQ(calls().size(), 2u);
}

TEST_F(FakeDaemon, HistoryVerify) {
    will_reply("VerifyHistory", {{"ok", true}, {"rows", 12}, {"head", "beef"}, {"detail", ""}});
    start();
    const Ran whole = quell({"history", "verify"});
    EXPECT_EQ(whole.code, 0);
    EXPECT_EQ(whole.out, "ok: 12 rows, the chain is whole\n  head beef\n");
    stop();
    will_reply("VerifyHistory", {{"ok", true}, {"rows", 12}, {"head", "12:beef"}, {"detail", "12 rows, head 12:beef; the expected head was removed by retention"}});
    start();
    EXPECT_EQ(quell({"history", "verify", "--head", "5:cafe"}).out,
              "ok: 12 rows, the chain is whole\n  head 12:beef\n  12 rows, head 12:beef; the expected head was removed by retention\n");
    EXPECT_EQ(calls().back(), R"(VerifyHistory {"head":"5:cafe"})");
    stop();
    will_reply("VerifyHistory", {{"ok", false}, {"rows", 12}, {"head", "beef"}, {"broken_at", 5}, {"detail", "the hash does not fit"}});
    start();
    const Ran broken = quell({"history", "verify"});
    EXPECT_EQ(broken.code, 1);
    EXPECT_EQ(broken.out, "BROKEN at row 5 of 12: the hash does not fit\n");
}

TEST_F(FakeDaemon, Version) {
    will_reply("Version", {{"version", "9.9"}, {"abi", 1}, {"kernel", "6.12.1"}});
    start();
    EXPECT_EQ(quell({"version"}).out, "quell " QUELL_VERSION "\nquelld 9.9 (abi 1)\nkernel 6.12.1\n");
}

TEST_F(FakeDaemon, JsonIsTheReply) {
    const Json reply = {{"incident", sample_incident()}};
    will_reply("Show", reply);
    start();
    EXPECT_EQ(Json::parse(quell({"show", "00012", "--json"}).out), reply);
    EXPECT_EQ(Json::parse(quell({"--json", "show", "00012"}).out), reply);
}

}  // namespace
}  // namespace quell::cli
