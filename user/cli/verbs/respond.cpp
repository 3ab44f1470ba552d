// SPDX-License-Identifier: Apache-2.0
// A response without an incident: the daemon binds what was named, and then it
// is shown and approved like what was detected.
#include <charconv>

#include "user/cli/choose.h"
#include "user/cli/incident_text.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

int usage(const Invocation& invocation, const std::string& text, const std::string& hint) {
    invocation.out.note(text + "\n  hint: " + hint);
    return kUsage;
}

// The target's parameters, or what is wrong with them.
std::string read_target(const Invocation& invocation, Json& parameters) {
    const bool has_place = invocation.has("--container") || invocation.has("--file");
    if ((has_place ? 1 : 0) + (invocation.has("--pid") ? 1 : 0) + (invocation.has("--from") ? 1 : 0) + (invocation.has("--pod") ? 1 : 0) != 1)
        return "one of --container, --pod, --pid, --file (with or without --container) and --from says what is meant";
    if (invocation.has("--pid")) {
        const std::string text = invocation.value("--pid");
        int pid = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
        if (error != std::errc{} || end != text.data() + text.size() || pid < 1) return "--pid: not a process: " + safe(text);
        parameters["pid"] = pid;
    }
    for (const auto& [option, name] : {std::pair{"--container", "container"}, {"--pod", "pod"}, {"--file", "path"}, {"--from", "from"}})
        if (invocation.has(option)) parameters[name] = invocation.value(option);
    return {};
}

// What was bound and is not wanted must not wait for somebody to approve it.
int withdraw(Invocation& invocation, const std::string& id, int code, const char* why = "not confirmed") {
    // what is printed as JSON is one value, and that was printed
    if (control::Client(invocation.socket).call("Reject", {{"id", id}, {"reason", why}}).outcome != control::CallOutcome::Reply) invocation.out.note("what was bound waits as incident " + safe(id) + " until it is rejected, for 15 minutes at most");
    return code;
}

}  // namespace

int run_respond(Invocation& invocation) {
    const std::string response = invocation.value("RESPONSE");
    const bool is_dry = invocation.has("--dry-run");
    const bool is_sure = invocation.has("--yes") || is_dry;
    Json parameters = {{"response", response}};
    if (const std::string wrong = read_target(invocation, parameters); !wrong.empty())
        return usage(invocation, wrong, "quell respond " + safe(response) + " --container NAME --reason TEXT");
    if (!put_reason(invocation, parameters)) return kUsage;
    if (!is_sure && !is_at_terminal())
        return usage(invocation, "a script has to say that it is sure", "add --yes; what is named is bound and contained without being shown to anybody");
    Json options = Json::object(), scope = Json::object();
    if (!put_scope(invocation, scope)) return kUsage;
    if (invocation.has("--pod")) scope["scope"] = "pod";
    put_options(invocation, options);
    Json decision = Json::object();
    if (!put_decision(invocation, decision)) return kUsage;
    if (!scope.empty() && decision.contains("follow_s")) return usage(invocation, "--follow is of one container, not of several", "leave --follow or the scope out");
    parameters.update(options);  // what is wrong with them is told before anything is bound
    for (const char* name : {"follow_s", "kill_holders", "break_glass"})
        if (decision.contains(name)) parameters[name] = decision[name];
    options.update(decision);
    int code = kDone;
    const auto reply = ask(invocation, "Request", parameters, code);
    if (!reply) return code;
    const Json& incident = control::member(*reply, "incident");
    const std::string id = control::string_member(incident, "id");
    Choice choice{response, control::string_member(find_offer(incident, response), "digest")};
    if (!is_sure || !scope.empty()) {
        auto chosen = scope.empty() ? choose(invocation, id, response, code) : choose_wide(invocation, id, response, scope, is_sure, code);
        if (!chosen) return withdraw(invocation, id, code);
        choice = *chosen;
    } else if (choice.digest.empty()) {
        const std::string reason = control::string_member(find_offer(incident, response), "reason");
        const int failed = report(invocation, control::errors::kNotOffered, {{"response", response}, {"reason", reason.empty() ? "it cannot be done there" : reason}});
        return withdraw(invocation, id, failed);
    }
    options.update(scope);
    options["reason"] = control::string_member(parameters, "reason");
    if (const auto below = invocation.all("--below"); !below.empty()) options["below"] = below;
    const int ended = approve_chosen(invocation, id, choice, std::move(options));
    return is_dry ? withdraw(invocation, id, ended, "a dry run") : ended;
}

}  // namespace quell::cli
