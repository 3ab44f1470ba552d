// SPDX-License-Identifier: Apache-2.0
// Decisions: what is asked of who decides, before anything is flipped.
#include "user/approval/decisions.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/vocabulary.h"

namespace quell::approval {

using incident::Incident;

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
    return list;
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
