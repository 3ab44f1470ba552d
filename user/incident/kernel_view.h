// SPDX-License-Identifier: Apache-2.0
// KernelView: what incidents ask the kernel side, so that they can be tested
// without one. The daemon's is EngineView (engine_view.h). Loop thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"

namespace quell::incident {

class KernelView {
public:
    virtual ~KernelView() = default;

    // Nothing: it is gone.
    [[nodiscard]] virtual std::optional<quell_container> container(std::uint64_t cgroup) const = 0;
    // Group leaders in the container (by cgroup or lineage), or bearing the
    // mark `actor`, which descendants of `mark` are given first. Walks all
    // tasks of the host.
    [[nodiscard]] virtual Result<std::vector<quell_task_ref>> tasks(std::uint64_t container, std::uint64_t actor,
                                                                    const quell_task_ref* mark) = 0;
    // The incident that has the file quarantined.
    [[nodiscard]] virtual std::optional<std::uint64_t> quarantined_by(const quell_file_key& file) const = 0;
    // The incident that denies its execution.
    [[nodiscard]] virtual std::optional<std::uint64_t> exec_denied_by(const quell_executable_key& executable) const = 0;
    // Group leaders that execute the file; of the container, 0: of any and of the host. Walks all tasks of the host.
    [[nodiscard]] virtual Result<std::vector<quell_task_ref>> executing(const quell_file_key& file, std::uint64_t container) = 0;
    // The entry's file is what PID 1 or Quell itself executes.
    [[nodiscard]] virtual bool is_vital(const quell_pending& entry) const = 0;
    // cgroup.freeze of the container's own cgroup is set, and not while an incident waits that holds it.
    [[nodiscard]] virtual bool is_frozen(std::uint64_t cgroup) const = 0;
    // The incident that has the container's network cut: those who only hold it while they wait are none.
    [[nodiscard]] virtual std::optional<std::uint64_t> isolated_by(std::uint64_t cgroup) const = 0;
    // The incident by which the container may not write below some places.
    [[nodiscard]] virtual std::optional<std::uint64_t> write_denied_by(std::uint64_t cgroup) const = 0;
    // The process of that number is still the one that started then.
    [[nodiscard]] virtual bool is_alive(const quell_task_ref& task) const = 0;
    // Responses that the configuration allows, as a mask.
    [[nodiscard]] virtual std::uint32_t enabled_offers() const = 0;
    // Who must never be hit: Quell itself. 0: no container.
    [[nodiscard]] virtual std::uint64_t self_container() const = 0;
    [[nodiscard]] virtual std::uint32_t self_pid() const = 0;
};

}  // namespace quell::incident
