// SPDX-License-Identifier: Apache-2.0
// What all pages have in common: title, banner, message, hints.
#include "user/cli/console/pages.h"

#include <algorithm>

#include "user/base/time.h"
#include "user/cli/ask.h"
#include "user/cli/incident_text.h"

namespace quell::cli::console {

namespace {

constexpr Look kBar{Tone::Plain, false, false, true};

// The daemon's answers are safe already; whatever else comes to the screen goes through the grid's own escaping.
std::string title_text(const State& state) {
    std::string text = " Quell  ";
    const ListView& list = state.list;
    switch (state.page) {
        case Page::List:
        case Page::Filter:
            text += "incidents  " + std::to_string(list.size()) + " of " + std::to_string(list.snapshot().rows.size()) + ", " +
                    std::to_string(list.snapshot().waiting) + " to decide" + (state.marks.empty() ? "" : ", " + std::to_string(state.marks.size()) + " marked") + "  by " + std::string(kSortWords[static_cast<std::size_t>(list.sort())]);
            if (list.reverse()) text += ", reversed";
            if (state.shows_decided) text += "  decided too";
            if (!list.filter().empty() && state.page == Page::List) text += "  filter: " + list.filter();
            return text;
        case Page::Detail: {
            const std::string name = text_of(state.incident.incident, "name");
            return text + "incident " + safe(state.incident.id) + (name.empty() ? "" : ": " + name);
        }
        case Page::Decide: {
            constexpr std::array kVerbs = {"approve ", "reject ", "undo ", "extend ", "assign ", "note on ", "respond"};
            const std::string what = kVerbs[static_cast<std::size_t>(state.decide.kind)];
            if (state.decide.kind == DecisionKind::Respond) return text + "respond without an incident";
            const std::string response = state.decide.kind == DecisionKind::Approve ? safe(state.decide.response) + " for " : "";
            return text + what + response + safe(state.decide.id) + ": " + text_of(state.decide.incident, "name");
        }
        case Page::Options: return text + "options of " + safe(state.decide.response) + " for " + safe(state.decide.id);
        case Page::Bulk: return text + "approve " + state.bulk.word() + " for those that are marked";
        case Page::History: return text + "history" + (state.history.id.empty() ? "" : " of " + safe(state.history.id));
        case Page::Status: return text + "status";
        case Page::Help: return text + "help";
    }
    return text;
}

void draw_title(const State& state, Grid& grid) {
    std::string right;
    if (state.is_stale()) {
        right = "STALE";
    } else if (state.status.is_object()) {
        right = text_of(state.status, "state");
        const Json& warnings = control::member(state.status, "warnings");
        if (warnings.is_array() && !warnings.empty()) right += ", " + std::to_string(warnings.size()) + (warnings.size() == 1 ? " warning" : " warnings");
    }
    right += (right.empty() ? "" : "  ") + clock_text(state.wall_ns, state.utc) + " ";
    const std::size_t width = columns_of(right, grid.charset(), grid.columns());
    const std::size_t at = grid.columns() - std::min(grid.columns(), width);
    grid.put(0, 0, title_text(state), {Tone::Plain, true}, at > 1 ? at - 1 : at);
    grid.put(at, 0, right, {Tone::Plain, true});
    grid.paint(0, {Tone::Plain, true, false, true});
}

// Who is asking, where nothing is wrong.
void draw_who(const State& state, Grid& grid) {
    if (!state.me.is_object()) return;
    std::string text = text_of(state.me, "user") + ", " + text_of(state.me, "role");
    if (control::integer_member(state.me, "uid", -1) == 0)
        text += ": root is none of two persons, and can change its own login uid";
    else if (control::true_member(state.me, "break_glass"))
        text += ", may break the glass";
    if (!state.link.is_told) text += "  (the list is asked for every second)";
    grid.put(1, 1, text, {Tone::Plain, false, true});
}

void draw_banner(const State& state, Grid& grid) {
    const Look alarm{Tone::Bad, true, false, true};
    std::string text;
    if (state.is_stale()) {
        const std::int64_t since = *state.link.silent_since_ns;
        const std::int64_t seconds = std::max<std::int64_t>(state.wall_ns - since, 0) / kNsPerSecond;
        text = " " + std::string(state.link.has_answered ? "daemon away" : "no daemon") + " since " + clock_text(since, state.utc) + " (" + s_text(seconds) + "), nothing can be decided: " + state.link.why;
    } else if (!state.link.has_answered) {
        grid.put(1, 1, "asking the daemon");
        return;
    } else if (text_of(state.status, "state") == "blind") {
        text = " Quell is blind: the kernel side did not refuse when it was last tried. Page t has the warnings";
    } else {
        return draw_who(state, grid);
    }
    grid.put(0, 1, text, alarm);
    grid.paint(1, alarm);
}

void draw_hints(const State& state, Grid& grid) {
    const std::size_t y = grid.rows() - 1;
    grid.paint(y, kBar);
    std::size_t x = 1;
    for (const Binding& one : bindings()) {
        if (one.page != state.page || one.hint.empty()) continue;
        const std::string_view key = one.shown.substr(0, one.shown.find(','));
        const std::size_t width = key.size() + 1 + one.hint.size();
        if (x + width > grid.columns()) break;
        x += grid.put(x, y, key, {Tone::Plain, true, false, true});
        x += 1 + grid.put(x + 1, y, one.hint, kBar) + 2;
    }
}

// What a narrow table has no column for.
std::string chosen_row_text(const HistoryPage& history) {
    if (!history.rows.is_array() || history.chosen >= history.rows.size()) return {};
    const Json& row = history.rows[history.chosen];
    std::string text = text_of(row, "result");
    if (const std::string reason = text_of(row, "reason"); !reason.empty()) text += "  \"" + reason + "\"";
    if (const std::string detail = text_of(row, "detail"); !detail.empty()) text += "  " + detail;
    return text;
}

Grid too_small(const State& state) {
    Grid grid(std::max<std::size_t>(state.columns, 1), std::max<std::size_t>(state.rows, 1), state.charset);
    const std::string is = "This terminal has " + std::to_string(state.columns) + "x" + std::to_string(state.rows) + ".";
    const std::string wants = "Needed: " + std::to_string(kColumnsMin) + "x" + std::to_string(kRowsMin) + ".";
    std::size_t y = grid.rows() / 2 > 1 ? grid.rows() / 2 - 1 : 0;
    for (const std::string& text : {is, wants, std::string("q leaves.")}) {
        const std::size_t width = columns_of(text, state.charset, grid.columns());
        grid.put(width < grid.columns() ? (grid.columns() - width) / 2 : 0, y++, text);
    }
    return grid;
}

}  // namespace

std::string clock_text(std::int64_t wall_ns, bool utc) { return (utc ? utc_text(wall_ns) : local_text(wall_ns)).substr(11, 8); }

std::vector<std::size_t> column_widths(const std::vector<TableColumn>& columns, std::size_t room) {
    std::vector<std::size_t> widths;
    for (const TableColumn& one : columns) widths.push_back(one.least);
    const auto total = [&] {
        std::size_t sum = 0;
        for (const std::size_t width : widths) sum += width == 0 ? 0 : width + 1;
        return sum == 0 ? 0 : sum - 1;
    };
    while (total() > room) {
        std::size_t worst = columns.size();
        for (std::size_t i = 0; i < columns.size(); i++)
            if (widths[i] != 0 && columns[i].rank > 0 && (worst == columns.size() || columns[i].rank > columns[worst].rank)) worst = i;
        if (worst == columns.size()) break;
        widths[worst] = 0;
    }
    // What is left goes round, one column each, to those that can use it; the last ones are what is read.
    for (bool any = true; any && total() < room;) {
        any = false;
        for (std::size_t i = columns.size(); i-- > 0 && total() < room;)
            if (widths[i] != 0 && widths[i] < columns[i].most) widths[i]++, any = true;
    }
    return widths;
}

void draw_lines(const State& state, Grid& grid) {
    const std::size_t room = state.room();
    for (std::size_t i = 0; i < room && state.top + i < state.lines.size(); i++) {
        const Line& line = state.lines[state.top + i];
        const std::size_t y = kFirstRow + i;
        if (!line.label.empty()) grid.put(line.indent, y, line.label, {Tone::Plain, true}, line.text_at - line.indent);
        grid.put(line.text_at, y, line.text, line.look);
    }
    if (state.lines.size() <= room) return;
    const std::size_t last = std::min(state.top + room, state.lines.size());
    const std::string place = " " + std::to_string(state.top + 1) + "-" + std::to_string(last) + " of " + std::to_string(state.lines.size()) + " ";
    grid.put(grid.columns() - std::min(grid.columns(), place.size()), kFirstRow + room - 1, place, {Tone::Plain, false, false, true});
}

Grid draw(const State& state) {
    if (state.is_too_small()) return too_small(state);
    Grid grid(state.columns, state.rows, state.charset);
    draw_title(state, grid);
    draw_banner(state, grid);
    switch (state.page) {
        case Page::List:
        case Page::Filter: draw_list(state, grid); break;
        case Page::History: draw_history(state, grid); break;
        case Page::Decide: draw_decision(state, grid); break;
        case Page::Options: draw_options(state, grid); break;
        case Page::Bulk: draw_bulk(state, grid); break;
        case Page::Detail:
        case Page::Status:
        case Page::Help: draw_lines(state, grid); break;
    }
    const std::size_t y = grid.rows() - 2;
    if (state.page == Page::Filter) {
        const std::size_t used = grid.put(1, y, "filter: " + state.list.filter(), {Tone::Accent}, grid.columns() - 2);
        grid.set_cursor(1 + used, y);
    } else if (state.message.text.empty() && state.page == Page::History) {
        grid.put(1, y, chosen_row_text(state.history), {}, grid.columns() - 2);
    } else if (state.message.text.empty() && state.page == Page::Bulk) {
        grid.put(1, y, bulk_row_text(state.bulk), {}, grid.columns() - 2);
    } else if (state.message.text.empty() && state.page == Page::List) {
        grid.put(1, y, state.news, {Tone::Plain, false, true}, grid.columns() - 2);
    } else {
        grid.put(1, y, state.message.text, {state.message.tone, true}, grid.columns() - 2);
    }
    draw_hints(state, grid);
    return grid;
}

}  // namespace quell::cli::console
