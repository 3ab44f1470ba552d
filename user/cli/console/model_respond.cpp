// SPDX-License-Identifier: Apache-2.0
// A response that nothing was detected for: what is named is bound by the
// daemon, and then stands on an incident's page like what was detected.
#include <charconv>

#include "user/base/vocabulary.h"
#include "user/cli/ask.h"
#include "user/cli/console/model.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

namespace {

constexpr std::size_t kTargetSizeMax = 8'192;
constexpr const char* kTargets = "container NAME [/PATH], pod NAMESPACE/NAME, pid N, file /PATH (the host's) or from ID";

// "container web /etc/x": the parameters of Request. False: it is none.
bool read_target_text(const std::string& text, Json& parameters) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string::npos || blank + 1 == text.size()) return false;
    const std::string kind = text.substr(0, blank), value = text.substr(blank + 1);
    if (kind == "pid") {
        int pid = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), pid);
        if (error != std::errc{} || end != value.data() + value.size() || pid < 1) return false;
        parameters["pid"] = pid;
        return true;
    }
    if (kind == "container") {
        const std::size_t path = value.find(" /");
        parameters["container"] = value.substr(0, path);
        if (path != std::string::npos) parameters["path"] = value.substr(path + 1);
        return true;
    }
    if (kind != "pod" && kind != "file" && kind != "from") return false;
    parameters[kind == "file" ? "path" : kind] = value;
    return true;
}

}  // namespace

std::vector<Line> respond_lines(const Layout& layout) {
    std::vector<Line> lines;
    std::string words;
    for (const std::string_view word : kResponseWords) words += (words.empty() ? "" : ", ") + std::string(word);
    add_title(lines, "What is named is bound now, and waits 15 minutes as an incident of its own");
    add_line(lines, layout, 2, "response", words);
    add_line(lines, layout, 2, "target", kTargets);
    add_line(lines, layout, 2, "then", "its page shows what would be hit: a approves it, with options, x withdraws it");
    return lines;
}

void Model::begin_response() {
    if (!may_begin()) return;
    DecidePage decide;
    decide.kind = DecisionKind::Respond;
    std::string target;
    if (state_.page == Page::Detail) {
        if (waits_for_decision(text_of(state_.incident.incident, "state"))) return say("it waits: a approves what it offers", Tone::Warning);
        target = "from " + safe(state_.incident.id);
    }
    decide.form.fields = {{"Response:", "", 64}, {"Target:", target, kTargetSizeMax}, {"Reason, for the history:", ""}};
    state_.decide = std::move(decide);
    preview_serial_ = 0;
    go_to(Page::Decide);
}

// False: what was typed is none; it is said.
bool Model::put_response(Json& parameters) {
    DecidePage& decide = state_.decide;
    const auto no = [&](std::size_t field, std::string why) { return decide.form.at = field, say("nothing was bound: " + std::move(why), Tone::Warning), false; };
    const std::string &response = decide.form.fields[0].text, &reason = decide.form.fields[2].text;
    if (!word_index(kResponseWords, response)) return no(0, "no such response");
    if (!read_target_text(decide.form.fields[1].text, parameters)) return no(1, "a target is one of " + std::string(kTargets));
    if (reason.find_first_not_of(' ') == std::string::npos) return no(2, "it takes a reason");
    parameters["response"] = response;
    parameters["reason"] = reason;
    return true;
}

void Model::on_bound(const Reply& reply) {
    const Json& incident = control::member(reply.result.parameters, "incident");
    const std::string id = control::string_member(incident, "id");
    next_poll_ms_ = 0;
    if (reply.result.outcome == control::CallOutcome::Reply && !id.empty()) {
        back();
        open_incident(id);
        return say("bound, nothing is contained yet: a approves it, x withdraws it", Tone::Good);
    }
    const std::string text = failure_text(reply.result);
    const bool was_refused = reply.result.outcome == control::CallOutcome::Remote || reply.result.outcome == control::CallOutcome::Refused;
    if (was_refused) state_.decide.is_sent = false;
    else back();
    say("nothing was bound: " + text.substr(0, text.find('\n')), Tone::Bad);
}

}  // namespace quell::cli::console
