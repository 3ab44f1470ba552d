// SPDX-License-Identifier: Apache-2.0
#include "user/history/history.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "user/base/id.h"
#include "user/base/time.h"
#include "user/history/history_file.h"
#include "user/history/row_table.h"

namespace quell::history {
namespace {

constexpr std::int64_t k2025Seconds = 1'735'689'600;
constexpr std::int64_t kSecondsPerNumber = 10;

// WAL: readers never wait for the writer. FULL: a commit is on the disk when
// it returns. The cache is small because rows are written once and seldom read.
constexpr char kPragmas[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -256; "
    "PRAGMA journal_size_limit = 4194304; PRAGMA trusted_schema = OFF;";

Status create(Database& database) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return transaction.error();
    // Another process may have been faster.
    auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version != 0) return success();
    if (auto made = database.run(kSchema); !made) return made;
    const std::string rest = "INSERT INTO meta VALUES ('next_incident', " + std::to_string(incident_base_by_clock()) +
                             "); PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";";
    if (auto done = database.run(rest.c_str()); !done) return done;
    return transaction->commit();
}

Status check_version(Database& database) {
    auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version != kSchemaVersion)
        return Error{"history: the file has format " + std::to_string(*version) + ", this program writes " +
                         std::to_string(kSchemaVersion),
                     ENOTSUP, "move the file away or install the version that wrote it"};
    return success();
}

Snapshot read_snapshot(const Statement& query) {
    return {query.unsigned_number(0), query.text(1), query.text(2), query.text(3)};
}

}  // namespace

History::History(std::unique_ptr<File> file) : file_(std::move(file)) {}
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;
History::~History() = default;

Result<History> History::open(const std::string& path) {
    auto database = Database::open(path, false);
    if (!database) return database.error();
    if (auto set = database->run(kPragmas); !set) return set.error();
    auto version = database->number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version == 0)
        if (auto created = create(*database); !created) return created.error();
    if (auto checked = check_version(*database); !checked) return checked.error();
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return errno_error("history: cannot stat " + path);
    return History(std::make_unique<File>(File{path, std::move(*database), info.st_dev, info.st_ino}));
}

Result<History> History::open_read_only(const std::string& path) {
    auto database = Database::open(path, true);
    if (!database) return database.error();
    if (auto checked = check_version(*database); !checked) return checked.error();
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return errno_error("history: cannot stat " + path);
    return History(std::make_unique<File>(File{path, std::move(*database), info.st_dev, info.st_ino}));
}

bool History::in_place() const {
    struct stat info {};
    return ::stat(file_->path.c_str(), &info) == 0 && info.st_dev == file_->device && info.st_ino == file_->inode;
}

Result<Head> History::File::head() {
    auto query = database.prepare("SELECT row, hash FROM rows ORDER BY row DESC LIMIT 1");
    if (!query) return query.error();
    auto found = query->step();
    if (!found) return found.error();
    if (!*found) return Head{0, genesis_hash()};
    return Head{query->unsigned_number(0), query->text(1)};
}

Result<Head> History::head() { return file_->head(); }

Status History::File::insert(Entry& entry, Head& head) {
    Row& row = entry.row;
    row.number = head.row + 1;
    row.prev_hash = head.hash;
    row.content_hash.clear();
    if (entry.snapshot) row.content_hash = content_hash(*entry.snapshot);
    if (entry.generation) row.content_hash = content_hash(*entry.generation);
    row.hash = row_hash(row);

    auto insert_row = database.prepare(kInsertRow);
    if (!insert_row) return insert_row.error();
    bind_row(*insert_row, row);
    if (auto done = insert_row->run(); !done) return done;

    if (entry.snapshot) {
        auto put = database.prepare("INSERT OR REPLACE INTO incidents VALUES (?,?,?,?)");
        if (!put) return put.error();
        const Snapshot& snapshot = *entry.snapshot;
        put->bind(snapshot.incident).bind(snapshot.state).bind(snapshot.rule).bind(snapshot.json);
        if (auto done = put->run(); !done) return done;
    }
    if (entry.generation) {
        auto put = database.prepare("INSERT OR REPLACE INTO generations VALUES (?,?,?)");
        if (!put) return put.error();
        const Generation& generation = *entry.generation;
        put->bind(generation.generation).bind(generation.digest).bind(generation.rules);
        if (auto done = put->run(); !done) return done;
    }
    const std::uint64_t incident = std::max(row.incident, entry.snapshot ? entry.snapshot->incident : 0);
    if (incident != 0) {
        auto raise = database.prepare("UPDATE meta SET value = max(value, ?) WHERE name = 'next_incident'");
        if (!raise) return raise.error();
        raise->bind(incident + 1);
        if (auto done = raise->run(); !done) return done;
    }
    head = {row.number, row.hash};
    return success();
}

Status History::append(std::span<Entry> entries) {
    for (const Entry& entry : entries) {
        if (entry.snapshot && entry.generation) return Error{"history: a row vouches for one thing", EINVAL, {}};
        if (entry.snapshot && entry.snapshot->incident != entry.row.incident)
            return Error{"history: a snapshot of another incident", EINVAL, {}};
        if (entry.generation && entry.generation->generation != entry.row.generation)
            return Error{"history: another generation", EINVAL, {}};
    }
    auto transaction = Transaction::begin(file_->database);
    if (!transaction) return transaction.error();
    auto head = file_->head();
    if (!head) return head.error();
    for (Entry& entry : entries)
        if (auto inserted = file_->insert(entry, *head); !inserted) return inserted;
    return transaction->commit();
}

namespace {

Result<std::vector<Row>> read_rows(Statement& query) {
    std::vector<Row> rows;
    for (;;) {
        auto more = query.step();
        if (!more) return more.error();
        if (!*more) return rows;
        auto row = read_row(query);
        if (!row) return Error{"history: row " + query.text(0) + " is damaged", EUCLEAN, "run `quell history verify`"};
        rows.push_back(std::move(*row));
    }
}

}  // namespace

Result<std::vector<Row>> History::list(std::uint64_t limit, std::uint64_t incident) {
    auto query = file_->database.prepare(
        incident == 0 ? "SELECT " QUELL_ROW_COLUMNS " FROM rows ORDER BY row DESC LIMIT ?"
                      : "SELECT " QUELL_ROW_COLUMNS " FROM rows WHERE incident = ? AND incident <> 0 ORDER BY row DESC LIMIT ?");
    if (!query) return query.error();
    if (incident != 0) query->bind(incident);
    query->bind(std::min(limit, kListMax));
    return read_rows(*query);
}

Result<std::vector<Row>> History::list_after(std::uint64_t after, std::uint64_t limit, std::uint64_t incident) {
    auto query = file_->database.prepare(
        incident == 0 ? "SELECT " QUELL_ROW_COLUMNS " FROM rows WHERE row > ? ORDER BY row LIMIT ?"
                      : "SELECT " QUELL_ROW_COLUMNS " FROM rows WHERE row > ? AND incident = ? AND incident <> 0 ORDER BY row LIMIT ?");
    if (!query) return query.error();
    query->bind(std::min<std::uint64_t>(after, INT64_MAX));
    if (incident != 0) query->bind(incident);
    query->bind(std::min(limit, kListMax));
    return read_rows(*query);
}

// Rows are in the order of time: from the newest one that is older, no index of times is needed.
namespace {

// Those that fit `which`, of those behind the newest row that is older.
Result<std::vector<Row>> rows_since(Database& database, std::int64_t since_wall_ns, const std::string& which) {
    auto older = database.prepare("SELECT row FROM rows WHERE wall_ns < ? ORDER BY row DESC LIMIT 1");
    if (!older) return older.error();
    older->bind(since_wall_ns);
    auto found = older->step();
    if (!found) return found.error();
    const std::uint64_t from = *found ? older->unsigned_number(0) : 0;
    const std::string text = "SELECT " QUELL_ROW_COLUMNS " FROM rows WHERE row > ? AND " + which + " ORDER BY row DESC LIMIT ?";
    auto query = database.prepare(text.c_str());
    if (!query) return query.error();
    query->bind(from).bind(kListMax);
    auto rows = read_rows(*query);
    if (rows) std::reverse(rows->begin(), rows->end());
    return rows;
}

}  // namespace

Result<std::vector<Row>> History::approved_by_rules(std::int64_t since_wall_ns) {
    return rows_since(file_->database, since_wall_ns, "action IN ('approved', 'dry-run') AND detail <> ''");
}

Result<std::vector<Row>> History::approved(std::int64_t since_wall_ns) { return rows_since(file_->database, since_wall_ns, "action = 'approved'"); }

Result<std::optional<Snapshot>> History::snapshot(std::uint64_t incident) {
    auto query = file_->database.prepare("SELECT incident, state, rule, snapshot FROM incidents WHERE incident = ?");
    if (!query) return query.error();
    query->bind(incident);
    auto found = query->step();
    if (!found) return found.error();
    if (!*found) return std::optional<Snapshot>{};
    return std::optional<Snapshot>(read_snapshot(*query));
}

Result<std::vector<Snapshot>> History::snapshots(std::uint64_t limit, const std::vector<std::string>& states) {
    auto query = file_->database.prepare("SELECT incident, state, rule, snapshot FROM incidents ORDER BY incident DESC");
    if (!query) return query.error();
    std::vector<Snapshot> found;
    while (found.size() < std::min(limit, kListMax)) {
        auto more = query->step();
        if (!more) return more.error();
        if (!*more) break;
        if (states.empty() || std::find(states.begin(), states.end(), query->text(1)) != states.end())
            found.push_back(read_snapshot(*query));
    }
    return found;
}

Result<std::optional<Generation>> History::newest_generation() {
    auto query =
        file_->database.prepare("SELECT generation, digest, rules FROM generations ORDER BY generation DESC LIMIT 1");
    if (!query) return query.error();
    auto found = query->step();
    if (!found) return found.error();
    if (!*found) return std::optional<Generation>{};
    return std::optional(Generation{query->unsigned_number(0), query->text(1), query->text(2)});
}

Result<std::uint64_t> History::row_count() {
    auto count = file_->database.number("SELECT count(*) FROM rows");
    if (!count) return count.error();
    return static_cast<std::uint64_t>(*count);
}

Result<std::uint64_t> History::next_incident_base() {
    // The rows too: the number beside them could have been set back.
    auto next = file_->database.number(
        "SELECT max(coalesce((SELECT value FROM meta WHERE name = 'next_incident'), 1),"
        " coalesce((SELECT max(incident) + 1 FROM rows WHERE incident <> 0), 1),"
        " coalesce((SELECT max(incident) + 1 FROM incidents), 1))");
    if (!next) return next.error();
    return std::min(static_cast<std::uint64_t>(*next), kIncidentMax);
}

std::uint64_t incident_base_by_clock() {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(1, (wall_ns() / kNsPerSecond - k2025Seconds) / kSecondsPerNumber));
}

std::string head_text(const Head& head) { return std::to_string(head.row) + ":" + head.hash; }

std::optional<Head> parse_head(std::string_view text) {
    Head head;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), head.row);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || digits == text.size() || *end != ':') return std::nullopt;
    head.hash = text.substr(digits + 1);
    if (head.hash.size() != 64 || head.hash.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
    return head;
}

}  // namespace quell::history
