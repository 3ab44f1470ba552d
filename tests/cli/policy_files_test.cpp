// SPDX-License-Identifier: Apache-2.0
// The verbs below `policy` that read files themselves: no daemon is there.
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "policy/finding.h"
#include "tests/cli/fake_daemon.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"

namespace quell::cli {
namespace {

const std::string kPack = QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml";
const std::string kHead = "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n";

std::string rule(const std::string& id, const std::string& path) {
    return "    - id: " + id + "\n      severity: high\n      on: [delete]\n      match: {path: [" + path + "]}\n";
}

class PolicyFiles : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(dir / name) << text;
        return dir / name;
    }
    static std::string read(const std::string& path) { return *read_file(path, 1 << 20); }
    static Json json(std::vector<std::string> arguments, int code) {
        arguments.push_back("--json");
        const Ran ran = run_quell(arguments);
        EXPECT_EQ(ran.code, code) << ran.out << ran.err;
        for (const char c : ran.out) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
        return Json::parse(ran.out, nullptr, false);
    }
    const TempDir dir;
};

TEST_F(PolicyFiles, Operations) {
    const Json all = json({"policy", "operations"}, 0);
    ASSERT_EQ(all["operations"].size(), kOperationWords.size());
    EXPECT_EQ(all["operations"][1], (Json{{"word", "rename"}, {"object", "place"}, {"hooks", {"inode_rename"}}}));
    EXPECT_FALSE(all["not_seen"].empty());
    const Ran text = run_quell({"policy", "operations"}, {"COLUMNS=200"});
    EXPECT_EQ(text.code, 0);
    for (const std::string_view word : kOperationWords) EXPECT_NE(text.out.find("\n" + std::string(word) + " "), std::string::npos) << word;
    EXPECT_NE(text.out.find("no hook can see them:\n  overwriting in place, but for rules on `overwrite`: "), std::string::npos) << text.out;
    EXPECT_EQ(run_quell({"policy", "operations", "more"}).code, 2);
}

TEST_F(PolicyFiles, ExplainACode) {
    const Ran one = run_quell({"policy", "explain", "q1101"});
    EXPECT_EQ(one.code, 0);
    EXPECT_TRUE(one.out.starts_with("Q1101: unknown key (error)\n")) << one.out;
    EXPECT_EQ(json({"policy", "explain", "Q1208"}, 0)["severity"], "warning");
    const Json all = json({"policy", "explain"}, 0);
    ASSERT_EQ(all["codes"].size(), policy::code_names().size());
    for (const Json& code : all["codes"]) EXPECT_NE(code["explanation"], "");
    EXPECT_NE(run_quell({"policy", "explain"}).out.find("Q1005  error     not YAML\n"), std::string::npos);
}

TEST_F(PolicyFiles, ExplainRefusesWhatIsNoCode) {
    const Ran near = run_quell({"policy", "explain", "Q110l"});
    EXPECT_EQ(near.code, 1);
    EXPECT_NE(near.err.find("did you mean 'Q1101'?"), std::string::npos) << near.err;
    EXPECT_EQ(json({"policy", "explain", "Q9"}, 1)["error"], "io.quell.Failed");
    EXPECT_EQ(run_quell({"policy", "explain", "a\x1b[2J"}).err.find('\x1b'), std::string::npos);
}

TEST_F(PolicyFiles, ExplainARule) {
    const Ran text = run_quell({"policy", "explain", "clear-log-activities", kPack}, {"COLUMNS=120"});
    EXPECT_EQ(text.code, 0) << text.err;
    EXPECT_NE(text.out.find("delete      inode_unlink"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("Attached while an incident offers kill-container"), std::string::npos);
    const Json rule = json({"policy", "explain", "notable-events/clear-log-activities", kPack}, 0);
    EXPECT_EQ(rule["operations"][0], (Json{{"word", "delete"}, {"hooks", {"inode_unlink"}}, {"instructions", {{"host", 347}, {"container", 674}}}}));
    EXPECT_FALSE(rule["operations"][4].contains("instructions")) << "mount-over was not measured";
    EXPECT_EQ(rule["mode"], "on");
    EXPECT_EQ(rule["while_waiting"].size(), 5u);
    EXPECT_EQ(text.out.find("while an incident offers capture"), std::string::npos) << "it needs no hook";
    EXPECT_EQ(rule["maps"][0], (Json{{"map", "rules"}, {"entries", 1}}));
    EXPECT_GT(rule["map_bytes"], 500);
    EXPECT_TRUE(rule["from_apply_on"].empty());
    const std::string waits = write("waits.yaml", kHead + "    - {id: w, severity: high, on: [delete], where: {subject: container}, match: {path: [/x]}, respond: {while-pending: [isolate-network]}}\n");
    const Json held = json({"policy", "explain", "t/w", waits}, 0);
    EXPECT_EQ(held["from_apply_on"][0]["response"], "isolate-network");
    EXPECT_EQ(held["from_apply_on"][0]["hooks"].size(), 8u);
    EXPECT_EQ(held["from_apply_on"][0]["instructions_per_call"], 196);
    const std::string told = run_quell({"policy", "explain", "t/w", waits}, {"COLUMNS=200"}).out;
    EXPECT_NE(told.find("Attached from apply on, since nobody is waited for (isolate-network): isolate_connect"), std::string::npos) << told;
    EXPECT_NE(told.find("Each call of one of these that no rule has attached adds 196 instructions"), std::string::npos) << told;
    EXPECT_NE(run_quell({"policy", "explain", "clear-logs", kPack}).err.find("there is no rule 'clear-logs'"), std::string::npos);
}

TEST_F(PolicyFiles, Test) {
    write("p.yaml", kHead + rule("one", "/x"));
    const std::string head = "apiVersion: quell/v1\nkind: PolicyTest\nspec:\n  policies: [p.yaml]\n  scenarios:\n";
    const std::string good = write("good.test", head + "    - {name: it is removed, on: delete, object: {path: /x}, fires: [t/one]}\n");
    EXPECT_EQ(run_quell({"policy", "test", good}).out, "ok: 1 scenarios\n");
    const std::string bad = write("bad.test", head + "    - {name: another, on: delete, object: {path: /y}, fires: [t/one, t/onne]}\n");
    const Ran failed = run_quell({"policy", "test", good, bad});
    EXPECT_EQ(failed.code, 1);
    EXPECT_EQ(failed.out, bad + ":6:63: failed: another\n    did not fire: t/one, t/onne\n    no rule t/onne is on: did you mean 't/one'?\n1 of 2 scenarios failed\n");
    const Json result = json({"policy", "test", bad}, 1);
    EXPECT_EQ(result["ok"], false);
    EXPECT_EQ(result["files"][0]["failures"][0]["missing"], (Json{"t/one", "t/onne"}));
    EXPECT_EQ(run_quell({"policy", "test", bad, "--policies", kPack}).code, 1);
    // where tests run, nobody has marked a machine for this
    EXPECT_EQ(json({"policy", "test", "--kernel", good}, 4)["error"], "io.quell.NotAllowed");
    EXPECT_EQ(run_quell({"policy", "test", "--allow-not-tried", good}).code, 2);
    EXPECT_EQ(json({"policy", "test", write("broken.test", head)}, 1)["error"], "io.quell.PolicyInvalid");
    EXPECT_EQ(run_quell({"policy", "test", QUELL_SOURCE_DIR "/policy/packs/scenarios/notable-events.yaml"}).code, 0);
}

TEST_F(PolicyFiles, ShowSaysWhatAnOverrideMakes) {
    write("a.yaml", kHead + rule("one", "/x"));
    write("b.yaml", "apiVersion: quell/v1\nkind: Override\nmetadata: {name: site}\nspec:\n  overrides: [{rule: t/one, severity: low, mode: observe}]\n");
    const Json one = json({"policy", "show", "one", dir.path()}, 0);
    EXPECT_EQ(one["keys"]["severity"], "low");
    EXPECT_EQ(one["keys"]["mode"], "observe");
    EXPECT_EQ(one["file"], dir / "a.yaml");
}

TEST_F(PolicyFiles, ShowARule) {
    const std::string file = write("a.yaml", kHead + rule("one", "/x/**, /y") + rule("two", "/z"));
    const Ran one = run_quell({"policy", "show", "one", file});
    EXPECT_EQ(one.code, 0) << one.err;
    EXPECT_EQ(one.out, "t/one  " + file + ":6\n"
                       "  name               one (default)\n  severity           high\n  mode               on (default)\n  tags               none (default)\n"
                       "  on                 delete\n  where.subject      any (default)\n  match.path         /x/**\n                     /y\n"
                       "  where              none (default)\n  match              none (default)\n  except             none (default)\n  respond.offer      none (default)\n  respond.deny       false (default)\n  respond.threshold.count  none (default)\n  respond.threshold.within  none (default)\n  respond.once-per   none (default)\n  respond.automatic.response  none (default)\n  respond.automatic.per-hour  none (default)\n  respond.automatic.dry-run  false (default)\n  respond.while-pending  none (default)\n  respond.follow.workload  none (default)\n  respond.two-persons  false (default)\n  respond.reason-required  false (default)\n  respond.expires    1h (default)\n"
                       "  hooks              inode_unlink\n");
    const Json two = json({"policy", "show", "t/two", dir.path()}, 0);
    EXPECT_EQ(two["line"], 10);
    EXPECT_EQ(two["file"], file);
    EXPECT_EQ(two["keys"]["match.path"], Json{"/z"});
    EXPECT_EQ(two["keys"]["severity"], "high");
    EXPECT_EQ(two["hooks"], Json{"inode_unlink"});
    EXPECT_NE(std::find(two["defaults"].begin(), two["defaults"].end(), "where.subject"), two["defaults"].end());
}

TEST_F(PolicyFiles, ShowNeedsOneRule) {
    write("a.yaml", kHead + rule("one", "/x"));
    std::string other = kHead + rule("one", "/x") + rule("two", "/x");
    other.replace(other.find("name: t"), 7, "name: u");
    write("b.yaml", other);
    const Ran two = run_quell({"policy", "show", "one", dir.path()});
    EXPECT_EQ(two.code, 1);
    EXPECT_NE(two.err.find("name one of t/one, u/one"), std::string::npos) << two.err;
    EXPECT_EQ(run_quell({"policy", "show", "u/one", dir.path()}).code, 0);
    EXPECT_NE(run_quell({"policy", "show", "twoo", dir.path()}).err.find("did you mean 'two'?"), std::string::npos);
    EXPECT_NE(run_quell({"policy", "show", "u/ona", dir.path()}).err.find("did you mean 'u/one'?"), std::string::npos);
    EXPECT_EQ(run_quell({"policy", "show"}).code, 2);
    EXPECT_EQ(run_quell({"policy", "show", "one", dir / "none.yaml"}).code, 1);
}

TEST_F(PolicyFiles, DiffOfMeaning) {
    const std::string a = write("a.yaml", kHead + rule("one", "/x, /y") + rule("two", "/z"));
    const std::string b = write("b.yaml", "# only spelt differently\n" + kHead + rule("two", "'/z'") + rule("one", "/y, /x"));
    EXPECT_EQ(run_quell({"policy", "diff", a, b}).code, 0);
    EXPECT_EQ(json({"policy", "diff", a, b}, 0)["equal"], true);
    const std::string c = write("c.yaml", kHead + rule("one", "/y, /w/*") + rule("three", "/z") + "      name: Three\n");
    const Ran text = run_quell({"policy", "diff", a, c});
    EXPECT_EQ(text.code, 1);
    EXPECT_EQ(text.out, "removed t/two\nadded t/three\nchanged t/one\n  match.path:\n    - /x\n    + /w/*\n");
    const Json changes = json({"policy", "diff", a, c}, 1);
    EXPECT_EQ(changes["changed"], Json::parse(R"([{"rule": "t/one", "keys": [{"key": "match.path", "old": ["/x", "/y"], "new": ["/w/*", "/y"]}]}])"));
    EXPECT_EQ(changes["removed"], Json{"t/two"});
}

TEST_F(PolicyFiles, DiffOfOneValue) {
    std::string text = kHead + rule("one", "/x");
    const std::string a = write("a.yaml", text);
    const std::string b = write("b.yaml", text.replace(text.find("high"), 4, "low") + "      respond: {offer: [kill-process], expires: 5m}\n");
    EXPECT_EQ(run_quell({"policy", "diff", a, b}).out,
              "changed t/one\n  severity: high -> low\n  respond.offer: none -> kill-process\n  respond.expires: 1h -> 5m\n");
}

TEST_F(PolicyFiles, ABrokenFileIsSaid) {
    const std::string bad = write("bad.yaml", kHead + rule("one", "x\x1b"));
    for (const auto& verb : std::vector<std::vector<std::string>>{{"show", "one", bad}, {"diff", bad, kPack}, {"diff", kPack, bad}, {"fmt", bad}}) {
        std::vector<std::string> arguments{"policy"};
        arguments.insert(arguments.end(), verb.begin(), verb.end());
        const Ran ran = run_quell(arguments);
        EXPECT_EQ(ran.code, 1);
        EXPECT_NE(ran.err.find("bad.yaml:9:"), std::string::npos) << ran.err;
        EXPECT_EQ(ran.out, "");
        EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
        if (verb[0] != "fmt") {
            EXPECT_EQ(json(arguments, 1)["error"], "io.quell.PolicyInvalid");
        }
    }
}

TEST_F(PolicyFiles, FmtPrintsChecksAndWrites) {
    const std::string good = write("good.yaml", kHead + rule("one", "/x"));
    const std::string odd = write("odd.yaml", kHead + "    -   id:   'two' # why\n        severity: high\n        on: [ delete ]\n        match: {path: [/x]}\n");
    const std::string form = kHead + "    - id: two  # why\n      severity: high\n      on: [delete]\n      match: {path: [/x]}\n";
    EXPECT_EQ(run_quell({"policy", "fmt", odd}).out, form);
    EXPECT_EQ(run_quell({"policy", "fmt", "-"}, {}, odd).out, form);
    const Ran check = run_quell({"policy", "fmt", "--check", dir.path()});
    EXPECT_EQ(check.code, 1);
    EXPECT_EQ(check.out, odd + "\n");
    EXPECT_EQ(json({"policy", "fmt", "--check", good}, 0), (Json{{"files", {{{"file", good}, {"formatted", true}, {"changed", false}}}}}));
    EXPECT_EQ(json({"policy", "fmt", odd}, 0)["files"][0]["text"], form);
    ASSERT_EQ(::chmod(odd.c_str(), 0604), 0);
    const Ran write = run_quell({"policy", "fmt", "--write", dir.path()});
    EXPECT_EQ(write.code, 0) << write.err;
    EXPECT_EQ(write.out, odd + "\n");
    EXPECT_EQ(read(odd), form);
    struct stat info {};
    ASSERT_EQ(::stat(odd.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0604u);
    EXPECT_EQ(run_quell({"policy", "fmt", "--check", dir.path()}).code, 0);
}

TEST_F(PolicyFiles, FmtLeavesAloneWhatItCannotDo) {
    const std::string odd = kHead + "    - { id: r, severity: high, on: [delete], match: {path: [/x]} }\n";
    const std::string bad = write("bad.yaml", kHead + rule("one", "x")), fine = write("fine.yaml", odd);
    const std::string directive = write("z.yaml", "%YAML 1.2\n---\n" + kHead + rule("one", "/x"));
    const Ran ran = run_quell({"policy", "fmt", "--write", bad, fine, directive});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, fine + "\n") << "the others are formatted all the same";
    EXPECT_NE(ran.err.find("z.yaml: line 1 holds YAML that cannot be formatted"), std::string::npos) << ran.err;
    EXPECT_EQ(read(bad), kHead + rule("one", "x"));
    EXPECT_NE(read(fine), odd);
    const Json json_of_bad = json({"policy", "fmt", bad}, 1);
    EXPECT_EQ(json_of_bad["files"][0]["formatted"], false);
    EXPECT_EQ(json_of_bad["files"][0]["findings"][0]["code"], "Q1201");
    std::filesystem::create_hard_link(write("h.yaml", odd), dir / "i.yaml");
    EXPECT_EQ(run_quell({"policy", "fmt", "--write", dir / "h.yaml"}).code, 1);
    EXPECT_EQ(read(dir / "i.yaml"), odd);
}

TEST_F(PolicyFiles, CompileAndDump) {
    const std::string image = dir / "x.img";
    const Ran compiled = run_quell({"policy", "compile", "-o", image, kPack});
    EXPECT_EQ(compiled.code, 0) << compiled.err;
    EXPECT_TRUE(compiled.out.starts_with(image + ": 36 rules, ")) << compiled.out;
    const Json check = json({"policy", "check", kPack}, 0);
    const Json dump = json({"policy", "dump", image}, 0);
    EXPECT_EQ(dump["digest"], check["digest"]);
    ASSERT_EQ(dump["rules"].size(), 37u);
    EXPECT_EQ(dump["rules"][0]["flags"], (Json{"deny", "silent"}));
    const Json& rules = dump["rules"];
    const auto clear = std::find_if(rules.begin(), rules.end(), [](const Json& rule) { return rule["id"] == "clear-log-activities"; });
    ASSERT_NE(clear, rules.end());
    EXPECT_EQ((*clear)["expires_s"], 3600);
    EXPECT_EQ((*clear)["subjects"], (Json{"host", "container"}));
    const Ran text = run_quell({"policy", "dump", image});
    EXPECT_EQ(text.code, 0);
    for (const char* part : {"\nrules\n", "notable-events/sensitive-file-read", "\nedges\n", "/var/log/**", "\nsets\n", "\nconditions\n", "\nmembers\n"}) EXPECT_NE(text.out.find(part), std::string::npos) << part;
    const Json again = json({"policy", "compile", "--output", image, kPack}, 0);
    EXPECT_EQ(again["bytes"], std::filesystem::file_size(image));
    EXPECT_EQ(again["digest"], check["digest"]);
}

TEST_F(PolicyFiles, CompileRefuses) {
    const std::string image = dir / "x.img";
    const std::string bad = write("bad.yaml", kHead + rule("one", "x"));
    EXPECT_EQ(run_quell({"policy", "compile", "-o", image, bad}).code, 1);
    EXPECT_FALSE(std::filesystem::exists(image));
    EXPECT_EQ(json({"policy", "compile", "-o", image, bad}, 1)["error"], "io.quell.PolicyInvalid");
    const std::string empty = write("empty.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec: {rules: []}\n");
    EXPECT_EQ(run_quell({"policy", "compile", "-o", image, empty}).code, 1);
    EXPECT_EQ(run_quell({"policy", "compile", "-o", image, "--allow-empty", empty}).code, 0);
    EXPECT_EQ(run_quell({"policy", "compile", "-o", dir / "none/x.img", kPack}).code, 1);
    EXPECT_EQ(run_quell({"policy", "compile", kPack}).code, 2) << "where to is needed";
    const std::string warned = write("warned.yaml", kHead + rule("one", "/x, /x"));
    const Ran ran = run_quell({"policy", "compile", "-o", image, warned});
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.err.find("Q1109"), std::string::npos) << ran.err;
}

TEST_F(PolicyFiles, DumpTakesTheFileForHostile) {
    const std::string image = dir / "x.img";
    ASSERT_EQ(run_quell({"policy", "compile", "-o", image, kPack}).code, 0);
    std::string bytes = read(image);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    for (const std::string& file : {write("changed.img", bytes), write("short.img", bytes.substr(0, 40)), kPack, dir.path(), dir / "none"}) {
        const Ran ran = run_quell({"policy", "dump", file});
        EXPECT_EQ(ran.code, 1) << file;
        EXPECT_EQ(ran.out, "");
        EXPECT_NE(ran.err.find(file), std::string::npos) << ran.err;
        EXPECT_EQ(json({"policy", "dump", file}, 1)["error"], "io.quell.Failed");
    }
}

// Whatever stands in a policy, an operator's terminal is not driven by it.
TEST_F(PolicyFiles, NothingComesOutRaw) {
    const std::string file = write("a\x1b[2J.yaml", kHead + rule("one", "\"/x\xe2\x80\xae\"") + "      name: \"a\xe2\x80\xae\"\n");
    const std::string other = write("b.yaml", kHead + rule("one", "/y"));
    const std::string image = dir / "x\x1b.img";
    for (const auto& verb : std::vector<std::vector<std::string>>{{"show", "one", file}, {"diff", file, other}, {"diff", other, file}, {"fmt", "--check", file}, {"compile", "-o", image, file}, {"dump", image}})
        for (const bool has_json : {false, true}) {
            std::vector<std::string> arguments{"policy"};
            arguments.insert(arguments.end(), verb.begin(), verb.end());
            if (has_json) arguments.push_back("--json");
            const Ran ran = run_quell(arguments);
            const std::string all = ran.out + ran.err;
            EXPECT_EQ(all.find('\x1b'), std::string::npos) << all;
            EXPECT_EQ(all.find("\xe2\x80\xae"), std::string::npos) << all;
            EXPECT_NE(all.find("\\x"), std::string::npos) << verb[0];
        }
}

TEST_F(PolicyFiles, FmtUsage) {
    const std::string a = write("a.yaml", kHead + rule("one", "/x")), b = write("b.yaml", kHead + rule("one", "/x"));
    for (const auto& arguments : std::vector<std::vector<std::string>>{{}, {a, b}, {"--check", "--write", a}, {"-", a, "--check"}, {"--write", "-"}}) {
        std::vector<std::string> all{"policy", "fmt"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Ran ran = run_quell(all);
        EXPECT_EQ(ran.code, 2);
        EXPECT_EQ(ran.out, "");
        EXPECT_NE(ran.err, "");
    }
    EXPECT_EQ(run_quell({"policy", "fmt", "-"}).code, 1) << "empty standard input is no policy";
}

}  // namespace
}  // namespace quell::cli
