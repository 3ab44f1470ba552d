// SPDX-License-Identifier: Apache-2.0
#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"

namespace quell::cli {

namespace {

std::string preview_line(std::string_view label, const std::string& text) { return text.empty() ? text : "  " + std::string(label) + std::string(12 - label.size(), ' ') + text + "\n"; }

std::string container_text(const Json& container) {
    std::string text = text_of(container, "name");
    if (text.empty()) text = text_of(container, "id").substr(0, 12);
    for (const char* name : {"pod", "namespace", "image"})
        if (const std::string value = text_of(container, name); !value.empty()) text += ", " + std::string(name) + " " + value;
    return text;
}

std::string processes_text(const Json& offer, bool utc) {
    const Json& hit = control::member(offer, "would_hit");
    const std::int64_t count = control::integer_member(offer, "would_hit_count");
    if (!hit.is_array()) return {};
    std::string text = preview_line("would hit", std::to_string(count) + (count == 1 ? " process" : " processes") + " now");
    for (const Json& one : hit)
        text += "    " + std::to_string(control::integer_member(one, "pid")) + " " + text_of(one, "comm") + " (uid " + std::to_string(control::integer_member(one, "uid")) +
                "), started " + show_time(control::string_member(one, "started"), utc) + "\n";
    if (const auto more = count - static_cast<std::int64_t>(hit.size()); more > 0) text += "    and " + std::to_string(more) + " more\n";
    return text;
}

std::string preview_parts_text(const Json& preview, bool utc) {
    std::string text;
    for (const Json& part : control::member(preview, "parts")) {
        const Json& offer = control::member(part, "offer");
        if (const Json& container = control::member(part, "container"); container.is_object()) text += preview_line("and", container_text(container));
        if (!control::true_member(offer, "available")) text += preview_line("", "not possible: " + text_of(offer, "reason"));
        text += processes_text(offer, utc);
        for (const Json& file : control::member(part, "files")) text += preview_line("file", text_of(file, "path") + ", layer " + text_of(file, "layer"));
    }
    if (const std::string unseen = text_of(preview, "unseen"); !unseen.empty()) text += preview_line("not seen", unseen);
    return text;
}

}  // namespace

std::string preview_text(const Json& preview, const Invocation& invocation) {
    const Json& offer = control::member(preview, "offer");
    const std::string response = text_of(offer, "response");
    if (!control::true_member(offer, "available")) return response + ": not offered, " + text_of(offer, "reason") + "\n" + preview_parts_text(preview, invocation.utc);
    std::string text = invocation.out.paint(Colour::Bold, response) + "\n" + preview_line("target", text_of(offer, "target"));
    if (const Json& container = control::member(preview, "container"); container.is_object()) text += preview_line("container", container_text(container));
    text += processes_text(offer, invocation.utc);
    for (const Json& file : control::member(preview, "files")) text += preview_line("file", text_of(file, "path") + " (" + text_of(file, "path_is") + "), layer " + text_of(file, "layer"));
    text += preview_parts_text(preview, invocation.utc);
    text += preview_line("risk", text_of(preview, "risk"));
    if (const std::string follows = offer_follow_text(offer); !follows.empty()) text += preview_line("follows", follows);
    const std::string undo = text_of(offer, "undo");
    text += preview_line("undo", control::true_member(preview, "reversible") ? "quell undo (" + undo + ")" : "cannot be undone");
    for (const Json& need : control::member(preview, "needs"))
        if (need.is_string()) text += preview_line("needs", safe(need.get<std::string>()));
    return text + preview_line("digest", text_of(offer, "digest"));
}

int run_preview(Invocation& invocation) {
    Json parameters = {{"id", invocation.value("ID")}};
    if (invocation.has("RESPONSE")) parameters["response"] = invocation.value("RESPONSE");
    if (!put_scope(invocation, parameters)) return kUsage;
    int code = kDone;
    const auto reply = ask(invocation, "Preview", parameters, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    const Json& incident = control::member(*reply, "incident");
    std::string text = "Incident " + text_of(incident, "id") + ": " + text_of(incident, "name") + ", " + text_of(incident, "state") + "\n";
    const Json& holders = control::member(incident, "holders");
    for (const Json& one : holders) text += preview_line("held by", process_text(one));
    if (holders.is_array() && !control::member(incident, "holders_count").is_number()) text += preview_line("held by", "others, perhaps: there was no time to look at every process");
    for (const Json& one : control::member(incident, "users"))
        if (one.is_string()) text += preview_line("image of", safe(one.get<std::string>()));
    for (const Json& preview : control::member(*reply, "previews")) text += preview_text(preview, invocation);
    if (control::member(*reply, "previews").empty()) text += "The rule offers nothing.\n";
    invocation.out.print(text);
    return kDone;
}

}  // namespace quell::cli
