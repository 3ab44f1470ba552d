// SPDX-License-Identifier: Apache-2.0
// Decisions: begun on the page of an incident, with a copy of what was shown
// there; confirmed by a typed word; sent with the digest of that copy.
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/console/model.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

namespace {

using control::CallOutcome;
using control::member;
namespace errors = control::errors;

constexpr std::string_view verb_of(DecisionKind kind) {
    switch (kind) {
        case DecisionKind::Approve: return "approve";
        case DecisionKind::Reject: return "reject";
        case DecisionKind::Undo: break;
    }
    return "undo";
}

std::string one_line(const control::CallResult& result) {
    const std::string text = failure_text(result);
    return text.substr(0, text.find('\n'));
}

}  // namespace

// By 0: the first that is available, if the marked one is not.
void Model::mark_offer(int by) {
    IncidentPage& page = state_.incident;
    const Json& offers = member(page.incident, "offers");
    const std::size_t count = offers.is_array() ? offers.size() : 0;
    if (count == 0) return void(page.offer = 0);
    if (by != 0) {
        page.offer = by > 0 ? (page.offer + 1) % count : (page.offer + count - 1) % count;
    } else {
        const auto first = std::ranges::find_if(offers, [](const Json& offer) { return control::true_member(offer, "available"); });
        page.offer = first == offers.end() ? 0 : static_cast<std::size_t>(first - offers.begin());
    }
    rebuild();
    if (by == 0) return;
    const auto line = std::ranges::find_if(state_.lines, [&](const Line& one) { return one.offer == page.offer; });
    if (line == state_.lines.end()) return;
    const auto at = static_cast<std::size_t>(line - state_.lines.begin());
    if (at < state_.top || at + 3 > state_.top + state_.room()) state_.top = at;
}

void Model::act_on_incident(Action action) {
    switch (action) {
        case Action::NextOffer: return mark_offer(1);
        case Action::PreviousOffer: return mark_offer(-1);
        case Action::Reload: return load_incident();
        case Action::Approve: return begin(DecisionKind::Approve);
        case Action::Reject: return begin(DecisionKind::Reject);
        case Action::Undo: return begin(DecisionKind::Undo);
        default: return;
    }
}

void Model::begin(DecisionKind kind) {
    const IncidentPage& page = state_.incident;
    if (state_.is_stale()) return say(kAway, Tone::Bad);
    if (!page.incident.is_object()) return say("the incident is not there yet", Tone::Warning);
    if (state_.is_deciding) return say("a decision is on its way: wait for what comes of it", Tone::Warning);
    const std::string state = text_of(page.incident, "state");
    DecidePage decide;
    decide.kind = kind;
    decide.incident = page.incident;
    decide.id = page.id;
    if (kind != DecisionKind::Undo && !waits_for_decision(state)) return say("too late to " + std::string(verb_of(kind)) + ": it is " + state, Tone::Warning);
    if (kind == DecisionKind::Undo) {
        if (waits_for_decision(state)) return say("nothing to undo: it waits for a decision", Tone::Warning);
        decide.response = text_of(page.incident, "response");
        decide.word = "undo";
    }
    if (kind == DecisionKind::Reject) decide.word = "reject";
    if (kind == DecisionKind::Approve) {
        const Json& offers = member(page.incident, "offers");
        if (!offers.is_array() || page.offer >= offers.size()) return say("no response is offered", Tone::Warning);
        decide.offer = offers[page.offer];
        decide.response = control::string_member(decide.offer, "response");
        decide.digest = control::string_member(decide.offer, "digest");
        decide.word = decide.response;
        if (!control::true_member(decide.offer, "available")) return say(safe(decide.response) + " is not offered: " + text_of(decide.offer, "reason"), Tone::Warning);
        if (decide.digest.empty()) return say(safe(decide.response) + " has no digest to approve it by", Tone::Warning);
    }
    state_.decide = std::move(decide);
    go_to(Page::Decide);
}

void Model::act_on_decision(Action action) {
    DecidePage& decide = state_.decide;
    if (decide.is_sent) return;
    std::string& field = decide.in_confirm ? decide.confirm : decide.reason;
    switch (action) {
        case Action::NextField: decide.in_confirm = !decide.in_confirm; return;
        case Action::EraseLast: return remove_last(field);
        case Action::EraseField: return field.clear();
        case Action::EnterField: break;
        default: return;
    }
    // A reason that was pasted with line ends in it must not confirm itself.
    drop_typed_ = true;
    if (!decide.in_confirm)
        decide.in_confirm = true;
    else
        send_decision();
}

void Model::send_decision() {
    DecidePage& decide = state_.decide;
    if (decide.confirm != "yes" && decide.confirm != decide.word)
        return say("nothing was decided: type yes or " + safe(decide.word) + " to " + std::string(verb_of(decide.kind)), Tone::Warning);
    if (state_.is_stale()) return say(kAway, Tone::Bad);
    Json parameters = {{"id", decide.id}};
    if (!decide.reason.empty()) parameters["reason"] = decide.reason;
    decided_id_ = decide.id;
    switch (decide.kind) {
        case DecisionKind::Approve:
            parameters["digest"] = decide.digest;
            parameters["response"] = decide.response;
            decided_text_ = safe(decide.response) + " of " + safe(decide.id);
            decision_serial_ = ask("Approve", std::move(parameters));
            break;
        case DecisionKind::Reject:
            decided_text_ = "rejection of " + safe(decide.id);
            decision_serial_ = ask("Reject", std::move(parameters));
            break;
        case DecisionKind::Undo:
            decided_text_ = "undo of " + safe(decide.id);
            decision_serial_ = ask("Undo", std::move(parameters));
            break;
    }
    decide.is_sent = state_.is_deciding = true;
    say(decided_text_ + ": waiting for the daemon");
}

void Model::on_decision(const Reply& reply) {
    state_.is_deciding = false;
    const control::CallResult& result = reply.result;
    if (state_.page == Page::Decide && state_.decide.id == decided_id_) back();
    if (state_.page == Page::Detail && state_.incident.id == decided_id_) load_incident();
    next_poll_ms_ = 0;
    if (result.outcome == CallOutcome::Remote && result.error == errors::kChanged)
        return say("Changed, nothing was decided: " + text_of(result.parameters, "reason") + ". The page is loaded anew: look again", Tone::Bad);
    if (result.outcome == CallOutcome::Remote) return say(decided_text_ + ": " + one_line(result), Tone::Bad);
    if (result.outcome == CallOutcome::Refused) return say(decided_text_ + ": " + one_line(result), Tone::Bad);
    if (result.outcome != CallOutcome::Reply)
        return say(decided_text_ + ": " + one_line(result) + ". Whether it was carried out is not known; the history tells once the daemon is back", Tone::Bad);
    const Json& incident = member(result.parameters, "incident");
    const Json& survivors = member(result.parameters, "survivors");
    const std::string state = text_of(incident, "state");
    const std::string note = text_of(incident, "note");
    std::string text = decided_text_ + ": " + state + (note.empty() ? "" : ", " + note);
    Tone tone = state_tone(state);
    if (survivors.is_array() && !survivors.empty()) {
        text += ", " + std::to_string(survivors.size()) + " still there";
        tone = Tone::Bad;
    }
    say(std::move(text), tone);
}

}  // namespace quell::cli::console
