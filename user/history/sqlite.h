// SPDX-License-Identifier: Apache-2.0
// SQLite with Results: the few calls the history needs. One connection is
// used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "user/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace quell::history {

// Values are bound in the order of the calls, columns read in theirs.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    Statement& bind(std::int64_t value);
    Statement& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
    Statement& bind(std::string_view value);
    Statement& bind(const std::string& value) { return bind(std::string_view(value)); }
    Statement& bind(const std::optional<std::int64_t>& value) { return value ? bind(*value) : bind_null(); }
    Statement& bind_null();

    // true: a row is there; false: the end.
    [[nodiscard]] Result<bool> step();
    // Runs it to its end and makes it ready for new values.
    [[nodiscard]] Status run();
    void reset();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::uint64_t unsigned_number(int column) const { return static_cast<std::uint64_t>(number(column)); }
    [[nodiscard]] std::optional<std::int64_t> optional_number(int column) const;
    [[nodiscard]] std::string text(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = 0;
};

class Database {
public:
    // Creates the file (0600) unless `read_only`. A symbolic link is refused.
    [[nodiscard]] static Result<Database> open(const std::string& path, bool read_only);

    [[nodiscard]] Status run(const char* sql);  // may hold several statements
    [[nodiscard]] Result<Statement> prepare(const char* sql);
    // The one number that `sql` selects; 0 where it selects nothing or NULL.
    [[nodiscard]] Result<std::int64_t> number(const char* sql);

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    explicit Database(sqlite3* database) : database_(database) {}
    std::unique_ptr<sqlite3, Close> database_;
};

// Rolls back unless committed.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Database& database, const char* sql = "BEGIN IMMEDIATE");
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] Status commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace quell::history
