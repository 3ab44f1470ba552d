// SPDX-License-Identifier: Apache-2.0
// A cgroup by its id, never by its path: a path may name another one by the
// time it is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::response {

// O_PATH-free directory descriptor. ESTALE: no cgroup of that id is left.
// Needs CAP_DAC_READ_SEARCH. Thread-safe.
[[nodiscard]] Result<Fd> open_cgroup(std::uint64_t id);

// Path below /sys/fs/cgroup, for people; "" when it is gone.
[[nodiscard]] std::string cgroup_path(std::uint64_t id);

// Is nobody in the subtree of an open cgroup.events? True, too, when the cgroup itself is gone.
[[nodiscard]] bool is_empty(int events_fd);

// Whether an open cgroup.freeze asks for it, by itself; what is above it does not matter. Nothing: it is gone.
[[nodiscard]] std::optional<bool> freeze_state(int freeze_fd);
// The same by id, but false where this process has it frozen for a moment (freeze_mark.h): it is as if that were over. False,
// too, when there is none.
[[nodiscard]] bool is_frozen_by_itself(std::uint64_t id);

// `1` into its cgroup.freeze, unless that is there already, for longer than such a moment: then false. Begins to, see below.
// ESRCH: it is gone.
[[nodiscard]] Result<bool> freeze(std::uint64_t id);
// `0` into its cgroup.freeze. No error, too, when it is gone.
[[nodiscard]] Status thaw(std::uint64_t id);

// Whether the process is in the cgroup of that path (cgroup_path) or below it. False when it is gone, or the path is "".
[[nodiscard]] bool is_in_cgroup(std::uint32_t pid, const std::string& path);

// Until each task below an open cgroup.events is frozen, or `deadline_ns` (boot time). True when they are, or it is gone.
[[nodiscard]] bool wait_until_frozen(int events_fd, std::uint64_t deadline_ns);
// The same by id; false when there is none.
[[nodiscard]] bool wait_until_cgroup_frozen(std::uint64_t id, std::uint64_t deadline_ns);

// Waits until the subtree of an open cgroup.events is empty, or until
// `deadline_ns` (boot time). True when it is empty or gone.
[[nodiscard]] bool wait_until_empty(int events_fd, std::uint64_t deadline_ns);

}  // namespace quell::response
