// SPDX-License-Identifier: Apache-2.0
// Checkpoints: old rows go, and the chain stays verifiable.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "user/base/time.h"
#include "user/history/history_file.h"
#include "user/history/row_table.h"

namespace quell::history {
namespace {

using Json = nlohmann::json;

// Nothing happens to an incident any more in these; the words are those of
// kern/states.def. Everything else may be needed after a restart.
constexpr std::array<std::string_view, 6> kDecided = {"done", "failed", "rejected", "expired", "gone", "undone"};

bool decided(std::string_view state) { return std::find(kDecided.begin(), kDecided.end(), state) != kDecided.end(); }

// But a quarantine that failed is in force until it is undone, over restarts of the host, too: by what lasts of it in its snapshot
// (user/incident/lasting.h), which nothing else has.
bool lasts(std::string_view state, const std::string& snapshot) {
    if (state != "failed") return false;
    const Json json = Json::parse(snapshot, nullptr, false);
    return json.is_object() && json.contains("lasting");
}

Json hashes_json(const std::map<std::uint64_t, std::string>& hashes) {
    Json json = Json::object();
    for (const auto& [id, hash] : hashes) json[std::to_string(id)] = hash;
    return json;
}

bool parse_hashes(const Json& json, std::map<std::uint64_t, std::string>& hashes) {
    if (!json.is_object()) return false;
    for (const auto& [id, hash] : json.items()) {
        if (!hash.is_string() || id.empty() || id.size() > 18 || id.find_first_not_of("0123456789") != std::string::npos)
            return false;
        hashes[std::stoull(id)] = hash.get<std::string>();
    }
    return true;
}

// Ids whose content the remaining rows (above `removed_to`) vouch for.
Result<std::map<std::uint64_t, bool>> vouched(Database& database, const char* sql, std::uint64_t removed_to) {
    auto query = database.prepare(sql);
    if (!query) return query.error();
    query->bind(removed_to);
    std::map<std::uint64_t, bool> ids;
    for (;;) {
        auto more = query->step();
        if (!more) return more.error();
        if (!*more) return ids;
        ids[query->unsigned_number(0)] = true;
    }
}

// The hash that vouched for a content so far: that of its newest row, else
// what the checkpoint before carried on. Not the hash of the content as it is
// now: a changed one must not become the truth here. "" fits no content.
Result<std::string> voucher(Database& database, const char* sql, std::uint64_t id,
                            const std::map<std::uint64_t, std::string>& carried) {
    auto query = database.prepare(sql);
    if (!query) return query.error();
    query->bind(id);
    auto found = query->step();
    if (!found) return found.error();
    if (*found) return query->text(0);
    const auto before = carried.find(id);
    return before == carried.end() ? std::string{} : before->second;
}

// Contents that lose their row: those still needed go into the checkpoint,
// the others are removed.
Status settle_incidents(Database& database, const Checkpoint& before, Checkpoint& checkpoint) {
    const std::uint64_t removed_to = checkpoint.removed_to;
    auto kept = vouched(database, "SELECT DISTINCT incident FROM rows WHERE row > ? AND incident <> 0 AND content_hash <> ''",
                        removed_to);
    if (!kept) return kept.error();
    auto query = database.prepare("SELECT incident, state, snapshot FROM incidents");
    auto remove = database.prepare("DELETE FROM incidents WHERE incident = ?");
    if (!query) return query.error();
    if (!remove) return remove.error();
    std::vector<std::uint64_t> gone;
    for (;;) {
        auto more = query->step();
        if (!more) return more.error();
        if (!*more) break;
        const std::uint64_t incident = query->unsigned_number(0);
        if (kept->contains(incident)) continue;
        if (const auto state = query->text(1); decided(state) && !lasts(state, query->text(2))) {
            gone.push_back(incident);
            continue;
        }
        auto hash = voucher(database,
                            "SELECT content_hash FROM rows WHERE incident = ? AND incident <> 0 AND content_hash <> ''"
                            " ORDER BY row DESC LIMIT 1",
                            incident, before.incidents);
        if (!hash) return hash.error();
        checkpoint.incidents[incident] = *hash;
    }
    for (const std::uint64_t incident : gone) {
        remove->bind(incident);
        if (auto done = remove->run(); !done) return done;
    }
    return success();
}

Status settle_generations(Database& database, const Checkpoint& before, Checkpoint& checkpoint) {
    const std::uint64_t removed_to = checkpoint.removed_to;
    auto kept = vouched(database, "SELECT DISTINCT generation FROM rows WHERE row > ? AND incident = 0 AND content_hash <> ''",
                        removed_to);
    if (!kept) return kept.error();
    auto query = database.prepare("SELECT generation FROM generations ORDER BY generation DESC");
    auto remove = database.prepare("DELETE FROM generations WHERE generation = ?");
    if (!query) return query.error();
    if (!remove) return remove.error();
    std::vector<std::uint64_t> gone;
    for (bool newest = true;; newest = false) {
        auto more = query->step();
        if (!more) return more.error();
        if (!*more) break;
        const std::uint64_t generation = query->unsigned_number(0);
        if (kept->contains(generation)) continue;
        if (!newest) {
            gone.push_back(generation);
            continue;
        }
        auto hash = voucher(database,
                            "SELECT content_hash FROM rows WHERE generation = ? AND incident = 0 AND content_hash <> ''"
                            " ORDER BY row DESC LIMIT 1",
                            generation, before.generations);
        if (!hash) return hash.error();
        checkpoint.generations[generation] = *hash;
    }
    for (const std::uint64_t generation : gone) {
        remove->bind(generation);
        if (auto done = remove->run(); !done) return done;
    }
    return success();
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
    return Json{{"removed_to", checkpoint.removed_to},
                {"removed_hash", checkpoint.removed_hash},
                {"incidents", hashes_json(checkpoint.incidents)},
                {"generations", hashes_json(checkpoint.generations)}}
        .dump();
}

std::optional<Checkpoint> parse_checkpoint(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("removed_to") || !json["removed_to"].is_number_unsigned() ||
        !json.contains("removed_hash") || !json["removed_hash"].is_string() || !json.contains("incidents") ||
        !json.contains("generations"))
        return std::nullopt;
    Checkpoint checkpoint{json["removed_to"].get<std::uint64_t>(), json["removed_hash"].get<std::string>(), {}, {}};
    if (!parse_hashes(json["incidents"], checkpoint.incidents) || !parse_hashes(json["generations"], checkpoint.generations))
        return std::nullopt;
    return checkpoint;
}

Result<std::optional<Checkpoint>> newest_checkpoint(Database& database) {
    auto query = database.prepare("SELECT detail FROM rows WHERE action = 'checkpoint' ORDER BY row DESC LIMIT 1");
    if (!query) return query.error();
    auto found = query->step();
    if (!found) return found.error();
    if (!*found) return std::optional<Checkpoint>{};
    auto checkpoint = parse_checkpoint(query->text(0));
    if (!checkpoint) return Error{"history: a checkpoint is damaged", EUCLEAN, "run `quell history verify`"};
    return checkpoint;
}

Status History::trim(std::uint64_t keep_rows) {
    Database& database = file_->database;
    auto transaction = Transaction::begin(database);
    if (!transaction) return transaction.error();
    auto head = file_->head();
    if (!head) return head.error();
    if (head->row <= keep_rows) return success();
    const std::uint64_t removed_to = head->row - keep_rows;
    auto last = database.prepare("SELECT hash FROM rows WHERE row = ?");
    if (!last) return last.error();
    last->bind(removed_to);
    auto found = last->step();
    if (!found) return found.error();
    if (!*found) return success();  // removed by an earlier one
    Checkpoint checkpoint{removed_to, last->text(0), {}, {}};
    last->reset();
    auto before = newest_checkpoint(database);
    if (!before) return before.error();
    const Checkpoint carried = before->value_or(Checkpoint{});
    if (auto settled = settle_incidents(database, carried, checkpoint); !settled) return settled;
    if (auto settled = settle_generations(database, carried, checkpoint); !settled) return settled;

    Entry entry;
    entry.row.boot_ns = boottime_ns();
    entry.row.wall_ns = wall_ns();
    entry.row.boot_id = boot_id();
    entry.row.action = Action::CHECKPOINT;
    entry.row.subject = "history";
    entry.row.result = "rows up to " + std::to_string(removed_to) + " removed";
    entry.row.detail = checkpoint_text(checkpoint);
    if (auto inserted = file_->insert(entry, *head); !inserted) return inserted;
    auto remove = database.prepare("DELETE FROM rows WHERE row <= ?");
    if (!remove) return remove.error();
    remove->bind(removed_to);
    if (auto removed = remove->run(); !removed) return removed;
    return transaction->commit();
}

}  // namespace quell::history
