// SPDX-License-Identifier: Apache-2.0
#include "user/cli/ask.h"

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

namespace errors = control::errors;
using control::CallOutcome;

// As kern/abi.h has it (QUELL_EXTEND_MAX_NS): the command knows nothing of the kernel side.
constexpr std::uint64_t kFollowMostS = 7 * 24 * 3600;

int exit_code(std::string_view error) {
    if (error == errors::kNotAllowed || error == errors::kGuarded) return kNotAllowed;
    if (error == errors::kTooLate || error == errors::kChanged) return kTooLate;
    return kFailed;
}

std::string explain(const std::string& error, const Json& parameters) {
    const std::string reason = text_of(parameters, "reason");
    if (error == errors::kNotAllowed) return "not allowed: " + reason;
    if (error == errors::kGuarded) return "guarded, nothing was approved: " + reason + "\n  hint: where it is right all the same, --confirm " + text_of(parameters, "word");
    if (error == errors::kNoSuchIncident) return "no such incident: " + text_of(parameters, "id");
    if (error == errors::kTooLate) return "too late: it is " + text_of(parameters, "state") + (reason.empty() ? "" : ": " + reason);
    if (error == errors::kChanged)
        return "it changed since you looked: " + reason + (reason.find("look again") == std::string::npos ? "\n  hint: run `quell show` again and decide on what it says now" : "");
    if (error == errors::kBlind) return "Quell is blind, nothing was enforced: " + reason + "\n  hint: run `quell doctor`";
    if (error == errors::kNotOffered) return text_of(parameters, "response") + " is not offered: " + reason;
    if (error == errors::kNoSuchTarget) return reason;
    if (error == errors::kTooSlow) return "read too slowly: " + reason + "\n  hint: what came next is in `quell history`";
    if (error == errors::kFailed) return reason;
    if (error == errors::kPolicyInvalid) {
        std::string out = "the policy is not valid; nothing was changed";
        for (const Json& finding : control::member(parameters, "findings")) out += "\n" + finding_text(finding);
        return out;
    }
    if (error.starts_with("org.varlink.service."))
        return "the daemon does not understand this command (" + safe(error) + "); is it of another version?";
    return safe(error);
}

}  // namespace

std::string text_of(const Json& object, std::string_view name) { return safe(control::string_member(object, name)); }

std::string finding_text(const Json& finding) {
    std::string out;
    if (const std::string file = text_of(finding, "file"); !file.empty())  // else it is about all files together
        out = file + ":" + std::to_string(control::integer_member(finding, "line")) + ":" + std::to_string(control::integer_member(finding, "column")) + ": ";
    out += text_of(finding, "severity") + ": " + text_of(finding, "message") + " [" + text_of(finding, "code") + "]";
    if (const std::string hint = text_of(finding, "hint"); !hint.empty()) out += "\n  hint: " + hint;
    return out;
}

bool put_reason(const Invocation& invocation, Json& parameters) {
    if (!invocation.has("--reason")) return true;
    const std::string reason = invocation.value("--reason");
    if (reason.size() > control::kReasonSizeMax) {
        invocation.out.note("--reason: at most " + std::to_string(control::kReasonSizeMax) + " bytes, this one has " + std::to_string(reason.size()));
        return false;
    }
    parameters["reason"] = reason;
    return true;
}

void put_options(const Invocation& invocation, Json& parameters) {
    if (const auto allow = invocation.all("--allow"); !allow.empty()) parameters["allow"] = allow;
    if (invocation.has("--allow-node")) parameters["allow_node"] = true;
    if (invocation.has("--loopback")) parameters["loopback"] = true;
    if (invocation.has("--with")) parameters["with"] = invocation.value("--with");
    if (invocation.has("--copy")) parameters["copy"] = true;
}

bool put_decision(const Invocation& invocation, Json& parameters) {
    if (invocation.has("--dry-run")) parameters["dry_run"] = true;
    if (invocation.has("--confirm")) parameters["confirm"] = invocation.value("--confirm");
    if (invocation.has("--break-glass")) parameters["break_glass"] = true;
    if (invocation.has("--break-glass") && invocation.value("--reason").empty()) {
        invocation.out.note("--break-glass takes a --reason");
        return false;
    }
    if (invocation.has("--kill-holders")) parameters["kill_holders"] = true;
    if (!invocation.has("--follow")) return true;
    const auto duration = parse_duration(invocation.value("--follow"));
    const std::uint64_t seconds = duration ? *duration / static_cast<std::uint64_t>(kNsPerSecond) : 0;
    if (seconds < 1 || seconds > kFollowMostS) {
        invocation.out.note("--follow takes a duration from 1s to 7d, such as 2h");
        return false;
    }
    parameters["follow_s"] = seconds;
    return true;
}

bool put_scope(const Invocation& invocation, Json& parameters) {
    if (invocation.has("--all-instances")) parameters["all_instances"] = true;
    if (invocation.has("--all-instances") && (invocation.has("--scope") || invocation.has("--pod"))) {
        invocation.out.note("--all-instances is of a file, and a scope of containers: one of them");
        return false;
    }
    if (!invocation.has("--scope")) return true;
    if (invocation.value("--scope") != "pod") {
        invocation.out.note("--scope: not a scope: " + safe(invocation.value("--scope")) + "\n  hint: pod; without it a response has the scope that it is named for");
        return false;
    }
    parameters["scope"] = "pod";
    return true;
}

void print_json(const Invocation& invocation, const Json& value) {
    invocation.out.print(value.dump(invocation.json_indent, ' ', true, Json::error_handler_t::replace) + "\n");
}

std::string failure_text(const control::CallResult& result) {
    switch (result.outcome) {
        case CallOutcome::Unreachable: return safe(result.message) + "\n  hint: is quelld running? `systemctl status quelld`";
        case CallOutcome::Refused: return "not allowed: " + safe(result.message) + "\n  hint: be root, or a member of the operators' group in /etc/quell/quell.yaml";
        case CallOutcome::Nonsense: return safe(result.message);
        case CallOutcome::Remote:
        case CallOutcome::Reply: break;
    }
    return explain(result.error, result.parameters);
}

int report_failure(Invocation& invocation, const control::CallResult& result) {
    const auto report = [&](int code, std::string_view error, const Json& parameters) {
        if (invocation.json) print_json(invocation, {{"error", error}, {"parameters", parameters}});
        invocation.out.note(failure_text(result));
        return code;
    };
    const Json message = {{"reason", result.message}};
    switch (result.outcome) {
        case CallOutcome::Unreachable: return report(kNotReachable, "io.quell.cli.NotReachable", message);
        case CallOutcome::Refused: return report(kNotAllowed, errors::kNotAllowed, message);
        case CallOutcome::Nonsense: return report(kFailed, "io.quell.cli.Nonsense", message);
        case CallOutcome::Remote:
        case CallOutcome::Reply: break;
    }
    return report(exit_code(result.error), result.error, result.parameters);
}

int report(Invocation& invocation, std::string_view error, const Json& parameters, const std::string& text) {
    if (invocation.json) print_json(invocation, {{"error", error}, {"parameters", parameters}});
    invocation.out.note(text.empty() ? explain(std::string(error), parameters) : text);
    return exit_code(error);
}

int report_error(Invocation& invocation, const Error& error) {
    return report(invocation, errors::kFailed, {{"reason", escape(error.message)}}, safe(error.message) + (error.hint.empty() ? "" : "\n  hint: " + safe(error.hint)));
}

std::optional<Json> ask(Invocation& invocation, std::string_view method, const Json& parameters, int& code, std::uint64_t timeout_ms) {
    control::Client client(invocation.socket);
    auto result = client.call(method, parameters, timeout_ms);
    if (result.outcome == CallOutcome::Reply) return std::move(result.parameters);
    code = report_failure(invocation, result);
    return std::nullopt;
}

}  // namespace quell::cli
