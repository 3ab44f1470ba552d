// SPDX-License-Identifier: Apache-2.0
// The same with the real podman, by its hooks.d: started again, and made anew
// under the same name.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/network/cut.h"

namespace quell::guest {
namespace {

constexpr const char* kImage = "localhost/quell-follow:1";
constexpr const char* kHooksDirectory = "/run/quell-hooks.d";

class PodmanFollow : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must("mkdir -p " + std::string(kHooksDirectory));
        const Json file = {{"version", "1.0.0"}, {"hook", {{"path", "/w/quell-oci-hook"}, {"args", {"quell-oci-hook"}}, {"timeout", 5}}}, {"when", {{"always", true}}}, {"stages", {"createRuntime"}}};
        write(std::string(kHooksDirectory) + "/quell.json", file.dump());
        must("tar -C /usr/share/quell-vm/rootfs -c . | podman import - " + std::string(kImage));
    }
    void TearDown() override {
        (void)run("podman rm -f -t 0 victim");
        reject_all();
    }
    static std::string podman(bool hooked, const std::string& arguments) {
        const bool systemd = run("test -d /run/systemd/system").status == 0;
        return std::string("podman --cgroup-manager ") + (systemd ? "systemd" : "cgroupfs") + " --log-level error " + (hooked ? "--hooks-dir " + std::string(kHooksDirectory) + " " : "") + arguments +
               " </dev/null >/tmp/podman.out 2>&1 || { cat /tmp/podman.out; false; }";
    }
    static void make(bool hooked, const std::string& command = "/w/first /said") {
        must(podman(hooked, "run -d --network none --name victim -v /w:/w:ro --tmpfs /said " + std::string(kImage) + " " + command));
    }
    // -1 when it has not been said in time.
    static int said(const std::string& what) {
        std::string text;
        const auto is_there = eventually([&] {
            const auto output = run("podman exec victim cat /said/" + what);
            text = output.text;
            return output.status == 0;
        });
        return is_there ? std::stoi("0" + text) : -1;
    }
    static std::string followed() {
        must("podman exec victim sh -c ': >/var/log/f; rm /var/log/f'");
        const auto id = pending_id("victim", "delete");
        const auto approved = isolate(id, "--follow 1h");
        EXPECT_EQ(approved.status, 0) << approved.text;
        return id;
    }
    static void expect_in_time(const std::string& id, std::size_t times) {
        ASSERT_TRUE(eventually([&] { return show(id)["follow"]["came_back"].size() == times; })) << show(id)["follow"];
        const std::string again = show(id)["follow"]["came_back"][times - 1];
        EXPECT_TRUE(eventually([&] { return quell("history --incident " + again).dump().find("before its first instruction") != std::string::npos; }))
            << quell("history --incident " + again);
    }
};

TEST_F(PodmanFollow, StartedAgainAndMadeAnewItHasNoNetworkFromItsFirstInstruction) {
    apply_isolating_pack();
    make(true);
    EXPECT_EQ(said("first"), 0);
    const auto id = followed();
    EXPECT_NE(said("refused"), -1);
    EXPECT_NE(show(id)["follow"]["workload"].get<std::string>().find("victim of " + std::string(kImage)), std::string::npos) << show(id)["follow"];

    must("podman stop -t 0 victim");
    must(podman(true, "start victim"));
    EXPECT_EQ(said("first"), EPERM);
    EXPECT_EQ(said("refused"), 0);
    expect_in_time(id, 1);

    must("podman rm -f -t 0 victim");
    make(true);
    EXPECT_EQ(said("first"), EPERM) << "another container of the same name and image";
    expect_in_time(id, 2);

    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_NE(said("let"), -1);
    must("podman stop -t 0 victim");
    must(podman(true, "start victim"));
    EXPECT_EQ(said("first"), 0);
}

// By paths in a root that is podman's, on a new upper layer and on the one that it had.
TEST_F(PodmanFollow, StartedAgainAndMadeAnewItMayNotWriteFromItsFirstInstruction) {
    apply_pack("s/offer: .kill-container, kill-process.*/offer: [kill-container, deny-write]/");
    make(true, "/w/early /said /var/log /w/early");
    EXPECT_EQ(said("write-first"), 0);
    must("podman exec victim sh -c ': >/var/log/f; rm /var/log/f'");
    const auto id = pending_id("victim", "delete");
    const auto approved = run("quell approve " + id + "@" + digest_of(id, "deny-write") + " deny-write --below /var/log --follow 1h --reason test");
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(said("write-refused"), -1);

    must("podman stop -t 0 victim");
    must(podman(true, "start victim"));
    EXPECT_EQ(said("write-first"), EPERM);
    expect_in_time(id, 1);
    must("podman rm -f -t 0 victim");
    make(true, "/w/early /said /var/log /w/early");
    EXPECT_EQ(said("write-first"), EPERM);
    EXPECT_EQ(said("write-refused"), 0);
    expect_in_time(id, 2);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_NE(said("write-let"), -1);
}

TEST_F(PodmanFollow, WithoutTheHookItIsContainedWhenItIsSeen) {
    apply_isolating_pack();
    make(false);
    const auto id = followed();
    must("podman rm -f -t 0 victim");
    make(false);
    EXPECT_NE(said("refused"), -1);
    ASSERT_TRUE(eventually([&] { return show(id)["follow"]["came_back"].size() == 1; }));
    const std::string again = show(id)["follow"]["came_back"][0];
    EXPECT_TRUE(eventually([&] { return quell("history --incident " + again).dump().find("came-back") != std::string::npos; })) << quell("history --incident " + again);
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
}

}  // namespace
}  // namespace quell::guest
