// SPDX-License-Identifier: Apache-2.0
// Incidents, entries and a kernel side for the tests of user/incident.
#pragma once

#include <cstring>
#include <map>
#include <set>

#include "user/base/time.h"
#include "user/incident/kernel_view.h"
#include "user/incident/store.h"

namespace quell::incident {

inline constexpr std::uint64_t kCgroup = 4711;

inline quell_task_ref task(quell_u32 pid, std::uint64_t actor, const char* comm) {
    quell_task_ref made{};
    made.pid = pid;
    made.start_ns = pid * 1'000'000'000ull;
    made.actor = actor;
    std::strncpy(made.comm, comm, sizeof(made.comm));
    return made;
}

inline quell_pending_key pending_key() {
    quell_pending_key key{};
    key.rule = 99;
    key.container = kCgroup;
    key.actor_pid = 412;
    return key;
}

// `rm` below a shell below the container's init, on a file that stays.
inline quell_pending pending_entry(std::uint64_t id, quell_state state = QUELL_STATE_PENDING) {
    quell_pending entry{};
    entry.word = QUELL_WORD(id, state);
    entry.first_ns = entry.last_ns = boottime_ns();
    entry.deadline_ns = entry.first_ns + 3'600'000'000'000;
    entry.hits = 1;
    entry.generation = 3;
    entry.offers = (1u << QUELL_RESPONSE_COUNT) - 1;
    entry.object_flags = QUELL_OBJECT_FILE;
    entry.chain_count = 3;
    entry.chain[0] = task(500, 31, "rm");
    entry.chain[1] = task(412, 32, "bash");
    entry.chain[2] = task(400, 0, "init");
    entry.file.file.inode = 77;
    entry.file.file.uuid[0] = 5;
    entry.place.file.inode = 70;
    entry.hook = QUELL_HOOK_inode_unlink;
    std::strcpy(entry.name, "dpkg.log");
    return entry;
}

inline Incident an_incident(std::uint64_t id = 7, quell_state state = QUELL_STATE_PENDING) {
    Incident incident;
    incident.id = id;
    incident.key = pending_key();
    incident.entry = pending_entry(id, state);
    incident.state = state;
    incident.rule = RuleBook{}.find(99, 3);
    incident.container_id = std::string(64, 'a');
    incident.runtime = QUELL_RUNTIME_CRIO;
    incident.path = "/var/log/dpkg.log";
    incident.path_is = "visible";
    return incident;
}

inline Event an_event(std::uint64_t id, std::uint32_t flags = QUELL_EVENT_FIRST) {
    Event event;
    event.incident = id;
    event.flags = flags;
    event.key = pending_key();
    event.rule = 99;
    event.pid = 500;
    event.arguments = {"rm", "/var/log/dpkg.log"};
    return event;
}

class FakeKernel final : public KernelView {
public:
    std::optional<quell_container> container(std::uint64_t cgroup) const override {
        const auto found = containers_.find(cgroup);
        return found == containers_.end() ? container_ : found->second;
    }
    Result<std::vector<quell_task_ref>> tasks(std::uint64_t, std::uint64_t, const quell_task_ref*) override {
        walks++;
        if (fails) return Error{"no", EIO, {}};
        return tasks_;
    }
    std::optional<std::uint64_t> quarantined_by(const quell_file_key&) const override { return quarantined_; }
    std::optional<std::uint64_t> exec_denied_by(const quell_executable_key& executable) const override {
        asked_ = executable;
        return exec_denied_;
    }
    Result<std::vector<quell_task_ref>> executing(const quell_file_key&, std::uint64_t container) override {
        if (fails) return Error{"no", EIO, {}};
        return executing_[container];
    }
    bool is_vital(const quell_pending&) const override { return vital; }
    bool is_frozen(std::uint64_t) const override { return frozen; }
    std::optional<std::uint64_t> isolated_by(std::uint64_t) const override { return isolated_; }
    std::optional<std::uint64_t> write_denied_by(std::uint64_t) const override { return write_denied_; }
    bool is_alive(const quell_task_ref& one) const override { return !dead.contains(one.pid); }
    std::uint32_t enabled_offers() const override { return enabled; }
    std::uint64_t self_container() const override { return self_cgroup; }
    std::uint32_t self_pid() const override { return 2; }

    std::optional<quell_container> container_ = quell_container{};
    std::map<std::uint64_t, std::optional<quell_container>> containers_;  // those that are not like that one
    std::vector<quell_task_ref> tasks_ = {task(400, 0, "init"), task(412, 32, "bash")};
    std::optional<std::uint64_t> quarantined_, isolated_, write_denied_;
    std::optional<std::uint64_t> exec_denied_;
    mutable quell_executable_key asked_{};
    std::map<std::uint64_t, std::vector<quell_task_ref>> executing_;  // by container, 0: anyone's
    std::set<quell_u32> dead = {500};
    std::uint32_t enabled = ~0u;
    std::uint64_t self_cgroup = 0;
    bool fails = false, frozen = false, vital = false;
    int walks = 0;
};

}  // namespace quell::incident
