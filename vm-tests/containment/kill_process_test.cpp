// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vm-tests/harness/container.h"

namespace quell::guest {
namespace {

TEST(KillProcess, TheShellAndItsChildrenDieAndTheContainerLives) {
    ContainerOptions options;
    // its init waits; the shell below acts, and stays with a child that was forked before
    options.command = "/bin/sh -c 'sleep 5432 & sleep 2; rm /var/log/dpkg.log; sleep 6543; true'; echo $? >/tmp/status; sleep 1000";
    Container victim("shell", options);
    const auto before = matches();
    victim.start();
    const auto incident = wait_for_pending([](const Json& one) { return one["operation"] == "delete"; });
    expect_told(incident, before, "the removal by a shell");
    ASSERT_TRUE(incident);
    const std::string id = (*incident)["id"];
    const auto output = run("quell approve " + id + "@" + digest_of(id, "kill-process") + " kill-process --reason shell");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_NE(run("pgrep -f '[s]leep 5432'").status, 0);
    EXPECT_NE(run("pgrep -f '[s]leep 6543'").status, 0);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(victim.exec("true").status, 0);
    EXPECT_EQ(victim.exec("cat /tmp/status").text, "137\n") << "as its parent saw it";
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    reject_all();
}

TEST(KillProcess, TheInitIsNeverBound) {
    ContainerOptions options;
    options.command = "sleep 1; rm /var/log/dpkg.log; sleep 1000";
    Container victim("init", options);
    const auto before = matches(), denied_before = denied_anywhere();
    victim.start();
    const auto incident = wait_for_pending([](const Json& one) { return one["operation"] == "delete"; });
    expect_told(incident, before, "the removal by an init");
    ASSERT_TRUE(incident);
    for (const auto& offer : (*incident)["offers"])
        if (offer["response"] == "kill-process") {
            EXPECT_EQ(offer["available"], false);
            EXPECT_FALSE(offer.contains("digest"));
        }
    const std::string id = (*incident)["id"];
    EXPECT_EQ(run("quell approve " + id + "@000000000000 kill-process --reason init").status, 1);
    EXPECT_EQ(victim.exec("true").status, 0);
    EXPECT_EQ(denied_anywhere(), denied_before);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "refused"}));
    reject_all();
}

}  // namespace
}  // namespace quell::guest
