// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <regex>

#include "vm-tests/deploy/rollout.h"

namespace quell::guest {
namespace {

constexpr const char* kPlay = "/tmp/play.yml";

Said play(const Settings& settings) {
    const auto output = run("ANSIBLE_ROLES_PATH=/w/ansible/roles ANSIBLE_PIPELINING=1 ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8 ansible-playbook -i localhost, -c local" +
                            std::string(settings.preview ? " --check" : "") + " -e quell_policy_purge=" + (settings.purge ? "true " : "false ") + kPlay);
    std::smatch recap;
    if (!std::regex_search(output.text, recap, std::regex("changed=([0-9]+) +unreachable=0 +failed=([0-9]+)"))) ADD_FAILURE() << output.text;
    EXPECT_EQ(output.status, recap[2] == "0" ? 0 : 2) << output.text;
    std::printf("%s", output.text.c_str());
    return recap[2] != "0" ? Said::Failed : recap[1] != "0" ? Said::Changed : Said::Unchanged;
}

TEST(Ansible, RollsOut) {
    write(kPlay, std::string("- hosts: localhost\n  gather_facts: false\n  roles:\n    - role: quell\n      vars:\n        ansible_python_interpreter: /usr/bin/python3\n") +
                     "        quell_policy_directory: " + kBrought + "\n        quell_config: {responses: {keep_armed_s: " + std::to_string(kKeepArmed) + "}}\n");
    expect_rollout(play);
}

}  // namespace
}  // namespace quell::guest
