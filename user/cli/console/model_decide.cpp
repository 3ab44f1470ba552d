// SPDX-License-Identifier: Apache-2.0
// Decisions about one incident: begun on its page, with a copy of what was
// shown there; confirmed by a typed word; sent with the digest of that copy.
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/console/model.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

namespace {

using control::CallOutcome;
using control::member;
namespace errors = control::errors;

struct KindRow {
    DecisionKind kind;
    std::string_view verb;
    std::string_view method;
};
constexpr std::array kKinds = {KindRow{DecisionKind::Approve, "approve", "Approve"}, KindRow{DecisionKind::Reject, "reject", "Reject"},
                               KindRow{DecisionKind::Undo, "undo", "Undo"},          KindRow{DecisionKind::Extend, "extend", "Extend"},
                               KindRow{DecisionKind::Assign, "assign", "Assign"},    KindRow{DecisionKind::Note, "note", "Note"},
                               KindRow{DecisionKind::Respond, "respond", "Request"}};
constexpr const KindRow& row_of(DecisionKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

constexpr const char* kReasonLabel = "Reason, for the history:";
constexpr std::size_t kShortMax = 64;  // of a duration, and of a user's name

std::string one_line(const control::CallResult& result) {
    const std::string text = failure_text(result);
    return text.substr(0, text.find('\n'));
}

bool is_beside(DecisionKind kind) { return kind == DecisionKind::Extend || kind == DecisionKind::Assign || kind == DecisionKind::Note; }

Form form_of(DecisionKind kind, const std::string& word, const std::string& own_name) {
    switch (kind) {
        case DecisionKind::Extend: return {{{"For how long from now (30m, 1h30m, 2d):", "", kShortMax}, {kReasonLabel, ""}}};
        case DecisionKind::Assign: return {{{"Whose it is (nothing: nobody's):", own_name, kShortMax}}};
        case DecisionKind::Note: return {{{"Note:", ""}}};
        case DecisionKind::Approve:
        case DecisionKind::Reject:
        case DecisionKind::Undo:
        case DecisionKind::Respond: break;
    }
    return {{{kReasonLabel, ""}, {"To confirm type yes or " + safe(word) + ":", ""}}};
}

}  // namespace

Outcome outcome_of(const control::CallResult& result) {
    if (result.outcome == CallOutcome::Remote && result.error == errors::kChanged)
        return {"Changed, nothing was decided: " + text_of(result.parameters, "reason") + ". Look again", Tone::Bad};
    if (result.outcome == CallOutcome::Remote || result.outcome == CallOutcome::Refused) return {one_line(result), Tone::Bad};
    if (result.outcome != CallOutcome::Reply)
        return {one_line(result) + ". Whether it was carried out is not known; the history tells once the daemon is back", Tone::Bad};
    const Json& incident = member(result.parameters, "incident");
    const Json& survivors = member(result.parameters, "survivors");
    const std::string state = text_of(incident, "state");
    const std::string note = text_of(incident, "note");
    if (const Json& first = member(incident, "first_approval"); waits_for_decision(state) && first.is_object())
        return {"approved by one of two; nothing is contained yet: another person, not root, has to approve the same", Tone::Warning};
    Outcome outcome{state + (note.empty() ? "" : ", " + note), state_tone(state)};
    if (survivors.is_array() && !survivors.empty()) {
        outcome.text += ", " + std::to_string(survivors.size()) + " still there";
        outcome.tone = Tone::Bad;
    }
    if (const Json& parts = member(result.parameters, "parts"); parts.is_array() && !parts.empty()) {
        const auto holding = std::ranges::count_if(parts, [](const Json& one) { return control::true_member(one, "ok"); });
        outcome.text += ", with " + std::to_string(holding) + " of " + std::to_string(parts.size()) + " others";
        if (holding != static_cast<std::ptrdiff_t>(parts.size())) outcome.tone = Tone::Bad;
    }
    if (const Json& evidence = member(result.parameters, "evidence"); evidence.is_object()) {
        outcome.text += ", evidence: " + text_of(evidence, "text");
        if (!control::true_member(evidence, "whole")) outcome.tone = Tone::Bad;
    }
    return outcome;
}

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
        case Action::Reload:
            with_previews_ = true;
            return load_incident();
        case Action::Approve: return begin(DecisionKind::Approve);
        case Action::Reject: return begin(DecisionKind::Reject);
        case Action::Undo: return begin(DecisionKind::Undo);
        case Action::Extend: return begin(DecisionKind::Extend);
        case Action::Assign: return begin(DecisionKind::Assign);
        case Action::Note: return begin(DecisionKind::Note);
        case Action::Respond: return begin_response();
        default: return;
    }
}

// What stands against any decision; it is said.
bool Model::may_begin() {
    if (state_.is_stale()) return say(kAway, Tone::Bad), false;
    if (state_.is_deciding) return say("a decision is on its way: wait for what comes of it", Tone::Warning), false;
    // The daemon has the last word: this only saves the typing.
    if (text_of(state_.me, "role") == "viewer" && !control::true_member(state_.me, "break_glass"))
        return say("your role is viewer: it looks, and decides nothing", Tone::Warning), false;
    return true;
}

void Model::begin(DecisionKind kind) {
    const IncidentPage& page = state_.incident;
    if (!may_begin()) return;
    if (!page.incident.is_object()) return say("the incident is not there yet", Tone::Warning);
    const std::string state = text_of(page.incident, "state");
    DecidePage decide;
    decide.kind = kind;
    decide.incident = page.incident;
    decide.id = page.id;
    const bool is_open = waits_for_decision(state);
    const bool takes_open = kind == DecisionKind::Approve || kind == DecisionKind::Reject || kind == DecisionKind::Extend;
    if (takes_open && !is_open) return say("too late to " + std::string(row_of(kind).verb) + ": it is " + state, Tone::Warning);
    if (kind == DecisionKind::Undo && is_open) return say("nothing to undo: it waits for a decision", Tone::Warning);
    if (kind == DecisionKind::Undo) decide.response = text_of(page.incident, "response");
    if (!is_beside(kind)) decide.word = row_of(kind).verb;
    if (kind == DecisionKind::Approve && !begin_approval(decide)) return;
    decide.form = form_of(kind, decide.word, text_of(state_.me, "user"));
    state_.decide = std::move(decide);
    preview_serial_ = 0;  // what is still asked for was for another decision
    if (kind == DecisionKind::Approve) load_preview();
    go_to(Page::Decide);
}

// Of the marked offer. False: there is none to approve, or it is not his to approve; it is said.
bool Model::begin_approval(DecidePage& decide) {
    const auto no = [this](std::string why) { return say(std::move(why), Tone::Warning), false; };
    const Json& offers = member(decide.incident, "offers");
    if (!offers.is_array() || state_.incident.offer >= offers.size()) return no("no response is offered");
    decide.offer = offers[state_.incident.offer];
    decide.response = control::string_member(decide.offer, "response");
    decide.digest = control::string_member(decide.offer, "digest");
    decide.word = decide.response;
    decide.options = options_of(decide.response);
    if (!control::true_member(decide.offer, "available")) return no(safe(decide.response) + " is not offered: " + text_of(decide.offer, "reason"));
    if (decide.digest.empty()) return no(safe(decide.response) + " has no digest to approve it by");
    const Json& asks = member(preview_of(state_.incident.previews, decide.response), "asks");
    // Who may break the glass has to begin it for that.
    if (const std::string refused = text_of(asks, "refused"); !refused.empty() && !control::true_member(state_.me, "break_glass")) return no("you may not: " + refused);
    return true;
}

void Model::act_on_decision(Action action) {
    if (action == Action::Options) return begin_options();
    if (action == Action::EnterField && !state_.decide.is_sent) send_decision();
}

void Model::send_decision() {
    DecidePage& decide = state_.decide;
    const auto no = [this](std::string why) { say("nothing was decided: " + why, Tone::Warning); };
    const std::string reason = decide.form.fields.front().text;
    if (!decide.word.empty()) {
        const std::string& typed = decide.form.fields.back().text;
        if (!decide.stop.empty()) return no(decide.stop);
        if (decide.kind == DecisionKind::Approve && !decide.preview.is_object()) {
            if (preview_serial_ == 0) load_preview();
            return no("what would be hit now is still being asked for");
        }
        if (typed != decide.word && (typed != "yes" || !decide.takes_yes))
            return no("type " + std::string(decide.takes_yes ? "yes or " : "") + safe(decide.word) + " to " + std::string(row_of(decide.kind).verb));
        if (decide.takes_reason && reason.find_first_not_of(" \t") == std::string::npos) {
            decide.form.at = 0;
            return no(is_on(decide.options, "--break-glass") ? "breaking the glass takes a reason" : "its rule asks for a reason");
        }
    }
    if (state_.is_stale()) return say(kAway, Tone::Bad);
    Json parameters = {{"id", decide.id}};
    if (decide.kind == DecisionKind::Respond) {
        parameters = Json::object();
        if (!put_response(parameters)) return;
    } else if (is_beside(decide.kind)) {
        if (!put_beside(parameters)) return;
    } else if (!reason.empty()) {
        parameters["reason"] = reason;
    }
    if (decide.kind == DecisionKind::Approve) {
        parameters["digest"] = decide.digest;
        parameters["response"] = decide.response;
        if (!decide.guard.empty()) parameters["confirm"] = decide.guard;
        if (const std::string wrong = put_all(decide.options, parameters); !wrong.empty()) return no(wrong);
    }
    decided_id_ = decide.id;
    decided_kind_ = decide.kind;
    const std::string what = decide.kind == DecisionKind::Approve ? safe(decide.response) : decide.kind == DecisionKind::Reject ? "rejection" : std::string(row_of(decide.kind).verb);
    decided_text_ = decide.kind == DecisionKind::Respond ? safe(decide.form.fields.front().text) + " without an incident" : what + " of " + safe(decide.id);
    decision_serial_ = ask(std::string(row_of(decide.kind).method), std::move(parameters));
    decide.is_sent = state_.is_deciding = true;
    say(decided_text_ + ": waiting for the daemon");
}

void Model::on_decision(const Reply& reply) {
    state_.is_deciding = false;
    const control::CallResult& result = reply.result;
    const bool is_here = state_.page == Page::Decide && state_.decide.id == decided_id_;
    if (is_here && decided_kind_ == DecisionKind::Respond) return on_bound(reply);
    if (is_here && can_mend(reply)) {
        state_.decide.is_sent = false;
        load_preview();
        rebuild();
        const Outcome refused = outcome_of(result);
        return say(refused.text, refused.tone);
    }
    if (is_here) back();
    if (state_.page == Page::Detail && state_.incident.id == decided_id_) {
        with_previews_ = true;
        load_incident();
    }
    next_poll_ms_ = 0;
    const Outcome outcome = outcome_of(result);
    if (result.outcome == CallOutcome::Remote && result.error == errors::kChanged) return say(outcome.text, outcome.tone);
    if (result.outcome == CallOutcome::Reply && is_beside(decided_kind_)) return say(beside_text(member(result.parameters, "incident")), Tone::Good);
    say(decided_text_ + ": " + outcome.text, outcome.tone);
}

}  // namespace quell::cli::console
