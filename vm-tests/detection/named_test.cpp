// SPDX-License-Identifier: Apache-2.0
// Rules that ask what a container is called: about the one of that name and
// not its neighbour; in doubt while the daemon is not there to say, told and
// refused to nobody; and judged again, both ways, once it is back.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

constexpr const char* kRules = R"(
    - {id: name, severity: low, on: [delete], where: {container: {name: [web]}}, match: {path: [/tmp/name/*]}}
    - {id: image, severity: low, on: [delete], where: {container: {image: ["registry.example/web:*"]}}, match: {path: [/tmp/image/*]}}
    - {id: pod, severity: low, on: [delete], where: {container: {pod: ["web-*"], namespace: [shop]}}, match: {path: [/tmp/pod/*]}}
    - {id: label, severity: low, on: [delete], where: {container: {labels: [tier=front]}}, match: {path: [/tmp/label/*]}}
    - {id: annotation, severity: low, on: [delete], where: {container: {annotations: ["example.org/kind=we*"]}}, match: {path: [/tmp/annotation/*]}}
    - {id: cgroup, severity: low, on: [delete], where: {container: {cgroup: ["*/crio-*"]}, not: {container: {name: [other]}}}, match: {path: [/tmp/cgroup/*]}}
    - {id: not-other, severity: low, on: [delete], where: {subject: container, not: {container: {name: ["oth*"]}}}, match: {path: [/tmp/not-other/*]}}
    - {id: except-other, severity: low, on: [delete], where: {subject: container}, match: {path: [/tmp/except-other/*]}, except: [{container: {name: [other]}}]}
    - {id: denied, severity: low, on: [delete], where: {container: {name: [web]}}, match: {path: [/tmp/denied/*]}, respond: {deny: true}}
    - {id: denied-other, severity: low, on: [delete], where: {container: {name: [other]}}, match: {path: [/tmp/denied-other/*]}, respond: {deny: true}}
)";
constexpr const char* kAbout[] = {"name", "image", "pod", "label", "annotation", "cgroup", "not-other", "except-other"};

Json annotations_of(const std::string& name) {
    const bool web = name == "web";
    return {{"io.kubernetes.cri-o.Labels", web ? R"({"app":"shop","tier":"front"})" : R"({"app":"shop","tier":"back"})"},
            {"example.org/kind", web ? "web" : "batch"}};
}

// In its /tmp/RULE, a file is made and removed: what the removal ended with.
int removal(const Container& container, const std::string& rule) {
    return container.exec("mkdir -p /tmp/" + rule + " && : >/tmp/" + rule + "/f && attack unlink /tmp/" + rule + "/f").status;
}

std::vector<Json> of_rule(const std::string& rule, const Container& container) {
    std::vector<Json> found;
    for (const auto& one : incidents(true))
        if (one["rule"] == rule && one.contains("container") && one["container"].value("id", "") == container.id()) found.push_back(one);
    return found;
}

class Named : public testing::Test {
protected:
    void SetUp() override {
        write("/tmp/named.yaml", std::string("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: named}\nspec:\n  rules:") + kRules);
        must("quell policy apply /tmp/named.yaml");
    }
    void TearDown() override {
        reject_all();
        apply_pack();
    }
    // What is refused to it alone is refused once the daemon has said who it is.
    static void wait_until_known(const Container& container, const std::string& refused) {
        EXPECT_TRUE(eventually([&] { return removal(container, refused) == EPERM; })) << run("tail -n 20 /var/log/quelld.console").text;
    }
    Container web_{"web", {.annotations = annotations_of("web")}}, other_{"other", {.annotations = annotations_of("other")}};
};

TEST_F(Named, ARuleIsAboutTheContainerOfItsName) {
    web_.start();
    other_.start();
    wait_until_known(web_, "denied");
    wait_until_known(other_, "denied-other");
    for (const char* rule : kAbout) {
        SCOPED_TRACE(rule);
        auto before = matches();
        EXPECT_EQ(removal(other_, rule), 0);
        EXPECT_EQ(matches(), before) << "the neighbour";
        EXPECT_EQ(removal(web_, rule), 0);
        EXPECT_EQ(matches() - before, 1);
        const auto found = wait_for([&](const Json& one) { return one["rule"] == rule; });
        expect_told(found, before, rule);
        if (!found) continue;
        EXPECT_EQ((*found)["container"]["name"], "web");
        EXPECT_FALSE(found->contains("doubt")) << *found;
    }
    EXPECT_EQ(removal(other_, "denied"), 0);
    EXPECT_EQ(removal(web_, "denied-other"), 0);
    const auto before = denied("inode_unlink");
    EXPECT_EQ(removal(web_, "denied"), EPERM);
    EXPECT_EQ(denied("inode_unlink") - before, 1);
}

// Known by the policy that runs as soon as it runs: what was known is written before the switch.
TEST_F(Named, ANewPolicyKnowsFromItsFirstMoment) {
    web_.start();
    wait_until_known(web_, "denied");
    for (int i = 0; i < 10; i++) {
        const std::string rule = "denied-" + std::to_string(i);
        write("/tmp/named.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: named}\nspec:\n  rules:\n    - {id: " + rule + ", severity: low, on: [delete], where: {container: {image: [\"*/web:1\", \"" +
                                     rule + "\"]}}, match: {path: [/tmp/" + rule + "/*]}, respond: {deny: true}}\n");
        must("quell policy apply /tmp/named.yaml");
        EXPECT_EQ(removal(web_, rule), EPERM) << i;
    }
}

// While nobody says who they are: told, and refused to neither.
void expect_doubts(const Container& web, const Container& other) {
    const auto before = matches();
    const auto refused = denied_anywhere();
    for (const char* rule : {"name", "except-other", "denied", "denied-other"}) {
        EXPECT_EQ(removal(web, rule), 0) << rule;
        EXPECT_EQ(removal(other, rule), 0) << rule;
    }
    EXPECT_EQ(matches() - before, 8);
    EXPECT_EQ(denied_anywhere(), refused);
}

void expect_settled(const Container& web, const Container& other) {
    const auto settled = [](const char* rule, const Container& container, bool is_held) {
        SCOPED_TRACE(std::string(rule) + " " + container.directory());
        EXPECT_TRUE(eventually([&] {
            const auto found = of_rule(rule, container);
            return found.size() == 1 && !found[0].contains("doubt") && (is_held ? found[0]["state"] == "pending" : found[0]["state"] == "rejected");
        })) << Json(of_rule(rule, container)) << run("tail -n 20 /var/log/quelld.console").text;
        const auto found = of_rule(rule, container);
        ASSERT_EQ(found.size(), 1u);
        EXPECT_TRUE(eventually([&] { return actions_of(found[0]["id"]) == (is_held ? Actions{"detected", "identified"} : Actions{"detected", "withdrawn"}); }))
            << Json(actions_of(found[0]["id"]));
        if (!is_held) {
            EXPECT_NE(found[0].value("note", "").find("withdrawn"), std::string::npos) << found[0];
        }
    };
    settled("name", web, true);
    settled("name", other, false);
    settled("except-other", web, true);
    settled("except-other", other, false);
    settled("denied", web, true);
    settled("denied", other, false);
    settled("denied-other", web, false);
    settled("denied-other", other, true);
    EXPECT_EQ(removal(web, "denied"), EPERM);
    EXPECT_EQ(removal(other, "denied"), 0);
}

TEST_F(Named, UnknownWhileTheDaemonHangsIsInDoubtAndJudgedAfterwards) {
    const pid_t daemon = daemon_pid();
    ASSERT_EQ(::kill(daemon, SIGSTOP), 0);
    web_.start();
    other_.start();
    expect_doubts(web_, other_);
    ASSERT_EQ(::kill(daemon, SIGCONT), 0);
    expect_settled(web_, other_);
}

TEST_F(Named, UnknownWhileThereIsNoDaemonIsInDoubtAndJudgedByTheNext) {
    must(std::string("cp /tmp/named.yaml ") + kPolicyDirectory + "/named.yaml && rm " + kPolicyDirectory + "/notable-events.yaml && quell policy apply && sleep 1");
    kill_daemon(SIGKILL);
    web_.start();
    other_.start();
    expect_doubts(web_, other_);
    start_daemon();
    expect_settled(web_, other_);
    must(std::string("rm ") + kPolicyDirectory + "/named.yaml");
}

// What runs was adopted, and says who is asked for by the files that were kept of it.
TEST_F(Named, WithABrokenDirectoryTheNextDaemonStillKnowsWhatIsAsked) {
    must(std::string("echo broken >") + kPolicyDirectory + "/notable-events.yaml && sleep 1");
    kill_daemon(SIGKILL);
    web_.start();
    other_.start();
    expect_doubts(web_, other_);
    start_daemon();
    expect_settled(web_, other_);
}

// Nothing is done by itself on a perhaps; once it is none, it is.
TEST_F(Named, WhatARuleDoesByItselfWaitsForTheDoubtsEnd) {
    write("/tmp/named.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: named}\nspec:\n  rules:\n"
                             "    - {id: self, severity: low, on: [delete], where: {container: {image: [\"*/web:1\"]}}, match: {path: [/tmp/self/*]},\n"
                             "       respond: {offer: [kill-container], automatic: {response: kill-container, per-hour: 5}}}\n");
    must("quell policy apply /tmp/named.yaml");
    // the daemon does not believe what others could write to: for it the runtime's records come late
    must("mkdir -p /run/crun && chmod 777 /run/crun");
    web_.start();
    other_.start();
    EXPECT_EQ(removal(web_, "self"), 0);
    EXPECT_EQ(removal(other_, "self"), 0);
    for (const Container* one : {&web_, &other_})
        EXPECT_TRUE(eventually([&] {
            const auto found = of_rule("self", *one);
            return found.size() == 1 && actions_of(found[0]["id"]) == Actions{"detected", "held-back"};
        })) << Json(of_rule("self", *one));
    EXPECT_TRUE(web_.running() && other_.running());
    must("chmod 700 /run/crun");
    EXPECT_TRUE(eventually([&] {
        const auto found = of_rule("self", web_);
        const Actions all = found.size() == 1 ? actions_of(found[0]["id"]) : Actions{};
        return all.size() >= 4 && all[2] == "identified" && all[3] == "approved";
    })) << Json(of_rule("self", web_));
    EXPECT_TRUE(eventually([&] { return !web_.running(); }));
    EXPECT_TRUE(eventually([&] {
        const auto found = of_rule("self", other_);
        return found.size() == 1 && actions_of(found[0]["id"]) == Actions{"detected", "held-back", "withdrawn"};
    })) << Json(of_rule("self", other_));
    EXPECT_TRUE(other_.running());
}

// No runtime keeps a record of it: it stays unknown, is shown as such, and can be decided by hand.
TEST_F(Named, WhatNoRuntimeTellsStaysInDoubt) {
    const std::string cgroup = "/sys/fs/cgroup/crio-" + random_hex(64) + ".scope";
    must("mkdir -p " + cgroup + " /srv/nobodys /usr/share/quell-vm/rootfs/tmp/denied && mount --bind /usr/share/quell-vm/rootfs /srv/nobodys && : >/srv/nobodys/tmp/denied/f");
    const auto before = matches();
    must("(echo 0 >" + cgroup + "/cgroup.procs && exec chroot /srv/nobodys /bin/sh -c 'rm /tmp/denied/f; sleep 1000') </dev/null >/dev/null 2>&1 &");
    const auto acted = run("for i in $(seq 100); do test -e /srv/nobodys/tmp/denied/f || exit 0; sleep 0.1; done; exit 1");
    EXPECT_EQ(acted.status, 0) << "it was refused";
    EXPECT_EQ(matches() - before, 1);
    const auto found = wait_for([](const Json& one) { return one["rule"] == "denied"; });
    expect_told(found, before, "denied");
    if (found) {
        EXPECT_TRUE(found->contains("doubt")) << *found;
        EXPECT_NE(run("quell show " + (*found)["id"].get<std::string>()).text.find("not known yet"), std::string::npos);
        EXPECT_EQ(run("quell reject " + (*found)["id"].get<std::string>() + " --reason test").status, 0);
    }
    (void)run("echo 1 >" + cgroup + "/cgroup.kill; sleep 1; rmdir " + cgroup + "; umount -l /srv/nobodys");
}

}  // namespace
}  // namespace quell::guest
