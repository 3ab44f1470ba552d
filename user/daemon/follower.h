// SPDX-License-Identifier: Apache-2.0
// Follower: containments that follow their workload. The kernel side tells of
// each container that is made and that begins, an OCI hook of one before its
// first instruction; who it is is read on a worker's thread, and where it is
// one that is followed, it is asked for and approved with what was approved
// once (docs/design/038-follow.md). What is followed is kept in a file: it
// outlives the daemon and the host's restart. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "user/approval/decisions.h"
#include "user/base/worker.h"
#include "user/daemon/found_again.h"
#include "user/daemon/newcomer.h"
#include "user/history/async_history.h"
#include "user/incident/followed.h"

namespace quell::daemon {

// How it went with a container that an OCI hook told of.
struct Met {
    bool followed = false;   // it is a workload that is followed
    bool contained = false;  // and all that follows it is enforced
    std::vector<std::uint64_t> incidents;
    std::string text;        // escaped
};

class Follower {
public:
    struct Parts {
        bpf::Engine& engine;
        incident::Store& store;
        approval::Decisions& decisions;
        history::AsyncHistory& history;
        Worker& namer;   // who containers are
        Worker& walker;  // what lies at a path in one
        Worker& disk;
        std::shared_ptr<const IdentityReader> identities;
        std::string path;  // of the file
        std::function<void(const std::string&)> warn;  // "": it is well again
    };
    explicit Follower(Parts parts) : parts_(std::move(parts)) {}

    // At the start, before the ring is read: it has kept what was made and began without a daemon.
    void load();
    // And after the kernel's entries were adopted: what they hold already is not asked for anew.
    void adopt();
    // The kernel side told of it, at that time.
    void noticed(std::uint64_t container, bool has_begun, std::uint64_t time_ns);
    // A hook did, which waits. `answer` is called once.
    void starts(ToldContainer told, std::function<void(const Met&)> answer);
    // Once a second: terms that end, and what was missed.
    void tick();

    // For Decisions: why the incident's workload cannot be followed by the response that is asked for, "": it can.
    [[nodiscard]] std::string may_follow(const incident::Incident& incident, const approval::Request& request) const;
    // Right behind the flip. For the row.
    std::string follow(const incident::Incident& incident, const approval::Request& request);

    [[nodiscard]] const incident::FollowedTable& table() const { return table_; }
    // Of one that find() knows: takes back what is in force of it, wherever, and follows no longer. `reply` is called at once.
    void undo(std::uint64_t id, const approval::Request& request, const approval::Reply& reply);

private:
    using Told = std::function<void(std::uint64_t incident, bool contained, const std::string& text)>;
    struct Seen {
        bool is_asked = false;       // on the worker
        bool is_seen_again = false;  // meanwhile
        bool is_settled = false;     // nothing more to do: it is none that is followed, or is contained
        bool is_hooked = false;
        bool is_alike = false;       // told of as one of another image
        unsigned looks = 0;
        std::uint64_t next_ns = 0;
        std::uint64_t begun_ns = 0;  // its first execution, 0: not told
        std::uint64_t follows = 0;   // whose approval it is contained by
        std::set<std::string> told;  // why it is not contained: each once, however often it is looked at
    };
    struct Work {
        std::uint64_t container = 0, followed = 0;
        quell_response response = QUELL_RESPONSE_COUNT;
        std::vector<Told> told;
        std::optional<approval::Request> undone;  // by whom, meanwhile
        std::string text;                         // more to tell of it
    };
    using Sought = std::pair<std::uint64_t, std::uint64_t>;  // container, and whose approval it is

    void look(std::uint64_t container, Seen& seen);
    void looked(std::uint64_t container, const Result<ManualFound>& found);
    void meet(const ManualFound& found, const response::Starting& starting, std::function<void(const Met&)> answer);
    [[nodiscard]] Result<incident::Followed> drafted(const incident::Incident& incident, const approval::Request& request) const;
    void contain(const ManualFound& found, const response::Starting& starting, std::uint64_t followed, Told told);
    // What it is about is looked for in its root, on the walker. (follower_seek.cpp)
    void seek(const ManualFound& found, const response::Starting& starting, const incident::Followed& followed, Told told);
    void sought(const Sought& which, const Result<FoundAgain>& again);
    // Asks for it and approves it, with what it is about.
    void approve(const FoundAgain& again, incident::Followed& followed, Told told);
    // Loud, once.
    void tell_uncontained(std::uint64_t container, const incident::Followed& followed, const std::string& why);
    [[nodiscard]] Result<incident::Incident*> ask(const ManualFound& found, const incident::Followed& followed);
    void contained(std::uint64_t id, const approval::Answer& answer);
    void tell_alike(const ManualFound& found, const incident::Workload& workload, Seen& seen);
    // Not of an earlier boot, whose numbers of cgroups are others' by now.
    [[nodiscard]] static bool is_in_force(const incident::Incident& one) {
        return !one.earlier_boot_offset_ns && (one.holds() || (one.state == QUELL_STATE_FAILED && one.entry.approved_ns));
    }
    // What refuses in that container what is followed; nullptr: nothing.
    [[nodiscard]] incident::Incident* holder(std::uint64_t container, const incident::Followed& followed);
    [[nodiscard]] std::string window_text(const incident::Incident& incident, std::optional<std::int64_t>& window_us) const;
    void end(std::uint64_t followed, const std::string& why, const approval::Request* request);
    void row(const incident::Incident* incident, history::Row row);
    void reconcile();
    void changed();
    void save();

    Parts parts_;
    incident::FollowedTable table_;
    std::map<std::uint64_t, Seen> seen_;  // by container
    std::map<std::uint64_t, Work> work_;  // by incident, while it is being approved
    std::map<Sought, std::vector<Told>> sought_;  // while it is looked for
    std::uint64_t reconciled_ns_ = 0;
    bool is_unsaved_ = false;
};

}  // namespace quell::daemon
