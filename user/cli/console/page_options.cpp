// SPDX-License-Identifier: Apache-2.0
// The options of an approval: two rows each, what is set and what it means.
#include "user/cli/ask.h"
#include "user/cli/console/pages.h"

namespace quell::cli::console {

void draw_options(const State& state, Grid& grid) {
    const ApprovalOptions& options = state.options.options;
    grid.put(0, kFirstRow, "Options of " + safe(state.decide.response) + ", as `quell approve` has them", {Tone::Accent, true});
    for (std::size_t i = 0; i < options.size(); i++) {
        const Option& one = options[i];
        const std::size_t y = kFirstRow + 1 + 2 * i;
        if (y + 3 >= grid.rows()) return;  // the least screen has room for all that one response has
        const bool is_chosen = i == state.options.chosen;
        const Look look = is_chosen ? Look{Tone::Accent, true} : Look{};
        if (is_chosen) grid.put(0, y, ">", look);
        std::string label(one.row->option);
        if (one.is_toggle()) {
            label = (one.text.empty() ? "[ ] " : "[x] ") + label;
            if (!one.row->value.empty()) label += " " + std::string(one.row->value);
            grid.put(2, y, label, look);
            if (is_chosen) grid.set_cursor(3, y);
        } else {
            label += " " + std::string(one.row->value) + ": ";
            const std::size_t at = 2 + grid.put(2, y, label, look);
            draw_typed(grid, at, y, one.text, is_chosen);
        }
        grid.put(6, y + 1, one.row->help, {Tone::Plain, false, true});
    }
}

}  // namespace quell::cli::console
