// SPDX-License-Identifier: Apache-2.0
// `quell policy test --kernel`: scenarios are really done, and the machine is as it was afterwards.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kMark = "/etc/quell/test-machine";
constexpr const char* kScenarios = "/w/operations-scenarios.yaml";
constexpr const char* kHead = "apiVersion: quell/v1\nkind: PolicyTest\nspec:\n  policies: [/w/operations.yaml]\n  scenarios:\n";

// What runs is what `files` would make run; "": the daemon's directory.
bool runs(const std::string& files) {
    const Json reply = quell("policy apply --dry-run " + files);
    return reply.contains("changed") && !reply["changed"].get<bool>();
}

class PolicyTest : public testing::Test {
protected:
    PolicyTest() {
        write(kMark, "");
        EXPECT_TRUE(runs(""));
    }
    // Whatever happened, nothing of it stays.
    ~PolicyTest() override {
        EXPECT_TRUE(incidents().empty());
        for (const char* place : {"/var/tmp", "/sys/fs/cgroup"})
            for (const auto& entry : std::filesystem::directory_iterator(place)) EXPECT_EQ(entry.path().string().find("quell-policy-test"), std::string::npos) << entry.path();
        EXPECT_EQ(run("find / -xdev -name '*.quell-*'").text, "");
        std::filesystem::remove(kMark);
    }

    static Output test(const std::string& scenarios, const std::string& options = "") {
        write("/tmp/some.test", kHead + scenarios);
        return run("quell policy test --kernel " + options + " /tmp/some.test 2>/dev/null");
    }
};

TEST_F(PolicyTest, EveryOperation) {
    int status = -1;
    const Json reply = quell(std::string("policy test --kernel 2>/tmp/said ") + kScenarios, &status);
    EXPECT_EQ(status, 0) << reply.dump(2);
    ASSERT_TRUE(reply.contains("files")) << reply.dump(2);
    EXPECT_GE(reply["files"][0]["scenarios"].get<int>(), 70);
    EXPECT_TRUE(reply["files"][0]["failures"].empty());
    EXPECT_TRUE(reply["files"][0]["not_tried"].empty());
    EXPECT_TRUE(runs(""));
    for (const char* path : {"/srv/acts", "/srv/guarded", "/srv/who"}) EXPECT_FALSE(std::filesystem::exists(path)) << path << " was not there before";
}

// Programs that the guest has are exchanged for the time, and so is its shadow file.
TEST_F(PolicyTest, TheDocumentsExampleAndThePacksScenarios) {
    std::ifstream file("/usr/share/doc/quell/policy-test.md");
    const std::string document{std::istreambuf_iterator<char>(file), {}};
    const auto begin = document.find("```yaml\n") + 8;
    write("/usr/share/quell/packs/example.test", document.substr(begin, document.find("```", begin) - begin));
    const std::string sums = must("sha256sum /usr/bin/rm /usr/bin/cat /usr/bin/mount /etc/shadow; stat -c '%a %u %i' /etc/shadow");
    const Output output = run("quell policy test --kernel /usr/share/quell/packs/example.test /usr/share/quell/packs/scenarios/notable-events.yaml 2>/dev/null");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(std::regex_match(output.text, std::regex("(\\d+) scenarios: \\1 as expected, 0 different, 0 not tried\n"))) << output.text;
    EXPECT_EQ(must("sha256sum /usr/bin/rm /usr/bin/cat /usr/bin/mount /etc/shadow; stat -c '%a %u %i' /etc/shadow"), sums);
    must("rm /usr/share/quell/packs/example.test");
    EXPECT_TRUE(runs(""));
}

TEST_F(PolicyTest, WhatDiffersIsToldWithItsPlace) {
    const Output output = test("    - {name: turned round, on: delete, object: {path: /srv/acts/a}, fires: []}\n"
                               "    - {name: missed, on: delete, subject: {in: container}, object: {path: /srv/other/a}, fires: [acts/delete]}\n");
    EXPECT_EQ(output.status, 1);
    EXPECT_EQ(output.text, "/tmp/some.test:6:76: failed: turned round\n    fired, and was not expected: acts/delete\n"
                           "/tmp/some.test:7:98: failed: missed\n    did not fire: acts/delete\n"
                           "2 scenarios: 0 as expected, 2 different, 0 not tried\n");
}

TEST_F(PolicyTest, WhatCannotBeDoneIsCounted) {
    const std::string scenarios = "    - {name: a module, on: module-load, fires: []}\n"
                                  "    - {name: of a name, on: delete, subject: {in: container, container: {name: web}}, object: {path: /srv/web/a}, fires: [acts/web]}\n"
                                  "    - {name: of many, on: delete, object: {path: /srv/many/a}, fires: [acts/many]}\n"
                                  "    - {name: by a link, on: delete, object: {path: /bin/acts}, fires: []}\n"
                                  "    - {name: done, on: delete, object: {path: /srv/acts/a}, fires: [acts/delete]}\n";
    const Output output = test(scenarios);
    EXPECT_EQ(output.status, 1);
    for (const char* text : {":6:48: not tried: a module\n    no module is loaded", ":7:122: not tried: of a name\n", "of many\n    acts/many has a threshold", "by a link\n    /bin/acts leads through a symbolic link: /bin is /usr/bin\n",
                             "\n5 scenarios: 1 as expected, 0 different, 4 not tried\n"})
        EXPECT_NE(output.text.find(text), std::string::npos) << text << "in\n" << output.text;
    EXPECT_EQ(test(scenarios, "--allow-not-tried").status, 0);
}

TEST_F(PolicyTest, WhatIsThereIsPutBack) {
    must("mkdir -p /srv/acts /srv/guarded && echo mine >/srv/acts/a && chmod 4751 /srv/acts/a && chown 7:8 /srv/acts/a && echo guarded >/srv/guarded/a");
    const std::string before = must("stat -c '%a %u %g %i' /srv/acts/a /srv/guarded/a");
    const Output output = test("    - {name: a, on: delete, object: {path: /srv/acts/a}, fires: [acts/delete]}\n"
                               "    - {name: b, on: create, object: {path: /srv/acts/a}, fires: [acts/create]}\n"
                               "    - {name: c, on: rename, object: {path: /srv/acts/a}, fires: [acts/rename]}\n"
                               "    - {name: d, on: delete, object: {path: /srv/guarded/a}, fires: [acts/guarded]}\n");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(must("stat -c '%a %u %g %i' /srv/acts/a /srv/guarded/a"), before);
    EXPECT_EQ(must("cat /srv/acts/a /srv/guarded/a; ls -A /srv/acts /srv/guarded"), "mine\nguarded\n/srv/acts:\na\n\n/srv/guarded:\na\n");
    must("rm -r /srv/acts /srv/guarded");
    EXPECT_TRUE(runs(""));
}

TEST_F(PolicyTest, APolicyThatIsNotOfTheDirectoryIsPutBackToo) {
    write("/tmp/other.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: other}\nspec:\n  rules: [{id: one, severity: low, on: [delete], match: {path: [/srv/one]}}]\n");
    must("quell policy apply /tmp/other.yaml");
    EXPECT_EQ(test("    - {name: a, on: delete, object: {path: /srv/acts/a}, fires: [acts/delete]}\n").status, 0);
    EXPECT_TRUE(runs("/tmp/other.yaml"));
    must("quell policy apply");
}

TEST_F(PolicyTest, ASignalEndsItAndThePolicyIsPutBack) {
    must(std::string("(setsid quell policy test --kernel ") + kScenarios + " >/tmp/ended.out 2>&1; echo $? >/tmp/ended) </dev/null >/dev/null 2>&1 &");
    ASSERT_TRUE(eventually([] { return run("quell policy list | grep -q acts").status == 0; }));
    must("pkill -TERM -x quell");
    ASSERT_TRUE(eventually([] { return run("test -s /tmp/ended").status == 0; }));
    EXPECT_EQ(must("cat /tmp/ended"), "143\n");
    EXPECT_NE(must("cat /tmp/ended.out").find("somebody asked for the end"), std::string::npos);
    EXPECT_TRUE(runs(""));
}

TEST_F(PolicyTest, RulesThatRespondByThemselvesAreNotTried) {
    write("/tmp/automatic.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: acts}\nspec:\n  rules:\n    - {id: delete, severity: low, on: [delete], match: {path: [/srv/acts/**]}, "
                                 "respond: {offer: [kill-process], automatic: {response: kill-process, per-hour: 1}}}\n");
    const Output output = test("    - {name: a, on: delete, object: {path: /srv/acts/a}, fires: [acts/delete]}\n", "--policies /tmp/automatic.yaml");
    EXPECT_EQ(output.status, 1);
    EXPECT_NE(output.text.find("acts/delete responds by itself"), std::string::npos) << output.text;
}

TEST_F(PolicyTest, AMachineThatIsNotMarkedIsRefused) {
    std::filesystem::remove(kMark);
    const Output refused = run(std::string("quell policy test --kernel ") + kScenarios);
    EXPECT_EQ(refused.status, 4);
    EXPECT_NE(refused.text.find("/etc/quell/test-machine is not there\n  hint: "), std::string::npos) << refused.text;
    EXPECT_FALSE(std::filesystem::exists("/srv/acts"));
    EXPECT_TRUE(runs(""));
    write(kMark, "");
}

}  // namespace
}  // namespace quell::guest
