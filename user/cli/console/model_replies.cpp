// SPDX-License-Identifier: Apache-2.0
// What the daemon answers, and when it is asked again.
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/console/model.h"

namespace quell::cli::console {

namespace {

using control::CallOutcome;
using control::member;

constexpr std::uint64_t kPollMs = 1'000;
// While everything is told: a daemon that hangs tells nothing, and a list that is wrong all the same must not stay so.
constexpr std::uint64_t kToldStatusMs = 5'000, kToldPollMs = 30'000;
// An answer that takes long to make and to read is asked for less often: at most a quarter of the time goes into it.
constexpr std::uint64_t kPollShare = 4;
// Showing an incident has the daemon look at every process.
constexpr std::uint64_t kShowMs = 5'000;

// The first line: hints are for whoever is at a shell.
std::string cause(const Reply& reply) {
    std::string text = failure_text(reply.result);
    return text.substr(0, text.find('\n'));
}

bool is_answer(const Reply& reply) { return reply.result.outcome == CallOutcome::Reply; }

}  // namespace

void Model::clock(std::uint64_t boot_ms, std::int64_t wall_ns) {
    state_.now_ms = boot_ms;
    state_.wall_ns = wall_ns;
    if (list_serial_ == 0 && boot_ms >= next_poll_ms_) {
        list_serial_ = ask("Incidents", {{"all", state_.shows_decided}});
        list_is_old_ = false;
    }
    if (watch_serial_ == 0 && boot_ms >= next_watch_ms_) watch_serial_ = ask("Watch");
    if (state_.link.is_told && status_serial_ == 0 && boot_ms >= next_status_ms_) status_serial_ = ask("Status");
    if (state_.page == Page::Detail && show_serial_ == 0 && rows_serial_ == 0 && !state_.is_stale() && boot_ms >= next_show_ms_) load_incident();
}

void Model::on_silence(const std::string& why) {
    if (!state_.link.silent_since_ns) state_.link.silent_since_ns = state_.wall_ns;
    state_.link.why = why;
    next_poll_ms_ = std::min(next_poll_ms_, std::max(soonest_poll_ms_, state_.now_ms));
}

void Model::on_answer() {
    const bool was_silent = state_.is_stale();
    state_.link.answered_wall_ns = state_.wall_ns;
    state_.link.silent_since_ns.reset();
    state_.link.why.clear();
    const bool is_first = !std::exchange(state_.link.has_answered, true);
    if ((is_first || was_silent) && me_serial_ == 0) me_serial_ = ask("WhoAmI");
    if (!was_silent) return;
    watch_retry_ms_ = kWatchRetryMs;
    next_watch_ms_ = state_.now_ms;
    // It may be another daemon by now, and nothing that is shown was checked since.
    if (state_.message.text.empty() || state_.message.text == kAway) say("the daemon is back", Tone::Good);
    next_show_ms_ = 0;
    if (state_.page == Page::Status) load_status();
    if (state_.page == Page::History) load_history();
}

void Model::on_incidents(const Reply& reply) {
    list_serial_ = 0;
    soonest_poll_ms_ = state_.now_ms + std::max(kPollMs, kPollShare * reply.took_ms);
    next_poll_ms_ = state_.link.is_told && !list_is_old_ ? state_.now_ms + std::max(kToldPollMs, kPollShare * reply.took_ms) : soonest_poll_ms_;
    if (!is_answer(reply) || !reply.snapshot) return on_silence(cause(reply));
    on_answer();
    state_.list.set_snapshot(reply.snapshot);
    state_.list_at_ms = state_.now_ms;
    drop_marks();
    if (status_serial_ == 0) status_serial_ = ask("Status");
}

void Model::on_show(Reply& reply) {
    next_show_ms_ = state_.now_ms + (with_previews_ ? kToldShowMs : kShowMs);  // told of again while this was asked for
    IncidentPage& page = state_.incident;
    if (is_answer(reply)) {
        const bool is_first = !page.incident.is_object();
        page.incident = member(reply.result.parameters, "incident");
        page.problem.clear();
        if (is_first) mark_offer(0);
    } else if (!page.incident.is_object()) {
        page.problem = cause(reply);
    }
}

void Model::reply(Reply reply) {
    const auto is_for = [&](std::uint64_t& serial) { return reply.serial == serial ? (serial = 0, true) : false; };
    if (reply.serial == list_serial_) {
        on_incidents(reply);
    } else if (is_for(status_serial_)) {
        next_status_ms_ = state_.now_ms + kToldStatusMs;
        if (is_answer(reply)) state_.status = member(reply.result.parameters, "status");
        else if (reply.result.outcome != CallOutcome::Remote) on_silence(cause(reply));
    } else if (is_for(policies_serial_)) {
        if (is_answer(reply)) state_.policies = std::move(reply.result.parameters);
    } else if (is_for(show_serial_)) {
        on_show(reply);
    } else if (is_for(rows_serial_)) {
        if (is_answer(reply)) state_.incident.rows = member(reply.result.parameters, "rows");
    } else if (is_for(history_serial_)) {
        if (is_answer(reply))
            state_.history.rows = member(reply.result.parameters, "rows");
        else
            say("no history: " + cause(reply), Tone::Bad);
    } else if (is_for(decision_serial_)) {
        on_decision(reply);
    } else if (is_for(bulk_serial_)) {
        on_bulk(reply);
    } else if (is_for(me_serial_)) {
        if (is_answer(reply)) state_.me = std::move(reply.result.parameters);
    } else if (is_for(previews_serial_)) {
        if (is_answer(reply)) state_.incident.previews = member(reply.result.parameters, "previews");
    } else if (is_for(preview_serial_)) {
        on_preview(reply);
    } else if (is_for(digests_serial_)) {
        on_digests(reply);
    } else if (reply.serial == watch_serial_) {
        return on_watch(reply);  // the lines are as before
    }
    if (state_.page != Page::Help && (state_.page != Page::Decide || reply.method == "Preview")) rebuild();
    state_.list.step(kRowsAStep);
    settle();
}

}  // namespace quell::cli::console
