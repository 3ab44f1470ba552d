// SPDX-License-Identifier: Apache-2.0
// Incident: the events of one rule on one subject, with the containment
// prepared for it. The kernel's entry is the truth about state, counts and
// deadline; this is what people see of it. Plain values: no locks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kern/abi.h"
#include "user/history/row.h"
#include "user/incident/identity.h"
#include "user/incident/rule_book.h"

namespace quell::incident {

inline constexpr std::size_t kNotesMax = 16;    // the newest, with the incident; the history has all
inline constexpr std::size_t kNoteSizeMax = 1024;  // bytes

struct Note {
    std::int64_t wall_ns = 0;
    std::uint32_t uid = 0;
    std::string user;  // raw, as the text
    std::string text;

    bool operator==(const Note&) const = default;
};

// Of two persons, where the rule asks for two.
struct FirstApproval {
    history::Who who;
    std::int64_t wall_ns = 0;
    std::string response, digest, reason;

    bool operator==(const FirstApproval&) const = default;
};

// What its rule wants in force while nobody has decided.
struct Hold {
    quell_u32 response = 0;
    bool in_force = false;
    bool is_told = false;    // its row `held` is made
    bool is_lifted = false;  // decided, expired, or over
    bool is_late = false;    // no daemon ran when it happened, which is told
    std::optional<std::int64_t> after_us;  // from the event to where it held
    std::string detail;                    // printable
    bool is_begun = false;                 // by this daemon, and its row is on its way

    bool operator==(const Hold&) const = default;
};

struct Incident {
    std::uint64_t id = 0;
    RuleFacts rule;
    quell_pending_key key{};
    quell_pending entry{};  // as last seen in the kernel
    quell_state state = QUELL_STATE_PENDING;
    bool details = true;  // false: made from the entry alone
    // Times in `entry` are of an earlier boot: wall time is they plus this.
    std::optional<std::int64_t> earlier_boot_offset_ns;

    // who
    std::string container_id;  // the runtime's, "" for the host
    quell_runtime runtime = QUELL_RUNTIME_NONE;
    std::string cgroup_path;
    ContainerIdentity identity;
    std::uint32_t pid = 0, uid = 0;
    std::string exe;                     // path, raw bytes
    std::vector<std::string> arguments;  // raw bytes
    bool arguments_known = false;
    bool arguments_cut = false;  // there were more
    bool texts_cut = false;      // more of them, or of the environment, than rules see

    // what
    std::string path, path_is, renamed_to;  // raw bytes; path_is: a word of mounts.h
    std::uint32_t device = 0;
    std::uint64_t inode = 0;
    std::int32_t verdict = 0;

    // what became of it
    std::optional<history::Who> decided_by;
    std::string reason, note;
    history::Latency latency;
    std::optional<FirstApproval> first_approval;
    std::uint32_t first_approvals = 0;  // how many there were: another target makes the first one void
    std::string assigned_to;  // a user's name, "": nobody
    std::vector<Note> notes;  // oldest first
    std::uint64_t part_of = 0;  // the incident that it was approved with, for a whole pod or for all instances of a file; 0: none
    std::uint64_t follows = 0;  // it was made for a workload that came back: the incident whose approval follows that; 0: it was not
    std::vector<Hold> held;  // while nobody had decided, of each response that its rule wants then
    std::uint32_t evidence_due = QUELL_RESPONSE_COUNT;  // what was approved to be taken beside it and is not yet; QUELL_RESPONSE_COUNT: nothing
    bool rule_decided = false;  // its rule asked to approve it, once: done, tried, or left to a person
    bool rule_doubted = false;  // it was left to a person for its doubt, and asks once more when that ends

    void add_note(Note one) {
        notes.push_back(std::move(one));
        if (notes.size() > kNotesMax) notes.erase(notes.begin());
    }
    [[nodiscard]] bool waits() const { return state == QUELL_STATE_ARMING || state == QUELL_STATE_PENDING; }
    [[nodiscard]] bool holds() const { return state == QUELL_STATE_APPROVED || state == QUELL_STATE_ENFORCING; }
    // Whether its rule is about it hangs on who the container is, which is not known yet.
    [[nodiscard]] bool in_doubt() const { return waits() && (entry.doubts[0] || entry.doubts[1]); }
    [[nodiscard]] bool over() const { return !waits() && !holds(); }
    // Its file is refused, as far as this tells: also where that failed in part.
    [[nodiscard]] bool holds_file() const {
        return entry.approved_ns && entry.response == QUELL_RESPONSE_QUARANTINE_FILE && (holds() || state == QUELL_STATE_FAILED);
    }
    // It failed, and goes on refusing or stays frozen until it is undone. Evidence refuses nothing; of what an earlier boot had in
    // force only a quarantine is there again.
    [[nodiscard]] bool failed_in_force() const {
        const bool is_evidence = entry.response < QUELL_RESPONSE_COUNT && (QUELL_RESPONSES_EVIDENCE & QUELL_BIT(entry.response));
        return state == QUELL_STATE_FAILED && entry.approved_ns && !is_evidence && (!earlier_boot_offset_ns || holds_file());
    }
    // A container's, also where a restart has taken that, and its number.
    [[nodiscard]] bool of_container() const { return key.container || (entry.object_flags & QUELL_OBJECT_ORPHAN); }
};

// "frozen", "not frozen", "in force", "not in force", "lifted"
[[nodiscard]] std::string_view hold_word(const Hold& hold);
// "frozen 340us after the event": for the history. `is_late`: that is not at once.
[[nodiscard]] std::string hold_text(const Hold& hold, bool is_late);

// "web (crio 4f0c9a…)", "host": for the history and messages. Escaped.
[[nodiscard]] std::string subject_text(const Incident& incident);

// Of one container; of the host: of one lineage. One of them acted below the process that the other is counted for (key.actor_pid).
[[nodiscard]] bool is_same_subject(const Incident& one, const Incident& other);

}  // namespace quell::incident
