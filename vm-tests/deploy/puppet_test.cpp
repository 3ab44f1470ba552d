// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vm-tests/deploy/rollout.h"

namespace quell::guest {
namespace {

constexpr const char* kManifest = "/tmp/site.pp";

// With --detailed-exitcodes: 0 nothing to do, 2 changed, 4 failed, 6 both. A preview says no more than what it would do.
Said apply(const Settings& settings) {
    write(kManifest, std::string("class { 'quell':\n  policy_directory => '") + kBrought + "',\n  policy_purge => " + (settings.purge ? "true" : "false") +
                         ",\n  config => {'responses' => {'keep_armed_s' => " + std::to_string(kKeepArmed) + "}},\n}\n");
    const auto output = run("puppet apply --color=false --modulepath /w/puppet --detailed-exitcodes" + std::string(settings.preview ? " --noop " : " ") + kManifest);
    std::printf("%s", output.text.c_str());
    if (settings.preview) {
        EXPECT_EQ(output.status, 0) << output.text;
        return output.text.find("(noop)") == std::string::npos ? Said::Unchanged : Said::Changed;
    }
    EXPECT_TRUE(output.status == 0 || output.status == 2 || output.status == 4 || output.status == 6) << output.status << "\n" << output.text;
    return output.status >= 4 ? Said::Failed : output.status == 2 ? Said::Changed : Said::Unchanged;
}

TEST(Puppet, RollsOut) { expect_rollout(apply); }

}  // namespace
}  // namespace quell::guest
