// SPDX-License-Identifier: Apache-2.0
// Hooks that one response no longer needs are detached while another one,
// which needs some of them, is prepared: what is approved finds all of its.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <set>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// Neither rule's operations need the hooks that both responses share, such as inode_link.
constexpr const char* kPolicy = R"(apiVersion: quell/v1
kind: Policy
metadata: {name: notable-events}
spec:
  rules:
    - id: only-kill
      name: Only Kill
      severity: high
      on: [delete]
      where: {subject: container}
      match: {path: [/var/log/**]}
      respond: {offer: [kill-container], expires: 1h}
    - id: only-quarantine
      name: Only Quarantine
      severity: high
      on: [truncate]
      where: {subject: container}
      match: {path: [/var/log/**]}
      respond: {offer: [quarantine-file], expires: 1h}
)";

const std::set<std::string> kNeeded = {"file_open", "inode_unlink", "inode_rename", "inode_setattr", "inode_link", "file_permission",
                                       "mmap_file", "file_mprotect", "inode_setxattr", "inode_removexattr", "inode_copy_up"};

// Names of programs that the kernel has links of, cut at 15 bytes.
std::set<std::string> linked() {
    std::set<std::string> names;
    const auto programs = Json::parse(must("bpftool -j prog show")), links = Json::parse(must("bpftool -j link show"));
    for (const auto& link : links)
        for (const auto& program : programs)
            if (link["prog_id"] == program["id"] && program.contains("name")) names.insert(program["name"].get<std::string>().substr(0, 15));
    return names;
}

class Rearming : public testing::Test {
protected:
    void SetUp() override {
        write("/tmp/policy.yaml", kPolicy);
        must(std::string("cp /tmp/policy.yaml ") + kPolicyDirectory + "/notable-events.yaml");
        restart("s/keep_armed_s: 300/keep_armed_s: 3/");
        victim_.start();
    }
    void TearDown() override {
        (void)run("for ready in /srv/containers/rearm/rootfs/tmp/*.ready; do touch ${ready%.ready}.go; done");
        reject_all();
        apply_pack();
        restart("s/keep_armed_s: 3$/keep_armed_s: 300/");
    }
    static void restart(const std::string& edit) {
        must("sed -i '" + edit + "' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    }
    [[nodiscard]] std::string in_tmp(const std::string& file) const { return victim_.directory() + "/rootfs/tmp/" + file; }

    Container victim_{"rearm"};
};

TEST_F(Rearming, AroundTheDisarmingEveryHookIsThere) {
    int round = 0;
    for (const int after_ms : {2400, 2900, 3400, 3900}) {
        const auto name = "held" + std::to_string(round++), log = "/var/log/" + name;
        must("echo line >" + victim_.directory() + "/rootfs" + log);
        (void)victim_.exec("(attack old-read " + log + " /tmp/" + name + "; echo $? >/tmp/" + name + ".status) </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([&] { return run("test -e " + in_tmp(name + ".ready")).status == 0; }));
        EXPECT_EQ(victim_.exec("echo x >/var/log/killed; rm /var/log/killed").status, 0);
        const auto killing = pending_id("rearm", "delete");
        EXPECT_EQ(run("quell reject " + killing + " --reason no").status, 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));

        EXPECT_EQ(attack(victim_, "truncate " + log), 0);
        const auto id = pending_id("rearm", "truncate");
        const auto output = approve(id, "quarantine-file");
        EXPECT_EQ(output.status, 0) << output.text;
        const auto names = linked();
        for (const auto& hook : kNeeded) EXPECT_TRUE(names.contains(("quell_" + hook).substr(0, 15))) << hook << " after " << after_ms << " ms";
        const auto before = denied("file_permission");
        must("touch " + in_tmp(name + ".go"));
        EXPECT_TRUE(eventually([&] { return run("test -s " + in_tmp(name + ".status")).status == 0; }));
        EXPECT_EQ(run("cat " + in_tmp(name + ".status")).text, std::to_string(EPERM) + "\n") << after_ms;
        EXPECT_GT(denied("file_permission"), before);
        EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    }
}

}  // namespace
}  // namespace quell::guest
