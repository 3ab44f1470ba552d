// SPDX-License-Identifier: Apache-2.0
// Decisions: where nobody is asked because the rule says so.
#include "user/approval/decisions.h"

#include <utility>

#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"

namespace quell::approval {

using incident::Incident;

namespace {

constexpr std::uint64_t kLookUpLimitNs = 1'000'000'000;

// Whether something was approved, or may have been.
bool counts(Refusal refusal) { return refusal == Refusal::kNone || refusal == Refusal::kFailed; }

}  // namespace

std::string not_followed_text(const std::string& why) { return "it does not follow its workload, though its rule says so: " + why; }

std::string follow_outlook(const Request& request) {
    if (!request.not_followed.empty()) return "; " + not_followed_text(request.not_followed);
    return request.follow_by_rule ? ", and its workload followed for " + duration_text(static_cast<std::int64_t>(request.follow_ns)) : std::string();
}

void Decisions::consider(const Incident& incident) {
    if (incident.waits() && !incident.rule_decided && automatic_of(parts_.store, incident)) considered_.emplace(incident.id, boottime_ns() + kLookUpLimitNs);
}

void Decisions::approve_by_rule(std::uint64_t id) {
    if (!considered_.erase(id)) return;
    auto* incident = parts_.store.find(id);
    if (!incident || !incident->waits() || incident->rule_decided) return;
    const auto automatic = automatic_of(parts_.store, *incident);
    if (!automatic) return;
    incident->rule_decided = true;
    Request request;
    request.who = who_rule();
    request.rule = rule_name(incident->rule);
    request.reason = "rule " + request.rule;
    request.received_ns = boottime_ns();
    request.response = static_cast<quell_response>(automatic->response);
    request.dry_run = automatic->dry_run;
    request.follow_ns = follow_of_rule(*incident, automatic->response);
    request.follow_by_rule = request.follow_ns != 0;
    const auto now = static_cast<std::int64_t>(request.received_ns);
    if (!parts_.automatic) return leave_to_person(*incident, request, "automatic responses are switched off in /etc/quell/quell.yaml");
    if (const auto why = why_not_by_rule(*incident); !why.empty()) {
        incident->rule_doubted = incident->in_doubt();
        return leave_to_person(*incident, request, why);
    }
    if (guard_.is_closed(now))
        return leave_to_person(*incident, request, "held back by the guard: the history could not be read, so that what was done within the last hour is not known");
    if (!guard_.take(request.rule, automatic->per_hour, now))
        return leave_to_person(*incident, request,
                               "held back by the guard: " + std::to_string(automatic->per_hour) + " automatic responses of this rule within an hour");
    approve(id, request.response, {}, request, [this, rule = request.rule, now](const Answer& answer) {
        if (!counts(answer.refusal)) guard_.give_back(rule, now);
    });
}

void Decisions::doubt_ended(Incident& incident, const std::string& why) {
    row(incident, history::Action::IDENTIFIED, why);
    hold(incident);
    if (!std::exchange(incident.rule_doubted, false)) return;
    incident.rule_decided = false;
    consider(incident);
    approve_by_rule(incident.id);
}

// It goes on waiting, for a person.
void Decisions::leave_to_person(Incident& incident, const Request& request, const std::string& why) {
    log::warn(request.rule + ": " + std::string(word_at(kResponseWords, request.response)) + " is not done by itself, " + why);
    incident.note = why;
    row(incident, history::Action::HELD_BACK, why, &request);
}

}  // namespace quell::approval
