// SPDX-License-Identifier: Apache-2.0
// A decision: what it is about above, the two fields below.
#include "user/cli/ask.h"
#include "user/cli/console/pages.h"

namespace quell::cli::console {

namespace {

// The end of a text that is longer than its field is what is typed at.
std::string_view tail_of(std::string_view text, std::size_t columns, Charset charset) {
    while (columns_of(text, charset, columns) > columns) {
        Glyph glyph;
        text.remove_prefix(next_glyph(text, charset, glyph));
    }
    return text;
}

void draw_field(Grid& grid, std::size_t y, const std::string& label, const std::string& text, bool is_typed_in) {
    constexpr Look kTyped{Tone::Accent, true};
    if (is_typed_in) grid.put(0, y, ">", kTyped);
    std::size_t x = 2 + grid.put(2, y, label, is_typed_in ? kTyped : Look{}) + 1;
    const std::size_t room = grid.columns() - std::min(grid.columns(), x + 2);
    x += grid.put(x, y, tail_of(text, room, grid.charset()), {Tone::Plain, is_typed_in}, room);
    if (is_typed_in) grid.set_cursor(x, y);
}

}  // namespace

void draw_decision(const State& state, Grid& grid) {
    const DecidePage& decide = state.decide;
    draw_lines(state, grid);
    const std::size_t first = grid.rows() - 2 - kFieldRows;
    const std::string what = decide.kind == DecisionKind::Approve ? "Approve " + safe(decide.response) : decide.kind == DecisionKind::Reject ? "Reject every offer" : "Take the response back";
    grid.put(0, first, what, {Tone::Accent, true});
    if (decide.is_sent) return void(grid.put(2, first + 1, "sent; waiting for the daemon"));
    draw_field(grid, first + 1, "Reason, for the history:", decide.reason, !decide.in_confirm);
    draw_field(grid, first + 2, "To confirm type yes or " + safe(decide.word) + ":", decide.confirm, decide.in_confirm);
}

}  // namespace quell::cli::console
