// SPDX-License-Identifier: Apache-2.0
#include "user/incident/preview.h"

#include "user/base/vocabulary.h"

namespace quell::incident {

std::string_view risk_of(quell_response response) { return response < QUELL_RESPONSE_COUNT ? kResponseRisks[response] : "not known"; }

Json preview_json(const Incident& incident, const Offer& offer, bool container_alive, const std::vector<std::string>& needs) {
    auto whole = whole_json(incident, {offer}, container_alive);
    Json json = {{"offer", whole["offers"][0]}, {"files", Json::array()}, {"risk", risk_of(offer.response)},
                 {"reversible", !word_at(kUndoWords, offer.response).empty()}, {"needs", needs}};
    if (whole.contains("container")) json["container"] = whole["container"];
    const auto target = word_at(kResponseTargets, offer.response);
    const bool is_of_file = target == "file" || (target == "executable" && !(incident.entry.object_flags & QUELL_OBJECT_ACTOR));
    if (is_of_file && offer.available && whole.contains("file")) json["files"].push_back(whole["file"]);
    return json;
}

}  // namespace quell::incident
