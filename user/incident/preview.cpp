// SPDX-License-Identifier: Apache-2.0
#include "user/incident/preview.h"

#include "user/base/vocabulary.h"

namespace quell::incident {

std::string_view risk_of(quell_response response) {
    switch (response) {
        case QUELL_RESPONSE_KILL_CONTAINER: return "every process of the container ends at once, with what it had not written; its runtime may start it again";
        case QUELL_RESPONSE_KILL_PROCESS: return "the process and all its descendants end at once, with what they had not written: a service or a login session, where it is one";
        case QUELL_RESPONSE_QUARANTINE_FILE: return "whoever needs the file is refused, and a program in it does not start; nothing is deleted";
        case QUELL_RESPONSE_PAUSE_CONTAINER: return "nothing in the container runs until it is resumed: what it serves hangs, and liveness probes may have it restarted";
        case QUELL_RESPONSE_STOP_CONTAINER: return "the container is told to end and is killed when its grace time is over; its runtime may start it again";
        case QUELL_RESPONSE_ISOLATE_NETWORK: return "what the container serves or asks of others fails, connections that are open included, and a probe may have it restarted";
        case QUELL_RESPONSE_ACQUIRE_FILE: return "nobody is hit: the file's content is read and kept on this host, for root";
        case QUELL_RESPONSE_CAPTURE: return "nobody is hit: what the processes are, have open and were started with is kept on this host, for root; arguments may hold secrets";
        case QUELL_RESPONSE_DENY_WRITE: return "what the container writes below the places fails from then on: what it serves may fail, or lose what it would have kept; nothing is deleted";
        case QUELL_RESPONSE_DENY_EXEC: return "the program does not start any more, nor what needs it as a library or an interpreter, and a service is not started again; nothing is deleted";
        case QUELL_RESPONSE_COUNT: break;
    }
    return "not known";
}

Json preview_json(const Incident& incident, const Offer& offer, bool container_alive, const std::vector<std::string>& needs) {
    auto whole = whole_json(incident, {offer}, container_alive);
    Json json = {{"offer", whole["offers"][0]}, {"files", Json::array()}, {"risk", risk_of(offer.response)},
                 {"reversible", !word_at(kUndoWords, offer.response).empty()}, {"needs", needs}};
    if (whole.contains("container")) json["container"] = whole["container"];
    const bool is_of_file = offer.response == QUELL_RESPONSE_QUARANTINE_FILE || offer.response == QUELL_RESPONSE_ACQUIRE_FILE || (offer.response == QUELL_RESPONSE_DENY_EXEC && !(incident.entry.object_flags & QUELL_OBJECT_ACTOR));
    if (is_of_file && offer.available && whole.contains("file")) json["files"].push_back(whole["file"]);
    return json;
}

}  // namespace quell::incident
