// SPDX-License-Identifier: Apache-2.0
// The tables, and how a Row becomes a line of one and back. Internal to
// user/history.
#pragma once

#include "user/history/row.h"
#include "user/history/sqlite.h"

namespace quell::history {

// Raise it with every change of kSchema or of row_hash(), with a migration.
inline constexpr std::int64_t kSchemaVersion = 1;
extern const char kSchema[];
extern const char kInsertRow[];

// What every query for rows selects, in read_row()'s order.
#define QUELL_ROW_COLUMNS                                                                                           \
    "row, boot_ns, wall_ns, boot_id, action, incident, generation, subject, response, result, uid, user, login_uid, " \
    "login_user, pid, cgroup, reason, detected_to_approved_us, approved_to_flipped_us, flipped_to_last_gone_us, "    \
    "detail, content_hash, prev_hash, hash"

void bind_row(Statement& insert, const Row& row);
// Nothing where a field cannot have been written by this program.
[[nodiscard]] std::optional<Row> read_row(const Statement& query);

}  // namespace quell::history
