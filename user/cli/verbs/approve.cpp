// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>

#include "user/cli/incident_text.h"

namespace quell::cli {

namespace {

// Longer than the daemon waits for the last process to go (5 s).
constexpr std::uint64_t kApproveTimeoutMs = 30'000;

// Shows what the response would hit now and asks. The digest of what was
// shown, or nothing; then `code` is what to end with.
std::optional<std::string> digest_by_asking(Invocation& invocation, const std::string& id, const std::string& response, int& code) {
    const auto reply = ask(invocation, "Show", {{"id", id}}, code);
    if (!reply) return std::nullopt;
    const Json& incident = control::member(*reply, "incident");
    const Json& offer = find_offer(incident, response);
    if (!offer.is_object() || !control::true_member(offer, "available")) {
        const std::string reason = text_of(offer, "reason");
        invocation.out.note(safe(response) + " is not offered for " + safe(id) + (reason.empty() ? "" : ": " + reason));
        code = kFailed;
        return std::nullopt;
    }
    invocation.out.prompt("Incident " + text_of(incident, "id") + ": " + text_of(incident, "name") + ", " + text_of(incident, "state") + "\n" +
                          safe(response) + "\n" + offer_text(offer, "  ") + "Approve? Type yes [y/N]: ");
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "yes") {
        invocation.out.note("not approved");
        code = kFailed;
        return std::nullopt;
    }
    return control::string_member(offer, "digest");
}

// A kill that is only flipped has not been seen to hold: no success.
bool holds(const std::string& state) { return state == "enforcing" || state == "done"; }

}  // namespace

int run_approve(Invocation& invocation) {
    const std::string target = invocation.value("ID[@DIGEST]");
    const std::string response = invocation.value("RESPONSE");
    const std::size_t at = target.find('@');
    const std::string id = target.substr(0, at);
    std::string digest = at == std::string::npos ? std::string{} : target.substr(at + 1);
    int code = kUsage;
    if (digest.empty()) {
        if (at != std::string::npos || isatty(STDIN_FILENO) != 1) {
            invocation.out.note("a script has to say what it approves\n  hint: quell approve " + safe(id) + "@DIGEST " + safe(response) +
                                ", with the digest that `quell show " + safe(id) + "` prints");
            return kUsage;
        }
        auto asked = digest_by_asking(invocation, id, response, code);
        if (!asked) return code;
        digest = *asked;
    }
    Json parameters = {{"id", id}, {"digest", digest}, {"response", response}};
    if (invocation.has("--reason")) parameters["reason"] = invocation.value("--reason");
    const auto reply = ask(invocation, "Approve", parameters, code, kApproveTimeoutMs);
    if (!reply) return code;
    const Json& incident = control::member(*reply, "incident");
    const Json& survivors = control::member(*reply, "survivors");
    const std::string state = control::string_member(incident, "state");
    const bool is_contained = holds(state) && survivors.empty();
    if (invocation.json) return print_json(invocation, *reply), is_contained ? kDone : kFailed;

    std::string out = text_of(incident, "id") + " " + text_of(incident, "name") + ": " + text_of(incident, "response") + " " +
                      invocation.out.paint(is_contained ? Colour::Green : Colour::Red, safe(state)) + "\n  " + latency_text(incident, invocation.utc) + "\n";
    if (const std::string note = text_of(incident, "note"); !note.empty()) out += "  " + note + "\n";
    for (const Json& one : survivors) out += "  still there: " + process_text(one) + "\n";
    invocation.out.print(out);
    if (!holds(state) && survivors.empty()) invocation.out.note("the containment was not seen to hold; see `quell show " + safe(id) + "`");
    return is_contained ? kDone : kFailed;
}

}  // namespace quell::cli
