// SPDX-License-Identifier: Apache-2.0
// A storm of policy reloads against openers: each open is judged by the old
// policy or by the new one, never by neither, never by half of each.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

std::string policy(const std::string& paths) {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: reload}\nspec:\n  rules:\n    - id: opens\n      name: Opens\n      severity: low\n"
           "      on: [open-read]\n      where: {subject: host}\n      match: {path: [" + paths + "]}\n      respond: {offer: [kill-process], expires: 1h}\n";
}

class Reload : public testing::Test {
protected:
    void SetUp() override {
        must("mkdir -p /srv/reload/one /srv/reload/both /srv/reload/none; for d in one both none; do echo x > /srv/reload/$d/file; done");
        write("/tmp/in.yaml", policy("/srv/reload/one/**, /srv/reload/both/**"));
        write("/tmp/out.yaml", policy("/srv/reload/both/**, /srv/reload/other/**"));
        must("quell policy apply /tmp/out.yaml");
    }
    void TearDown() override {
        expect_nothing_lost();
        reject_all();
        apply_pack();
    }
};

TEST_F(Reload, WhatOnePolicyWatchesIsJudgedByTheOneInForce) {
    const auto tally = race({"reloads", "one", "150", "/tmp/in.yaml", "/tmp/out.yaml"});
    std::printf("%s\n", tally.dump().c_str());
    EXPECT_EQ(tally["changes"], 150) << tally;
    for (const char* wrong : {"missed", "false_alarms", "odd", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
    EXPECT_GE(tally["in"], 100) << tally;
    EXPECT_GE(tally["out"], 100) << tally;
}

TEST_F(Reload, WhatBothPoliciesWatchIsNeverMissed) {
    const auto tally = race({"reloads", "both", "150", "/tmp/in.yaml", "/tmp/out.yaml"});
    std::printf("%s\n", tally.dump().c_str());
    EXPECT_EQ(tally["changes"], 150) << tally;
    for (const char* wrong : {"missed", "odd", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
    EXPECT_GE(tally["in"], 1000) << tally;
}

}  // namespace
}  // namespace quell::guest
