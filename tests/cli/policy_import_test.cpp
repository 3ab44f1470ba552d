// SPDX-License-Identifier: Apache-2.0
// `quell policy import`: no daemon is there.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/fake_daemon.h"
#include "user/base/files.h"

namespace quell::cli {
namespace {

std::string falco_rule(const std::string& name, const std::string& condition, const std::string& more = "") {
    return "- rule: " + name + "\n  desc: d\n  output: o %proc.cmdline\n  priority: error\n" + more + "  condition: " + condition + "\n";
}

const std::string kGone = falco_rule("Gone", "evt.type = unlink and fs.path.name = /etc/passwd");
const std::string kRaw = falco_rule("Raw", "evt.type = setns");

class PolicyImport : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(dir / name) << text;
        return dir / name;
    }
    Ran import_to(const std::string& out, const std::vector<std::string>& files, const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments{"policy", "import", "--from", "falco", "-o", dir / out};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.insert(arguments.end(), files.begin(), files.end());
        return run_quell(arguments);
    }
    const TempDir dir;
};

TEST_F(PolicyImport, WritesAPolicyAndCounts) {
    const Ran ran = import_to("out", {write("my rules.yaml", kGone + kRaw)});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find(": Gone -> falco-my-rules/falco-gone\n"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("not: Raw\n  evt.type: no hook sees setns\n"), std::string::npos) << ran.out;
    EXPECT_TRUE(ran.out.ends_with("\nexact 0, changed 1, not 1, of 2\n")) << ran.out;
    const std::string file = (dir / "out") + "/falco-my-rules.yaml";
    EXPECT_EQ(run_quell({"policy", "check", file}).code, 0);
    EXPECT_EQ(run_quell({"policy", "fmt", "--check", file}).code, 0);
    const std::string text = *read_file(file, 1 << 20);
    EXPECT_NE(text.find("Made by `quell policy import --from falco` of"), std::string::npos);
    EXPECT_NE(text.find("my rules.yaml:1"), std::string::npos) << text;
    EXPECT_NE(text.find("<command"), std::string::npos) << text;
    EXPECT_NE(text.find("severity: high"), std::string::npos);
}

TEST_F(PolicyImport, Json) {
    const Ran ran = import_to("out", {write("a.yaml", kGone + kRaw + falco_rule("Audit", "ka.verb = get", "  source: k8s_audit\n"))}, {"--json"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const Json json = Json::parse(ran.out, nullptr, false);
    EXPECT_EQ(json["exact"].get<int>() + json["changed"].get<int>(), 1) << ran.out;
    EXPECT_EQ(json["not"], 1);
    EXPECT_EQ(json["of"], 2);
    EXPECT_EQ(json["other_sources"], (Json{{"k8s_audit", 1}}));
    EXPECT_EQ(json["files"][0]["policy"], "falco-a");
    EXPECT_EQ(json["rules"][0]["rules"], Json{"falco-a/falco-gone"});
    EXPECT_EQ(json["rules"][1]["reason"], "evt.type: no hook sees setns");
    EXPECT_EQ(json["rules"][1]["line"], 6);
}

TEST_F(PolicyImport, LeavesAloneWhatIsThere) {
    const std::string a = write("a.yaml", kGone);
    ASSERT_EQ(import_to("out", {a}).code, 0);
    const std::string file = (dir / "out") + "/falco-a.yaml";
    std::ofstream(file) << "mine\n";
    const Ran again = import_to("out", {a, write("b.yaml", falco_rule("Also", "evt.type = unlink and fs.path.name = /x"))});
    EXPECT_EQ(again.code, 1);
    EXPECT_NE(again.err.find("is there already"), std::string::npos) << again.err;
    EXPECT_FALSE(std::filesystem::exists((dir / "out") + "/falco-b.yaml")) << "all or nothing";
    EXPECT_EQ(*read_file(file, 100), "mine\n");
    EXPECT_EQ(import_to("out", {a}, {"--force"}).code, 0);
    EXPECT_NE(*read_file(file, 1 << 20), "mine\n");
}

TEST_F(PolicyImport, AnErrorWritesNothing) {
    const Ran ran = import_to("out", {write("a.yaml", kGone + falco_rule("Bad", "evt.type = open and no_such_macro"))});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("Q2201"), std::string::npos) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_FALSE(std::filesystem::exists(dir / "out"));
    EXPECT_EQ(run_quell({"policy", "import", "--from", "sigma", "-o", dir / "out", dir / "a.yaml"}).code, 2);
    EXPECT_EQ(run_quell({"policy", "import", "-o", dir / "out", dir / "a.yaml"}).code, 2);
    EXPECT_EQ(import_to("out", {dir / "none.yaml"}).code, 1);
}

TEST_F(PolicyImport, DisabledRules) {
    const std::string a = write("a.yaml", falco_rule("Off", "evt.type = unlink and fs.path.name = /x", "  enabled: false\n"));
    // off, or left out as long as there is no word for it
    const Ran one = import_to("one", {a});
    const auto policy = read_file((dir / "one") + "/falco-a.yaml", 1 << 20);
    EXPECT_TRUE(policy ? policy->find("mode:") != std::string::npos : one.out.find("enabled: ") != std::string::npos) << one.out;
    EXPECT_NE(import_to("two", {a}, {"--with-disabled"}).out.find("changed 1, not 0, of 1\n"), std::string::npos);
}

TEST_F(PolicyImport, NothingComesOutRaw) {
    const std::string name = "\"a\\e[2Jb\"";
    for (const bool has_json : {false, true}) {
        const Ran ran = import_to("out\x1b[2J", {write("x\x1b[2J.yaml", falco_rule(name, "evt.type = unlink and fs.path.name = /x") + falco_rule("\"c\\e\"", "evt.type = '\xe2\x80\xae'"))},
                                  has_json ? std::vector<std::string>{"--force", "--json"} : std::vector<std::string>{"--force"});
        const std::string all = ran.out + ran.err;
        EXPECT_EQ(all.find('\x1b'), std::string::npos) << all;
        EXPECT_EQ(all.find("\xe2\x80\xae"), std::string::npos) << all;
    }
}

}  // namespace
}  // namespace quell::cli
