// SPDX-License-Identifier: Apache-2.0
// Podman's containers, from an image of its own: what it does with a layer
// that has a quarantined file.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

constexpr const char* kPodman = "podman --cgroup-manager cgroupfs ";

class Podman : public testing::TestWithParam<Bound> {
protected:
    static void SetUpTestSuite() {
        must("rm -rf /srv/image && cp -a /usr/share/quell-vm/rootfs /srv/image && cp /w/attack /srv/image/bin/ && echo line >/srv/image/var/log/b.log && "
             "echo other >/srv/image/tmp/other && tar -C /srv/image -c . | podman import - localhost/shop");
    }
    static void TearDownTestSuite() { must("podman rmi -f localhost/shop >/dev/null && rm -rf /srv/image"); }

    static void launch(const std::string& name) {
        // its conmon would keep the pipe of this command open for as long as the container lives
        must(kPodman + ("run -d --name " + name) + " --network none --cap-add SYS_ADMIN localhost/shop sleep 1000 >/tmp/podman.out 2>&1 || { cat /tmp/podman.out; false; }");
    }
    static int attack(const std::string& name, const std::string& how) { return run(kPodman + ("exec " + name) + " attack " + how).status; }
    static void expect_denied(const std::string& name) {
        const auto before = denied("file_open");
        EXPECT_EQ(attack(name, "read /var/log/b.log"), EPERM);
        EXPECT_EQ(attack(name, "append /var/log/b.log"), EPERM);
        EXPECT_GE(denied("file_open"), before + 2);
    }
    // A removal that was refused in part would leave the layer, and say so at each command that follows.
    static void expect_removed(const std::string& name, const std::string& layer) {
        const auto before = denied_anywhere();
        const auto removed = run(kPodman + ("rm -f -t 0 " + name));
        EXPECT_EQ(removed.status, 0);
        EXPECT_EQ(removed.text, name + "\n");
        EXPECT_EQ(run("ls " + layer).status, 2) << "the layer is still there";
        EXPECT_EQ(must("podman ps -a --format '{{.Names}}' 2>&1").find(name), std::string::npos);
        EXPECT_EQ(denied_anywhere(), before);
    }
};

TEST_P(Podman, RemovesADeadContainerWhateverIsQuarantinedInIt) {
    launch("dead");
    const auto layer = must("podman inspect --format '{{.GraphDriver.Data.UpperDir}}' dead | tr -d '\\n'");
    EXPECT_EQ(attack("dead", GetParam().attack), 0);
    const auto id = quarantine("dead", GetParam().operation);
    expect_denied("dead");
    expect_removed("dead", layer);
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    reject_all();
}

TEST_P(Podman, StopAndStartKeepItDeniedAndANeighbourIsFree) {
    launch("stopped");
    launch("neighbour");
    const auto layer = must("podman inspect --format '{{.GraphDriver.Data.UpperDir}}' stopped | tr -d '\\n'");
    EXPECT_EQ(attack("stopped", GetParam().attack), 0);
    const auto id = quarantine("stopped", GetParam().operation);
    expect_denied("stopped");
    must(kPodman + std::string("stop -t 0 stopped"));
    must("echo 3 >/proc/sys/vm/drop_caches");
    if (run("test -e " + layer + "/var/log/b.log").status == 0) expect_refused_on_host("cat " + layer + "/var/log/b.log");
    must(kPodman + std::string("start stopped >/tmp/podman.out 2>&1 || { cat /tmp/podman.out; false; }"));
    expect_denied("stopped");
    if (run("test -e " + layer + "/var/log/b.log").status == 0) expect_refused_on_host("cat " + layer + "/var/log/b.log");
    const auto before = denied_anywhere();
    EXPECT_EQ(attack("neighbour", "read /var/log/b.log"), 0);
    EXPECT_EQ(attack("neighbour", "append /var/log/b.log"), 0);
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_removed("stopped", layer);
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}));
    must(kPodman + std::string("rm -f -t 0 neighbour"));
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Layer, Podman, testing::Values(kCopiedUp, kInTheImage), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace quell::guest
