// SPDX-License-Identifier: Apache-2.0
// A container that holds a runtime, or Quell itself: its kill is not offered,
// and refused by the kernel side whoever asks.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr quell_u32 kKill = QUELL_BIT(QUELL_RESPONSE_KILL_CONTAINER);

class Protected : public testing::Test {
protected:
    void TearDown() override {
        (void)run("rmdir /sys/fs/cgroup/elsewhere " + made_);
        reject_all();
    }
    // As a node in a container: it sees the host's cgroups, and a container's is made outside of its own.
    static ContainerOptions node() {
        ContainerOptions options;
        options.mounts = {{{"destination", "/cgroup"}, {"type", "bind"}, {"source", "/sys/fs/cgroup"}, {"options", {"rbind", "rw"}}}};
        return options;
    }
    [[nodiscard]] std::string make() const { return "mkdir /cgroup" + made_.substr(std::string("/sys/fs/cgroup").size()); }
    static std::string detect(const Container& container) {
        const auto before = matches();
        EXPECT_EQ(attack(container, "unlink /var/log/dpkg.log"), 0);
        const auto id = pending_id("node", "delete");
        expect_told(show(id), before, "the removal");
        return id;
    }
    // By the daemon; what it was detected with does not help.
    void expect_not_killed(const Container& container, const std::string& id, const std::string& digest) const {
        bool found = false;
        const auto incident = show(id);
        for (const auto& offer : incident["offers"])
            if (offer["response"] == "kill-container") {
                found = true;
                EXPECT_EQ(offer["available"], false) << offer;
                EXPECT_FALSE(offer.contains("digest"));
                EXPECT_NE(offer["reason"].get<std::string>().find("protected"), std::string::npos) << offer;
            }
        EXPECT_TRUE(found);
        const auto output = run("quell approve " + id + "@" + digest + " kill-container --reason x");
        EXPECT_EQ(output.status, 1) << output.text;
        EXPECT_NE(output.text.find("protected"), std::string::npos) << output.text;
        EXPECT_EQ(attack(container, "append /var/log/c.log"), 0) << "nothing is contained";
        EXPECT_EQ(denied_anywhere(), denied_);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    }
    // Starts the daemon with its first word in another cgroup.
    static void start_daemon_in(const std::string& procs) {
        must("(echo 0 >" + procs + " && exec setsid quelld >>/var/log/quelld.console 2>&1 </dev/null) &");
        EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }, std::chrono::seconds(600)));
    }

    std::int64_t denied_ = denied_anywhere();
    const std::string made_ = "/sys/fs/cgroup/kubepods.slice/crio-" + random_hex(64) + ".scope";
};

TEST_F(Protected, ARuntimesContainerIsNotOffered) {
    Container container("node", node());
    container.start();
    EXPECT_EQ(container.exec(make()).status, 0);
    const auto id = detect(container);
    expect_not_killed(container, id, "000000000000");
    KernelSide kernel;
    EXPECT_EQ(kernel.entry(id).offers & kKill, 0u);
    EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -EOPNOTSUPP);
    EXPECT_TRUE(container.running());
}

// Its monitor has a cgroup of its own by then, as conmon has.
TEST_F(Protected, ARuntimesContainerWhoseMonitorLeftIsNotOffered) {
    Container container("node", node());
    container.start();
    must("mkdir -p /sys/fs/cgroup/elsewhere");
    EXPECT_EQ(container.exec("echo 0 >/cgroup/elsewhere/cgroup.procs && " + make()).status, 0);
    const auto id = detect(container);
    expect_not_killed(container, id, "000000000000");
    KernelSide kernel;
    EXPECT_EQ(kernel.entry(id).offers & kKill, 0u);
}

// systemd makes the cgroup, on the host, and puts into it whom the runtime has started.
TEST_F(Protected, ARuntimesContainerWhoseCgroupsAManagerMakesIsNotOffered) {
    Container container("node", node());
    container.start();
    container.begin("sleep 7781");
    EXPECT_TRUE(eventually([] { return run("pgrep -fx 'sleep 7781'").status == 0; }));
    must("mkdir " + made_ + " && pgrep -fx 'sleep 7781' >" + made_ + "/cgroup.procs");
    const auto id = detect(container);
    expect_not_killed(container, id, "000000000000");
    KernelSide kernel;
    EXPECT_EQ(kernel.entry(id).offers & kKill, 0u);
}

TEST_F(Protected, ARuntimeThatComesLaterIsRefusedByTheKernelSide) {
    Container container("node", node());
    container.start();
    const auto id = detect(container);
    const auto digest = digest_of(id, "kill-container");
    ASSERT_NE(digest, "");
    EXPECT_EQ(container.exec(make()).status, 0);
    expect_not_killed(container, id, digest);
    allow_counter("protected");
    const auto before = counter("protected");
    {
        KernelSide kernel;
        EXPECT_NE(kernel.entry(id).offers & kKill, 0u);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -EACCES);
        EXPECT_EQ(QUELL_WORD_STATE(kernel.entry(id).word), quell_u32{QUELL_STATE_PENDING});
    }
    EXPECT_EQ(counter("protected"), before + 1);
    EXPECT_TRUE(container.running());
    EXPECT_EQ(show(id)["state"], "pending");
}

TEST_F(Protected, APodWithARuntimesContainerIsRefusedAsAWhole) {
    auto options = node();
    options.annotations = {{"io.kubernetes.pod.name", "node-5d3c"}, {"io.kubernetes.pod.uid", "u1"}};
    Container container("node", options), beside("beside", options);
    container.start();
    beside.start();
    EXPECT_EQ(container.exec(make()).status, 0);
    EXPECT_EQ(attack(beside, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("beside", "delete");
    const auto shown = quell("preview " + id + " kill-container --scope pod")["previews"][0];
    EXPECT_EQ(shown["offer"]["available"], false) << shown;
    EXPECT_NE(shown["offer"]["reason"].get<std::string>().find("protected"), std::string::npos) << shown;
    EXPECT_EQ(run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --scope pod --break-glass --reason x").status, 1);
    EXPECT_TRUE(container.running() && beside.running());
    EXPECT_EQ(denied_anywhere(), denied_);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
}

TEST_F(Protected, TheContainerThatQuellRunsInIsNotOffered) {
    Container container("node");
    container.start();
    const auto earlier = detect(container);
    const auto digest = digest_of(earlier, "kill-container");
    kill_daemon(SIGTERM);
    start_daemon_in("/sys/fs/cgroup" + container.cgroup() + "/cgroup.procs");
    expect_not_killed(container, earlier, digest);
    EXPECT_EQ(attack(container, "truncate /var/log/b.log"), 0);
    const auto later = pending_id("node", "truncate");
    expect_not_killed(container, later, "000000000000");
    KernelSide kernel;
    EXPECT_EQ(kernel.entry(later).offers & kKill, 0u);
}

// The first daemon behind a boot finds nothing loaded: no container is known then, its own neither.
TEST_F(Protected, TheContainerThatItIsLoadedInIsNotOfferedEither) {
    Container container("node");
    container.start();
    kill_daemon(SIGTERM);
    must("quelld --unload");
    start_daemon_in("/sys/fs/cgroup" + container.cgroup() + "/cgroup.procs");
    denied_ = denied_anywhere();
    EXPECT_EQ(attack(container, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("node", "delete");
    expect_not_killed(container, id, "000000000000");
    allow_counter("protected");
    for (const char* response : {"kill-container", "pause-container", "isolate-network"})
        EXPECT_EQ(run(std::string("quell respond ") + response + " --container node --yes --reason x").status, 4) << response;
    kill_daemon(SIGTERM);  // or it would end with its container
    start_daemon();
    denied_ = denied_anywhere();
}

// quelld in a container of a pod, as a DaemonSet has it: neither that container nor a neighbour in its pod is contained, whoever
// asks and however; another pod is.
TEST_F(Protected, QuellsOwnPodIsContainedByNobody) {
    ContainerOptions own, other;
    own.annotations = {{"io.kubernetes.pod.name", "quell-7xk2p"}, {"io.kubernetes.pod.uid", "u1"}};
    other.annotations = {{"io.kubernetes.pod.name", "shop-1"}, {"io.kubernetes.pod.uid", "u2"}};
    Container container("node", own), beside("beside", own), stranger("stranger", other);
    for (Container* one : {&container, &beside, &stranger}) {
        one->start();
        EXPECT_EQ(attack(*one, "unlink /var/log/dpkg.log"), 0);
    }
    const auto in_own = pending_id("node", "delete"), in_pod = pending_id("beside", "delete"), elsewhere = pending_id("stranger", "delete");
    const auto digest = digest_of(in_own, "kill-container");
    kill_daemon(SIGTERM);
    start_daemon_in("/sys/fs/cgroup" + container.cgroup() + "/cgroup.procs");
    const auto self = daemon_pid();
    ASSERT_NE(run("grep -c " + container.id() + " /proc/" + std::to_string(self) + "/cgroup").text, "0\n") << "it runs there";

    expect_not_killed(container, in_own, digest);
    const std::string kill_beside = "quell approve " + in_pod + "@" + digest_of(in_pod, "kill-container") + " kill-container --reason x";
    for (const char* how : {"", " --break-glass", " --confirm beside"}) {
        const auto refused = run(kill_beside + how);
        EXPECT_EQ(refused.status, 4) << how << refused.text;
        EXPECT_NE(refused.text.find("Quell's own pod"), std::string::npos) << refused.text;
    }
    const auto shown = quell("preview " + in_pod + " kill-container --scope pod")["previews"][0];
    EXPECT_EQ(shown["offer"]["available"], false) << shown;
    EXPECT_EQ(run(kill_beside + " --scope pod").status, 1);
    EXPECT_EQ(actions_of(in_pod), (std::vector<std::string>{"detected", "refused", "refused", "refused", "refused"}));

    // What is asked for by name is bound by the kernel side, which nobody in user space asks first.
    allow_counter("protected");
    const auto before = counter("protected");
    int refused = 0;
    for (const char* response : {"kill-container", "stop-container", "pause-container", "isolate-network"}) {
        const auto output = run(std::string("quell respond ") + response + " --container node --yes --reason x");
        EXPECT_EQ(output.status, 4) << response << output.text;
        EXPECT_NE(output.text.find("protected"), std::string::npos) << output.text;
        EXPECT_EQ(counter("protected"), before + ++refused) << response;
        const auto newest = quell("history --limit 1")["rows"][0];
        EXPECT_EQ(newest["action"], "refused") << newest;
        EXPECT_EQ(newest["response"], response) << newest;
        EXPECT_EQ(run(std::string("quell respond ") + response + " --container beside --yes --reason x").status, 4) << response;
    }
    EXPECT_EQ(run("quell respond kill-process --pid " + std::to_string(self) + " --yes --reason x").status, 1);
    EXPECT_EQ(run("quell respond kill-container --pod shop/quell-7xk2p --yes --reason x").status, 4) << "the first of it is protected";

    EXPECT_EQ(daemon_pid(), self) << "it lives, and was not restarted";
    EXPECT_EQ(run("grep -x 'frozen 1' /sys/fs/cgroup" + container.cgroup() + "/cgroup.events /sys/fs/cgroup" + beside.cgroup() + "/cgroup.events").status, 1);
    for (Container* one : {&container, &beside}) EXPECT_EQ(attack(*one, "append /var/log/c.log"), 0);
    EXPECT_EQ(denied_anywhere(), denied_);
    EXPECT_EQ(approve(elsewhere, "kill-container").status, 0) << "another pod's is";
    EXPECT_FALSE(stranger.running());
    kill_daemon(SIGTERM);  // or it would end with its container
    start_daemon();
}

TEST_F(Protected, NorIsOneThatItIsMovedInto) {
    Container container("node");
    container.start();
    const auto id = detect(container);
    const auto digest = digest_of(id, "kill-container");
    must("echo " + std::to_string(daemon_pid()) + " >/sys/fs/cgroup" + container.cgroup() + "/cgroup.procs");
    expect_not_killed(container, id, digest);
    allow_counter("protected");
    KernelSide kernel;
    EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -EACCES);
    EXPECT_TRUE(container.running());
}

}  // namespace
}  // namespace quell::guest
