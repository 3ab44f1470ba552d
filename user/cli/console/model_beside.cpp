// SPDX-License-Identifier: Apache-2.0
// What comes before a decision and beside it: the preview of what would be
// hit, a later deadline, whose it is, notes.
#include "user/base/time.h"
#include "user/cli/ask.h"
#include "user/cli/console/model.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

namespace {

using control::CallOutcome;
using control::member;

constexpr std::uint64_t kExtendMostS = 7 * 24 * 3600;  // as `quell extend`
constexpr const char* kPlainReason = "Reason, for the history:";

}  // namespace

// Until it is there nothing can be confirmed.
void Model::load_preview() {
    DecidePage& decide = state_.decide;
    decide.preview = Json();
    decide.stop.clear();
    Json parameters = {{"id", decide.id}, {"response", decide.response}};
    put_wide(decide.options, parameters);
    preview_serial_ = ask("Preview", std::move(parameters));
}

// What is approved is what was on the incident's page. Where the daemon says something else by now, nothing of it is
// taken over: who decides has to look first. Of a wider scope it is what this page shows.
void Model::on_preview(const Reply& reply) {
    DecidePage& decide = state_.decide;
    if (reply.result.outcome != CallOutcome::Reply) {
        const std::string text = failure_text(reply.result);
        return say("not known what would be hit now: " + text.substr(0, text.find('\n')), Tone::Bad);
    }
    const Json& preview = preview_of(member(reply.result.parameters, "previews"), decide.response);
    const Json& offer = member(preview, "offer");
    const Json& asks = member(preview, "asks");
    const std::string refused = text_of(asks, "refused"), digest = control::string_member(offer, "digest"), shown = control::string_member(decide.offer, "digest");
    const bool is_wide = is_any_wide(decide.options), breaks = is_on(decide.options, "--break-glass");
    if (!offer.is_object())
        decide.stop = "the daemon says nothing of what it would hit";
    else if (!control::true_member(offer, "available"))
        decide.stop = safe(decide.response) + " is not offered any more: " + text_of(offer, "reason");
    else if (!is_wide && digest != shown)
        decide.stop = "it changed since you looked: go back and look again";
    else if (digest.empty())
        decide.stop = safe(decide.response) + " has no digest to approve it by";
    else if (!refused.empty() && !breaks)
        decide.stop = "you may not: " + refused;
    decide.preview = preview;
    decide.digest = is_wide ? digest : shown;
    if (!decide.stop.empty()) say(decide.stop, Tone::Bad);
    const bool asks_reason = control::true_member(asks, "reason");
    decide.takes_reason = asks_reason || breaks;
    decide.form.fields.front().label = asks_reason ? "Reason, for the history (its rule asks for one):" : breaks ? "Reason, for the history (breaking the glass takes one):" : kPlainReason;
    decide.guard = breaks ? "" : control::string_member(asks, "confirm");
    decide.word = decide.guard.empty() ? decide.response : decide.guard;
    decide.takes_yes = decide.guard.empty() && !breaks;
    Field& last = decide.form.fields.back();
    const std::string before = std::exchange(last.label, breaks ? "To break the glass type " + safe(decide.word) + ":"
                                                         : decide.takes_yes ? "To confirm type yes or " + safe(decide.word) + ":"
                                                                            : "To go over the guard type " + safe(decide.word) + ":");
    // "yes" was meant for something else: another word, or a scope that was not there yet
    if (last.label != before || is_wide) last.text.clear();
}

// False: what was typed is none; it is said.
bool Model::put_beside(Json& parameters) {
    const DecidePage& decide = state_.decide;
    const std::string& text = decide.form.fields.front().text;
    if (decide.kind == DecisionKind::Assign) {
        parameters["user"] = text;
        return true;
    }
    if (decide.kind == DecisionKind::Note) {
        if (text.empty()) return say("a note has text", Tone::Warning), false;
        parameters["text"] = text;
        return true;
    }
    const auto duration = parse_duration(text);
    const std::uint64_t seconds = duration ? *duration / static_cast<std::uint64_t>(kNsPerSecond) : 0;
    if (seconds < 1 || seconds > kExtendMostS) return say("a duration from 1s to 7d, such as 30m or 1h30m", Tone::Warning), false;
    parameters["for_s"] = seconds;
    const std::string& reason = decide.form.fields.back().text;
    if (reason.find_first_not_of(' ') == std::string::npos) return say("a later deadline takes a reason", Tone::Warning), false;
    parameters["reason"] = reason;
    return true;
}

std::string Model::beside_text(const Json& incident) const {
    const std::string id = safe(decided_id_) + ": ";
    if (decided_kind_ == DecisionKind::Note) return id + "noted";
    if (decided_kind_ == DecisionKind::Extend) return id + "waits until " + moment_text(control::string_member(incident, "deadline"), state_.utc).substr(0, 19);
    const std::string whose = text_of(incident, "assigned_to");
    return id + (whose.empty() ? "assigned to nobody" : "assigned to " + whose);
}

}  // namespace quell::cli::console
