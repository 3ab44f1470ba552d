// SPDX-License-Identifier: Apache-2.0
// The daemon as a test treats it: applied policy, killed, started again.
#pragma once

#include <sys/types.h>

#include <string>

#include "vm-tests/harness/container.h"

namespace quell::guest {

inline constexpr const char* kPack = "/usr/share/quell/packs/notable-events.yaml";
inline constexpr const char* kPolicyDirectory = "/etc/quell/policy.d";

// The process that holds the control socket; 0: none.
[[nodiscard]] pid_t daemon_pid();
// Sends `signal` and waits until the process is gone.
void kill_daemon(int signal);
// Returns when it answers; its messages go to /var/log/quelld.console.
void start_daemon();

// Makes the two rules of the shipped pack that most tests are about, logs and password files, changed by sed's `edit` ("": as
// shipped), the whole policy, and applies it. The others would see much of what tests do.
void apply_pack(const std::string& edit = "");
// Every rule of every shipped pack, as an operator has them.
void apply_packs();

// Runs the attack program in the container: its errno, 0 when it did what was asked, 128 + signal when it was killed.
[[nodiscard]] int attack(const Container& container, const std::string& arguments);

// Fails the test unless `attack HOW` in the container ends in EPERM and the kernel has counted it at that hook.
void expect_refused(const Container& container, const std::string& how, const std::string& hook = "file_open");

// Waits for the incident of this operation in this container and returns its id; fails the test when there is none.
[[nodiscard]] std::string pending_id(const std::string& container, const std::string& operation);
// `quell approve` with the digest that `quell show` gives; options go before --reason.
[[nodiscard]] Output approve(const std::string& id, const std::string& response);

}  // namespace quell::guest
