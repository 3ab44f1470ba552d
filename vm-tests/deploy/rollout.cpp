// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/deploy/rollout.h"

#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// One rule, which sees /srv/watched/NAME removed.
std::string policy(const std::string& name, const std::string& severity = "low") {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: " + name + "}\nspec:\n  rules:\n    - {id: " + name + ", severity: " + severity +
           ", on: [delete], match: {path: [/srv/watched/" + name + "]}}\n";
}

std::string brought(const std::string& name) { return std::string(kBrought) + "/" + name + ".yaml"; }
std::string placed(const std::string& name) { return std::string(kPolicyDirectory) + "/" + name + ".yaml"; }

std::int64_t generation() { return quell("policy list")["generation"].get<std::int64_t>(); }

// The policies that run, each by its name.
std::string running() {
    std::string names;
    const Json reply = quell("policy list");
    for (const Json& one : reply["policies"]) names += (names.empty() ? "" : " ") + one["name"].get<std::string>();
    return names;
}

bool is_seen(const std::string& name) {
    const auto before = matches();
    must("mkdir -p /srv/watched && echo >/srv/watched/" + name + " && rm /srv/watched/" + name);
    return matches() > before;
}

// All that a tool may change; of the staging nobody reads.
std::string state() { return must("cd /etc/quell && find . -name policy.staged -prune -o -type f -exec sha256sum {} +; systemctl show quelld -p MainPID"); }

}  // namespace

void expect_rollout(const Tool& tool) {
    must(std::string("mkdir -p ") + kBrought);
    ASSERT_NE(run("systemctl is-active quelld").status, 0) << "something has started it";
    write(brought("site"), policy("site"));
    write(brought("team"), policy("team"));
    write(placed("stray"), policy("stray"));

    ASSERT_EQ(tool({.purge = true}), Said::Changed) << "the first run";
    EXPECT_EQ(must("systemctl is-active quelld; systemctl is-enabled quelld"), "active\nenabled\n");
    EXPECT_EQ(running(), "site team");
    EXPECT_NE(run("test -e " + placed("stray")).status, 0) << "it was to be removed";
    EXPECT_TRUE(is_seen("site") && is_seen("team"));
    EXPECT_NE(must("cat /etc/quell/quell.yaml").find("keep_armed_s: " + std::to_string(kKeepArmed)), std::string::npos);
    must("quelld --check-config");

    auto before = state();
    auto generations = generation();
    EXPECT_EQ(tool({.purge = true}), Said::Unchanged) << "the second run";
    EXPECT_EQ(state(), before);
    EXPECT_EQ(generation(), generations);

    write(brought("site"), policy("site", "critical"));
    EXPECT_EQ(tool({.preview = true}), Said::Changed) << "a preview";
    EXPECT_EQ(state(), before) << "it was to change nothing";
    EXPECT_EQ(generation(), generations);

    // Each file is right by itself; what the host has of its own, and one that is brought, have the same policy.
    write(placed("local"), policy("local"));
    write(brought("other"), policy("local"));
    before = state();
    EXPECT_EQ(tool({}), Said::Failed) << "a set that is not right";
    EXPECT_EQ(state(), before);
    EXPECT_EQ(generation(), generations);
    EXPECT_TRUE(is_seen("site") && is_seen("team")) << "the old policy runs on";

    write(brought("other"), policy("other"));
    EXPECT_EQ(tool({}), Said::Changed) << "the set is mended";
    EXPECT_EQ(running(), "local other site team");
    EXPECT_EQ(generation(), generations + 1);
    EXPECT_TRUE(is_seen("other") && is_seen("local"));
    EXPECT_EQ(quell("policy show site/site")["rule"].dump().find("low"), std::string::npos) << "the changed file";
}

}  // namespace quell::guest
