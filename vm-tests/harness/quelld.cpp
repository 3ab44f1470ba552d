// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/quelld.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace quell::guest {

pid_t daemon_pid() { return static_cast<pid_t>(std::atoi(run("pgrep -x -o quelld").text.c_str())); }

void kill_daemon(int signal) {
    const pid_t pid = daemon_pid();
    ASSERT_GT(pid, 1);
    ASSERT_EQ(::kill(pid, signal), 0);
    EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; })) << "quelld did not end";
}

// All programs are verified in an emulator: 37 s on 6.12, three minutes and more on 7 beside another guest.
constexpr std::chrono::seconds kStart{600};

void start_daemon() {
    must("setsid quelld >>/var/log/quelld.console 2>&1 </dev/null &");
    EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }, kStart)) << run("tail -n 20 /var/log/quelld.console").text;
}

void apply_pack(const std::string& edit) {
    must(std::string("mkdir -p ") + kPolicyDirectory + " && rm -f " + kPolicyDirectory + "/hardened-host.yaml && sed '/^    # What follows is about/,$d' " + kPack +
         " | sed '" + edit + "' >" + kPolicyDirectory + "/notable-events.yaml && quell policy apply");
}

void apply_packs() { must(std::string("cp /usr/share/quell/packs/*.yaml ") + kPolicyDirectory + " && quell policy apply"); }

int attack(const Container& container, const std::string& arguments) { return container.exec("attack " + arguments).status; }

void expect_refused(const Container& container, const std::string& how, const std::string& hook) {
    const auto before = denied(hook);
    EXPECT_EQ(attack(container, how), EPERM) << how;
    EXPECT_GT(denied(hook), before) << how;
}

std::string pending_id(const std::string& container, const std::string& operation) {
    const auto found = wait_for_pending(
        [&](const Json& one) { return one["operation"] == operation && one.contains("container") && one["container"].value("name", "") == container; });
    if (!found) {
        ADD_FAILURE() << "no pending incident of " << operation << " in " << container << ": " << run("quell incidents --all").text;
        return "0";
    }
    return (*found)["id"];
}

Output approve(const std::string& id, const std::string& response) {
    return run("quell approve " + id + "@" + digest_of(id, response) + " " + response + " --reason test");
}

}  // namespace quell::guest
