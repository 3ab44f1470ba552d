// SPDX-License-Identifier: Apache-2.0
// What the daemon tells by Watch. A row says that something happened, never
// what the list is: that is asked for, at most once a second however much is
// told, so a flood of rows costs no more than a quiet night of asking did.
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/console/model.h"
#include "user/cli/incident_text.h"

namespace quell::cli::console {

namespace {

using control::member;

constexpr std::size_t kClockAt = 11, kClockSize = 8;  // in a moment's text

std::string news_text(const Json& row, bool utc) {
    const std::string moment = moment_text(control::string_member(row, "time"), utc);
    std::string text = (moment.size() < kClockAt + kClockSize ? moment : moment.substr(kClockAt, kClockSize)) + "  " + text_of(row, "action");
    if (const std::string id = text_of(row, "incident"); !id.empty()) text += " " + id;
    text += ", " + text_of(row, "subject");
    if (const std::string response = text_of(row, "response"); !response.empty()) text += ", " + response;
    if (member(row, "who").is_object()) text += ", by " + who_text(member(row, "who"));
    if (const std::string reason = text_of(row, "reason"); !reason.empty()) text += ": " + reason;
    return text;
}

}  // namespace

void Model::on_watch(const Reply& reply) {
    if (!reply.is_last) return on_told(reply.result.parameters);
    watch_serial_ = 0;
    state_.link.is_told = false;
    next_watch_ms_ = state_.now_ms + watch_retry_ms_;
    watch_retry_ms_ = std::min(2 * watch_retry_ms_, kWatchRetryMaxMs);
    // Gone, or only tired of telling? The list says, and is asked for every second from here on.
    next_poll_ms_ = std::min(next_poll_ms_, state_.now_ms);
}

void Model::on_told(const Json& told) {
    const bool begins = !state_.link.is_told;
    state_.link.is_told = true;
    list_is_old_ = true;
    next_poll_ms_ = std::min(next_poll_ms_, std::max(state_.now_ms, soonest_poll_ms_));
    const Json& row = member(told, "row");
    if (begins) {  // what happened while nobody listened was not told
        watch_retry_ms_ = kWatchRetryMs;
        next_show_ms_ = std::min(next_show_ms_, state_.now_ms);
        if (state_.link.has_answered && me_serial_ == 0) me_serial_ = ask("WhoAmI");  // roles may be others by now
    }
    if (!row.is_object()) return;
    state_.news = news_text(row, state_.utc);
    if (control::string_member(row, "incident") != state_.incident.id || state_.incident.id.empty()) return;
    with_previews_ = true;
    next_show_ms_ = std::min(next_show_ms_, state_.now_ms + kToldShowMs);
}

}  // namespace quell::cli::console
