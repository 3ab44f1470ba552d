// SPDX-License-Identifier: Apache-2.0
// Row: one line of the history, and what is stored along with it. Text in it
// is printable already (see user/base/escape.h). Plain values: no locks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quell::history {

enum class Action : std::uint32_t {
#define ACTION(name, word, loss, id) name,
#include "user/history/actions.def"
#undef ACTION
};

inline constexpr std::array kActionWords = {
#define ACTION(name, word, loss, id) std::string_view{word},
#include "user/history/actions.def"
#undef ACTION
};

// Of the journal's entries: 32 hex digits.
inline constexpr std::array kActionMessageIds = {
#define ACTION(name, word, loss, id) std::string_view{id},
#include "user/history/actions.def"
#undef ACTION
};

[[nodiscard]] std::string_view action_word(Action action);
[[nodiscard]] std::optional<Action> parse_action(std::string_view word);

struct Who {
    std::uint32_t uid = 0;
    std::string user;
    std::uint32_t login_uid = UINT32_MAX;  // UINT32_MAX: no login session
    std::string login_user;
    std::uint32_t pid = 0;
    std::string cgroup;

    bool operator==(const Who&) const = default;
};

struct Latency {
    std::optional<std::int64_t> detected_to_approved_us;
    std::optional<std::int64_t> approved_to_flipped_us;
    std::optional<std::int64_t> flipped_to_last_gone_us;

    bool operator==(const Latency&) const = default;
};

struct Row {
    std::uint64_t number = 0;    // given by the history, from 1, without gaps
    std::uint64_t boot_ns = 0;   // when it happened, CLOCK_BOOTTIME
    std::int64_t wall_ns = 0;    // the same as wall time, as the clock stood then
    std::string boot_id;
    Action action = Action::ENGINE_WARNING;
    std::uint64_t incident = 0;  // 0: about none
    std::uint64_t generation = 0;
    std::string subject;
    std::string response;
    std::string result;
    std::optional<Who> who;
    std::string reason;
    Latency latency;
    std::string detail;          // JSON, or nothing
    std::string content_hash;    // of the snapshot or generation stored with it
    std::string prev_hash;
    std::string hash;

    bool operator==(const Row&) const = default;
};

// An incident as it stood at a row; a later row's snapshot replaces it.
struct Snapshot {
    std::uint64_t incident = 0;
    std::string state;  // word of kern/states.def
    std::string rule;   // the rule's meta, JSON: it may be gone from the policy
    std::string json;

    bool operator==(const Snapshot&) const = default;
};

struct Generation {
    std::uint64_t generation = 0;
    std::string digest;
    std::string rules;  // meta of its rules, JSON
};

// A row and what it vouches for: at most one of the two.
struct Entry {
    Row row;
    std::optional<Snapshot> snapshot;
    std::optional<Generation> generation;
};

// The end of the chain: what the journal keeps. Row 0: an empty history.
struct Head {
    std::uint64_t row = 0;
    std::string hash;

    bool operator==(const Head&) const = default;
};

// What the first row of all has as its prev_hash.
[[nodiscard]] const std::string& genesis_hash();

// SHA-256 of every field but `hash`, each with its length in front: no two
// rows have the same text. The chain is row.hash == row_hash(row) and
// row.prev_hash == the hash of the row before.
[[nodiscard]] std::string row_hash(const Row& row);
[[nodiscard]] std::string content_hash(const Snapshot& snapshot);
[[nodiscard]] std::string content_hash(const Generation& generation);

}  // namespace quell::history
