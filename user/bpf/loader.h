// SPDX-License-Identifier: Apache-2.0
// The loader: loads the object, pins every map and program, seals what is
// sealed. It runs in a process of its own (`quelld --load`), because libbpf
// with the kernel's BTF needs more memory than the daemon may keep.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"

namespace quell::bpf {

// All but the late hooks' programs (hook_table.h). EEXIST: there are pins already. Removes what it pinned when it fails.
[[nodiscard]] Status load_and_pin(const std::string& pin_root);

// Programs of hooks (bits by quell_hook) that are not pinned yet, into the maps that are. A part of them may be pinned when
// it fails, which does nothing: they are not attached.
[[nodiscard]] Status load_late(const std::string& pin_root, std::uint64_t hooks);

struct ProgramCheck {
    std::string name;
    bool loads = false;
    std::string reason;  // the end of the verifier's log
};

// Tries the verifier on every program without pinning or attaching anything. `begins` and `ends` are told as it goes on, so
// that a verifier that takes its time is seen at work.
[[nodiscard]] Result<std::vector<ProgramCheck>> check_programs(const std::function<void(const std::string&)>& begins,
                                                               const std::function<void(const ProgramCheck&)>& ends);

// Writes the overlay's layout into the pinned globals. False when overlay.ko is not loaded.
[[nodiscard]] Result<bool> learn_overlay_layout(const std::string& pin_root);

// Containers (cgroup ids) that an incident has frozen: with the pins goes whoever knows of it. Nothing of another version's pins.
[[nodiscard]] std::vector<std::uint64_t> paused_containers(const std::string& pin_root);
// Whether the entry may have its container frozen, for as long as it waits or until it is killed.
[[nodiscard]] bool has_frozen(const quell_pending& entry);

// Removes the pins and returns when the kernel has detached everything: contained things are contained no longer. ETIMEDOUT:
// the pins are gone, and a program is attached still after two minutes.
[[nodiscard]] Status unload(const std::string& pin_root);

}  // namespace quell::bpf
