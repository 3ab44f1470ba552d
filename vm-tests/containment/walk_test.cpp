// SPDX-License-Identifier: Apache-2.0
// A path in a container that leads to a file system which does not answer:
// whoever asked for it waits, and who containers are is found out meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

const std::string kWalkRules = std::string(kPolicyDirectory) + "/walk.yaml";

class Walk : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must("modprobe fuse && mkdir -p /srv/slow /srv/below/lower /srv/below/upper /srv/below/work && "
             "fuse-overlayfs -o lowerdir=/srv/below/lower,upperdir=/srv/below/upper,workdir=/srv/below/work /srv/slow");
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(kWalkRules, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: named\n      severity: high\n      on: [delete, truncate]\n      where: {container: {name: [named]}}\n"
                          "      match: {path: [/var/log/b.log, /var/log/c.log]}\n      respond: {offer: [kill-container, quarantine-file], expires: 1h}\n");
        must("quell policy apply");
    }
    static void answer_no_more() { must("pkill -STOP -x fuse-overlayfs"); }
    static void end_server() { (void)run("pkill -KILL -x fuse-overlayfs; umount -l /srv/slow"); }
    static void TearDownTestSuite() {
        end_server();
        must("rm -f " + kWalkRules);
        apply_pack();
    }
    void TearDown() override {
        if (const auto pid = daemon_pid()) (void)::kill(pid, SIGCONT);
        reject_all();
    }
};

TEST_F(Walk, IntoWhatDoesNotAnswerHoldsUpNobodyElse) {
    Container slow("slow", {.mounts = {{{"destination", "/slow"}, {"type", "bind"}, {"source", "/srv/slow"}, {"options", {"bind", "rw"}}}}}), named("named");
    slow.start();
    answer_no_more();
    for (const char* name : {"one", "two", "three"})
        must(std::string("timeout 300 quell respond quarantine-file --container slow --file /slow/") + name + " --yes --reason walk </dev/null >/dev/null 2>&1 &");
    EXPECT_TRUE(eventually([] { return run("cat /proc/$(pgrep -xo quelld)/task/*/wchan | grep -q 'fuse\\|request_wait_answer'").status == 0; })) << "nobody waits for it";

    // it acts before it is known who it is, which policies ask
    ASSERT_EQ(::kill(daemon_pid(), SIGSTOP), 0);
    named.start();
    EXPECT_EQ(attack(named, "unlink /var/log/b.log"), 0);
    ASSERT_EQ(::kill(daemon_pid(), SIGCONT), 0);
    const auto id = pending_id("named", "delete");
    EXPECT_TRUE(eventually([&] {
        const auto actions = actions_of(id);
        return std::ranges::find(actions, "identified") != actions.end();
    })) << Json(actions_of(id));
    // whoever holds a file is asked of the kernel, and not in there
    EXPECT_EQ(attack(named, "truncate /var/log/c.log"), 0);
    const auto file = pending_id("named", "truncate");
    for (const char* verb : {"show ", "preview "}) {
        const auto told = run("timeout 60 quell " + (verb + file));
        EXPECT_EQ(told.status, 0) << verb << told.text;
        EXPECT_NE(told.text.find("quarantine-file"), std::string::npos) << told.text;
    }
    const auto asked = run("timeout 60 quell respond kill-container --container named --yes --reason walk");
    EXPECT_EQ(asked.status, 0) << asked.text;
    EXPECT_FALSE(named.running());
    end_server();  // who waits for it is told
    EXPECT_TRUE(eventually([] { return run("pgrep -f '^quell respond quarantine-file'").status != 0; })) << run("pgrep -af quell").text;
    EXPECT_EQ(run("quell status").status, 0);
}

}  // namespace
}  // namespace quell::guest
