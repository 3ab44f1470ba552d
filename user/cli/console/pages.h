// SPDX-License-Identifier: Apache-2.0
// Pages: a state as the cells of one frame. Only what is visible is looked
// at, so a frame costs the same with one incident and with 10,000. Pure; thread-safe.
#pragma once

#include "user/cli/console/grid.h"
#include "user/cli/console/state.h"

namespace quell::cli::console {

[[nodiscard]] Grid draw(const State& state);

// One file each: what is between the banner and the message.
void draw_list(const State& state, Grid& grid);      // page_list.cpp
void draw_history(const State& state, Grid& grid);   // page_history.cpp
void draw_decision(const State& state, Grid& grid);  // page_decide.cpp
void draw_options(const State& state, Grid& grid);   // page_options.cpp
void draw_bulk(const State& state, Grid& grid);      // page_bulk.cpp
// What a narrow table has no room for: of the chosen one.
[[nodiscard]] std::string bulk_row_text(const BulkPage& bulk);
// What is typed, below: at the end of a decision's page, and of that of several. page_decide.cpp
void draw_form(const Form& form, std::string_view heading, bool is_open, Grid& grid);
// A value that is typed: its end, where it is longer than the row.
void draw_typed(Grid& grid, std::size_t x, std::size_t y, const std::string& text, bool is_typed_in);
void draw_lines(const State& state, Grid& grid);     // pages.cpp: all others

// A column of a table: at least `least` wide, at most `most`. Where there is
// no room for all, those of the highest rank are left out first (0: never).
struct TableColumn {
    std::string_view title;
    std::size_t least;
    std::size_t most;
    int rank;
};
// The widths; 0: left out. With a blank between two columns.
[[nodiscard]] std::vector<std::size_t> column_widths(const std::vector<TableColumn>& columns, std::size_t room);

// "09:08:07"
[[nodiscard]] std::string clock_text(std::int64_t wall_ns, bool utc);

}  // namespace quell::cli::console
