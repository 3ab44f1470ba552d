// SPDX-License-Identifier: Apache-2.0
// A container with so many processes, and when the last of them had gone, by the kernel's trace: told by a wake-up it is known later than it was.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "vm-tests/cost/figures.h"
#include "vm-tests/cost/trace.h"

namespace quell::guest {

class Crowded : public Container {
public:
    // Returns when all of them are there; they are called "events".
    Crowded(const std::string& name, int count);
    [[nodiscard]] std::string cgroup_path() const { return "/sys/fs/cgroup" + cgroup(); }
};

// Waits until nobody is in the cgroup.
void expect_empty(const std::string& cgroup_path);
// The end of the last one of `count` processes "events"; 0, and the test fails, when there are not as many ends.
[[nodiscard]] std::uint64_t last_gone(const std::vector<Traced>& events, int count);
// What `begin` starts until the last one of `count` has gone, in the counter's units.
[[nodiscard]] std::int64_t until_gone(const std::string& cgroup_path, int count, const std::function<void()>& begin);
// Runs a program, without a shell, and waits for it.
void must_run(const std::vector<std::string>& words);

}  // namespace quell::guest
