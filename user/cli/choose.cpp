// SPDX-License-Identifier: Apache-2.0
#include "user/cli/choose.h"

#include <unistd.h>

#include <iostream>

#include "user/base/escape.h"
#include "user/cli/incident_text.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

namespace errors = control::errors;

// Everything goes to standard error: standard output is for the result, which
// may be JSON.
std::string ask_line(const Invocation& invocation, const std::string& prompt) {
    invocation.out.prompt(prompt);
    std::string answer;
    std::getline(std::cin, answer);
    return answer;
}

std::string offered(const Json& incident) {
    std::string out;
    for (const Json& offer : control::member(incident, "offers"))
        if (control::true_member(offer, "available")) out += (out.empty() ? "" : ", ") + text_of(offer, "response");
    return out;
}

std::optional<Choice> refuse(Invocation& invocation, int& code, std::string_view error, const Json& parameters) {
    code = report(invocation, error, parameters);
    return std::nullopt;
}

std::optional<Choice> not_approved(Invocation& invocation, int& code, const std::string& why = "not approved") { return refuse(invocation, code, errors::kFailed, {{"reason", why}}); }

}  // namespace

bool is_at_terminal() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

std::optional<Choice> choose(Invocation& invocation, const std::string& id, const std::string& response, int& code) {
    const auto reply = ask(invocation, "Show", {{"id", id}}, code);
    if (!reply) return std::nullopt;
    const Json& incident = control::member(*reply, "incident");
    const std::string state = text_of(incident, "state");
    if (state != "pending" && state != "arming") return refuse(invocation, code, errors::kTooLate, {{"state", state}});
    Choice choice{response, {}};
    if (choice.response.empty()) {
        const std::string all = offered(incident);
        invocation.out.prompt(incident_text(incident, invocation));
        if (all.empty()) return not_approved(invocation, code, "no response is offered for " + escape(id));
        choice.response = ask_line(invocation, "Type the response to approve, one of " + all + ": ");
        if (choice.response.empty()) return not_approved(invocation, code);
    }
    const Json& offer = find_offer(incident, choice.response);
    if (!control::true_member(offer, "available")) {
        const std::string reason = control::string_member(offer, "reason");
        return refuse(invocation, code, errors::kNotOffered, {{"response", choice.response}, {"reason", reason.empty() ? "the rule of " + id + " does not offer it" : reason}});
    }
    choice.digest = control::string_member(offer, "digest");
    const std::string shown = response.empty() ? std::string{}
                                               : "Incident " + text_of(incident, "id") + ": " + text_of(incident, "name") + ", " + state + "\n";
    if (ask_line(invocation, shown + safe(choice.response) + "\n" + offer_text(offer, "  ") + "Type yes to approve: ") != "yes")
        return not_approved(invocation, code);
    return choice;
}

std::optional<Choice> choose_wide(Invocation& invocation, const std::string& id, const std::string& response, const Json& scope, bool is_sure, int& code) {
    Json parameters = {{"id", id}, {"response", response}};
    parameters.update(scope);
    const auto reply = ask(invocation, "Preview", parameters, code);
    if (!reply) return std::nullopt;
    for (const Json& preview : control::member(*reply, "previews")) {
        const Json& offer = control::member(preview, "offer");
        if (control::string_member(offer, "response") != response) continue;
        if (!control::true_member(offer, "available")) return refuse(invocation, code, errors::kNotOffered, {{"response", response}, {"reason", control::string_member(offer, "reason")}});
        if (!is_sure && ask_line(invocation, "Incident " + safe(id) + "\n" + preview_text(preview, invocation) + "Type yes to approve: ") != "yes") break;
        return Choice{response, control::string_member(offer, "digest")};
    }
    return not_approved(invocation, code);
}

}  // namespace quell::cli
