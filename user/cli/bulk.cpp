// SPDX-License-Identifier: Apache-2.0
#include "user/cli/bulk.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>

#include "user/cli/choose.h"
#include "user/cli/incident_text.h"
#include "user/cli/select.h"
#include "user/cli/table.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

constexpr std::size_t kMost = 1024;  // as many can wait
// What is decided of one incident alone, or would be another thing for each.
constexpr std::array kNotOfMany = {"RESPONSE", "--confirm", "--break-glass", "--scope", "--all-instances", "--with", "--copy", "--allow", "--allow-node", "--loopback", "--below", "--follow", "--kill-holders"};

struct Target {
    std::string id, digest, why;  // why: it is not offered
    Json incident;
};

std::string whose(const Json& incident) {
    const std::string name = text_of(control::member(incident, "container"), "name");
    return name.empty() ? text_of(incident, "subject") : name;
}

std::optional<std::vector<Target>> targets_of(Invocation& invocation, const Selection& selection, const std::string& response, int& code) {
    const auto reply = ask(invocation, "Incidents", {{"all", false}}, code);
    if (!reply) return std::nullopt;
    std::vector<Target> targets;
    Json ids = Json::array();
    for (const Json& one : control::member(*reply, "incidents"))
        if (targets.size() < kMost && selection.fits(one)) {
            ids.push_back(control::string_member(one, "id"));
            targets.push_back({control::string_member(one, "id"), {}, "it is gone", one});
        }
    if (targets.empty()) return targets;
    const auto digests = ask(invocation, "Digests", {{"response", response}, {"ids", ids}}, code);
    if (!digests) return std::nullopt;
    std::map<std::string, const Json*> known;
    for (const Json& one : control::member(*digests, "digests")) known[control::string_member(one, "id")] = &one;
    for (Target& target : targets)
        if (const auto found = known.find(target.id); found != known.end()) {
            target.digest = control::string_member(*found->second, "digest");
            target.why = target.digest.empty() ? "not offered: " + text_of(*found->second, "reason") : "";
        }
    return targets;
}

std::string list_text(const std::vector<Target>& targets, std::size_t columns) {
    Table table({{"ID", 5}, {"SEVERITY", 8}, {"NAME", 10}, {"AGE", 3}, {"CONTAINER", 9}, {"IMAGE", 8, 1}, {"DIGEST", 12}});
    for (const Target& one : targets)
        table.add({safe(one.id), text_of(one.incident, "severity"), text_of(one.incident, "name"), short_s_text(control::integer_member(one.incident, "age_s")), whose(one.incident),
                   or_dash(text_of(control::member(one.incident, "container"), "image")), one.digest.empty() ? one.why : safe(one.digest)});
    return table.text(columns);
}

// Whether it may go on; else the reason was printed and `code` is what to end with.
bool is_agreed(Invocation& invocation, const std::string& digest, std::size_t count, const std::string& response, int& code) {
    if (invocation.has("--digest")) {
        if (invocation.value("--digest") == digest) return true;
        const std::string why = "the digest of those that fit is now " + digest;
        code = report(invocation, control::errors::kChanged, {{"reason", why}}, "it changed since you looked: " + why + "\n  hint: look at them again with --dry-run");
        return false;
    }
    if (invocation.has("--dry-run")) return true;
    if (!is_at_terminal()) {
        invocation.out.note("a script has to say what it approves\n  hint: --digest " + digest + ", which --dry-run prints, stands for these");
        code = kUsage;
        return false;
    }
    invocation.out.prompt("Digest " + digest + ". Type yes to approve " + safe(response) + " for these " + std::to_string(count) + ": ");
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "yes") return true;
    code = report_error(invocation, Error{"not approved", 0, {}});
    return false;
}

// How it went: ok, and in words.
Json result_of(const Target& target, const control::CallResult& called, bool is_dry) {
    Json result = {{"id", target.id}, {"name", control::string_member(target.incident, "name")}, {"ok", false}};
    if (called.outcome == control::CallOutcome::Remote) result["error"] = called.error;
    if (called.outcome != control::CallOutcome::Reply) {
        const std::string why = failure_text(called);
        result["text"] = why.substr(0, why.find('\n'));  // without its hint
        return result;
    }
    const Json& incident = control::member(called.parameters, "incident");
    const Json& survivors = control::member(called.parameters, "survivors");
    const std::string state = text_of(incident, "state"), note = text_of(incident, "note");
    const bool waits = state == "pending" || state == "arming";
    result["state"] = state;
    result["ok"] = is_dry || ((state == "done" || state == "enforcing") && survivors.empty());
    result["one_of_two"] = !is_dry && waits && control::member(incident, "first_approval").is_object();
    result["text"] = is_dry ? "nothing stands against it" : result["one_of_two"] == true ? "approved by one of two" : state + (note.empty() ? "" : ", " + note);
    if (control::member(incident, "follow").is_object() && !is_dry) result["text"] = result["text"].get<std::string>() + ", follows its workload";
    if (!survivors.empty()) result["text"] = result["text"].get<std::string>() + ", " + std::to_string(survivors.size()) + " survived";
    return result;
}

int end_with(const Json& results) {
    int code = kDone;
    for (const Json& one : results) {
        if (one["ok"] == true) continue;
        if (!control::true_member(one, "one_of_two")) return kFailed;
        code = kOneOfTwo;
    }
    return code;
}

Json approve_all(Invocation& invocation, const std::vector<Target>& targets, Json parameters) {
    const bool is_dry = invocation.has("--dry-run");
    control::Client client(invocation.socket);
    Json results = Json::array();
    std::string cut;  // nobody answers any more: the rest is not asked
    for (const Target& target : targets) {
        if (target.digest.empty() || !cut.empty()) {
            results.push_back({{"id", target.id}, {"name", control::string_member(target.incident, "name")}, {"ok", false}, {"text", target.digest.empty() ? target.why : cut}});
        } else {
            parameters["id"] = target.id;
            parameters["digest"] = target.digest;
            const auto called = client.call("Approve", parameters, approve_timeout_ms(control::string_member(parameters, "response"), parameters));
            results.push_back(result_of(target, called, is_dry));
            if (called.outcome != control::CallOutcome::Reply && called.outcome != control::CallOutcome::Remote) cut = "not asked, nobody answered before";
        }
        const Json& last = results.back();
        if (!invocation.json)
            invocation.out.print(text_of(last, "id") + " " + text_of(last, "name") + ": " + invocation.out.paint(last["ok"] == true ? Colour::Green : Colour::Red, text_of(last, "text")) + "\n");
    }
    return results;
}

}  // namespace

int approve_selected(Invocation& invocation) {
    const std::string response = invocation.value("ID[@DIGEST]");  // the first word that is no option
    const bool has_other = std::ranges::any_of(kNotOfMany, [&](const char* one) { return invocation.has(one); });
    if (response.empty() || has_other) {
        std::string names;
        for (const char* one : kNotOfMany)
            if (one[0] == '-') names += (names.empty() ? "" : ", ") + std::string(one);
        invocation.out.note("with --select: one RESPONSE, no ID, and none of " + names + "\n  hint: what an approval says more than its response is said of one incident at a time");
        return kUsage;
    }
    const auto selection = parse_selection(invocation.value("--select"));
    if (!selection) {
        invocation.out.note("--select: " + selection.error().message);
        return kUsage;
    }
    Json parameters = {{"response", response}};
    if (!put_reason(invocation, parameters)) return kUsage;
    if (invocation.has("--dry-run")) parameters["dry_run"] = true;
    if (invocation.has("--no-follow")) parameters["no_follow"] = true;
    int code = kDone;
    const auto targets = targets_of(invocation, *selection, response, code);
    if (!targets) return code;
    std::vector<Chosen> chosen;
    for (const Target& one : *targets)
        if (!one.digest.empty()) chosen.push_back({one.id, one.digest});
    const std::string digest = digest_of_all(response, chosen);
    const bool asks = !invocation.has("--digest") && !invocation.has("--dry-run");
    if ((!invocation.json || asks) && !targets->empty()) invocation.out.prompt(list_text(*targets, invocation.out.columns()));
    if (targets->empty()) {
        invocation.out.note("no incident that waits fits");
        if (invocation.json) print_json(invocation, {{"response", response}, {"digest", digest}, {"dry_run", invocation.has("--dry-run")}, {"results", Json::array()}});
        return kFailed;
    }
    if (!is_agreed(invocation, digest, chosen.size(), response, code)) return code;
    if (geteuid() == 0) invocation.out.note(kRootNote);
    const Json results = approve_all(invocation, *targets, parameters);
    if (invocation.json) print_json(invocation, {{"response", response}, {"digest", digest}, {"dry_run", invocation.has("--dry-run")}, {"results", results}});
    else if (invocation.has("--dry-run")) invocation.out.print("digest " + digest + "; a dry run, nothing was approved\n");
    return end_with(results);
}

}  // namespace quell::cli
