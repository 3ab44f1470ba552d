// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/queue.h"

#include <algorithm>
#include <chrono>

namespace quell::notifier {

using history::Database;
using history::Transaction;

namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::uint64_t kReadsKept = 4;

// FULL: what is finished stays so. known: ids that were put, also of messages that are gone; the highest numbers are kept, as many as kReadsKept reads take.
constexpr char kSchema[] = R"sql(
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -256; PRAGMA journal_size_limit = 1048576; PRAGMA trusted_schema = OFF;
CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, id TEXT NOT NULL, action TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS messages_target ON messages (target, number);
CREATE TABLE IF NOT EXISTS known (number INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (target, id)) STRICT;
CREATE TABLE IF NOT EXISTS counts (target TEXT PRIMARY KEY, sent INTEGER NOT NULL, failed INTEGER NOT NULL, refused INTEGER NOT NULL, dropped INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY, history_row INTEGER NOT NULL) STRICT;
)sql";

// The history's errors are said in its name.
Error named(Error error) {
    constexpr std::string_view kTheirs = "history: ";
    if (error.message.starts_with(kTheirs)) error.message = "queue: " + error.message.substr(kTheirs.size());
    return error;
}

}  // namespace

Result<std::unique_ptr<Queue>> Queue::open(const std::string& path, std::uint64_t max, const std::vector<std::string>& targets, std::uint64_t read_max) {
    auto database = Database::open(path, false);
    if (!database) return named(database.error());
    auto version = database->number("PRAGMA user_version");
    if (!version) return named(version.error());
    if (*version != 0 && *version != kFormat) return Error{"queue: " + path + " is of another version", ENOTSUP, "move it away"};
    std::unique_ptr<Queue> queue(new Queue(std::move(*database), max, read_max * std::max<std::size_t>(targets.size(), 1)));
    if (auto loaded = queue->load(targets); !loaded) return named(loaded.error());
    return queue;
}

Status Queue::load(const std::vector<std::string>& targets) {
    if (auto made = database_.run((std::string(kSchema) + "PRAGMA user_version = " + std::to_string(kFormat) + ";").c_str()); !made) return made;
    auto cursor = database_.prepare("SELECT history_row FROM cursor");
    if (!cursor) return cursor.error();
    auto found = cursor->step();
    if (!found) return found.error();
    if (*found) cursor_ = cursor->unsigned_number(0);
    cursor->reset();

    auto counts = database_.prepare("SELECT target, sent, failed, refused, dropped FROM counts");
    if (!counts) return counts.error();
    std::vector<std::string> others;
    for (;;) {
        auto more = counts->step();
        if (!more) return more.error();
        if (!*more) break;
        const auto target = counts->text(0);
        if (std::ranges::find(targets, target) == targets.end()) others.push_back(target);
        else counts_[target] = {0, counts->unsigned_number(1), counts->unsigned_number(2), counts->unsigned_number(3), counts->unsigned_number(4)};
    }
    counts->reset();
    for (const auto& other : others)
        for (const char* sql : {"DELETE FROM messages WHERE target = ?", "DELETE FROM known WHERE target = ?", "DELETE FROM counts WHERE target = ?"}) {
            auto removed = database_.prepare(sql);
            if (!removed) return removed.error();
            if (auto done = removed->bind(other).run(); !done) return done;
        }
    for (const auto& target : targets) {
        auto waiting = database_.prepare("SELECT count(*) FROM messages WHERE target = ?");
        if (!waiting) return waiting.error();
        auto row = waiting->bind(target).step();
        if (!row) return row.error();
        counts_[target].waiting = waiting->unsigned_number(0);
        waiting->reset();
        if (auto stored = store(target, counts_[target]); !stored) return stored;
    }
    return success();
}

std::optional<std::uint64_t> Queue::cursor() const {
    const std::lock_guard lock(mutex_);
    return cursor_;
}

Status Queue::store(const std::string& target, const TargetCounts& counts) {
    auto put = database_.prepare("INSERT OR REPLACE INTO counts VALUES (?,?,?,?,?)");
    if (!put) return put.error();
    return put->bind(target).bind(counts.sent).bind(counts.failed).bind(counts.refused).bind(counts.dropped).run();
}

// What is known takes no number. Only one that has become old gets a new one: it waits for the daemon's disk, comes with
// each read, and is kept for as long as it does. From one read to the next less than three times what a read has are
// given, so it is met before it is forgotten.
Result<bool> Queue::learn(const NewMessage& message) {
    auto known = database_.prepare("SELECT number, number <= (SELECT max(number) FROM known) - ? FROM known WHERE target = ? AND id = ?");
    if (!known) return known.error();
    auto found = known->bind(read_max_).bind(message.target).bind(message.id).step();
    if (!found) return found.error();
    const bool is_known = *found, is_old = is_known && known->number(1) != 0;
    const auto number = is_known ? known->number(0) : 0;
    known->reset();
    if (is_known && !is_old) return false;
    auto put = database_.prepare(is_known ? "UPDATE known SET number = (SELECT max(number) FROM known) + 1 WHERE number = ?" : "INSERT INTO known (target, id) VALUES (?,?)");
    if (!put) return put.error();
    if (is_known) put->bind(number);
    else put->bind(message.target).bind(message.id);
    if (auto done = put->run(); !done) return done.error();
    return !is_known;
}

Status Queue::put_one(const NewMessage& message, std::map<std::string, TargetCounts>& counts) {
    auto is_new = learn(message);
    if (!is_new) return is_new.error();
    if (!*is_new) return success();
    auto& count = counts[message.target];
    while (count.waiting >= max_) {
        auto drop = database_.prepare("DELETE FROM messages WHERE number = (SELECT number FROM messages WHERE target = ? ORDER BY action <> 'detected', number LIMIT 1)");
        if (!drop) return drop.error();
        if (auto done = drop->bind(message.target).run(); !done) return done;
        count.waiting--;
        count.dropped++;
    }
    auto put = database_.prepare("INSERT INTO messages (target, id, action, body) VALUES (?,?,?,?)");
    if (!put) return put.error();
    if (auto done = put->bind(message.target).bind(message.id).bind(message.action).bind(message.body).run(); !done) return done;
    count.waiting++;
    return success();
}

Status Queue::put(const std::vector<NewMessage>& messages, std::uint64_t cursor) {
    const std::lock_guard lock(mutex_);
    auto transaction = Transaction::begin(database_);
    if (!transaction) return named(transaction.error());
    auto counts = counts_;
    for (const auto& message : messages)
        if (auto done = put_one(message, counts); !done) return named(done.error());
    for (const auto& [target, count] : counts)
        if (auto done = store(target, count); !done) return named(done.error());
    const std::string rest = "DELETE FROM known WHERE number <= (SELECT max(number) FROM known) - " + std::to_string(kReadsKept * read_max_) +
                             "; INSERT OR REPLACE INTO cursor VALUES (1, " + std::to_string(cursor) + ");";
    if (auto done = database_.run(rest.c_str()); !done) return named(done.error());
    if (auto done = transaction->commit(); !done) return named(done.error());
    counts_ = std::move(counts);
    cursor_ = cursor;
    puts_++;
    changed_.notify_all();
    return success();
}

Result<std::optional<Message>> Queue::front(const std::string& target) {
    const std::lock_guard lock(mutex_);
    auto query = database_.prepare("SELECT number, id, body FROM messages WHERE target = ? ORDER BY number LIMIT 1");
    if (!query) return named(query.error());
    auto found = query->bind(target).step();
    if (!found) return named(found.error());
    if (!*found) return std::optional<Message>{};
    return std::optional(Message{query->unsigned_number(0), query->text(1), query->text(2)});
}

Status Queue::finish(const std::string& target, std::uint64_t number, Counted how) {
    const std::lock_guard lock(mutex_);
    auto transaction = Transaction::begin(database_);
    if (!transaction) return named(transaction.error());
    auto remove = database_.prepare("DELETE FROM messages WHERE number = ?");
    if (!remove) return named(remove.error());
    if (auto done = remove->bind(number).run(); !done) return named(done.error());
    auto changes = database_.number("SELECT changes()");
    if (!changes) return named(changes.error());
    auto count = counts_[target];
    if (*changes != 0) count.waiting--;  // else it was dropped for room while it was on its way
    (how == Counted::Sent ? count.sent : count.refused)++;
    if (auto done = store(target, count); !done) return named(done.error());
    if (auto done = transaction->commit(); !done) return named(done.error());
    counts_[target] = count;
    return success();
}

void Queue::count_failure(const std::string& target) {
    const std::lock_guard lock(mutex_);
    counts_[target].failed++;  // stored with the next message
}

std::map<std::string, TargetCounts> Queue::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

bool Queue::wait(std::uint64_t timeout_ms, std::uint64_t* seen) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return stopping_ || (seen && puts_ != *seen); });
    if (seen) *seen = puts_;
    return !stopping_;
}

void Queue::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

bool Queue::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

}  // namespace quell::notifier
