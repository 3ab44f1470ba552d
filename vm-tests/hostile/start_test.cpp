// SPDX-License-Identifier: Apache-2.0
// Where quelld cannot start, it says why and what helps, and leaves alone
// what runs already.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kPins = "/sys/fs/bpf/quell";

class Start : public testing::Test {
protected:
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    // It ends by itself, with 1 and these words.
    static void expect_refused(const std::string& command, const std::vector<std::string>& words) {
        const auto output = run("timeout 60 " + command);
        EXPECT_EQ(output.status, 1) << output.text;
        for (const auto& word : words) EXPECT_NE(output.text.find(word), std::string::npos) << word << ": " << output.text;
    }
};

TEST_F(Start, ASecondDaemonEndsAndTheFirstGoesOn) {
    const pid_t first = daemon_pid();
    expect_refused("quelld", {"another quelld runs already"});
    EXPECT_EQ(daemon_pid(), first);
    EXPECT_EQ(run("quell status").status, 0);
    const auto before = matches();
    EXPECT_EQ(run("/w/attack creat /var/log/first.log").status, 0);
    EXPECT_EQ(run("/w/attack unlink /var/log/first.log").status, 0);
    expect_told(wait_for_pending([](const Json& one) { return one["operation"] == "delete"; }), before, "with the first daemon");
}

TEST_F(Start, WithoutRoot) {
    kill_daemon(SIGTERM);
    expect_refused("setpriv --reuid user --regid user --clear-groups quelld", {"needs root"});
    expect_refused("setpriv --reuid user --regid user --clear-groups --inh-caps=-all quelld", {"needs root"});
    expect_refused("setpriv --reuid user --regid user --clear-groups quelld --unload", {"needs root"});
    EXPECT_EQ(run("stat -c %a /run/quell/lock").text, "600\n") << "who may open it may lock it";
}

TEST_F(Start, ARootWithoutItsCapabilities) {
    kill_daemon(SIGTERM);
    const auto output = run("timeout 60 setpriv --bounding-set=-all --inh-caps=-all quelld");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_GT(output.text.size(), 20u);
}

TEST_F(Start, WithPinsOfAnotherVersionThatStayInForce) {
    Container victim("pins");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("pins", "truncate");
    ASSERT_EQ(approve(id, "quarantine-file").status, 0);
    kill_daemon(SIGTERM);
    const auto version = must(std::string("basename ") + kPins + "/version-*");
    const auto pin = kPins + ("/" + version.substr(0, version.find('\n')));
    must("rmdir " + pin + " && mkdir " + kPins + "/version-99");
    expect_refused("quelld", {"of another version", "quelld --unload"});
    guest::expect_refused(victim, "read /var/log/b.log");  // the other version's containment holds
    must("rmdir " + std::string(kPins) + "/version-99 && mkdir " + pin);
    start_daemon();
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
}

TEST_F(Start, UnloadWhileADaemonRuns) {
    const auto output = run("quelld --unload");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("quelld runs"), std::string::npos) << output.text;
    EXPECT_EQ(quell("status")["status"]["canary"], "denied") << "nothing was taken from it";
}

// A start where there are no pins, which takes longer: all is loaded anew.
void load_anew() {
    start_daemon();
    apply_pack();
    EXPECT_EQ(quell("status")["status"]["canary"], "denied");
}

int loaded_programs() { return std::atoi(must("bpftool -j prog show | jq '[.[] | select(.name // \"\" | startswith(\"quell_\"))] | length'").c_str()); }

TEST_F(Start, AfterAnUnloadNothingSaysThatAnythingIsEnforced) {
    write("/srv/held", "text");
    const std::string id = quell("respond quarantine-file --file /srv/held --yes --reason test 2>/dev/null")["incident"]["id"];
    kill_daemon(SIGTERM);
    EXPECT_EQ(run("cat /srv/held").status, 1);
    EXPECT_GT(loaded_programs(), 0) << "they run on without a daemon";
    EXPECT_NE(run("quell status").text.find("the kernel enforced"), std::string::npos) << "as long as there are pins";
    must("quelld --unload");
    EXPECT_EQ(run("cat /srv/held").status, 0) << "it returned before the kernel had detached what refuses";
    const auto output = run("quell status");
    EXPECT_EQ(output.status, 3);
    EXPECT_EQ(output.text.find("enforc"), std::string::npos) << output.text;
    EXPECT_TRUE(eventually([] { return loaded_programs() == 0; })) << loaded_programs() << " are left, attached or not";
    load_anew();
    EXPECT_GT(loaded_programs(), 0);
    EXPECT_EQ(run("cat /srv/held").status, 1) << "a quarantine is in force again with the start";
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
}

// What was pinned is gone with the mount.
// Where a container's files lie is learnt from a module that the first container may bring along.
TEST_F(Start, AfterAnUnloadOverlayMayComeLater) {
    kill_daemon(SIGTERM);
    must("quelld --unload && rmmod overlay");
    start_daemon();
    write("/tmp/later.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: later}\nspec:\n  rules:\n"
                             "    - {id: drift, severity: low, on: [exec], where: {subject: container}, match: {path: [/usr/sbin/*], intact: false}}\n");
    must("quell policy apply /tmp/later.yaml");
    ASSERT_NE(run("grep -q '^overlay ' /proc/modules").status, 0);
    Container victim("later");
    must("cp /w/attack " + victim.directory() + "/lower/usr/sbin/tool");
    victim.start();
    ASSERT_EQ(run("grep -q '^overlay ' /proc/modules").status, 0);
    std::int64_t before = 0;
    EXPECT_TRUE(eventually([&] {
        before = matches();
        return victim.exec("/usr/sbin/tool read /etc/os-release; exit $?").status == 0 && matches() == before;
    })) << "the image's own";
    EXPECT_EQ(victim.exec("cp /usr/sbin/tool /usr/sbin/dropped && /usr/sbin/dropped read /etc/os-release; exit $?").status, 0);
    EXPECT_EQ(matches() - before, 1);
    expect_told(wait_for([&](const Json& one) { return one["rule"] == "drift" && one["file"]["path"] == "/usr/sbin/dropped"; }), before, "dropped");
    victim.destroy();
    apply_pack();
}

TEST_F(Start, WithoutBpffs) {
    kill_daemon(SIGTERM);
    must("umount /sys/fs/bpf");
    expect_refused("quelld", {"/sys/fs/bpf", "mount -t bpf bpf /sys/fs/bpf"});
    EXPECT_EQ(run("quell status").status, 3);
    must("mount -t bpf -o mode=700 bpf /sys/fs/bpf");
    load_anew();
}

TEST_F(Start, AnEmptyDirectoryDoesNotEndTheRulesThatRun) {
    const auto rules = quell("status")["status"]["rules"];
    ASSERT_GT(rules.get<int>(), 0);
    must("mkdir /tmp/aside && mv /etc/quell/policy.d/*.yaml /tmp/aside/");
    kill_daemon(SIGTERM);
    start_daemon();
    EXPECT_EQ(quell("status")["status"]["rules"], rules);
    EXPECT_NE(run("quell status").text.find("runs on"), std::string::npos) << run("quell status").text;
    EXPECT_EQ(run("/w/attack creat /var/log/empty.log").status, 0);
    EXPECT_EQ(run("/w/attack unlink /var/log/empty.log").status, 0);
    EXPECT_TRUE(wait_for_pending([](const Json& one) { return one["operation"] == "delete"; }));
    EXPECT_EQ(run("quell policy apply --allow-empty").status, 0);
    EXPECT_EQ(quell("status")["status"]["rules"], 0);
    EXPECT_NE(run("quell status").text.find("nothing is watched"), std::string::npos);
    must("mv /tmp/aside/*.yaml /etc/quell/policy.d/ && rmdir /tmp/aside && quell policy apply");
    EXPECT_EQ(quell("status")["status"]["rules"], rules);
}

TEST_F(Start, WithAConfigurationThatIsWrong) {
    kill_daemon(SIGTERM);
    write("/tmp/broken.yaml", "socket: {mode: [\n");
    expect_refused("quelld --config /tmp/broken.yaml", {"/tmp/broken.yaml"});
    write("/tmp/unknown.yaml", "sockets: {}\n");
    expect_refused("quelld --config /tmp/unknown.yaml", {"sockets"});
    expect_refused("quelld --config /tmp/missing.yaml", {"/tmp/missing.yaml"});
    expect_refused("quelld --check-config --config /tmp/unknown.yaml", {"sockets"});
    EXPECT_EQ(run("quelld --check-config").status, 0);
}

}  // namespace
}  // namespace quell::guest
