// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "user/cli/bulk.h"
#include "user/cli/choose.h"
#include "user/cli/incident_text.h"

namespace quell::cli {

namespace {

// Longer than the daemon waits for the last process to go (5 s); of stop-container also what quell.yaml lets it wait before.
// A pod has up to 64 containers, three of which are swept at once.
constexpr std::uint64_t kApproveTimeoutMs = 30'000, kStopTimeoutMs = 150'000;
// Evidence has as long as quell.yaml gives it, an hour at most, and may wait for another.
constexpr std::uint64_t kEvidenceTimeoutMs = 7'200'000;

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

std::uint64_t approve_timeout_ms(const std::string& response, const Json& parameters) {
    if (response == "acquire-file" || response == "capture" || parameters.contains("with") || parameters.contains("copy")) return kEvidenceTimeoutMs;
    const bool is_wide = parameters.contains("scope") || parameters.contains("all_instances");
    return response == "stop-container" || is_wide ? kStopTimeoutMs : kApproveTimeoutMs;
}

int run_approve(Invocation& invocation) {
    if (invocation.has("--no-follow") && invocation.has("--follow")) {
        invocation.out.note("--follow and --no-follow: one of them");
        return kUsage;
    }
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
        const std::string response = choice.response.empty() ? "RESPONSE" : safe(choice.response);
        const std::string shown = invocation.has("--scope")           ? "preview " + safe(id) + " " + response + " --scope pod"
                                  : invocation.has("--all-instances") ? "preview " + safe(id) + " " + response + " --all-instances"
                                                                      : "show " + safe(id);
        invocation.out.note(open + "\n  hint: quell approve " + safe(id) + "@DIGEST " + response + ", with the digest that `quell " + shown + "` prints");
        return kUsage;
    }
    Json parameters = Json::object();
    if (!put_reason(invocation, parameters)) return kUsage;
    if (!put_decision(invocation, parameters)) return kUsage;
    put_options(invocation, parameters);
    Json scope = Json::object();
    if (!put_scope(invocation, scope)) return kUsage;
    if (!scope.empty() && choice.response.empty()) {
        invocation.out.note("--scope and --all-instances take a RESPONSE");
        return kUsage;
    }
    parameters.update(scope);
    if (const auto below = invocation.all("--below"); !below.empty()) parameters["below"] = below;
    if (invocation.has("--no-follow")) parameters["no_follow"] = true;
    int code = kDone;
    if (choice.digest.empty()) {
        auto chosen = scope.empty() ? choose(invocation, id, choice.response, code) : choose_wide(invocation, id, choice.response, scope, false, code);
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
    const auto reply = ask(invocation, "Approve", parameters, code, approve_timeout_ms(choice.response, parameters));
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
                                 text_of(first, "response") + (parameters.contains("scope") ? " --scope pod" : parameters.contains("all_instances") ? " --all-instances" : "") + "\n");
        return kOneOfTwo;
    }
    const Json& parts = control::member(*reply, "parts");
    const bool hold_all = std::ranges::all_of(parts, [](const Json& one) { return control::true_member(one, "ok"); });
    const bool is_contained = is_dry || (holds(state) && survivors.empty() && hold_all);
    const Json& evidence = control::member(*reply, "evidence");
    const bool lacks_evidence = evidence.is_object() && !control::true_member(evidence, "whole");
    const int ends_with = is_contained && !lacks_evidence ? kDone : kFailed;
    if (invocation.json) return print_json(invocation, *reply), ends_with;
    if (is_dry) {
        invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": nothing stands against " + safe(choice.response) + "; a dry run, nothing was approved\n");
        return kDone;
    }

    std::string out = text_of(incident, "id") + " " + text_of(incident, "name") + ": " + text_of(incident, "response") + " " +
                      invocation.out.paint(is_contained ? Colour::Green : Colour::Red, safe(state)) + "\n  " + latency_text(incident, invocation.utc) + "\n";
    if (const std::string note = text_of(incident, "note"); !note.empty()) out += "  " + note + "\n";
    out += parts_text(*reply);
    if (evidence.is_object()) out += "  evidence: " + text_of(evidence, "text") + "\n";
    if (const std::string follow = follow_text(incident, invocation.utc); !follow.empty()) out += "  " + follow + "\n";
    for (const Json& one : survivors) out += "  still there: " + process_text(one) + "\n";
    invocation.out.print(out);
    if (holds(state) && !hold_all) invocation.out.note("not all of them were seen to be contained");
    if (!holds(state) && survivors.empty()) invocation.out.note("the containment was not seen to hold; see `quell show " + safe(id) + "`");
    return ends_with;
}

}  // namespace quell::cli
