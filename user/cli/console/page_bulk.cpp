// SPDX-License-Identifier: Apache-2.0
// Those that are marked: one row each, with what an approval would hit, and
// then with what came of it. Only the rows that are visible are looked at.
#include <algorithm>

#include "user/cli/console/pages.h"

namespace quell::cli::console {

namespace {

const std::vector<TableColumn> kBulkColumns = {{"ID", 7, 9, 0},        {"SEVERITY", 8, 8, 2}, {"NAME", 14, 40, 1}, {"SUBJECT", 9, 32, 0},
                                               {"DIGEST", 12, 12, 3}, {"TARGET", 12, 60, 4}, {"RESULT", 30, 120, 0}};

const std::string& cell_text(const BulkTarget& target, std::size_t column) {
    static const std::string kNone = "-";
    const auto known = [](const std::string& text) -> const std::string& { return text.empty() ? kNone : text; };
    switch (column) {
        case 0: return target.id;
        case 1: return target.severity;
        case 2: return target.name;
        case 3: return target.subject;
        case 4: return known(target.digest);
        case 5: return known(target.target);
        default: return target.text;
    }
}

// "kill-container (1 of 2: Left, Right) for 3 of the 4 marked, digest 0123456789ab"
std::string head_text(const BulkPage& bulk) {
    std::string text = bulk.word();
    if (bulk.responses.size() > 1) text += " (" + std::to_string(bulk.response + 1) + " of " + std::to_string(bulk.responses.size()) + " that are offered: Left, Right)";
    if (!bulk.problem.empty()) return text + ": no digests, " + bulk.problem;
    if (!bulk.has_digests) return text + ": asking the daemon for their digests";
    return text + " for " + std::to_string(bulk.offered) + " of the " + std::to_string(bulk.targets.size()) + " marked, digest " + bulk.digest;
}

std::string heading_of(const BulkPage& bulk) {
    if (bulk.is_over) return "It is over: Esc goes back to the list";
    if (!bulk.is_running) return "Approve " + bulk.word() + " for these " + std::to_string(bulk.offered);
    return "Approving " + std::to_string(std::min(bulk.next + 1, bulk.targets.size())) + " of " + std::to_string(bulk.targets.size()) + (bulk.is_stopping ? ", then it stops" : "; Esc stops behind it");
}

}  // namespace

std::string bulk_row_text(const BulkPage& bulk) {
    if (bulk.chosen >= bulk.targets.size()) return {};
    const BulkTarget& target = bulk.targets[bulk.chosen];
    return target.id + (target.digest.empty() ? "" : "@" + target.digest + ", " + target.target) + (target.text.empty() ? "" : ": " + target.text);
}

void draw_bulk(const State& state, Grid& grid) {
    const BulkPage& bulk = state.bulk;
    const auto widths = column_widths(kBulkColumns, grid.columns() - 2);
    grid.put(2, kFirstRow, head_text(bulk), {Tone::Accent, true});
    const auto put_row = [&](std::size_t y, const auto& text_of_column, Look look, Look last) {
        std::size_t x = 2;
        for (std::size_t c = 0; c < widths.size(); c++) {
            if (widths[c] == 0) continue;
            grid.put(x, y, text_of_column(c), c + 1 == widths.size() ? last : look, widths[c]);
            x += widths[c] + 1;
        }
    };
    put_row(kFirstRow + 1, [](std::size_t c) { return kBulkColumns[c].title; }, {Tone::Plain, true}, {Tone::Plain, true});
    for (std::size_t i = 0; i < state.room() && state.top + i < bulk.targets.size(); i++) {
        const BulkTarget& target = bulk.targets[state.top + i];
        const std::size_t y = kFirstRow + kBulkHeadRows + i;
        if (state.top + i == bulk.chosen) grid.put(0, y, ">", {Tone::Accent, true});
        put_row(y, [&](std::size_t c) { return std::string_view(cell_text(target, c)); }, {Tone::Plain, false, target.digest.empty()}, {target.tone, target.is_over});
    }
    const std::size_t last = std::min(state.top + state.room(), bulk.targets.size());
    if (bulk.targets.size() > state.room()) {
        const std::string place = " " + std::to_string(state.top + 1) + "-" + std::to_string(last) + " of " + std::to_string(bulk.targets.size()) + " ";
        grid.put(grid.columns() - std::min(grid.columns(), place.size()), kFirstRow + kBulkHeadRows + state.room(), place, {Tone::Plain, false, false, true});
    }
    draw_form(bulk.form, heading_of(bulk), !bulk.is_running && !bulk.is_over, grid);
}

}  // namespace quell::cli::console
