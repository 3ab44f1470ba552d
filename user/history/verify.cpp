// SPDX-License-Identifier: Apache-2.0
// The walk along the chain. It reads inside one transaction, so that rows
// which are appended or removed meanwhile do not show.
#include "user/history/history_file.h"
#include "user/history/row_table.h"

namespace quell::history {
namespace {

// Who vouches for the content of an incident or a generation: the newest row
// that does, or the checkpoint (row 0 here) for one whose row was removed.
struct Voucher {
    std::string hash;
    std::uint64_t row = 0;
};
using Vouchers = std::map<std::uint64_t, Voucher>;

Vouchers from_checkpoint(const std::map<std::uint64_t, std::string>& hashes) {
    Vouchers vouchers;
    for (const auto& [id, hash] : hashes) vouchers[id] = {hash, 0};
    return vouchers;
}

class Walk {
public:
    Walk(Database& database, const std::optional<Head>& expected) : database_(database), expected_(expected) {}

    Result<Verification> run() {
        for (const auto step : {&Walk::start, &Walk::rows, &Walk::compare_expected, &Walk::incidents, &Walk::generations}) {
            if (auto done = (this->*step)(); !done) return done.error();
            if (found_.broken_at) return found_;
        }
        found_.ok = true;
        found_.detail = std::to_string(found_.rows) + " rows, head " + head_text(found_.head) + note_;
        return found_;
    }

private:
    void broken(std::uint64_t row, std::string detail) {
        found_.broken_at = row;
        found_.detail = "row " + std::to_string(row) + ": " + std::move(detail);
    }

    Status start() {
        auto first = database_.number("SELECT min(row) FROM rows");
        if (!first) return first.error();
        found_.head = {0, genesis_hash()};
        if (*first == 0 || *first == 1) return success();
        auto checkpoint = newest_checkpoint(database_);
        if (!checkpoint && checkpoint.error().code != EUCLEAN) return checkpoint.error();
        if (!checkpoint || !*checkpoint) {
            broken(1, "removed, and no checkpoint says why");
            return success();
        }
        const Checkpoint& from = **checkpoint;
        found_.head = {from.removed_to, from.removed_hash};
        incidents_ = from_checkpoint(from.incidents);
        generations_ = from_checkpoint(from.generations);
        return success();
    }

    Status rows() {
        auto query = database_.prepare("SELECT " QUELL_ROW_COLUMNS " FROM rows ORDER BY row");
        if (!query) return query.error();
        removed_to_ = found_.head.row;
        for (;;) {
            auto more = query->step();
            if (!more) return more.error();
            if (!*more) return success();
            const auto row = read_row(*query);
            const std::uint64_t next = found_.head.row + 1;
            if (query->unsigned_number(0) != next) {
                broken(next, "missing");
            } else if (!row) {
                broken(next, "holds what was never written");
            } else if (row->prev_hash != found_.head.hash) {
                broken(next, "does not follow the row before it");
            } else if (row->hash != row_hash(*row)) {
                broken(next, "was changed");
            } else {
                take(*row);
                continue;
            }
            return success();
        }
    }

    void take(const Row& row) {
        found_.head = {row.number, row.hash};
        found_.rows++;
        if (expected_ && expected_->row == row.number) expected_matches_ = expected_->hash == row.hash;
        if (row.content_hash.empty()) return;
        // append() lets a row with an incident vouch only for that incident.
        (row.incident != 0 ? incidents_[row.incident] : generations_[row.generation]) = {row.content_hash, row.number};
    }

    Status compare_expected() {
        if (!expected_ || expected_->row == 0) return success();
        if (expected_->row <= removed_to_) {
            const bool known = expected_->row == removed_to_;
            if (known)
                note_ = "; the expected head was the last row removed";
            else
                note_ = "; the expected head was removed by retention";
            return success();
        }
        if (expected_->row > found_.head.row)
            broken(found_.head.row + 1, "missing: rows up to " + std::to_string(expected_->row) + " existed");
        else if (!expected_matches_)
            broken(expected_->row, "is not the one that was there: the chain was written anew");
        return success();
    }

    // The contents in a table against those vouched for, both ways.
    template <typename Hash>
    Status contents(const char* sql, const char* what, Vouchers& vouchers, Hash hash_of) {
        auto query = database_.prepare(sql);
        if (!query) return query.error();
        for (;;) {
            auto more = query->step();
            if (!more) return more.error();
            if (!*more) break;
            const std::uint64_t id = query->unsigned_number(0);
            const auto voucher = vouchers.find(id);
            const std::string name = std::string(what) + " " + std::to_string(id);
            if (voucher == vouchers.end()) {
                broken(found_.head.row, name + " is vouched for by no row");
                return success();
            }
            if (voucher->second.hash != hash_of(*query)) {
                broken(voucher->second.row, name + " was changed");
                return success();
            }
            vouchers.erase(voucher);
        }
        if (!vouchers.empty())
            broken(vouchers.begin()->second.row, std::string(what) + " " + std::to_string(vouchers.begin()->first) + " was removed");
        return success();
    }

    Status incidents() {
        return contents("SELECT incident, state, rule, snapshot FROM incidents", "the snapshot of incident", incidents_,
                        [](const Statement& query) {
                            return content_hash(
                                Snapshot{query.unsigned_number(0), query.text(1), query.text(2), query.text(3)});
                        });
    }

    Status generations() {
        return contents("SELECT generation, digest, rules FROM generations", "policy generation", generations_,
                        [](const Statement& query) {
                            return content_hash(Generation{query.unsigned_number(0), query.text(1), query.text(2)});
                        });
    }

    Database& database_;
    const std::optional<Head>& expected_;
    Verification found_;
    Vouchers incidents_;
    Vouchers generations_;
    std::uint64_t removed_to_ = 0;
    bool expected_matches_ = false;
    std::string note_;
};

}  // namespace

Result<Verification> History::verify(const std::optional<Head>& expected) {
    auto transaction = Transaction::begin(file_->database, "BEGIN");
    if (!transaction) return transaction.error();
    return Walk(file_->database, expected).run();
}

}  // namespace quell::history
