// SPDX-License-Identifier: Apache-2.0
// Decisions: what is asked of who decides, before anything is flipped.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "user/approval/decisions.h"
#include "user/approval/two_persons.h"
#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"

namespace quell::approval {

using incident::Incident;

namespace {

using Json = nlohmann::json;

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\n") == std::string::npos; }

std::string person_text(const history::Who& who) { return escape(who.user) + " (uid " + std::to_string(who.uid) + ")"; }

// One more member of a row's detail, which is JSON or nothing.
std::string with(const std::string& detail, const char* name, const std::string& value) {
    Json json = detail.empty() ? Json::object() : Json::parse(detail);
    json[name] = value;
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

// A rule has no role: what it may, the policy says. What follows a workload was agreed to once.
bool is_high_enough(Role needed, const Request& request) { return !request.rule.empty() || request.follows || request.role >= needed; }

// What is typed to go over a guard: of a pod it is not one container's name.
std::string word_of(Matter matter, const Request& request) {
    if (request.joint) matter.name = request.joint->name;
    return word_to_type(matter);
}

constexpr const char* kOwnPod = "it is in Quell's own pod";
constexpr const char* kReason = "its rule asks for a reason (--reason)";
constexpr const char* kInside = "who asks is inside the target";
constexpr const char* kSamePerson = "its rule asks for two persons, and this one was the first: another has to approve";
constexpr const char* kRootIsNone = "its rule asks for two persons, and root is none: it can be anybody";

}  // namespace

Matter Decisions::matter_of(const Incident& incident, quell_response response) const {
    Matter matter;
    matter.response = response;
    matter.severity = incident.rule.severity;
    matter.is_container = incident.of_container();
    matter.id = id_text(incident.id);
    matter.name = incident.identity.name.value_or("");
    const auto& who = incident.identity;
    matter.image = who.image ? &*who.image : nullptr;
    matter.labels = who.labels ? &*who.labels : nullptr;
    matter.is_own_pod = !parts_.own_pod.empty() && who.pod && who.pod_namespace && *who.pod_namespace + "/" + *who.pod == parts_.own_pod;
    return matter;
}

std::string Decisions::too_low(Role needed, const std::string& what, const Request& request) {
    return what + " takes the role " + std::string(role_word(needed)) + ", who asks has " + std::string(role_word(request.role));
}

std::string Decisions::may_not_approve(const Incident& incident, quell_response response, const Request& request) const {
    auto needed = role_needed(parts_.rights, matter_of(incident, response));
    if (request.joint)
        for (const auto& other : request.joint->others) needed = std::max(needed, role_needed(parts_.rights, matter_of(other, response)));
    if (is_high_enough(needed, request)) return {};
    return too_low(needed, std::string(word_at(kResponseWords, response)) + " at severity " + std::string(word_at(kSeverityWords, incident.rule.severity)), request);
}

std::string Decisions::may_not_reject(const Incident& incident, const Request& request) const {
    const auto needed = role_to_reject(parts_.rights, matter_of(incident, QUELL_RESPONSE_COUNT), incident.rule.offers);
    return is_high_enough(needed, request) ? std::string{} : too_low(needed, "to reject this one", request);
}

std::vector<std::string> Decisions::needs(const Incident& incident, quell_response response, const Request& request) const {
    std::vector<std::string> list;
    const auto matter = matter_of(incident, response);
    if (is_own(matter, request)) list.push_back(kOwnPod);
    if (const auto why = may_not_approve(incident, response, request); !why.empty()) list.push_back(why);
    if (const auto guards = guards_on(matter, request); !guards.empty())
        list.push_back("guard " + guards_text(guards) + "; an admin goes over it with --confirm " + word_of(matter, request));
    if (incident.rule.reason_required) list.push_back(kReason);
    if (!incident.rule.two_persons) return list;
    const auto& first = incident.first_approval;
    if (request.who.uid == 0) list.push_back(kRootIsNone);
    else if (!first) list.push_back("two persons: the first and then another give the same digest");
    else list.push_back("two persons: " + person_text(first->who) + " was the first, for " + escape(first->response) + "@" + escape(first->digest));
    return list;
}

Decisions::Asks Decisions::asks(const Incident& incident, const incident::Offer& offer, const Request& request) const {
    Asks asks;
    asks.reason = incident.rule.reason_required;
    asks.two_persons = incident.rule.two_persons;
    const auto matter = matter_of(incident, offer.response);
    const auto guards = guards_on(matter, request);
    if (!guards.empty()) asks.confirm = word_of(matter, request);
    const auto& first = incident.first_approval;
    const auto person = person_of(first ? std::optional(First{first->who.uid, first->digest}) : std::nullopt, incident.first_approvals, request.who.uid, offer.digest);
    if (is_own(matter, request)) asks.refused = kOwnPod;
    else if (is_inside(incident, request)) asks.refused = kInside;
    else if (const auto low = may_not_approve(incident, offer.response, request); !low.empty()) asks.refused = low;
    else if (incident.rule.two_persons && person == Person::kRoot) asks.refused = kRootIsNone;
    else if (incident.rule.two_persons && person == Person::kSame) asks.refused = kSamePerson;
    else if (!guards.empty() && request.role != Role::kAdmin) asks.refused = "guard " + guards_text(guards) + "; an admin may go over it";
    return asks;
}

bool Decisions::agreed(Incident& incident, const incident::Offer& offer, Request& request, const Reply& reply) {
    const auto no = [&](const char* why) {
        refuse(incident.id, Refusal::kNotAllowed, why, request, reply);
        return false;
    };
    const auto matter = matter_of(incident, offer.response);
    if (is_own(matter, request)) return no(kOwnPod);
    std::string over;
    if (request.follows) return request.over_guards || !is_guarded(incident, matter, request, reply, over);
    if (request.follow_ns) request.detail = with(request.detail, "follow", duration_text(static_cast<std::int64_t>(request.follow_ns)));
    if (!request.not_followed.empty()) request.detail = with(request.detail, "not_followed", request.not_followed);
    if (request.break_glass) return breaks_glass(incident, matter, request, reply);
    if (request.rule.empty() && incident.rule.reason_required && is_blank(request.reason)) return no(kReason);
    if (request.rule.empty() && incident.rule.two_persons && !is_second(incident, offer, request, reply)) return false;
    if (is_guarded(incident, matter, request, reply, over)) return false;
    if (!over.empty()) request.detail = with(request.detail, "guard", over);
    request.over_guards = !over.empty();
    return true;
}

bool Decisions::is_guarded(Incident& incident, const Matter& matter, const Request& request, const Reply& reply, std::string& over) {
    const auto guards = guards_on(matter, request);
    if (guards.empty()) return false;
    const auto text = guards_text(guards);
    const auto word = word_of(matter, request);
    if (!request.rule.empty()) {  // a rule types nothing
        leave_to_person(incident, request, "held back by the guard " + text);
        reply({Refusal::kGuarded, text, incident.id, {}});
        return true;
    }
    if (request.confirm == word && request.role == Role::kAdmin) {
        over = text;
        return false;
    }
    const std::string why = request.confirm != word ? "" : ", and who asks is none";
    refuse(incident.id, Refusal::kGuarded, "guard " + text + "; an admin may go over it" + why, request, [reply, name = guards.front().name, word](Answer answer) {
        answer.guard = name;
        answer.word = word;
        reply(answer);
    });
    return true;
}

bool Decisions::breaks_glass(Incident& incident, const Matter& matter, Request& request, const Reply& reply) {
    const char* why = !request.may_break_glass ? "who asks is in no group that may break the glass" : is_blank(request.reason) ? "to break the glass takes a reason (--reason)" : nullptr;
    if (why != nullptr) {
        refuse(incident.id, Refusal::kNotAllowed, why, request, reply);
        return false;
    }
    std::string over;
    const auto add = [&](const std::string& what) { over += (over.empty() ? "" : "; ") + what; };
    if (const auto low = may_not_approve(incident, matter.response, request); !low.empty()) add(low);
    if (request.beside != QUELL_RESPONSE_COUNT)
        if (const auto low = may_not_approve(incident, request.beside, request); !low.empty()) add(low);
    if (incident.rule.two_persons) add("its rule asks for two persons");
    if (const auto guards = guards_on(matter, request); !guards.empty()) add("guard " + guards_text(guards));
    request.broken = over.empty() ? "approved over nothing: nothing stood against it" : "approved over: " + over;
    request.detail = with(request.detail, "break_glass", request.broken);
    request.over_guards = true;
    return true;
}

bool Decisions::may_end_following(Incident& incident, const Request& request, const Reply& reply) {
    const auto response = static_cast<quell_response>(incident.entry.response % QUELL_RESPONSE_COUNT);
    if (const auto why = may_not_approve(incident, response, request); !why.empty()) {
        refuse(incident.id, Refusal::kNotAllowed, why, request, reply);
        return false;
    }
    if (is_inside(incident, request)) {
        refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
        return false;
    }
    if (request.dry_run) tell_dry_run(incident, "its workload would have been followed no longer", request, reply);
    return !request.dry_run;
}

void Decisions::approved(Incident& incident, const Request& request) {
    incident.decided_by = request.named(request.who);
    if (!request.broken.empty()) {
        log::error("BREAK-GLASS: " + person_text(*incident.decided_by) + ", incident " + id_text(incident.id) + ", " + request.broken + "; reason: " + escape(request.reason));
        row(incident, history::Action::BREAK_GLASS, request.broken, &request);
    }
    row(incident, history::Action::APPROVED, "approved", &request);
}

bool Decisions::is_second(Incident& incident, const incident::Offer& offer, Request& request, const Reply& reply) {
    const auto no = [&](const std::string& why) {
        refuse(incident.id, Refusal::kNotAllowed, why, request, reply);
        return false;
    };
    auto& first = incident.first_approval;
    switch (person_of(first ? std::optional(First{first->who.uid, first->digest}) : std::nullopt, incident.first_approvals, request.who.uid, offer.digest)) {
        case Person::kRoot: return no(kRootIsNone);
        case Person::kSame: return no(kSamePerson);
        case Person::kTooMany: return no("its rule asks for two persons, and " + std::to_string(kFirstsMax) + " were the first already, each of another digest");
        case Person::kSecond: {
            request.detail = with(with(request.detail, "first", person_text(first->who)), "since", utc_text(first->wall_ns));
            return true;
        }
        case Person::kFirst: break;
    }
    const std::string word(word_at(kResponseWords, offer.response));
    if (request.dry_run) {
        tell_dry_run(incident, word + " of " + offer.target_text + " would have been approved by one of two", request, reply);
        return false;
    }
    if (is_inside(incident, request)) return no(kInside);
    const std::string before = first ? ", in the place of " + person_text(first->who) + ", who approved " + first->response + "@" + first->digest : "";
    first = incident::FirstApproval{request.named(request.who), wall_ns(), word, offer.digest, request.reason};
    incident.first_approvals++;
    row(incident, history::Action::APPROVED_BY_ONE, "approved by one of two" + before, &request);
    reply({Refusal::kNone, {}, incident.id, {}});
    return false;
}

bool Decisions::is_inside(const Incident& incident, const Request& request) {
    if (!request.container) return false;
    return request.container == incident.key.container ||
           (request.joint && std::ranges::any_of(request.joint->others, [&](const Incident& other) { return other.key.container == request.container; }));
}

void Decisions::tell_dry_run(Incident& incident, const std::string& what, const Request& request, const Reply& reply) {
    if (is_inside(incident, request)) return refuse(incident.id, Refusal::kNotAllowed, kInside, request, reply);
    const bool by_rule = !request.rule.empty();
    const std::string text = "dry run: " + what + (by_rule ? " by the rule" : "");
    if (by_rule) {
        incident.note = text;
        log::info(request.rule + ": " + text);
    }
    row(incident, history::Action::DRY_RUN, text, &request);
    reply({Refusal::kNone, {}, incident.id, {}});
}

}  // namespace quell::approval
