// SPDX-License-Identifier: Apache-2.0
// The history: one row a row, newest first.
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/console/pages.h"
#include "user/cli/incident_text.h"
#include "user/cli/table.h"

namespace quell::cli::console {

namespace {

using control::member;

constexpr std::size_t kSecondsColumns = 19;  // of a moment: where there is no room for the rest

const std::vector<TableColumn> kHistoryColumns = {{"TIME", kSecondsColumns, 23, 0},     {"ACTION", 10, 16, 0}, {"INCIDENT", 8, 12, 0}, {"RESULT", 16, 60, 0},
                                                  {"SUBJECT", 12, 40, 2}, {"RESPONSE", 14, 20, 3}, {"WHO", 20, 48, 1},    {"REASON", 16, 80, 4},
                                                  {"DETAIL", 16, 80, 5}};

std::string history_cell(const Json& row, std::size_t column, bool utc) {
    switch (column) {
        case 0: return moment_text(control::string_member(row, "time"), utc);
        case 1: return text_of(row, "action");
        case 2: return or_dash(text_of(row, "incident"));
        case 3: return text_of(row, "result");
        case 4: return or_dash(text_of(row, "subject"));
        case 5: return or_dash(text_of(row, "response"));
        case 6: return member(row, "who").is_object() ? who_text(member(row, "who")) : "-";
        case 7: return or_dash(text_of(row, "reason"));
        default: return or_dash(text_of(row, "detail"));
    }
}

}  // namespace

void draw_history(const State& state, Grid& grid) {
    const Json& rows = state.history.rows;
    if (!rows.is_array()) return void(grid.put(2, kFirstRow + 2, "asking the daemon"));
    const auto widths = column_widths(kHistoryColumns, grid.columns() - 2);
    std::size_t x = 2;
    for (std::size_t c = 0; c < widths.size(); c++) {
        if (widths[c] == 0) continue;
        grid.put(x, kFirstRow, kHistoryColumns[c].title, {Tone::Plain, true}, widths[c]);
        x += widths[c] + 1;
    }
    for (std::size_t i = 0; i < state.room() && state.top + i < rows.size(); i++) {
        const Json& row = rows[state.top + i];
        const std::size_t y = kFirstRow + 1 + i;
        const bool is_chosen = state.top + i == state.history.chosen;
        const Look plain{Tone::Plain, false, state.is_stale(), is_chosen};
        if (is_chosen) {
            grid.paint(y, plain);
            grid.put(0, y, ">", plain);
        }
        x = 2;
        for (std::size_t c = 0; c < widths.size(); c++) {
            if (widths[c] == 0) continue;
            Look look = plain;
            if (c == 1) look.tone = state_tone(text_of(row, "action"));
            std::string text = history_cell(row, c, state.utc);
            if (c == 0 && text.size() > widths[c]) text.resize(kSecondsColumns);
            grid.put(x, y, text, look, widths[c]);
            x += widths[c] + 1;
        }
    }
    if (rows.empty()) grid.put(2, kFirstRow + 2, "No history.");
}

}  // namespace quell::cli::console
