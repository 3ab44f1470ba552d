// SPDX-License-Identifier: Apache-2.0
// Rules that ask for texts: arguments, the environment, targets of symbolic
// links. Each is seen in a container and on the host, with a neighbour that is
// not; what is denied is killed before its first instruction, or refused.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <set>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr int kKilled = 128 + SIGKILL;

struct TextCase {
    const char* on;
    const char* match;
    const char* seen;
    const char* unseen;
    int matches = 1;
};

// /srv/p/tool does nothing, whatever it is told; /srv/p/sh is a shell.
constexpr TextCase kTextCases[] = {
    {"exec", "arguments: [evil]", "./tool nothing evil", "./tool nothing devil evils EVIL"},
    {"exec", "arguments: ['--donate-level*']", "./tool nothing --donate-level=5", "./tool nothing x--donate-level=5 --donate-leve"},
    {"exec", "arguments: ['*.onion']", "./tool nothing a.onion", "./tool nothing a.onion/ onion"},
    {"exec", "path: [/srv/p/tool], arguments: ['*stratum+tcp://*']", "./tool nothing 'x stratum+tcp://y'", "./tool nothing 'x stratum+tcp:/y' ''"},
    {"exec", "arguments: ['*curl*|*sh']", "./tool nothing 'curl -s http://x | sh'", "./tool nothing 'sh | curl -s http://x' 'curl | s' curl '|' sh"},
    {"exec", "arguments: ['a?c', '[0-9][0-9]']", "./tool nothing abc; ./tool nothing 42", "./tool nothing ac abbc 4 421", 2},
    {"exec", "arguments: ['\\*']", "./tool nothing '*'", "./tool nothing x"},
    {"exec", "arguments: [{at: 2, is: evil}]", "./tool nothing evil", "./tool nothing x evil; ./tool"},
    {"exec", "arguments: [{at: 0, is: './to*'}]", "./tool nothing", "/srv/p/tool nothing ./tool"},
    {"exec", "arguments: ['./tool']", "./tool nothing ./tool", "./tool nothing"},
    {"exec", "all-arguments: [a, 'b*']", "./tool nothing b1 a", "./tool nothing a; ./tool nothing b1"},
    {"exec", "arguments: [a], not: {arguments: [b]}", "./tool nothing a", "./tool nothing a b"},
    {"exec", "not: {all-arguments: [a, b]}, arguments: [c]", "./tool nothing c a", "./tool nothing c a b"},
    {"exec", "path: [/srv/p/tool], arguments: [evil]", "./tool nothing evil", "./sh -c true evil"},
    {"exec", "environment: [LD_PRELOAD, 'EV*L']", "LD_PRELOAD= ./tool nothing; EVIL=x ./tool nothing", "./tool nothing LD_PRELOAD; X=LD_PRELOAD ./tool nothing; LD_PRELOADS=1 ./tool nothing", 2},
    {"exec", "environment: [LAST_ONE], arguments: [x]", "LAST_ONE=1 ./tool nothing x", "LAST_ONE=1 ./tool nothing; ./tool nothing x"},
    // a script: its interpreter has its path
    {"exec", "path: [/srv/p/sh], arguments: ['*/script']", "./script", "./tool nothing /srv/p/script"},
    {"symlink", "path: [/srv/p/links/*], target: [/etc/shadow, '*../etc/shadow']", "ln -s /etc/shadow links/a; ln -s ../../etc/shadow links/b", "ln -s /etc/shadows links/c; ln -s shadow links/d; ln links/d links/e", 2},
    {"symlink", "path: [/srv/p/links/*]", "ln -s anything links/a", "mkdir links/c; touch links/d"},
    {"symlink, delete", "path: [/srv/p/links/*], type: [symlink]", "ln -s anything links/a", "touch links/b; rm links/b"},
};

std::string policy_of(const std::string& on, const std::string& match, bool container, const std::string& more = "", const std::string& where = "") {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: texts}\nspec:\n  rules:\n    - {id: one, severity: low, on: [" + on +
           "], where: {subject: " + (container ? "container" : "host") + where + "}, match: {" + match + "}" + more + "}\n";
}

void apply_texts(const std::string& policy) {
    write("/tmp/texts.yaml", policy);
    must("quell policy apply /tmp/texts.yaml");
}

class Texts : public testing::Test {
protected:
    void SetUp() override { reject_all(); }
    void TearDown() override {
        reject_all();
        must("rm -rf /srv/p");
        apply_pack();
    }
    static constexpr const char* kPrepare = "mkdir -p /srv/p/links && cd /srv/p && rm -rf links/* && cp $(command -v acts) tool && cp $(readlink -f /bin/sh) sh && "
                                            "printf '#!/srv/p/sh\\ntrue\\n' >script && chmod 755 script && cp $(command -v attack) attack";
    static Output in(const Container* container, const std::string& command) {
        const std::string whole = "cd /srv/p && { " + command + "; }";
        return container ? container->exec(whole) : run("PATH=/w:$PATH; " + whole);
    }
    static void prepare(const Container* container) {
        const auto done = container ? container->exec(kPrepare) : run(std::string("PATH=/w:$PATH; ") + kPrepare);
        ASSERT_EQ(done.status, 0) << done.text;
    }
    static Container& started(Container& container) {
        must("cp /w/acts /w/attack " + container.directory() + "/lower/bin/ && mkdir -p " + container.directory() + "/lower/srv");
        container.start();
        return container;
    }
    static void expect_each(const Container* container) {
        for (const TextCase& one : kTextCases) {
            SCOPED_TRACE(std::string(one.match) + (container ? " in a container" : " on the host"));
            reject_all();
            prepare(container);
            apply_texts(policy_of(one.on, one.match, container != nullptr));
            std::set<std::string> known;
            for (const auto& old : incidents()) known.insert(old["id"]);
            auto before = matches();
            const auto unseen = in(container, one.unseen);
            EXPECT_EQ(matches(), before) << one.unseen << ": " << unseen.text;
            before = matches();
            const auto seen = in(container, one.seen);
            EXPECT_EQ(seen.status, 0) << seen.text;
            EXPECT_EQ(matches() - before, one.matches) << one.seen << ": " << seen.text;
            const auto found = wait_for([&](const Json& it) { return !known.contains(it["id"]) && it["rule"] == "one" && it["subject"] == (container ? "container" : "host"); });
            expect_told(found, before, one.seen);
        }
    }
};

TEST_F(Texts, AreSeenInAContainer) {
    Container container("texts");
    expect_each(&started(container));
}

TEST_F(Texts, AreSeenOnTheHost) { expect_each(nullptr); }

// Whoever is killed has done nothing, and the row and the counter say so.
TEST_F(Texts, WhatIsDeniedIsKilledBeforeItsFirstInstruction) {
    Container container("killed");
    started(container);
    prepare(&container);
    apply_texts(policy_of("exec", "arguments: [evil]", true, ", respond: {deny: true}"));
    const auto denied = denied_anywhere(), before = matches();
    EXPECT_EQ(in(&container, "./tool nothing good").status, 0);
    EXPECT_EQ(denied_anywhere(), denied);
    constexpr int kTimes = 20;
    for (int i = 0; i < kTimes; i++) EXPECT_EQ(in(&container, "./sh -c '>/srv/p/ran' evil & wait $!").status, kKilled);
    EXPECT_EQ(in(&container, "test -e /srv/p/ran").status, 1) << "it ran";
    EXPECT_EQ(denied_anywhere() - denied, kTimes);
    EXPECT_EQ(matches() - before, kTimes);
    const auto found = wait_for([](const Json& it) { return it["rule"] == "one" && it["verdict"] == "denied"; });
    ASSERT_TRUE(found);
    const auto whole = quell("show " + (*found)["id"].get<std::string>());
    EXPECT_EQ(whole["incident"]["arguments"], Json::array({"./sh", "-c", ">/srv/p/ran", "evil"}));
    EXPECT_EQ(whole["incident"]["hook"], "bprm_committed_creds");
}

TEST_F(Texts, ATargetIsRefused) {
    prepare(nullptr);
    apply_texts(policy_of("symlink", "path: [/srv/p/links/*], target: [/etc/shadow]", false, ", respond: {deny: true}"));
    const auto denied = denied_anywhere();
    const auto refused = in(nullptr, "ln -s /etc/shadow links/a");
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.text.find("Operation not permitted"), std::string::npos) << refused.text;
    EXPECT_EQ(denied_anywhere() - denied, 1);
    EXPECT_EQ(in(nullptr, "test -L links/a").status, 1);
    EXPECT_EQ(in(nullptr, "ln -s /etc/passwd links/a").status, 0);
    EXPECT_TRUE(wait_for([](const Json& it) { return it["operation"] == "symlink" && it["verdict"] == "denied"; }));
}

// Who executes is asked, not what it becomes.
TEST_F(Texts, TheExecutableIsTheOneThatItWasBefore) {
    prepare(nullptr);
    apply_texts(policy_of("exec", "arguments: [evil]", false, "", ", exe: [/srv/p/sh]"));
    auto before = matches();
    EXPECT_EQ(in(nullptr, "./tool nothing evil; sh -c './sh -c true evil; true'").status, 0);
    EXPECT_EQ(matches(), before);
    EXPECT_EQ(in(nullptr, "./sh -c './tool nothing evil; true'").status, 0);
    EXPECT_EQ(matches() - before, 1);
    apply_texts(policy_of("exec", "arguments: [evil]", false, ", except: [{exe: [/srv/p/sh], arguments: [spared]}]"));
    before = matches();
    EXPECT_EQ(in(nullptr, "./sh -c './tool nothing evil spared; true'").status, 0);
    EXPECT_EQ(matches(), before);
    EXPECT_EQ(in(nullptr, "./sh -c './tool nothing evil; true'; ./tool nothing evil spared").status, 0);
    EXPECT_EQ(matches() - before, 2);
}

// What is behind 32 KiB is not seen, which is counted; what stands in front is, and its incident says that there was more.
TEST_F(Texts, PaddingIsCutAndSaid) {
    prepare(nullptr);
    apply_texts(policy_of("exec", "path: [/srv/p/tool], arguments: [evil]", false));
    const std::string pad = "$(head -c 20000 /dev/zero | tr '\\0' x) $(head -c 20000 /dev/zero | tr '\\0' y)";
    auto before = matches();
    const auto cut = counter("texts-cut");
    EXPECT_EQ(in(nullptr, "./tool nothing " + pad + " evil").status, 0);
    EXPECT_EQ(matches(), before);
    EXPECT_EQ(counter("texts-cut") - cut, 1);
    EXPECT_EQ(in(nullptr, "./tool nothing evil " + pad).status, 0);
    EXPECT_EQ(matches() - before, 1);
    const auto found = wait_for([](const Json& it) { return it["rule"] == "one"; });
    ASSERT_TRUE(found);
    const auto id = (*found)["id"].get<std::string>();
    const auto whole = quell("show " + id);
    EXPECT_EQ(whole["incident"]["arguments_unseen"], true);
    EXPECT_EQ(whole["incident"]["arguments"][2], "evil");
    EXPECT_NE(run("quell show " + id).text.find("than rules see"), std::string::npos);
    // within what is read, whatever its length
    before = matches();
    EXPECT_EQ(in(nullptr, "./tool nothing $(head -c 30000 /dev/zero | tr '\\0' x) evil").status, 0);
    EXPECT_EQ(matches() - before, 1);
}

// The table is another with each policy, in one half or the other; without texts nothing is read.
TEST_F(Texts, ReloadsTakeTheNewTable) {
    prepare(nullptr);
    for (int i = 0; i < 6; i++) {
        const auto word = "word" + std::to_string(i);
        apply_texts(policy_of("exec", "path: [/srv/p/tool], arguments: ['*" + word + "*']", false));
        const auto before = matches();
        EXPECT_EQ(in(nullptr, "./tool nothing x" + word + "y").status, 0);
        EXPECT_EQ(matches() - before, 1) << word;
        EXPECT_EQ(in(nullptr, "./tool nothing word" + std::to_string(i + 7)).status, 0);
        EXPECT_EQ(matches() - before, 1) << word;
    }
    apply_texts(policy_of("exec", "path: [/srv/p/tool]", false));
    const auto before = matches();
    EXPECT_EQ(in(nullptr, "./tool nothing x").status, 0);
    EXPECT_EQ(matches() - before, 1);
}

// Rules with texts and without are each judged once, at their hooks.
TEST_F(Texts, ARuleWithoutThemStillRefuses) {
    prepare(nullptr);
    const auto both = policy_of("exec", "path: [/srv/p/tool], arguments: [evil]", false) + "    - {id: two, severity: low, on: [exec], where: {subject: host}, match: {path: [/srv/p/tool]}}\n" +
                      "    - {id: three, severity: low, on: [exec], where: {subject: host}, match: {path: [/srv/p/sh]}, respond: {deny: true}}\n";
    apply_texts(both);
    auto before = matches();
    EXPECT_EQ(in(nullptr, "./tool nothing evil").status, 0);
    EXPECT_EQ(matches() - before, 2);
    before = matches();
    EXPECT_EQ(in(nullptr, "./sh -c true evil").status, 126) << "EPERM to the shell";
    EXPECT_EQ(matches() - before, 1);
}

}  // namespace
}  // namespace quell::guest
