// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/cli/fake_daemon.h"

namespace quell::cli {
namespace {

const std::string kPackFile = QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml";

TEST(PolicyCheck, NeedsNobody) {
    const Ran good = run_quell({"policy", "check", kPackFile});
    EXPECT_EQ(good.code, 0) << good.out << good.err;
    const Ran json = run_quell({"policy", "check", kPackFile, "--json"});
    EXPECT_EQ(Json::parse(json.out)["valid"], true);
    EXPECT_EQ(run_quell({"policy", "check", "/nonexistent.yaml"}).code, 1);
}

TEST(PolicyCheck, SaysWhereItIsWrong) {
    const TempDir dir;
    std::ofstream(dir / "bad.yaml") << "apiVersion: quell/v1\nkind: Policy\nbogus\x1b: 1\n";
    const Ran bad = run_quell({"policy", "check", dir / "bad.yaml"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_NE((bad.out + bad.err).find("bad.yaml:3:"), std::string::npos) << bad.out << bad.err;
    EXPECT_EQ((bad.out + bad.err).find('\x1b'), std::string::npos);
    const Json json = Json::parse(run_quell({"policy", "check", dir / "bad.yaml", "--json"}).out);
    EXPECT_EQ(json["valid"], false);
    EXPECT_EQ(json["findings"][0]["line"], 3);
}

TEST_F(FakeDaemon, PolicyApplyAndList) {
    const Json finding = {{"code", "Q2"}, {"severity", "warning"}, {"file", "/p"}, {"line", 1}, {"column", 2}, {"message", "hm"}};
    will_reply("ApplyPolicy", {{"changed", true}, {"generation", 5}, {"digest", std::string(64, 'd')}, {"rules", 3}, {"map_bytes", 4096}, {"findings", {finding}}});
    will_reply("ListPolicies", {{"generation", 5}, {"policies", {{{"name", "notable-events"}, {"version", "1.2"}, {"file", "/etc/p.yaml"}, {"rules", 2}, {"rule_ids", {"a", "b"}}, {"observed", {"b"}}, {"off", {"c"}}}}}});
    start();
    EXPECT_EQ(quell({"policy", "apply"}).out, "/p:1:2: warning: hm [Q2]\napplied: generation 5, 3 rules, 4096 bytes of maps, digest dddddddddddd\n");
    std::ofstream(dir / "b.yaml") << "x";
    std::ofstream(dir / "a.yaml") << "x";
    std::ofstream(dir / "c.txt") << "x";
    EXPECT_EQ(quell({"policy", "apply", "--dir", dir.path(), "--dry-run", "--allow-empty"}).code, 0);
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(ApplyPolicy {"allow_empty":false,"dry_run":false,"files":[]})",
                                                 R"(ApplyPolicy {"allow_empty":true,"dry_run":true,"files":[")" + (dir / "a.yaml") + "\",\"" + (dir / "b.yaml") + "\"]}"}));
    EXPECT_EQ(quell({"policy", "apply", "--dir", dir / "none"}).code, 1);
    EXPECT_EQ(Json::parse(quell({"policy", "apply", "--dir", dir / "none", "--json"}).out)["error"], "io.quell.Failed");
    EXPECT_EQ(quell({"policy", "list"}).out, "generation 5\nPOLICY          VERSION  RULES  FILE         IDS\nnotable-events  1.2      2      /etc/p.yaml  a,b (observe),c (off)\n");
}

TEST(PolicyCompile, TakesNoPlaceButAFiles) {
    const TempDir dir;
    const std::string fifo = dir / "fifo", link = dir / "link", file = dir / "image";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    ASSERT_EQ(::symlink(file.c_str(), link.c_str()), 0);
    for (const std::string& place : {fifo, link, dir.path()}) EXPECT_EQ(run_quell({"policy", "compile", kPackFile, "--output", place}).code, 1) << place;
    struct stat info {};
    EXPECT_TRUE(::lstat(fifo.c_str(), &info) == 0 && S_ISFIFO(info.st_mode));
    EXPECT_TRUE(::lstat(link.c_str(), &info) == 0 && S_ISLNK(info.st_mode));
    for (int round = 0; round < 2; round++) EXPECT_EQ(run_quell({"policy", "compile", kPackFile, "--output", file}).code, 0) << "also in the place of one that is there";
}

TEST_F(FakeDaemon, PolicyRollback) {
    will_reply("RollbackPolicy", {{"changed", true}, {"generation", 6}, {"digest", std::string(64, 'd')}, {"rules", 3}, {"map_bytes", 4096}, {"findings", Json::array()}, {"origin", 4}});
    start();
    const Ran back = quell({"policy", "rollback"});
    EXPECT_EQ(back.code, 0) << back.err;
    EXPECT_EQ(back.out, "rolled back to generation 4: generation 6, 3 rules, 4096 bytes of maps, digest dddddddddddd\n");
    EXPECT_NE(back.err.find("a reload or restart applies them again"), std::string::npos);
    EXPECT_EQ(quell({"policy", "rollback", "4", "--dry-run"}).out, "would roll back to generation 4: generation 6, 3 rules, 4096 bytes of maps, digest dddddddddddd\n");
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(RollbackPolicy {"dry_run":false})", R"(RollbackPolicy {"dry_run":true,"generation":4})"}));
    for (const char* wrong : {"0", "-1", "4x", "newest"}) EXPECT_EQ(quell({"policy", "rollback", wrong}).code, 2) << wrong;
}

TEST_F(FakeDaemon, PolicyDiffAgainstWhatRuns) {
    const std::string rules = "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n    - {id: one, severity: low, on: [delete], match: {path: [/x]}}\n";
    will_reply("RunningPolicy", {{"generation", 7}, {"digest", std::string(64, 'd')}, {"files", 1}, {"file", "/etc/quell/policy.d/a.yaml"}, {"text", rules}});
    start();
    std::ofstream(dir / "a.yaml") << "# respelt\n" << rules;
    const Ran same = quell({"policy", "diff", dir / "a.yaml"});
    EXPECT_EQ(same.code, 0) << same.err;
    EXPECT_EQ(same.out, "from what runs, generation 7:\nno difference in meaning\n");
    std::ofstream(dir / "a.yaml") << rules << "    - {id: two, severity: low, on: [delete], match: {path: [/x]}}\n";
    EXPECT_EQ(quell({"policy", "diff", dir / "a.yaml"}).out, "from what runs, generation 7:\nadded t/two\n");
    const Json json = Json::parse(quell({"--json", "policy", "diff", dir / "a.yaml"}).out);
    EXPECT_EQ(json["generation"], 7);
    EXPECT_EQ(json["added"], Json{"t/two"});
    EXPECT_EQ(calls()[0], R"(RunningPolicy {"index":0})");
}

}  // namespace
}  // namespace quell::cli
