// SPDX-License-Identifier: Apache-2.0
// History: the durable, tamper-evident record of every transition, a SQLite
// file (WAL) whose rows are a hash chain. One object is one connection and
// belongs to one thread at a time; several objects on one file, one of them
// writing, do not disturb each other. The daemon writes through AsyncHistory.
//
// Errors carry ENOSPC (full), EROFS (read-only), EUCLEAN (damaged), EBUSY or
// the system's own number.
//
// What the chain shows: a row that was changed, removed, inserted or moved;
// an incident's snapshot or a policy generation changed behind a row's back.
// What only a head kept elsewhere shows (the journal has one for each
// decision): the newest rows cut off, or all of it written anew.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "user/base/result.h"
#include "user/history/row.h"

namespace quell::history {

class Database;

// For list(): beyond this nobody reads, and an answer has to fit a message.
inline constexpr std::uint64_t kListMax = 10'000;

struct Verification {
    bool ok = false;
    std::uint64_t rows = 0;  // checked
    Head head;
    std::optional<std::uint64_t> broken_at;  // first row that does not fit
    std::string detail;                      // for a person
};

// Tens of seconds since 2025: a number for the next incident that none had before, as long as there was less than one
// in ten seconds over the whole of that time.
[[nodiscard]] std::uint64_t incident_base_by_clock();

class History {
public:
    // Makes the file if there is none. ENOTSUP: another version made it.
    [[nodiscard]] static Result<History> open(const std::string& path);
    [[nodiscard]] static Result<History> open_read_only(const std::string& path);
    History(History&&) noexcept;
    History& operator=(History&&) noexcept;
    ~History();

    // All of them in one transaction that is on the disk when this returns,
    // or none. Fills number, content_hash, prev_hash and hash of each row.
    [[nodiscard]] Status append(std::span<Entry> entries);

    // Newest first; `incident` 0: of all. At most kListMax.
    [[nodiscard]] Result<std::vector<Row>> list(std::uint64_t limit, std::uint64_t incident = 0);
    // Oldest first, from the one after row `after`: for who goes on where he was. The same bound.
    [[nodiscard]] Result<std::vector<Row>> list_after(std::uint64_t after, std::uint64_t limit, std::uint64_t incident = 0);
    // Of what rules approved, or tried to, since then by the wall clock: the rows `approved` and `dry-run` that have a
    // detail. Oldest first; at most kListMax, the newest.
    [[nodiscard]] Result<std::vector<Row>> approved_by_rules(std::int64_t since_wall_ns);
    // Every approval since then.
    [[nodiscard]] Result<std::vector<Row>> approved(std::int64_t since_wall_ns);
    [[nodiscard]] Result<std::optional<Snapshot>> snapshot(std::uint64_t incident);
    // Newest first; `states`: only these, nothing given: all.
    [[nodiscard]] Result<std::vector<Snapshot>> snapshots(std::uint64_t limit, const std::vector<std::string>& states = {});
    [[nodiscard]] Result<std::optional<Generation>> newest_generation();

    [[nodiscard]] Result<Head> head();
    [[nodiscard]] Result<std::uint64_t> row_count();

    // Walks the chain from the start, or from the newest checkpoint where
    // old rows were removed. `expected`: a head that was seen earlier; it
    // has to be in the chain still. The error is one of reading.
    [[nodiscard]] Result<Verification> verify(const std::optional<Head>& expected = std::nullopt);

    // Removes the oldest rows but `keep_rows`, after a checkpoint row (one
    // more) that carries the hash of the last one removed and what live
    // incidents and the newest generation still need to be vouched for.
    // Snapshots of decided incidents go with their last row, but that of a
    // quarantine that failed and is in force.
    [[nodiscard]] Status trim(std::uint64_t keep_rows);

    // The lowest number for a new incident: above every one seen here. A new
    // file starts at incident_base_by_clock(), so that also after a history
    // was removed no number comes back.
    [[nodiscard]] Result<std::uint64_t> next_incident_base();

    // False when the path no longer names the file this object writes to.
    [[nodiscard]] bool in_place() const;

private:
    struct File;
    explicit History(std::unique_ptr<File> file);
    std::unique_ptr<File> file_;
};

// "row:hash", as the journal has it; the way back for `history verify`.
[[nodiscard]] std::string head_text(const Head& head);
[[nodiscard]] std::optional<Head> parse_head(std::string_view text);

}  // namespace quell::history
