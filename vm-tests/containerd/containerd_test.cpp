// SPDX-License-Identifier: Apache-2.0
// Who a container of Kubernetes is, by what a real containerd leaves on the
// disk: rules by each of its names refuse to it and not to its neighbours, in
// its pod and in another; it is killed alone; and neither a restart nor what a
// container writes in its own files changes who it is.
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>

#include "vm-tests/containerd/cri.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kRules = R"(
    - {id: name, severity: low, on: [delete], where: {container: {name: [web]}}, match: {path: [/tmp/name/*]}, respond: {deny: true}}
    - {id: image, severity: low, on: [delete], where: {container: {image: ["registry.example/web:*"]}}, match: {path: [/tmp/image/*]}, respond: {deny: true}}
    - {id: pod, severity: low, on: [delete], where: {container: {pod: ["web-*"]}}, match: {path: [/tmp/pod/*]}, respond: {deny: true}}
    - {id: namespace, severity: low, on: [delete], where: {container: {namespace: [shop]}}, match: {path: [/tmp/namespace/*]}, respond: {deny: true}}
    - {id: annotation, severity: low, on: [delete], where: {container: {annotations: ["example.org/kind=web"]}}, match: {path: [/tmp/annotation/*]}, respond: {deny: true}}
    - {id: pod-annotation, severity: low, on: [delete], where: {container: {annotations: ["example.org/of-pod=web-0"]}}, match: {path: [/tmp/pod-annotation/*]}, respond: {deny: true}}
    - {id: not-web, severity: low, on: [delete], where: {subject: container, not: {container: {name: [web]}}}, match: {path: [/tmp/not-web/*]}, respond: {deny: true}}
    - {id: label, severity: low, on: [delete], where: {container: {labels: ["tier=*"]}}, match: {path: [/tmp/label/*]}, respond: {deny: true}}
    - {id: told, severity: low, on: [delete], where: {subject: container}, match: {path: [/tmp/told/*]}, respond: {offer: [kill-container]}}
)";

// In its /tmp/RULE, a file is made and removed: what the removal ended with.
int removal(const std::string& container, const std::string& rule) {
    return cri::exec(container, "mkdir -p /tmp/" + rule + " && : >/tmp/" + rule + "/f && attack unlink /tmp/" + rule + "/f").status;
}

struct Cluster {
    cri::Pod web_pod{"web-0", "shop"}, other_pod{"other-0", "store"};
    std::string web = web_pod.run("web", "registry.example/web:1", "web");
    std::string sidecar = web_pod.run("sidecar", "registry.example/other:1", "batch");
    std::string other = other_pod.run("other", "registry.example/other:1", "batch");
};

class Containerd : public testing::Test {
protected:
    static void SetUpTestSuite() {
        cri::install();
        write(std::string(kPolicyDirectory) + "/named.yaml", std::string("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: named}\nspec:\n  rules:") + kRules);
        must(std::string("rm ") + kPolicyDirectory + "/notable-events.yaml && quell policy apply");
        cluster_ = std::make_unique<Cluster>();
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override {
        // What containers do below their overlays is in no mount of their view, and here they live longer than a test.
        allow_counter("walk-outside");
        EXPECT_TRUE(eventually([] { return removal(cluster_->web, "name") == EPERM && removal(cluster_->other, "not-web") == EPERM; }))
            << run("cat " + cri::bundle(cluster_->web) + "/config.json; tail -n 20 /var/log/quelld.console").text;
    }
    void TearDown() override { reject_all(); }

    static void expect_told_of(const std::string& container, const Json& expected) {
        const auto before = matches();
        EXPECT_EQ(removal(container, "told"), 0);
        const auto found = wait_for_pending([&](const Json& one) { return one["rule"] == "told" && one["container"].value("id", "") == container; });
        expect_told(found, before, "told");
        if (!found) return;
        EXPECT_FALSE(found->contains("doubt")) << *found;
        for (const auto& [key, value] : expected.items()) EXPECT_EQ((*found)["container"].value(key, ""), value) << key;
    }

    static inline std::unique_ptr<Cluster> cluster_;
};

// An errno for each of: the container, its neighbour in the pod, the one in another.
TEST_F(Containerd, RulesAreAboutTheContainerOfThatName) {
    const struct {
        const char* rule;
        int web, sidecar, other;
    } kExpected[] = {{"name", EPERM, 0, 0},          {"image", EPERM, 0, 0},
                     {"pod", EPERM, EPERM, 0},       {"namespace", EPERM, EPERM, 0},
                     {"annotation", EPERM, 0, 0},    {"pod-annotation", EPERM, EPERM, 0},
                     {"not-web", 0, EPERM, EPERM}};
    for (const auto& row : kExpected) {
        SCOPED_TRACE(row.rule);
        const auto before = denied("inode_unlink");
        EXPECT_EQ(removal(cluster_->web, row.rule), row.web);
        EXPECT_EQ(removal(cluster_->sidecar, row.rule), row.sidecar);
        EXPECT_EQ(removal(cluster_->other, row.rule), row.other);
        EXPECT_EQ(denied("inode_unlink") - before, (row.web != 0) + (row.sidecar != 0) + (row.other != 0));
    }
    const auto reply = cri::call("ExecSync", "container_id: '" + cluster_->web + "' cmd: 'attack' cmd: 'unlink' cmd: '/tmp/name/f'");
    EXPECT_NE(reply.find("exit_code: 1\n"), std::string::npos) << "by containerd's own exec: " << reply;
}

TEST_F(Containerd, AnIncidentSaysWhoItWas) {
    const char* runtime = cri::is_systemd() ? "containerd" : "kubepods";
    expect_told_of(cluster_->web, {{"runtime", runtime}, {"name", "web"}, {"pod", "web-0"}, {"namespace", "shop"}, {"image", "registry.example/web:1"}});
    expect_told_of(cluster_->other, {{"runtime", runtime}, {"name", "other"}, {"pod", "other-0"}, {"namespace", "store"}, {"image", "registry.example/other:1"}});
}

// They are in containerd's database and in no file beside it. When that changes they can be read.
TEST_F(Containerd, LabelsAreInNoFileThatIsRead) {
    EXPECT_EQ(must("grep -rlaF --exclude-dir=rootfs --exclude-dir=snapshots -e label-of-the- /run/containerd /var/lib/containerd"), "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db\n");
    EXPECT_EQ(removal(cluster_->web, "label"), 0) << "not known: refused to nobody";
    const auto found = wait_for([&](const Json& one) { return one["rule"] == "label"; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    EXPECT_TRUE(found->contains("doubt")) << *found;
    EXPECT_EQ((*found)["container"].value("name", ""), "web");
}

TEST_F(Containerd, KillsTheContainerAlone) {
    const auto victim = cluster_->web_pod.run("victim", "registry.example/web:1", "victim");
    const auto shims = must("pgrep -x containerd-shim | tr '\\n' ' '");
    expect_told_of(victim, {{"name", "victim"}, {"pod", "web-0"}});
    const auto incident = wait_for_pending([&](const Json& one) { return one["container"].value("id", "") == victim; });
    ASSERT_TRUE(incident);
    const auto output = approve((*incident)["id"], "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    // a call takes seconds in an emulator, and many where the machine is busy
    EXPECT_TRUE(eventually([&] { return !cri::is_running(victim); }, std::chrono::minutes(2)));
    EXPECT_EQ(actions_of((*incident)["id"]), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    for (const auto& neighbour : {cluster_->web, cluster_->sidecar, cluster_->other}) EXPECT_TRUE(cri::is_running(neighbour));
    must("kill -0 " + shims);
    EXPECT_EQ(removal(cluster_->web, "name"), EPERM);
    cri::call("RemoveContainer", "container_id: '" + victim + "'");
}

// A bare id says nothing of the image's name.
TEST_F(Containerd, AnImageOfWhichOnlyTheIdIsWrittenIsNotKnown) {
    const auto id = "sha256:" + must("sha256sum </srv/images/nameless.json").substr(0, 64);
    const auto nameless = cluster_->other_pod.run("nameless", id, "batch");
    EXPECT_TRUE(eventually([&] { return removal(nameless, "not-web") == EPERM; })) << "its name is known";
    EXPECT_EQ(removal(nameless, "image"), 0);
    const auto found = wait_for([&](const Json& one) { return one["rule"] == "image" && one["container"].value("id", "") == nameless; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    EXPECT_TRUE(found->contains("doubt")) << *found;
    EXPECT_EQ((*found)["container"].value("image", ""), id);
}

TEST_F(Containerd, WhoItIsOutlivesContainerdAndTheDaemon) {
    cri::stop();
    kill_daemon(SIGKILL);
    start_daemon();
    EXPECT_TRUE(eventually([] { return removal(cluster_->web, "name") == EPERM; })) << "by files alone";
    EXPECT_EQ(removal(cluster_->other, "name"), 0);
    cri::start();
    EXPECT_TRUE(cri::is_running(cluster_->web));
    expect_told_of(cluster_->web, {{"name", "web"}, {"pod", "web-0"}, {"image", "registry.example/web:1"}});
    const auto next = cluster_->other_pod.run("web", "registry.example/web:1", "web");
    EXPECT_TRUE(eventually([&] { return removal(next, "image") == EPERM; })) << "one of the containerd that is new";
    EXPECT_EQ(removal(next, "pod"), 0);
}

// It writes what containerd writes of web, at the same paths, in its own root, which lies below its bundle on the host.
TEST_F(Containerd, FilesOfAContainerDoNotNameIt) {
    const auto record = must("cat " + cri::bundle(cluster_->web) + "/config.json");
    for (const auto& path : {cri::bundle(cluster_->other), "/var/lib" + cri::bundle(cluster_->other).substr(4), std::string()}) {
        write("/tmp/record", record);
        EXPECT_EQ(run("runc --root /run/containerd/runc/k8s.io exec " + cluster_->other + " /bin/sh -c 'mkdir -p " + path + "/; cat >" + path + "/config.json' </tmp/record").status, 0);
    }
    EXPECT_EQ(must("cat " + cri::bundle(cluster_->other) + "/rootfs/config.json"), record) << "it is there";
    kill_daemon(SIGTERM);
    start_daemon();
    EXPECT_TRUE(eventually([] { return removal(cluster_->other, "not-web") == EPERM; }));
    for (const char* rule : {"name", "image", "pod", "namespace", "annotation", "pod-annotation"}) EXPECT_EQ(removal(cluster_->other, rule), 0) << rule;
    EXPECT_EQ(removal(cluster_->web, "name"), EPERM);
    expect_told_of(cluster_->other, {{"name", "other"}, {"pod", "other-0"}, {"image", "registry.example/other:1"}});
}

}  // namespace
}  // namespace quell::guest
