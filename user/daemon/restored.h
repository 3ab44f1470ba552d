// SPDX-License-Identifier: Apache-2.0
// Restored: quarantines that were in force when the host was restarted, or the
// kernel side unloaded. The kernel refuses their files again before the daemon
// says that it is ready, by identities that need no mounted file system; then
// it is looked whether the files are there. Loop thread only, but for the
// looking.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "user/approval/decisions.h"
#include "user/base/worker.h"
#include "user/daemon/file_systems.h"
#include "user/history/async_history.h"
#include "user/incident/store.h"

namespace quell::daemon {

class Restored {
public:
    struct Parts {
        bpf::Engine& engine;
        incident::Store& store;
        history::AsyncHistory& history;
        Worker& reader;  // may wait for a disk
    };
    explicit Restored(Parts parts) : parts_(parts) {}

    // After the store remembers what the history has, before it is compared with the kernel's entries: each that holds a file
    // and has none gets one, *approved*, and a row `restored`. What cannot be is gone, with a row `lost`.
    void put_in_force();
    // Once a second: whether the files are there. A file that is not is told once, and is looked for every ten seconds.
    void tick();
    // How many are not, for status; "" none.
    [[nodiscard]] std::string warning() const;

private:
    using Found = std::map<std::uint64_t, Presence>;
    void put_in_force(incident::Incident& incident);
    void lose(incident::Incident& incident, const std::string& why);
    void found(const Found& presences);
    void row(const incident::Incident& incident, history::Action action, const std::string& result, const std::string& detail = {});

    Parts parts_;
    std::map<std::uint64_t, bool> unseen_;  // by incident: whether it was told
    bool looking_ = false;
    std::uint64_t looked_ns_ = 0;
};

}  // namespace quell::daemon
