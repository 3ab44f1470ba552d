// SPDX-License-Identifier: Apache-2.0
#include "user/history/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "user/base/fd.h"

namespace quell::history {
namespace {

constexpr int kBusyTimeoutMs = 2000;

int errno_of(int code, int system) {
    switch (code & 0xff) {
        case SQLITE_FULL: return ENOSPC;
        case SQLITE_READONLY: return EROFS;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return EUCLEAN;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return EBUSY;
        case SQLITE_NOMEM: return ENOMEM;
        default: return system != 0 ? system : EIO;
    }
}

Error error_of(sqlite3* database) {
    const int code = sqlite3_extended_errcode(database);
    const int system = sqlite3_system_errno(database);
    std::string message = std::string("history: ") + sqlite3_errmsg(database);
    if (system != 0) message += std::string(" (") + std::strerror(system) + ")";
    return Error{std::move(message), errno_of(code, system), {}};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

// Binding fails only for a wrong index or without memory; the step after it
// would then hit a NOT NULL constraint, so nothing wrong is ever stored.
Statement& Statement::bind(std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), ++bound_, value);
    return *this;
}

Statement& Statement::bind(std::string_view value) {
    // A null pointer would bind NULL: an empty text has to point somewhere.
    sqlite3_bind_text64(statement_.get(), ++bound_, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_null() {
    sqlite3_bind_null(statement_.get(), ++bound_);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return error_of(sqlite3_db_handle(statement_.get()));
}

Status Statement::run() {
    for (;;) {
        auto more = step();
        if (!more) {
            reset();
            return more.error();
        }
        if (!*more) break;
    }
    reset();
    return success();
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    bound_ = 0;
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::optional<std::int64_t> Statement::optional_number(int column) const {
    if (is_null(column)) return std::nullopt;
    return number(column);
}

std::string Statement::text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Result<Database> Database::open(const std::string& path, bool read_only) {
    if (!read_only) {
        // SQLite would make it with the umask's mode; its -wal and -shm take over the file's.
        const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd) return errno_error("history: cannot open " + path);
    }
    sqlite3* raw = nullptr;
    const int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
                      SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database database(raw);
    if (raw == nullptr) return Error{"history: out of memory", ENOMEM, {}};
    if (code != SQLITE_OK) return error_of(raw);
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    return database;
}

Status Database::run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error_of(database_.get());
    return success();
}

Result<Statement> Database::prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) return error_of(database_.get());
    return Statement(statement);
}

Result<std::int64_t> Database::number(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    auto found = statement->step();
    if (!found) return found.error();
    return *found ? statement->number(0) : 0;
}

Result<Transaction> Transaction::begin(Database& database, const char* sql) {
    if (auto begun = database.run(sql); !begun) return begun.error();
    return Transaction(database);
}

Transaction::~Transaction() {
    // Fails only where SQLite has rolled back by itself.
    if (database_ != nullptr) (void)database_->run("ROLLBACK").ok();
}

Status Transaction::commit() {
    auto committed = database_->run("COMMIT");
    if (committed) database_ = nullptr;
    return committed;
}

}  // namespace quell::history
