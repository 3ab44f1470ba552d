// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "user/cli/incident_text.h"
#include "user/cli/table.h"

namespace quell::cli {

namespace {

std::string offers_text(const Json& incident) {
    std::string out;
    for (const Json& offer : control::member(incident, "offers"))
        if (control::true_member(offer, "available")) out += (out.empty() ? "" : ",") + text_of(offer, "response");
    return out;
}

// The file's path, or what else it was about.
std::string object_text(const Json& incident) {
    const Json& file = control::member(incident, "file");
    return file.is_object() ? text_of(file, "path") : text_of(incident, "object");
}

}  // namespace

int run_incidents(Invocation& invocation) {
    int code = kDone;
    const auto reply = ask(invocation, "Incidents", {{"all", invocation.has("--all")}}, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    const Json& incidents = control::member(*reply, "incidents");
    std::vector<Column> columns = {{"ID", 5}, {"SEVERITY", 8}, {"NAME", 10}, {"AGE", 3}, {"CONTAINER", 9, 1}, {"POD", 6, 5}, {"IMAGE", 8, 6}, {"PROCESS", 7, 3},
                                   {"OBJECT", 8, 2}, {"STATE", 7}, {"OFFERS", 8, 4}, {"LEFT", 4}};
    // Where nobody assigns there is no column for it.
    const bool has_assigned = std::ranges::any_of(incidents, [](const Json& one) { return !text_of(one, "assigned_to").empty(); });
    if (has_assigned) columns.push_back({"ASSIGNED", 8, 7});
    Table table(columns);
    for (const Json& one : incidents) {
        const Json& container = control::member(one, "container");
        const Json& process = control::member(one, "process");
        const bool is_open = text_of(one, "state") == "pending" || text_of(one, "state") == "arming";
        const std::string who = process.is_object() ? text_of(process, "comm") + " " + std::to_string(control::integer_member(process, "pid")) : "";
        std::vector<std::string> cells = {text_of(one, "id"), text_of(one, "severity"), text_of(one, "name"), short_s_text(control::integer_member(one, "age_s")),
                   container.is_object() ? or_dash(text_of(container, "name")) : "host", or_dash(text_of(container, "pod")),
                   or_dash(text_of(container, "image")), or_dash(who), or_dash(object_text(one)),
                   text_of(one, "state") + (is_open && control::member(one, "first_approval").is_object() ? " 1 of 2" : "") + (control::member(one, "follow").is_object() ? " follows" : ""),
                   or_dash(offers_text(one)), is_open ? short_s_text(control::integer_member(one, "time_left_s")) : "-"};
        if (has_assigned) cells.push_back(or_dash(text_of(one, "assigned_to")));
        table.add(std::move(cells));
    }
    invocation.out.print(table.empty() ? "No incidents.\n" : table.text(invocation.out.columns()));
    return kDone;
}

}  // namespace quell::cli
