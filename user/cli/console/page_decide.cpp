// SPDX-License-Identifier: Apache-2.0
// A decision: what it is about above, what is typed below.
#include "user/base/vocabulary.h"
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
    draw_typed(grid, 2 + grid.put(2, y, label, is_typed_in ? kTyped : Look{}) + 1, y, text, is_typed_in);
}

// With the response's own word for it, as "release".
std::string undo_heading(const std::string& response) {
    const auto index = word_index(kResponseWords, response);
    const std::string_view word = index ? kUndoWords[*index] : std::string_view{};
    return "Take the response back" + (word.empty() ? std::string{} : ": " + std::string(word));
}

std::string heading_of(const DecidePage& decide) {
    switch (decide.kind) {
        case DecisionKind::Approve: {
            const std::string options = options_text(decide.options);
            return "Approve " + safe(decide.response) + (options.empty() ? "" : " " + options);
        }
        case DecisionKind::Reject: return "Reject every offer";
        case DecisionKind::Undo: return undo_heading(decide.response);
        case DecisionKind::Extend: return "A later deadline";
        case DecisionKind::Assign: return "Whose it is";
        case DecisionKind::Respond: return "Respond without an incident; nothing is contained before it is approved";
        case DecisionKind::Note: break;
    }
    return "A note";
}

}  // namespace

void draw_typed(Grid& grid, std::size_t x, std::size_t y, const std::string& text, bool is_typed_in) {
    const std::size_t room = grid.columns() - std::min(grid.columns(), x + 2);
    x += grid.put(x, y, tail_of(text, room, grid.charset()), {Tone::Plain, is_typed_in}, room);
    if (is_typed_in) grid.set_cursor(x, y);
}

void draw_form(const Form& form, std::string_view heading, bool is_open, Grid& grid) {
    const std::size_t first = grid.rows() - 2 - form.rows();
    grid.put(0, first, heading, {Tone::Accent, true});
    if (!is_open) return;
    for (std::size_t i = 0; i < form.fields.size(); i++) draw_field(grid, first + 1 + i, form.fields[i].label, form.fields[i].text, form.at == i);
}

void draw_decision(const State& state, Grid& grid) {
    draw_lines(state, grid);
    draw_form(state.decide.form, heading_of(state.decide), !state.decide.is_sent, grid);
    if (state.decide.is_sent) grid.put(2, grid.rows() - 1 - state.decide.form.rows(), "sent; waiting for the daemon");
}

}  // namespace quell::cli::console
