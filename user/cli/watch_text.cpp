// SPDX-License-Identifier: Apache-2.0
#include "user/cli/watch_text.h"

#include "user/cli/ask.h"
#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"
#include "user/cli/table.h"

namespace quell::cli {

namespace {

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = width_of(text);
    return used < width ? text + std::string(width - used, ' ') : text;
}

}  // namespace

std::string watch_text(const control::Json& told, const Invocation& invocation) {
    const Json& row = control::member(told, "row");
    const Json& incident = control::member(told, "incident");
    const Json& who = control::member(row, "who");
    std::string out = show_time(control::string_member(row, "time"), invocation.utc) + "  " + padded(or_dash(text_of(row, "incident")), 8) + " " +
                      padded(text_of(row, "action"), 14);
    if (incident.is_object())
        // the colour's own bytes are no columns
        out += " " + severity_text(incident, invocation.out) + std::string(9 - std::min<std::size_t>(8, width_of(text_of(incident, "severity"))), ' ') +
               text_of(incident, "policy") + "/" + text_of(incident, "rule") + ", ";
    else
        out += " ";
    out += or_dash(text_of(row, "subject"));
    if (const std::string response = text_of(row, "response"); !response.empty()) out += ", " + response;
    const std::string result = text_of(row, "result");
    // of a detection it is the rule's name
    if (!result.empty() && result != text_of(row, "action") && result != text_of(incident, "name")) out += ": " + result;
    if (who.is_object()) out += "; " + who_text(who);
    if (const std::string reason = text_of(row, "reason"); !reason.empty()) out += ": " + reason;
    return out;
}

}  // namespace quell::cli
