// SPDX-License-Identifier: Apache-2.0
#include "user/cli/choose.h"
#include "user/cli/incident_text.h"

namespace quell::cli {

namespace {

// Longer than the daemon waits for the last process to go (5 s).
constexpr std::uint64_t kApproveTimeoutMs = 30'000;

// A kill that is only flipped has not been seen to hold: no success.
bool holds(const std::string& state) { return state == "enforcing" || state == "done"; }

// What a script left open; nothing when it is a terminal that can be asked,
// or nothing is open.
std::string left_open(const std::string& target, const Choice& choice) {
    if (!choice.digest.empty())
        return choice.response.empty() ? "a digest stands for one response: say which" : "";
    if (target.find('@') == std::string::npos && is_at_terminal()) return {};
    return "a script has to say what it approves";
}

}  // namespace

int run_approve(Invocation& invocation) {
    const std::string target = invocation.value("ID[@DIGEST]");
    const std::size_t at = target.find('@');
    const std::string id = target.substr(0, at);
    Choice choice{invocation.value("RESPONSE"), at == std::string::npos ? std::string{} : target.substr(at + 1)};
    if (const std::string open = left_open(target, choice); !open.empty()) {
        invocation.out.note(open + "\n  hint: quell approve " + safe(id) + "@DIGEST " + (choice.response.empty() ? "RESPONSE" : safe(choice.response)) +
                            ", with the digest that `quell show " + safe(id) + "` prints");
        return kUsage;
    }
    Json parameters = {{"id", id}};
    if (!put_reason(invocation, parameters)) return kUsage;
    if (const auto allow = invocation.all("--allow"); !allow.empty()) parameters["allow"] = allow;
    if (invocation.has("--allow-node")) parameters["allow_node"] = true;
    if (invocation.has("--loopback")) parameters["loopback"] = true;
    int code = kDone;
    if (choice.digest.empty()) {
        auto chosen = choose(invocation, id, choice.response, code);
        if (!chosen) return code;
        choice = *chosen;
    }
    parameters["digest"] = choice.digest;
    parameters["response"] = choice.response;
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
