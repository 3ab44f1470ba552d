// SPDX-License-Identifier: Apache-2.0
// AsyncHistory: the history as the daemon writes it. A flip never waits for
// the disk: append() puts a row into memory and returns; a thread of its own
// writes rows in their order, many in one transaction, each transaction on
// the disk before it counts.
//
// A disk that takes nothing (full, read-only, gone) makes it `degraded`, said
// in the log, in health() and through `changed`. Rows then wait in memory and
// are tried again every second, with the file opened anew. At most `max_held`
// wait; beyond, the oldest "detected" rows go, then "expired", "gone",
// "refused" and a "failed" of what was never approved, and never decisions,
// of which more than `max_held` may wait (see held_rows.h). What went is counted, and a row says so
// as soon as the disk takes one.
//
// What is lost when the process or the machine dies is what was not flushed:
// the newest rows, never one in the middle. The kernel's entries still hold
// who approved what (kern/abi.h, quell_pending), from which the daemon writes
// the missing rows at its next start.
//
// All methods are thread-safe. Readers use History::open_read_only.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "user/history/held_rows.h"
#include "user/history/history.h"

namespace quell::history {

struct Health {
    bool ok = true;
    std::string error;          // why it is degraded
    std::uint64_t held = 0;     // rows in memory that are not on the disk
    std::uint64_t dropped = 0;  // rows lost since the start
    Head head;                  // last row written, row 0 before the first
};

struct AsyncOptions {
    std::string path;
    std::size_t max_held = 10'000;
    std::uint64_t keep_rows = 200'000;  // beyond this and a tenth more, old rows are removed
    std::uint64_t retry_ms = 1000;
    // Called by append(), in the order of the rows, before the disk has them:
    // stamped, without number and hashes. It may not append.
    std::function<void(const Entry& entry)> appended = nullptr;
    // Both are called on the writer's thread, without a lock held: post to
    // the loop from there. `committed`: these rows are on the disk, in order.
    // `changed`: health().ok is another than before.
    std::function<void(const std::vector<Row>& rows)> committed;
    std::function<void(const Health& health)> changed;
};

class AsyncHistory {
public:
    // Opens the file in the background: a disk that is not there yet is no
    // reason not to start.
    explicit AsyncHistory(AsyncOptions options);
    AsyncHistory(const AsyncHistory&) = delete;
    AsyncHistory& operator=(const AsyncHistory&) = delete;
    // Tries once more to write what waits; what remains is logged and lost.
    ~AsyncHistory();

    // Never waits and never fails. Fills boot_ns, wall_ns and boot_id where
    // they are empty. Number and hashes are made at the write.
    void append(Entry entry);
    void append(Row row) { append(Entry{std::move(row), std::nullopt, std::nullopt}); }

    // Waits until every row appended before is on the disk. ETIMEDOUT when it
    // is not within `timeout_ms`; with the disk's error where there is one.
    [[nodiscard]] Status flush(std::uint64_t timeout_ms);

    [[nodiscard]] Health health() const;
    // Rows that wait, oldest first, for a list that must not miss them.
    [[nodiscard]] std::vector<Row> waiting() const;

private:
    void write_all_rows();
    void write_batch(std::unique_lock<std::mutex>& lock);
    Status write(std::vector<Held>& batch, std::uint64_t dropped);
    Status reopen();
    void retain();
    void set_health(std::unique_lock<std::mutex>& lock, const Status& result);

    const AsyncOptions options_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;     // to the writer
    std::condition_variable settled_;  // to flush()
    HeldRows held_;
    std::uint64_t last_sequence_ = 0;
    std::uint64_t writing_ = 0;  // first sequence of the batch being written, 0: none
    std::vector<Row> writing_rows_;
    Health health_;
    bool ending_ = false;

    // The writer's own.
    std::optional<History> history_;
    std::optional<Head> last_head_;
    std::uint64_t dropped_told_ = 0;
    std::uint64_t next_retention_ = 0;

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace quell::history
