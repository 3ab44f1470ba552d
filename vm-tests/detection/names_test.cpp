// SPDX-License-Identifier: Apache-2.0
// Many names in one directory, some of them watched: all of those are seen,
// whichever half of the maps the policy lies in, and none of the others.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr int kNames = 300;

// Short ones and ones that are not stored in the dentry itself.
std::string name_of(int i) { return (i % 3 ? "watched" : "watched-with-a-name-that-is-longer-than-a-dentry-holds-") + std::to_string(i); }

std::string policy(const char* severity) {
    std::string paths;
    for (int i = 0; i < kNames; i++) paths += (i ? ",\n          /srv/names/" : "/srv/names/") + name_of(i);
    return std::string("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: names}\nspec:\n  rules:\n    - id: names\n      name: Names\n") +
           "      severity: " + severity + "\n      on: [delete]\n      where: {subject: host}\n      match:\n        path: [" + paths +
           "]\n      respond: {offer: [kill-process], expires: 1h}\n";
}

class Names : public testing::Test {
protected:
    void SetUp() override { must("mkdir -p /srv/names"); }
    void TearDown() override {
        reject_all();
        must("rm -rf /srv/names");
        apply_pack();
    }
};

TEST_F(Names, OfARuleAreAllSeenAndNoOthers) {
    std::string make, take;
    for (int i = 0; i < kNames; i++) make += " " + name_of(i) + " other" + std::to_string(i), take += " " + name_of(i);
    for (const char* severity : {"low", "high", "low"}) {  // each apply takes the other half
        write("/tmp/names.yaml", policy(severity));
        must("quell policy apply /tmp/names.yaml");
        must("cd /srv/names && touch" + make);
        const auto before = matches();
        must("cd /srv/names && rm other*");
        EXPECT_EQ(matches(), before) << severity;
        must("cd /srv/names && rm" + take);  // one process: one incident
        EXPECT_EQ(matches() - before, kNames) << severity;
        const auto found = wait_for_pending([](const Json& one) { return one["name"] == "Names"; });
        expect_told(found, before, severity);
        ASSERT_TRUE(found);
        EXPECT_EQ((*found)["count"], kNames) << severity;
        reject_all();
    }
}

}  // namespace
}  // namespace quell::guest
