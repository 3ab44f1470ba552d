// SPDX-License-Identifier: Apache-2.0
// Decisions: what is asked of who decides, before anything is flipped.
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
using Json = nlohmann::json;

namespace {

Matter matter_of(const Incident& incident, quell_response response) {
    Matter matter;
    matter.response = response;
    matter.severity = incident.rule.severity;
    matter.is_container = incident.key.container != 0;
    matter.id = id_text(incident.id);
    matter.name = incident.identity.name.value_or("");
    matter.image = incident.identity.image;
    matter.labels = incident.identity.labels;
    return matter;
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\n") == std::string::npos; }

std::string person_text(const history::Who& who) { return escape(who.user) + " (uid " + std::to_string(who.uid) + ")"; }

constexpr const char* kReason = "its rule asks for a reason (--reason)";
constexpr const char* kRootIsNone = "its rule asks for two persons, and root is none: it can be anybody";

}  // namespace

std::string Decisions::too_low(Role needed, const std::string& what, const Request& request) {
    if (!request.rule.empty() || request.role >= needed) return {};
    return what + " takes the role " + std::string(role_word(needed)) + ", who asks has " + std::string(role_word(request.role));
}

std::string Decisions::may_not_approve(const Incident& incident, quell_response response, const Request& request) const {
    const auto what = std::string(word_at(kResponseWords, response)) + " at severity " + std::string(word_at(kSeverityWords, incident.rule.severity));
    return too_low(role_needed(parts_.rights, matter_of(incident, response)), what, request);
}

std::string Decisions::may_not_reject(const Incident& incident, const Request& request) const {
    return too_low(role_to_reject(parts_.rights, matter_of(incident, QUELL_RESPONSE_COUNT), incident.rule.offers), "to reject this one", request);
}

std::vector<std::string> Decisions::needs(const Incident& incident, quell_response response, const Request& request) const {
    std::vector<std::string> list;
    if (const auto why = may_not_approve(incident, response, request); !why.empty()) list.push_back(why);
    if (incident.rule.reason_required) list.push_back(kReason);
    if (!incident.rule.two_persons) return list;
    const auto& first = incident.first_approval;
    if (request.who.uid == 0) list.push_back(kRootIsNone);
    else if (!first) list.push_back("two persons: the first and then another give the same digest");
    else list.push_back("two persons: " + person_text(first->who) + " was the first, for " + escape(first->response) + "@" + escape(first->digest));
    return list;
}

bool Decisions::agreed(Incident& incident, const incident::Offer& offer, Request& request, const Reply& reply) {
    if (!request.rule.empty()) return true;
    if (incident.rule.reason_required && is_blank(request.reason)) {
        refuse(incident.id, Refusal::kNotAllowed, kReason, request, reply);
        return false;
    }
    return !incident.rule.two_persons || is_second(incident, offer, request, reply);
}

bool Decisions::is_second(Incident& incident, const incident::Offer& offer, Request& request, const Reply& reply) {
    const auto no = [&](const std::string& why) {
        refuse(incident.id, Refusal::kNotAllowed, why, request, reply);
        return false;
    };
    auto& first = incident.first_approval;
    switch (person_of(first ? std::optional(First{first->who.uid, first->digest}) : std::nullopt, incident.first_approvals, request.who.uid, offer.digest)) {
        case Person::kRoot: return no(kRootIsNone);
        case Person::kSame: return no("its rule asks for two persons, and this one was the first: another has to approve");
        case Person::kTooMany: return no("its rule asks for two persons, and " + std::to_string(kFirstsMax) + " were the first already, each of another digest");
        case Person::kSecond: {
            request.detail = Json{{"first", person_text(first->who)}, {"since", utc_text(first->wall_ns)}}.dump(-1, ' ', true, Json::error_handler_t::replace);
            return true;
        }
        case Person::kFirst: break;
    }
    const std::string word(word_at(kResponseWords, offer.response));
    if (request.dry_run) {
        tell_dry_run(incident, word + " of " + offer.target_text + " would have been approved by one of two", request, reply);
        return false;
    }
    if (is_inside(incident, request)) return no("who asks is inside the target");
    const std::string before = first ? ", in the place of " + person_text(first->who) + ", who approved " + first->response + "@" + first->digest : "";
    first = incident::FirstApproval{request.named(request.who), wall_ns(), word, offer.digest, request.reason};
    incident.first_approvals++;
    row(incident, history::Action::APPROVED_BY_ONE, "approved by one of two" + before, &request);
    reply({Refusal::kNone, {}, incident.id, {}});
    return false;
}

bool Decisions::is_inside(const Incident& incident, const Request& request) { return request.container && request.container == incident.key.container; }

void Decisions::tell_dry_run(Incident& incident, const std::string& what, const Request& request, const Reply& reply) {
    if (is_inside(incident, request)) return refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
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
