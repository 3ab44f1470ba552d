// SPDX-License-Identifier: Apache-2.0
// The status page: /run/quell/status, a mapped file that the daemon writes
// once a second and anybody allowed to read it can look at without asking the
// daemon, so also while it is stopped, hung or dead. A seqlock of lock-free
// words: no reader can hold up the writer, and the writer reads nothing back.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "user/base/result.h"

namespace quell::control {

inline constexpr std::size_t kPageCounters = 64;
inline constexpr std::size_t kPageIncidents = 8;

enum class DaemonState : std::uint64_t { Starting, Ready, Blind, Stopping };
enum class CanaryResult : std::uint64_t { Unknown, Denied, NotDenied };

// Times are CLOCK_BOOTTIME nanoseconds; /run does not outlive a boot.
struct StatusSnapshot {
    std::uint64_t pid = 0;
    std::uint64_t start = 0;  // process_start() of the daemon
    std::uint64_t heartbeat_ns = 0;
    DaemonState state = DaemonState::Starting;
    CanaryResult canary = CanaryResult::Unknown;
    std::uint64_t canary_ns = 0;
    std::uint64_t generation = 0;
    std::uint64_t policies = 0;
    std::uint64_t rules = 0;
    std::uint64_t containers = 0;
    std::uint64_t hooks = 0;  // bit: enum quell_hook
    std::uint64_t arming = 0;
    std::uint64_t pending = 0;
    std::uint64_t approved = 0;  // flipped, and not proven to hold
    std::uint64_t enforcing = 0;
    std::array<std::uint64_t, kPageCounters> counters{};         // in the daemon's order
    std::array<std::uint64_t, kPageIncidents> incidents{};  // newest first: QUELL_WORD, 0: none
    bool operator==(const StatusSnapshot&) const = default;
};

// The daemon's side. One thread.
class StatusPageWriter {
public:
    // Puts a new page at `path` (mode 0640, owner root and `group`) in one
    // step; readers of an older page keep that. Errors: those of open(2),
    // rename(2), mmap(2).
    [[nodiscard]] static Result<StatusPageWriter> create(const std::string& path, std::optional<gid_t> group);
    StatusPageWriter(StatusPageWriter&&) noexcept;
    StatusPageWriter& operator=(StatusPageWriter&&) noexcept;
    ~StatusPageWriter();  // the page stays: its last heartbeat tells when

    // A few hundred stores; never waits.
    void write(const StatusSnapshot& snapshot);

private:
    struct Map;
    explicit StatusPageWriter(std::unique_ptr<Map> map);
    std::unique_ptr<Map> map_;
};

// Reads the page once. Never waits: a page that stays half-written (its writer
// was stopped in the middle) is EAGAIN. Other errors: ENOENT, EACCES, EINVAL
// (no status page of this version, or not a regular file of root's). Thread-safe.
[[nodiscard]] Result<StatusSnapshot> read_status_page(const std::string& path);

// When a process began (field 22 of /proc/PID/stat), 0 when there is no such process;
// `state` gets its letter ('T': stopped). To tell a hung daemon from a dead one.
[[nodiscard]] std::uint64_t process_start(std::uint64_t pid, char* state = nullptr);

}  // namespace quell::control
