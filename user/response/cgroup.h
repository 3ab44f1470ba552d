// SPDX-License-Identifier: Apache-2.0
// A cgroup by its id, never by its path: a path may name another one by the
// time it is used.
#pragma once

#include <cstdint>
#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::response {

// O_PATH-free directory descriptor. ESTALE: no cgroup of that id is left.
// Needs CAP_DAC_READ_SEARCH. Thread-safe.
[[nodiscard]] Result<Fd> open_cgroup(std::uint64_t id);

// Path below /sys/fs/cgroup, for people; "" when it is gone.
[[nodiscard]] std::string cgroup_path(std::uint64_t id);

// Freezes all of a cgroup, or thaws it; begins to, see wait_until_frozen(). ESRCH: it is gone.
[[nodiscard]] Status set_frozen(std::uint64_t id, bool is_frozen);
// Until cgroup.events says so, or `deadline_ns`. What is in uninterruptible sleep freezes late.
[[nodiscard]] bool wait_until_frozen(std::uint64_t id, std::uint64_t deadline_ns);

// Is nobody in the subtree of an open cgroup.events? True, too, when the cgroup itself is gone.
[[nodiscard]] bool is_empty(int events_fd);

// Waits until the subtree of an open cgroup.events is empty, or until
// `deadline_ns` (boot time). True when it is empty or gone.
[[nodiscard]] bool wait_until_empty(int events_fd, std::uint64_t deadline_ns);

}  // namespace quell::response
