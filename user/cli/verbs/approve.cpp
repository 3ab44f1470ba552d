// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "user/cli/bulk.h"
#include "user/cli/choose.h"
#include "user/cli/incident_text.h"

namespace quell::cli {

namespace {

// Longer than the daemon waits for the last process to go (5 s); of stop-container also what quell.yaml lets it wait before.
constexpr std::uint64_t kApproveTimeoutMs = 30'000, kStopTimeoutMs = 150'000;

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
    if (invocation.has("--select")) return approve_selected(invocation);
    if (!invocation.has("ID[@DIGEST]") || invocation.has("--digest")) {
        invocation.out.note("an ID[@DIGEST], or --select with or without --digest");
        return kUsage;
    }
    const std::string target = invocation.value("ID[@DIGEST]");
    const std::size_t at = target.find('@');
    const std::string id = target.substr(0, at);
    Choice choice{invocation.value("RESPONSE"), at == std::string::npos ? std::string{} : target.substr(at + 1)};
    if (const std::string open = left_open(target, choice); !open.empty()) {
        invocation.out.note(open + "\n  hint: quell approve " + safe(id) + "@DIGEST " + (choice.response.empty() ? "RESPONSE" : safe(choice.response)) +
                            ", with the digest that `quell show " + safe(id) + "` prints");
        return kUsage;
    }
    Json parameters = Json::object();
    if (!put_reason(invocation, parameters)) return kUsage;
    if (invocation.has("--dry-run")) parameters["dry_run"] = true;
    if (invocation.has("--confirm")) parameters["confirm"] = invocation.value("--confirm");
    if (invocation.has("--break-glass")) parameters["break_glass"] = true;
    if (invocation.has("--break-glass") && invocation.value("--reason").empty()) {
        invocation.out.note("--break-glass takes a --reason");
        return kUsage;
    }
    if (const auto allow = invocation.all("--allow"); !allow.empty()) parameters["allow"] = allow;
    if (invocation.has("--allow-node")) parameters["allow_node"] = true;
    if (invocation.has("--loopback")) parameters["loopback"] = true;
    if (invocation.has("--kill-holders")) parameters["kill_holders"] = true;
    int code = kDone;
    if (choice.digest.empty()) {
        auto chosen = choose(invocation, id, choice.response, code);
        if (!chosen) return code;
        choice = *chosen;
    }
    return approve_chosen(invocation, id, choice, std::move(parameters));
}

int approve_chosen(Invocation& invocation, const std::string& id, const Choice& choice, Json parameters) {
    parameters["id"] = id;
    parameters["digest"] = choice.digest;
    parameters["response"] = choice.response;
    const bool is_dry = control::true_member(parameters, "dry_run");
    if (geteuid() == 0) invocation.out.note(kRootNote);
    int code = kDone;
    const auto reply = ask(invocation, "Approve", parameters, code, choice.response == "stop-container" ? kStopTimeoutMs : kApproveTimeoutMs);
    if (!reply) return code;
    const Json& incident = control::member(*reply, "incident");
    const Json& survivors = control::member(*reply, "survivors");
    const std::string state = control::string_member(incident, "state");
    const Json& first = control::member(incident, "first_approval");
    if (!is_dry && (state == "pending" || state == "arming") && first.is_object()) {
        if (invocation.json) print_json(invocation, *reply);
        else
            invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": " + text_of(first, "response") + " approved by one of two\n" +
                                 "  nothing is contained yet: another person, not root, has to run\n  quell approve " + text_of(incident, "id") + "@" + text_of(first, "digest") + " " +
                                 text_of(first, "response") + "\n");
        return kOneOfTwo;
    }
    const bool is_contained = is_dry || (holds(state) && survivors.empty());
    if (invocation.json) return print_json(invocation, *reply), is_contained ? kDone : kFailed;
    if (is_dry) {
        invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": nothing stands against " + safe(choice.response) + "; a dry run, nothing was approved\n");
        return kDone;
    }

    std::string out = text_of(incident, "id") + " " + text_of(incident, "name") + ": " + text_of(incident, "response") + " " +
                      invocation.out.paint(is_contained ? Colour::Green : Colour::Red, safe(state)) + "\n  " + latency_text(incident, invocation.utc) + "\n";
    if (const std::string note = text_of(incident, "note"); !note.empty()) out += "  " + note + "\n";
    for (const Json& one : survivors) out += "  still there: " + process_text(one) + "\n";
    invocation.out.print(out);
    if (!holds(state) && survivors.empty()) invocation.out.note("the containment was not seen to hold; see `quell show " + safe(id) + "`");
    return is_contained ? kDone : kFailed;
}

}  // namespace quell::cli
