// SPDX-License-Identifier: Apache-2.0
// The live list: one incident a row.
#include <algorithm>

#include "user/cli/console/pages.h"
#include "user/cli/incident_text.h"

namespace quell::cli::console {

namespace {

const std::vector<TableColumn> kListColumns = {
    {"ID", 7, 9, 0},       {"SEVERITY", 8, 8, 0}, {"STATE", 9, 9, 0},   {"AGE", 4, 4, 0},    {"LEFT", 4, 4, 0},   {"NAME", 18, 40, 0},
    {"SUBJECT", 9, 32, 0}, {"PROCESS", 11, 24, 2}, {"OBJECT", 11, 60, 1}, {"POD", 12, 40, 4}, {"IMAGE", 16, 48, 5}, {"OFFERS", 14, 60, 3}};

std::string cell_text(const Row& row, std::size_t column, std::int64_t passed_s) {
    switch (column) {
        case 0: return row.id;
        case 1: return row.severity;
        case 2: return row.has_first ? "1 of 2" : row.state;
        case 3: return short_s_text(row.age_s + passed_s);
        case 4: return row.waits ? short_s_text(std::max<std::int64_t>(row.time_left_s - passed_s, 0)) : "-";
        case 5: return row.name;
        case 6: return row.subject;
        case 7: return row.process;
        case 8: return row.object;
        case 9: return row.pod;
        case 10: return row.image;
        default: return row.offers;
    }
}

}  // namespace

void draw_list(const State& state, Grid& grid) {
    const auto widths = column_widths(kListColumns, grid.columns() - 2);
    // Ages go on while the daemon is silent.
    const auto passed_s = static_cast<std::int64_t>((state.now_ms - std::min(state.now_ms, state.list_at_ms)) / 1000);
    std::size_t x = 2;
    for (std::size_t c = 0; c < widths.size(); c++) {
        if (widths[c] == 0) continue;
        grid.put(x, kFirstRow, kListColumns[c].title, {Tone::Plain, true}, widths[c]);
        x += widths[c] + 1;
    }
    const ListView& list = state.list;
    for (std::size_t i = 0; i < state.room() && state.top + i < list.size(); i++) {
        const Row& row = list.row(state.top + i);
        const std::size_t y = kFirstRow + 1 + i;
        const bool is_chosen = state.top + i == list.chosen();
        const Look plain{Tone::Plain, false, !row.waits || state.is_stale(), is_chosen};
        Look coloured = plain;
        coloured.tone = severity_tone(row.severity);
        coloured.bold = row.waits;
        if (is_chosen) {
            grid.paint(y, plain);
            grid.put(0, y, ">", plain);
        }
        if (state.marks.contains(row.id)) grid.put(1, y, "*", plain);
        x = 2;
        for (std::size_t c = 0; c < widths.size(); c++) {
            if (widths[c] == 0) continue;
            grid.put(x, y, cell_text(row, c, passed_s), c == 1 || c == 2 ? coloured : plain, widths[c]);
            x += widths[c] + 1;
        }
    }
    if (list.size() != 0 || !state.link.has_answered || !list.is_complete()) return;
    grid.put(2, kFirstRow + 2, list.snapshot().rows.empty() ? "Nothing waits for a decision." : "No incident fits the filter.");
}

}  // namespace quell::cli::console
