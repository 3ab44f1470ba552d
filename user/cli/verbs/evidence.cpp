// SPDX-License-Identifier: Apache-2.0
// quell evidence list, show: what the store has, as the daemon tells it.
#include "user/cli/ask.h"
#include "user/cli/show_time.h"
#include "user/cli/table.h"

namespace quell::cli {

namespace {

std::string bytes_text(const Json& item, std::string_view name) { return std::to_string(control::integer_member(item, name)); }

std::string state_text(const Json& item) {
    if (!text_of(item, "broken").empty()) return "broken";
    return text_of(item, "cut").empty() ? "whole" : "cut";
}

std::string item_text(const Json& item, const std::string& directory, const Invocation& invocation) {
    const auto line = [](const std::string& name, const std::string& value) { return value.empty() ? std::string{} : "  " + name + std::string(12 - std::min<std::size_t>(11, name.size()), ' ') + value + "\n"; };
    std::string out = text_of(item, "name") + ": " + state_text(item) + "\n";
    out += line("taken", show_time(control::string_member(item, "taken"), invocation.utc));
    out += line("of", text_of(item, "path"));
    out += line("content", directory + "/" + text_of(item, "name") + "/" + text_of(item, "content"));
    out += line("size", bytes_text(item, "size") + " bytes, " + bytes_text(item, "stored") + " on the disk");
    out += line("sha256", text_of(item, "sha256"));
    out += line("manifest", text_of(item, "manifest_sha256") + (text_of(item, "recorded").empty()                                       ? ", not in the history"
                                                                : text_of(item, "recorded") == text_of(item, "manifest_sha256") ? ", as the history has it"
                                                                                                                                 : ", which is NOT what the history has"));
    out += line("cut", text_of(item, "cut"));
    out += line("broken", text_of(item, "broken"));
    for (const Json& note : control::member(item, "notes"))
        if (note.is_string()) out += line("note", safe(note.get<std::string>()));
    return out;
}

}  // namespace

int run_evidence_list(Invocation& invocation) {
    int code = kDone;
    const auto reply = ask(invocation, "Evidence", Json::object(), code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    Table table({{"INCIDENT", 8}, {"RESPONSE", 8}, {"TAKEN", 19}, {"BYTES", 5}, {"STATE", 5}, {"FILE", 8, 1}, {"SHA256", 12, 2}});
    for (const Json& item : control::member(*reply, "items"))
        table.add({or_dash(text_of(item, "incident")), or_dash(text_of(item, "response")), or_dash(show_time(control::string_member(item, "taken"), invocation.utc)),
                   bytes_text(item, "size"), state_text(item), or_dash(text_of(item, "path")), or_dash(text_of(item, "sha256"))});
    invocation.out.print(table.empty() ? "No evidence.\n" : table.text(invocation.out.columns()));
    return kDone;
}

int run_evidence_show(Invocation& invocation) {
    int code = kDone;
    const auto reply = ask(invocation, "Evidence", {{"id", invocation.value("ID")}}, code);
    if (!reply) return code;
    const Json& items = control::member(*reply, "items");
    if (invocation.json) return print_json(invocation, *reply), items.empty() ? kFailed : kDone;
    for (const Json& item : items) invocation.out.print(item_text(item, text_of(*reply, "directory"), invocation));
    if (items.empty()) invocation.out.note("there is no evidence of " + safe(invocation.value("ID")));
    return items.empty() ? kFailed : kDone;
}

}  // namespace quell::cli
