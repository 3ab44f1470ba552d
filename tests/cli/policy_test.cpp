// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "tests/cli/fake_daemon.h"

namespace quell::cli {
namespace {

const std::string kPack = QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml";

TEST(PolicyCheck, NeedsNobody) {
    const Ran good = run_quell({"policy", "check", kPack});
    EXPECT_EQ(good.code, 0) << good.out << good.err;
    const Ran json = run_quell({"policy", "check", kPack, "--json"});
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
    will_reply("ListPolicies", {{"generation", 5}, {"policies", {{{"name", "notable-events"}, {"version", "1.2"}, {"file", "/etc/p.yaml"}, {"rules", 2}, {"rule_ids", {"a", "b"}}}}}});
    start();
    EXPECT_EQ(quell({"policy", "apply"}).out, "/p:1:2: warning: hm [Q2]\napplied: generation 5, 3 rules, 4096 bytes of maps, digest dddddddddddd\n");
    std::ofstream(dir / "b.yaml") << "x";
    std::ofstream(dir / "a.yaml") << "x";
    std::ofstream(dir / "c.txt") << "x";
    EXPECT_EQ(quell({"policy", "apply", "--dir", dir.path(), "--dry-run", "--allow-empty"}).code, 0);
    EXPECT_EQ(calls(), (std::vector<std::string>{R"(ApplyPolicy {"allow_empty":false,"dry_run":false,"files":[]})",
                                                 R"(ApplyPolicy {"allow_empty":true,"dry_run":true,"files":[")" + (dir / "a.yaml") + "\",\"" + (dir / "b.yaml") + "\"]}"}));
    EXPECT_EQ(quell({"policy", "apply", "--dir", dir / "none"}).code, 1);
    EXPECT_EQ(quell({"policy", "list"}).out, "generation 5\nPOLICY          VERSION  RULES  FILE         IDS\nnotable-events  1.2      2      /etc/p.yaml  a,b\n");
}

}  // namespace
}  // namespace quell::cli
