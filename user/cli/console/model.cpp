// SPDX-License-Identifier: Apache-2.0
// Pages, moving about in them, and the filter.
#include "user/cli/console/model.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "user/control/varlink.h"

namespace quell::cli::console {

namespace {

constexpr std::size_t kVisitsMax = 16;
constexpr std::size_t kFilterMax = 256;
constexpr int kHistoryRows = 1'000;
constexpr int kTimeLineRows = 200;

// A row on which no text is typed: there characters are keys.
bool is_at_toggle(const State& state) {
    return state.page == Page::Options && state.options.chosen < state.options.options.size() && state.options.options[state.options.chosen].is_toggle();
}

}  // namespace

std::size_t State::room() const {
    const std::size_t inner = rows > kFrameRows ? rows - kFrameRows : 1;
    switch (page) {
        case Page::List:
        case Page::Filter:
        case Page::History: return inner > 1 ? inner - 1 : 1;  // a heading
        case Page::Decide: return inner > decide.form.rows() + 1 ? inner - decide.form.rows() - 1 : 1;
        case Page::Bulk: return inner > kFieldRows + kBulkHeadRows + 1 ? inner - kFieldRows - kBulkHeadRows - 1 : 1;
        case Page::Detail:
        case Page::Options:
        case Page::Status:
        case Page::Help: break;
    }
    return inner;
}

Model::Model(Charset charset, bool utc) {
    state_.charset = charset;
    state_.utc = utc;
}

std::uint64_t Model::ask(std::string method, Json parameters) {
    requests_.push_back({next_serial_, std::move(method), std::move(parameters)});
    return next_serial_++;
}

void Model::resize(std::size_t columns, std::size_t rows) {
    state_.columns = columns;
    state_.rows = rows;
    rebuild();
    settle();
}

void Model::key(Key key) {
    if (key.code == Key::Code::None) return;
    if (state_.is_too_small()) {
        // Nothing may be decided on a screen that does not show it.
        if (key.code == Key::Code::Interrupt || key == Key{Key::Code::Character, U'q'}) wants_to_quit_ = true;
        if (key.code == Key::Code::Redraw) redraw_ = true;
        return;
    }
    state_.message = {};
    if (is_typing(state_.page) && key.code == Key::Code::Character && !is_at_toggle(state_))
        type(key.character);
    else
        act(action_of(state_.page, key));
    state_.list.step(kRowsAStep);
    settle();
}

void Model::type(char32_t character) {
    if (character < 0x20 || character == 0x7f || (state_.charset == Charset::Ascii && character > 0x7e)) return;
    const auto append = [&](std::string& text, std::size_t most) {
        const std::size_t before = text.size();
        append_utf8(text, character);
        if (text.size() <= most) return;
        text.resize(before);
        say("at most " + std::to_string(most) + " bytes", Tone::Warning);
    };
    if (state_.page == Page::Filter) {
        std::string filter = state_.list.filter();
        append(filter, kFilterMax);
        return state_.list.set_filter(std::move(filter));
    }
    if (state_.page == Page::Options) {
        if (state_.options.chosen >= state_.options.options.size()) return;
        Option& option = state_.options.options[state_.options.chosen];
        return append(option.text, option.most());
    }
    Form* const typed = form();
    if (typed == nullptr || typed->fields.empty()) return;
    Field& field = typed->fields[typed->at];
    append(field.text, field.most);
}

Form* Model::form() {
    if (state_.page == Page::Decide && !state_.decide.is_sent) return &state_.decide.form;
    if (state_.page == Page::Bulk && !state_.bulk.is_running && !state_.bulk.is_over) return &state_.bulk.form;
    return nullptr;
}

bool Model::act_on_form(Action action) {
    Form* const typed = form();
    if (typed == nullptr || typed->fields.empty()) return false;
    std::string& text = typed->fields[typed->at].text;
    switch (action) {
        case Action::NextField: return typed->at = (typed->at + 1) % typed->fields.size(), true;
        case Action::EraseLast: return remove_last(text), true;
        case Action::EraseField: return text.clear(), true;
        case Action::EnterField: break;
        default: return false;
    }
    // A reason that was pasted with line ends in it must not confirm itself.
    drop_typed_ = true;
    if (typed->is_last()) return false;
    typed->at++;
    return true;
}

void Model::act(Action action) {
    switch (action) {
        case Action::None: return;
        case Action::Quit: wants_to_quit_ = true; return;
        case Action::Redraw: redraw_ = true; return;
        case Action::Help: return go_to(Page::Help);
        case Action::Back:
            if (state_.page == Page::Decide && state_.decide.is_sent) say("it was sent: what comes of it will be told here");
            if (state_.page == Page::Bulk && state_.bulk.is_running && !std::exchange(state_.bulk.is_stopping, true))
                return say("it stops behind the one that is under way", Tone::Warning);
            return back();
        case Action::History: return open_history(state_.page == Page::Detail ? state_.incident.id : "");
        case Action::Status:
            go_to(Page::Status);
            return load_status();
        case Action::Up:
        case Action::Down:
        case Action::PageUp:
        case Action::PageDown:
        case Action::First:
        case Action::Last: return move(action);
        default: break;
    }
    if (act_on_form(action)) return;
    switch (state_.page) {
        case Page::List:
        case Page::Filter: return act_on_list(action);
        case Page::Detail: return act_on_incident(action);
        case Page::Decide: return act_on_decision(action);
        case Page::Options: return act_on_options(action);
        case Page::Bulk: return act_on_bulk(action);
        case Page::History: return act_on_history(action);
        case Page::Status: return load_status();  // Reload, the only one left
        case Page::Help: return;
    }
}

void Model::act_on_list(Action action) {
    ListView& list = state_.list;
    switch (action) {
        case Action::Open:
            if (list.size() != 0) open_incident(list.chosen_id());
            return;
        case Action::Filter: state_.page = Page::Filter; return;
        case Action::EndFilter: state_.page = Page::List; return;
        case Action::DropFilter:
            state_.page = Page::List;
            [[fallthrough]];
        case Action::ClearFilter:
        case Action::EraseField: return list.set_filter("");
        case Action::EraseLast: {
            std::string filter = list.filter();
            remove_last(filter);
            return list.set_filter(std::move(filter));
        }
        case Action::NextSort: return list.set_sort(static_cast<Sort>((static_cast<std::size_t>(list.sort()) + 1) % kSortWords.size()));
        case Action::Reverse: return list.set_reverse(!list.reverse());
        case Action::ToggleDecided:
            state_.shows_decided = !state_.shows_decided;
            list_serial_ = 0;  // an answer on its way is about the other list
            next_poll_ms_ = 0;
            return;
        case Action::Mark:
        case Action::MarkAll:
        case Action::Unmark: return mark(action);
        case Action::Approve: return begin_bulk();
        case Action::Respond: return begin_response();
        default: return;
    }
}

void Model::act_on_history(Action action) {
    HistoryPage& history = state_.history;
    if (action == Action::Reload) return load_history();
    if (action != Action::Open || !history.rows.is_array() || history.chosen >= history.rows.size()) return;
    const std::string id = control::string_member(history.rows[history.chosen], "incident");
    if (id.empty()) return say("this row is about no incident");
    open_incident(id);
}

void Model::move(Action action) {
    const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(state_.room(), 2) - 1);
    std::ptrdiff_t by = 0;
    switch (action) {
        case Action::Up: by = -1; break;
        case Action::Down: by = 1; break;
        case Action::PageUp: by = -page; break;
        case Action::PageDown: by = page; break;
        case Action::First: by = PTRDIFF_MIN / 2; break;
        default: by = PTRDIFF_MAX / 2; break;
    }
    const auto moved = [by](std::size_t at) { return static_cast<std::size_t>(std::max<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(at) + by, 0)); };
    if (state_.page == Page::List || state_.page == Page::Filter) return state_.list.move(by);
    if (state_.page == Page::History)
        state_.history.chosen = moved(state_.history.chosen);
    else if (state_.page == Page::Bulk)
        state_.bulk.chosen = moved(state_.bulk.chosen);
    else if (state_.page == Page::Options)
        state_.options.chosen = std::min(moved(state_.options.chosen), std::max<std::size_t>(state_.options.options.size(), 1) - 1);
    else
        state_.top = moved(state_.top);
}

void Model::go_to(Page page) {
    const bool is_incident = state_.page == Page::Detail || state_.page == Page::Decide;
    visits_.push_back({state_.page, is_incident ? state_.incident.id : state_.page == Page::History ? state_.history.id : "", state_.top, state_.history.chosen});
    if (visits_.size() > kVisitsMax) visits_.erase(visits_.begin() + 1);  // the list stays the first
    state_.page = page;
    state_.top = 0;
    rebuild();
}

void Model::back() {
    if (visits_.empty()) return;
    const Visit visit = std::move(visits_.back());
    visits_.pop_back();
    state_.page = visit.page;
    state_.top = visit.top;
    if (visit.page == Page::Detail) {
        next_show_ms_ = 0;  // it was not looked at meanwhile
        if (state_.incident.id != visit.id) {
            state_.incident = {};
            state_.incident.id = visit.id;
            with_previews_ = true;
            load_incident();
        }
    }
    if (visit.page == Page::History) {
        if (state_.history.id != visit.id) {
            state_.history = {visit.id, {}, 0};
            load_history();
        }
        state_.history.chosen = visit.chosen;
    }
    rebuild();
}

void Model::open_incident(const std::string& id) {
    state_.incident = {};
    state_.incident.id = id;
    go_to(Page::Detail);
    with_previews_ = true;
    load_incident();
}

void Model::open_history(const std::string& id) {
    go_to(Page::History);
    state_.history = {id, {}, 0};
    load_history();
}

void Model::load_incident() {
    show_serial_ = ask("Show", {{"id", state_.incident.id}});
    rows_serial_ = ask("History", {{"limit", kTimeLineRows}, {"incident", state_.incident.id}});
    if (!with_previews_) return;
    with_previews_ = false;
    previews_serial_ = ask("Preview", {{"id", state_.incident.id}});
}

void Model::load_history() {
    Json parameters = {{"limit", kHistoryRows}};
    if (!state_.history.id.empty()) parameters["incident"] = state_.history.id;
    history_serial_ = ask("History", std::move(parameters));
}

void Model::load_status() {
    status_serial_ = ask("Status");
    policies_serial_ = ask("ListPolicies");
}

void Model::rebuild() {
    const Layout layout = state_.layout();
    switch (state_.page) {
        case Page::List:
        case Page::Filter:
        case Page::Options:
        case Page::Bulk:
        case Page::History: return state_.lines.clear();
        case Page::Detail:
            state_.lines.clear();
            if (state_.incident.incident.is_object())
                state_.lines = incident_lines(state_.incident.incident, state_.incident.previews, state_.incident.rows, state_.incident.offer, layout);
            else
                add_line(state_.lines, layout, 2, {}, state_.incident.problem.empty() ? "asking the daemon" : state_.incident.problem);
            return;
        case Page::Decide:
            if (state_.decide.kind == DecisionKind::Respond) return void(state_.lines = respond_lines(layout));
            if (state_.decide.kind != DecisionKind::Approve) return void(state_.lines = decision_lines(state_.decide.incident, layout));
            state_.lines = preview_lines(state_.decide.preview, options_text(state_.decide.options), state_.decide.stop, layout);
            if (state_.decide.preview.is_object()) return;
            for (Line& one : offer_lines(state_.decide.offer, layout)) state_.lines.push_back(std::move(one));
            return;
        case Page::Status: state_.lines = status_lines(state_.status, state_.policies, layout); return;
        case Page::Help: state_.lines = help_lines(visits_.empty() ? Page::List : visits_.back().page, layout); return;
    }
}

void Model::settle() {
    const std::size_t room = state_.room();
    const auto keep_in_sight = [&](std::size_t chosen, std::size_t count) {
        if (chosen < state_.top) state_.top = chosen;
        if (chosen >= state_.top + room) state_.top = chosen - room + 1;
        state_.top = std::min(state_.top, count > room ? count - room : 0);
    };
    if (state_.page == Page::List || state_.page == Page::Filter) return keep_in_sight(state_.list.chosen(), state_.list.size());
    if (state_.page == Page::History) {
        const std::size_t count = state_.history.rows.is_array() ? state_.history.rows.size() : 0;
        state_.history.chosen = count == 0 ? 0 : std::min(state_.history.chosen, count - 1);
        return keep_in_sight(state_.history.chosen, count);
    }
    if (state_.page == Page::Bulk) {
        const std::size_t count = state_.bulk.targets.size();
        state_.bulk.chosen = count == 0 ? 0 : std::min(state_.bulk.chosen, count - 1);
        return keep_in_sight(state_.bulk.chosen, count);
    }
    state_.top = std::min(state_.top, state_.lines.size() > room ? state_.lines.size() - room : 0);
}

}  // namespace quell::cli::console
