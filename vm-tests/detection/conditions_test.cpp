// SPDX-License-Identifier: Apache-2.0
// Each key of kern/fields.def: an operation for which it holds raises the rule,
// and a neighbour for which it does not raises nothing.
#include <gtest/gtest.h>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

std::string rule_of(const std::string& name, const std::string& on, const std::string& where, const std::string& match,
                    const std::string& except = "") {
    return "    - {id: " + name + ", severity: low, on: [" + on + "], where: {subject: any" + where + "},\n       match: {path: [/srv/t/" +
           name + "/**]" + match + "}" + (except.empty() ? "" : ", except: [" + except + "]") + "}\n";
}

std::string policy_of(const std::string& rules) {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: conditions}\nspec:\n  rules:\n" + rules;
}

// What is done in /srv/t/<name> as root: a rule's, and one that only differs in what the condition is about.
struct ConditionCase {
    const char* name;
    const char* on;
    const char* where;
    const char* match;
    const char* except;
    const char* prepare;
    const char* seen;
    const char* unseen;
};

constexpr ConditionCase kConditionCases[] = {
    {"exe", "delete", ", exe: [/bin/attack, /w/attack]", "", "", "echo >f; echo >g", "attack unlink f", "rm g"},
    {"not-exe", "delete", ", not: {exe: [/bin/attack, /w/attack]}", "", "", "echo >f; echo >g", "rm g", "attack unlink f"},
    {"parent", "delete", ", parent: [/srv/t/other/sh]", "", "", "mkdir -p /srv/t/other; cp $(readlink -f /bin/sh) /srv/t/other/sh; echo >f; echo >g",
     "/srv/t/other/sh -c 'attack unlink f; true'", "sh -c 'attack unlink g; true'"},
    {"ancestor", "delete", ", ancestor: [/srv/t/other/sh]", "", "", "mkdir -p /srv/t/other; cp $(readlink -f /bin/sh) /srv/t/other/sh; echo >f; echo >g",
     "/srv/t/other/sh -c 'sh -c \"sh -c \\\"attack unlink f; true\\\"; true\"; true'", "sh -c 'sh -c \"attack unlink g; true\"; true'"},
    {"uid", "delete", ", uid: [65530-65535]", "", "", "chmod 777 .; echo >f; echo >g", "attack as-nobody f", "attack unlink g"},
    {"gid", "delete", ", gid: [7, 65534]", "", "", "chmod 777 .; echo >f; echo >g", "attack as-nobody f", "attack unlink g"},
    {"terminal", "delete", ", terminal: false", "", "", "echo >f", "attack unlink f", "true"},
    {"not-terminal", "delete", ", not: {terminal: false}", "", "", "echo >f", "", "attack unlink f"},
    {"type", "delete, create", "", ", type: [symlink, fifo]", "", "echo >f", "ln -s x l; rm l; mknod p p; rm p", "rm f; echo >g; mkdir d; rm g"},
    {"not-path", "delete", "", ", not: {path: [/srv/t/not-path/keep/*]}", "", "mkdir keep; echo >keep/f; echo >g", "rm g", "rm keep/f"},
    {"mode", "delete", "", ", mode: [setuid, world-writable]", "", "echo >f; echo >g; echo >h; chmod 4755 f; chmod 666 g; chmod 644 h", "rm f; rm g", "rm h"},
    {"owner", "delete", "", ", owner: [1000-1999], group: [7]", "", "echo >f; echo >g; echo >h; chown 1500:7 f; chown 1500:8 g; chown 2000:7 h", "rm f",
     "rm g h"},
    {"new-mode", "chmod", "", ", new-mode: [setuid, setgid]", "", "echo >f; chmod 644 f", "chmod 4755 f; chmod 2755 f", "chmod 755 f"},
    {"new-owner", "chown", "", ", new-owner: [5], new-group: [6]", "", "echo >f", "chown 5:6 f", "chown 5:7 f; chown 4:6 f"},
    {"flags-append", "open-write", "", ", open-flags: [append]", "", "echo >f; echo >g", "attack append f", "attack overwrite g"},
    {"flags-truncate", "open-write", "", ", open-flags: [truncate]", "", "touch f; touch g", "attack open-truncate f", "attack append g"},
    {"flags-create", "open-write", "", ", open-flags: [create]", "", "echo >../made; mv ../made f", "attack creat f", "attack open-truncate f"},
    {"flags-exclusive", "open-write", "", ", open-flags: [exclusive]", "", "true", "sh -C -c 'echo >f'", "sh -c 'echo >g'"},
    {"flags-several", "open-write", "", ", open-flags: [direct, append]", "", "echo >f; echo >g", "attack append f", "attack open-truncate g"},
    {"flags-sync", "open-write", "", ", open-flags: [sync]", "", "echo >f; echo >g", "attack open-sync f", "attack overwrite g"},
    {"flags-read", "open-read", "", ", open-flags: [nofollow, noatime]", "", "echo >f; echo >g", "attack open-nofollow f; attack open-noatime f", "attack read g"},
    {"not-flags", "open-write", "", ", not: {open-flags: [append, create]}", "", "echo >f", "attack overwrite f", "attack append f; attack creat f"},
    {"overwrite", "overwrite", "", "", "", "echo 12345 >f; echo 12345 >g; : >h", "attack overwrite f", "attack append g; echo x >>g; echo x >h; cat g"},
    {"except", "delete", "", "", "{exe: [/bin/attack, /w/attack], path: [/srv/t/except/e/**]}, {path: [/srv/t/except/x]}",
     "mkdir e; echo >e/f; echo >e/g; echo >x; echo >f", "attack unlink f; rm e/g", "attack unlink e/f; rm x"},
};

// The number of names that a command of a case takes or makes: one match each.
int steps(const std::string& command) {
    int steps = command.empty() ? 0 : 1;
    if (!command.starts_with("/srv/t/"))
        for (const char c : command) steps += c == ';';
    return steps;
}

class Conditions : public testing::Test {
protected:
    void SetUp() override {
        std::string rules;
        for (const ConditionCase& one : kConditionCases) rules += rule_of(one.name, one.on, one.where, one.match, one.except);
        write("/tmp/conditions.yaml", policy_of(rules));
        must("quell policy apply /tmp/conditions.yaml");
    }
    void TearDown() override {
        reject_all();
        must("rm -rf /srv/t");
        apply_pack();
    }

    static void expect_each(const Container* container) {
        for (const ConditionCase& one : kConditionCases) {
            SCOPED_TRACE(std::string(one.name) + (container ? " in a container" : " on the host"));
            const std::string in = "cd /srv/t/" + std::string(one.name) + " && { ";
            const std::string prepare = "mkdir -p /srv/t/" + std::string(one.name) + " && cd /srv/t/" + one.name + " && { " + one.prepare + "; }";
            // what is prepared raises what is created, too: of no case that has a condition against it
            ASSERT_EQ(expect_unseen(container, prepare).status, 0);
            EXPECT_EQ(expect_unseen(container, in + one.unseen + "; }").status, 0);
            const auto before = matches();
            const auto output = container ? container->exec(in + (*one.seen ? one.seen : "true") + "; }") : run("PATH=/w:$PATH; " + in + (*one.seen ? one.seen : "true") + "; }");
            EXPECT_EQ(output.status, 0) << output.text;
            EXPECT_EQ(matches() - before, steps(one.seen)) << one.seen;
            if (!*one.seen) continue;
            const auto found = wait_for([&](const Json& incident) {
                return incident["rule"] == one.name && incident["subject"] == (container ? "container" : "host");
            });
            expect_told(found, before, one.name);
        }
    }
};

TEST_F(Conditions, OfEachFieldHoldInAContainer) {
    Container container("conditions");
    must("cp /w/attack " + container.directory() + "/lower/bin/attack && mkdir -p " + container.directory() + "/lower/srv");
    container.start();
    expect_each(&container);
}

TEST_F(Conditions, OfEachFieldHoldOnTheHost) { expect_each(nullptr); }

// What was written in a running container lets nothing go, wherever it lies; to be found by a rule it need not be intact.
TEST_F(Conditions, AChangedExecutableIsNoException) {
    const char* rules = "    - {id: excepts, severity: low, on: [delete], match: {path: [/srv/t/**]}, except: [{exe: [/usr/sbin/tool]}]}\n"
                        "    - {id: negates, severity: low, on: [delete], where: {subject: any, not: {exe: [/usr/sbin/tool]}}, match: {path: [/srv/t/**]}}\n"
                        "    - {id: names, severity: low, on: [delete], where: {subject: any, exe: [/usr/sbin/tool]}, match: {path: [/srv/t/**]}}\n"
                        "    - {id: changed, severity: low, on: [delete], where: {subject: any, exe-intact: false}, match: {path: [/srv/t/**]}}\n"
                        "    - {id: drift, severity: low, on: [exec], match: {path: [/usr/sbin/*], intact: false}}\n";
    write("/tmp/changed.yaml", policy_of(rules));
    must("quell policy apply /tmp/changed.yaml");
    Container container("changed");
    must("cp /w/attack " + container.directory() + "/lower/usr/sbin/tool");
    container.start();
    (void)container.exec("mkdir -p /srv/t; for f in a b; do echo >/srv/t/$f; done");
    auto before = matches();
    EXPECT_EQ(container.exec("/usr/sbin/tool unlink /srv/t/a; exit $?").status, 0);
    EXPECT_EQ(matches() - before, 1) << "names";
    (void)container.exec("cp /bin/attack /usr/sbin/new && mv /usr/sbin/new /usr/sbin/tool");
    before = matches();
    EXPECT_EQ(container.exec("/usr/sbin/tool unlink /srv/t/b; exit $?").status, 0);
    EXPECT_EQ(matches() - before, 5) << "all";
    for (const char* rule : {"excepts", "negates", "names", "changed", "drift"})
        expect_told(wait_for([&](const Json& incident) { return incident["rule"] == rule; }), before, rule);
}

}  // namespace
}  // namespace quell::guest
