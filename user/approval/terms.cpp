// SPDX-License-Identifier: Apache-2.0
// Decisions: what is asked of who decides, before anything is flipped.
#include "user/approval/decisions.h"
#include "user/base/log.h"
#include "user/base/vocabulary.h"

namespace quell::approval {

using incident::Incident;

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
