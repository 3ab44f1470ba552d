// SPDX-License-Identifier: Apache-2.0
// Watch: from the ring to incidents. The incident is there at once; who the
// container is and where the paths lie is looked up on the worker, while the
// container lives, and is never waited for.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "user/approval/decisions.h"
#include "user/base/worker.h"
#include "user/bpf/engine.h"
#include "user/bpf/ring.h"
#include "user/history/async_history.h"
#include "user/incident/identity.h"
#include "user/incident/store.h"

namespace quell::daemon {

class Watch {
public:
    struct Parts {
        bpf::Engine& engine;
        incident::Store& store;
        approval::Decisions& decisions;
        history::AsyncHistory& history;
        Worker& worker;
        std::function<void(const incident::Incident&)> told;  // a new or adopted one
    };
    Watch(Parts parts, TrustedFiles files)
        : engine_(parts.engine), store_(parts.store), decisions_(parts.decisions), history_(parts.history), worker_(parts.worker), told_(std::move(parts.told)),
          identities_(std::make_shared<IdentityReader>(std::move(files))) {}

    void on_event(const quell_event& raw);
    // At the start: what an earlier daemon knew; then the ring is read; then what the kernel holds.
    void remember(const std::vector<history::Snapshot>& snapshots);
    void adopt();
    // Once a second: entries whose events found no room in the ring.
    void find_untold();
    // Writes its row `detected` now where the look-up has not done so: before the row of what was decided.
    void tell(const incident::Incident& incident);

private:
    void look_up(std::uint64_t id, Event event);
    void record(const incident::Incident& incident);
    void record(const incident::Incident& incident, history::Action action, std::uint64_t boot_ns, const std::string& result);
    void adopt(const quell_pending_key& key, const quell_pending& entry);

    bpf::Engine& engine_;
    incident::Store& store_;
    approval::Decisions& decisions_;
    history::AsyncHistory& history_;
    Worker& worker_;
    std::function<void(const incident::Incident&)> told_;
    std::shared_ptr<const IdentityReader> identities_;
    std::uint64_t dropped_ = 0;  // of the ring, as last looked at
    int untold_scans_ = 0;
    std::set<std::uint64_t> looked_up_;  // being looked up: no row yet
};

}  // namespace quell::daemon
