// SPDX-License-Identifier: Apache-2.0
// The interface by a client that is not ours: found, parsed, called.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

Json call(const std::string& arguments) {
    const auto output = run("/w/varlink_client " + arguments);
    EXPECT_EQ(output.status, 0) << arguments << ": " << output.text;
    return Json::parse(output.text, nullptr, false);
}

TEST(VarlinkClient, FindsAndParsesTheInterface) {
    const auto reply = call("describe");
    EXPECT_EQ(reply["name"], "io.quell");
    EXPECT_EQ(reply["product"], "quelld");
    EXPECT_GE(reply["methods"], 11);
    EXPECT_NE(reply["interfaces"].dump().find("\"io.quell\""), std::string::npos);
}

TEST(VarlinkClient, DoesTheWholeJob) {
    EXPECT_EQ(call("Status")["status"]["canary"], "denied");
    Container victim("go");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("go", "delete");
    EXPECT_EQ(call("Incidents '{\"all\": false}'")["incidents"][0]["id"], id);
    const auto incident = call("Show '{\"id\": \"" + id + "\"}'")["incident"];
    EXPECT_EQ(incident["container"]["name"], "go");
    std::string digest;
    for (const auto& offer : incident["offers"])
        if (offer["response"] == "kill-container") digest = offer["digest"];
    const auto approved = call("Approve '{\"id\": \"" + id + "\", \"digest\": \"" + digest + "\", \"response\": \"kill-container\", \"reason\": \"by Go\"}'");
    EXPECT_EQ(approved["incident"]["state"], "done");
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    EXPECT_EQ(call("VerifyHistory")["ok"], true);
}

TEST(VarlinkClient, IsToldErrorsByTheirNames) {
    const auto output = run("/w/varlink_client Show '{\"id\": \"zzzzzz\"}'");
    EXPECT_EQ(output.status, 1);
    EXPECT_EQ(output.text, "io.quell.NoSuchIncident\n");
    EXPECT_EQ(run("/w/varlink_client Nothing").status, 1);
}

}  // namespace
}  // namespace quell::guest
