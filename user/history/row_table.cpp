// SPDX-License-Identifier: Apache-2.0
#include "user/history/row_table.h"

namespace quell::history {
namespace {

bool fits_u32(const Statement& query, int column) {
    const auto value = query.optional_number(column);
    return value && *value >= 0 && *value <= UINT32_MAX;
}

// All six fields, or none: anything else would read back as what was hashed
// while other programs see something different.
bool who_is_whole(const Statement& query, bool present) {
    for (const int column : {11, 13, 15})
        if (query.is_null(column) == present) return false;
    for (const int column : {10, 12, 14})
        if (present ? !fits_u32(query, column) : !query.is_null(column)) return false;
    return true;
}

}  // namespace

// meta: what must outlive the removal of old rows.
const char kSchema[] = R"sql(
CREATE TABLE rows (
    row INTEGER PRIMARY KEY,
    boot_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL, boot_id TEXT NOT NULL,
    action TEXT NOT NULL, incident INTEGER NOT NULL, generation INTEGER NOT NULL,
    subject TEXT NOT NULL, response TEXT NOT NULL, result TEXT NOT NULL,
    uid INTEGER, user TEXT, login_uid INTEGER, login_user TEXT, pid INTEGER, cgroup TEXT,
    reason TEXT NOT NULL,
    detected_to_approved_us INTEGER, approved_to_flipped_us INTEGER, flipped_to_last_gone_us INTEGER,
    detail TEXT NOT NULL, content_hash TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX rows_incident ON rows (incident, row) WHERE incident <> 0;
CREATE INDEX rows_checkpoint ON rows (row) WHERE action = 'checkpoint';
CREATE TABLE incidents (
    incident INTEGER PRIMARY KEY, state TEXT NOT NULL, rule TEXT NOT NULL, snapshot TEXT NOT NULL
) STRICT;
CREATE TABLE generations (
    generation INTEGER PRIMARY KEY, digest TEXT NOT NULL, rules TEXT NOT NULL
) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
)sql";

const char kInsertRow[] = "INSERT INTO rows (" QUELL_ROW_COLUMNS
                          ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

void bind_row(Statement& insert, const Row& row) {
    insert.bind(row.number).bind(row.boot_ns).bind(row.wall_ns).bind(row.boot_id).bind(action_word(row.action));
    insert.bind(row.incident).bind(row.generation).bind(row.subject).bind(row.response).bind(row.result);
    if (row.who) {
        const Who& who = *row.who;
        insert.bind(std::int64_t{who.uid}).bind(who.user).bind(std::int64_t{who.login_uid}).bind(who.login_user);
        insert.bind(std::int64_t{who.pid}).bind(who.cgroup);
    } else {
        for (int i = 0; i < 6; i++) insert.bind_null();
    }
    insert.bind(row.reason).bind(row.latency.detected_to_approved_us).bind(row.latency.approved_to_flipped_us);
    insert.bind(row.latency.flipped_to_last_gone_us);
    insert.bind(row.detail).bind(row.content_hash).bind(row.prev_hash).bind(row.hash);
}

std::optional<Row> read_row(const Statement& query) {
    const auto action = parse_action(query.text(4));
    if (!action) return std::nullopt;
    Row row;
    row.number = query.unsigned_number(0);
    row.boot_ns = query.unsigned_number(1);
    row.wall_ns = query.number(2);
    row.boot_id = query.text(3);
    row.action = *action;
    row.incident = query.unsigned_number(5);
    row.generation = query.unsigned_number(6);
    row.subject = query.text(7);
    row.response = query.text(8);
    row.result = query.text(9);
    const bool has_who = !query.is_null(10);
    if (!who_is_whole(query, has_who)) return std::nullopt;
    if (has_who)
        row.who = Who{static_cast<std::uint32_t>(query.number(10)), query.text(11),
                      static_cast<std::uint32_t>(query.number(12)), query.text(13),
                      static_cast<std::uint32_t>(query.number(14)), query.text(15)};
    row.reason = query.text(16);
    row.latency = {query.optional_number(17), query.optional_number(18), query.optional_number(19)};
    row.detail = query.text(20);
    row.content_hash = query.text(21);
    row.prev_hash = query.text(22);
    row.hash = query.text(23);
    return row;
}

}  // namespace quell::history
