// SPDX-License-Identifier: Apache-2.0
// Who holds the file of an incident, for show and preview.
#include "user/daemon/daemon.h"
#include "user/incident/describe.h"
#include "user/incident/offers.h"
#include "user/response/holders.h"

namespace quell::daemon {
namespace {

control::Json holders_of_incident(const Result<response::Holders>& found, bool has_container) {
    control::Json json = control::Json::object();
    if (!found) return json;
    json["holders"] = control::Json::array();
    for (const auto& one : found->list) {
        if (json["holders"].size() >= incident::kListedMax) break;
        json["holders"].push_back(incident::process_json(one.task, response::holder_text(one, has_container)));
    }
    if (found->is_whole) json["holders_count"] = found->list.size();
    return json;
}

}  // namespace

// All processes are walked for it: not on the loop, which has others to answer.
void Daemon::with_holders(const incident::Incident& incident, std::function<void(const control::Json&)> then) {
    const auto& entry = incident.entry;
    const bool is_offered = incident.waits() && (entry.offers & QUELL_BIT(QUELL_RESPONSE_QUARANTINE_FILE)) && !(entry.object_flags & QUELL_OBJECT_LAST_LINK);
    if (!is_offered && !incident.holds_file()) return then(control::Json::object());
    const auto container = incident.key.container;
    auto submitted = namer_->submit([this, file = entry.file, inode = entry.inode, container] { return response::holders_of(*engine_, file, inode, container); },
                                    [then, container](const Result<response::Holders>& found) { then(holders_of_incident(found, container != 0)); });
    if (!submitted) then(control::Json::object());
}

}  // namespace quell::daemon
