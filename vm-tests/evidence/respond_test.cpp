// SPDX-License-Identifier: Apache-2.0
// Evidence of what nobody detected: a file, a container, a process that are
// named.
#include <gtest/gtest.h>

#include "vm-tests/evidence/taken.h"

namespace quell::guest {
namespace {

// The id of what was taken; "0" where it was not.
std::string taken_by(const std::string& command) {
    const auto output = run("quell respond " + command + " --yes --reason told --json 2>/dev/null");
    EXPECT_EQ(output.status, 0) << command << ": " << output.text;
    const auto reply = Json::parse(output.text, nullptr, false);
    if (!reply.is_object() || !reply.contains("incident")) return "0";
    const std::string id = reply["incident"]["id"];
    EXPECT_EQ(reply["incident"]["state"], "done") << reply;
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"requested", "approved", "flipped", "done"})) << command;
    return id;
}

TEST(RespondEvidence, OfAFileAContainerAndAProcess) {
    Container victim("victim");
    victim.start();
    ASSERT_EQ(victim.exec("echo asked >/tmp/asked").status, 0);
    const auto denied_before = denied_anywhere();
    const auto file = taken_by("acquire-file --container victim --file /tmp/asked");
    EXPECT_EQ(content_of(file), "asked\n");
    EXPECT_EQ(manifest_of(file)["container"]["name"], "victim");

    const auto whole = taken_by("capture --container victim");
    EXPECT_GE(manifest_of(whole)["processes"].get<int>(), 1);
    EXPECT_TRUE(victim.running()) << "nobody was hit";

    must("setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >/tmp/sleeper");
    const auto process = taken_by("capture --pid $(cat /tmp/sleeper)");
    EXPECT_GE(manifest_of(process)["processes"].get<int>(), 1);
    EXPECT_EQ(run("kill -0 $(cat /tmp/sleeper)").status, 0);
    must("kill $(cat /tmp/sleeper)");
    EXPECT_EQ(denied_anywhere(), denied_before);

    EXPECT_EQ(run("quell respond acquire-file --file /var/lib/quell/history.db --yes --reason told").status, 4) << "Quell's own";
    EXPECT_EQ(run("quell respond acquire-file --file /dev/null --yes --reason told").status, 1) << "no regular file";
    EXPECT_EQ(run("quell respond capture --file /etc/hostname --yes --reason told").status, 1) << "nobody acted";
    for (const auto& id : {file, whole, process}) EXPECT_EQ(run("quell undo " + id + " --reason enough").status, 0) << id;
}

}  // namespace
}  // namespace quell::guest
