// SPDX-License-Identifier: Apache-2.0
// The snapshot of an incident in the history. The kernel's structures are
// kept as hex of their bytes: they are of one ABI version, which is noted.
#include <algorithm>
#include <cstring>

#include "user/base/time.h"
#include "user/incident/describe.h"
#include "user/incident/hex.h"
#include "user/incident/lasting.h"

namespace quell::incident {
namespace {

std::string unhex_or_empty(const Json& json, const char* name) { return unhex(json.value(name, std::string{})).value_or(std::string{}); }

template <typename T>
bool read(const Json& json, const char* name, T& to) {
    const auto bytes = unhex(json.value(name, std::string{}));
    if (!bytes || bytes->size() != sizeof(T)) return false;
    std::memcpy(&to, bytes->data(), sizeof(T));
    return true;
}

void put_hex(Json& json, const char* name, const std::optional<std::string>& value) {
    if (value) json[name] = hex(*value);
}

void take(const Json& json, const char* name, std::optional<std::string>& value) {
    if (json.contains(name)) value = unhex_or_empty(json, name);
}

Json who_snapshot(const history::Who& who) {
    return {{"uid", who.uid}, {"user", hex(who.user)}, {"login_uid", who.login_uid}, {"login_user", hex(who.login_user)}, {"pid", who.pid}, {"cgroup", hex(who.cgroup)}};
}

history::Who take_who(const Json& json) {
    return {json.at("uid").get<std::uint32_t>(), unhex_or_empty(json, "user"), json.at("login_uid").get<std::uint32_t>(),
            unhex_or_empty(json, "login_user"), json.at("pid").get<std::uint32_t>(), unhex_or_empty(json, "cgroup")};
}

Json notes_snapshot(const std::vector<Note>& notes) {
    auto json = Json::array();
    for (const auto& note : notes) json.push_back({{"wall_ns", note.wall_ns}, {"uid", note.uid}, {"user", hex(note.user)}, {"text", hex(note.text)}});
    return json;
}

// The three latencies, null where unknown.
Json latency_snapshot(const history::Latency& latency) {
    auto json = Json::array();
    for (const auto& one : {latency.detected_to_approved_us, latency.approved_to_flipped_us, latency.flipped_to_last_gone_us})
        json.push_back(one ? Json(*one) : Json());
    return json;
}

std::optional<std::int64_t> take_us(const Json& json, std::size_t index) {
    const auto& one = json.at("latency").at(index);
    return one.is_null() ? std::nullopt : std::optional(one.get<std::int64_t>());
}

// Rights hang on labels. More than a few hundred are not written anew with each row: then they are unknown after a restart.
constexpr std::size_t kLabelBytesMax = 8192;

std::size_t size_of(const std::vector<std::string>& texts) {
    std::size_t bytes = 0;
    for (const auto& text : texts) bytes += text.size();
    return bytes;
}

template <typename T>
T take_enum(const Json& json, const char* name, T last) {
    return static_cast<T>(std::min(json.at(name).get<quell_u32>(), static_cast<quell_u32>(last)));
}

}  // namespace

std::string snapshot_text(const Incident& incident) {
    // One of an earlier boot stays one: its times mean nothing in this one.
    const auto& earlier = incident.earlier_boot_offset_ns;
    Json json = {{"abi", QUELL_ABI_VERSION}, {"boot", earlier ? "earlier" : boot_id()}, {"wall_offset", earlier ? *earlier : wall_offset_ns()},
                 {"id", incident.id}, {"state", incident.state}, {"details", incident.details}, {"arguments_cut", incident.arguments_cut}, {"texts_cut", incident.texts_cut},
                 {"latency", latency_snapshot(incident.latency)},
                 {"rule_id", incident.rule.id}, {"policy", incident.rule.policy}, {"rule", incident.rule.rule}, {"name", incident.rule.name},
                 {"severity", incident.rule.severity}, {"tags", incident.rule.tags}, {"offers", incident.rule.offers},
                 {"key", hex(&incident.key, sizeof(incident.key))}, {"entry", hex(&incident.entry, sizeof(incident.entry))},
                 {"container", hex(incident.container_id)}, {"runtime", incident.runtime}, {"cgroup", hex(incident.cgroup_path)},
                 {"pid", incident.pid}, {"uid", incident.uid}, {"exe", hex(incident.exe)}, {"arguments_known", incident.arguments_known},
                 {"path", hex(incident.path)}, {"path_is", incident.path_is}, {"renamed_to", hex(incident.renamed_to)},
                 {"device", incident.device}, {"inode", incident.inode}, {"verdict", incident.verdict},
                 {"reason", hex(incident.reason)}, {"note", hex(incident.note)}, {"arguments", Json::array()}};
    for (const auto& argument : incident.arguments) json["arguments"].push_back(hex(argument));
    put_hex(json, "identity_name", incident.identity.name);
    put_hex(json, "identity_pod", incident.identity.pod);
    put_hex(json, "identity_namespace", incident.identity.pod_namespace);
    put_hex(json, "identity_image", incident.identity.image);
    put_hex(json, "identity_pod_uid", incident.identity.pod_uid);
    put_hex(json, "identity_sandbox", incident.identity.sandbox);
    if (incident.part_of) json["part_of"] = incident.part_of;
    if (incident.follows) json["follows"] = incident.follows;
    if (incident.evidence_due < QUELL_RESPONSE_COUNT) json["evidence_due"] = incident.evidence_due;
    if (const auto& labels = incident.identity.labels; labels && size_of(*labels) <= kLabelBytesMax) {
        json["labels"] = Json::array();
        for (const auto& label : *labels) json["labels"].push_back(hex(label));
    }
    for (const auto& hold : incident.held)
        json["holds"].push_back({{"response", hold.response}, {"in_force", hold.in_force}, {"told", hold.is_told}, {"lifted", hold.is_lifted}, {"late", hold.is_late},
                                 {"after_us", hold.after_us ? Json(*hold.after_us) : Json()}, {"detail", hex(hold.detail)}});
    if (incident.rule_decided) json["rule_decided"] = true;
    if (incident.rule_doubted) json["rule_doubted"] = true;
    if (incident.rule.two_persons) json["two_persons"] = true;
    if (incident.rule.reason_required) json["reason_required"] = true;
    if (incident.rule.follow_ns) json["follow_ns"] = incident.rule.follow_ns;
    if (incident.first_approvals) json["first_approvals"] = incident.first_approvals;
    if (const auto& first = incident.first_approval)
        json["first_approval"] = {{"who", who_snapshot(first->who)}, {"wall_ns", first->wall_ns}, {"response", hex(first->response)}, {"digest", hex(first->digest)}, {"reason", hex(first->reason)}};
    if (!incident.assigned_to.empty()) json["assigned_to"] = hex(incident.assigned_to);
    if (!incident.notes.empty()) json["notes"] = notes_snapshot(incident.notes);
    if (incident.decided_by) json["decided_by"] = who_snapshot(*incident.decided_by);
    if (incident.holds_file()) json["lasting"] = lasting_json(incident);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Incident> parse_snapshot(const std::string& text) {
    const auto json = Json::parse(text, nullptr, false);
    Incident incident;
    if (!json.is_object()) return std::nullopt;
    try {
        incident.id = json.at("id").get<std::uint64_t>();
        // of another version only what lasts: a quarantine goes on
        if (json.at("abi").get<quell_u32>() != QUELL_ABI_VERSION) {
            if (!json.contains("lasting") || !take_lasting(json.at("lasting"), incident)) return std::nullopt;
            incident.entry.word = QUELL_WORD(incident.id, json.at("state").get<quell_u32>());
        } else if (!read(json, "key", incident.key) || !read(json, "entry", incident.entry)) {
            return std::nullopt;
        }
        if (json.at("boot").get<std::string>() != boot_id()) incident.earlier_boot_offset_ns = json.at("wall_offset").get<std::int64_t>();
        incident.state = take_enum(json, "state", QUELL_STATE_UNDONE);
        incident.details = json.at("details").get<bool>();
        incident.arguments_cut = json.at("arguments_cut").get<bool>();
        incident.texts_cut = json.at("texts_cut").get<bool>();
        incident.latency = {take_us(json, 0), take_us(json, 1), take_us(json, 2)};
        if (json.contains("decided_by")) incident.decided_by = take_who(json.at("decided_by"));
        incident.rule = {json.at("rule_id").get<std::uint64_t>(), json.at("policy").get<std::string>(), json.at("rule").get<std::string>(),
                         json.at("name").get<std::string>(), json.at("severity").get<std::uint32_t>(),
                         json.at("tags").get<std::vector<std::string>>(), json.at("offers").get<std::vector<std::uint32_t>>(), {},
                         json.value("two_persons", false), json.value("reason_required", false), json.value("follow_ns", std::uint64_t{0})};
        if (json.contains("holds"))
            for (const auto& one : json.at("holds"))
                incident.held.push_back({take_enum(one, "response", static_cast<quell_u32>(QUELL_RESPONSE_COUNT - 1)), one.at("in_force").get<bool>(), one.at("told").get<bool>(), one.at("lifted").get<bool>(),
                                          one.at("late").get<bool>(), one.at("after_us").is_null() ? std::nullopt : std::optional(one.at("after_us").get<std::int64_t>()), unhex_or_empty(one, "detail")});
        incident.rule_decided = json.value("rule_decided", false);
        incident.rule_doubted = json.value("rule_doubted", false);
        incident.container_id = unhex_or_empty(json, "container");
        incident.runtime = take_enum(json, "runtime", QUELL_RUNTIME_KUBEPODS);
        incident.cgroup_path = unhex_or_empty(json, "cgroup");
        incident.pid = json.at("pid").get<std::uint32_t>();
        incident.uid = json.at("uid").get<std::uint32_t>();
        incident.exe = unhex_or_empty(json, "exe");
        incident.arguments_known = json.at("arguments_known").get<bool>();
        for (const auto& argument : json.at("arguments")) incident.arguments.push_back(unhex(argument.get<std::string>()).value_or(std::string{}));
        incident.path = unhex_or_empty(json, "path");
        incident.path_is = json.at("path_is").get<std::string>();
        incident.renamed_to = unhex_or_empty(json, "renamed_to");
        incident.device = json.at("device").get<std::uint32_t>();
        incident.inode = json.at("inode").get<std::uint64_t>();
        incident.verdict = json.at("verdict").get<std::int32_t>();
        incident.reason = unhex_or_empty(json, "reason");
        incident.note = unhex_or_empty(json, "note");
        incident.first_approvals = json.value("first_approvals", 0u);
        if (json.contains("first_approval")) {
            const auto& first = json.at("first_approval");
            incident.first_approval = {take_who(first.at("who")), first.at("wall_ns").get<std::int64_t>(), unhex_or_empty(first, "response"), unhex_or_empty(first, "digest"), unhex_or_empty(first, "reason")};
        }
        incident.assigned_to = unhex_or_empty(json, "assigned_to");
        if (json.contains("notes"))
            for (const auto& note : json.at("notes"))
                incident.add_note({note.at("wall_ns").get<std::int64_t>(), note.at("uid").get<std::uint32_t>(), unhex_or_empty(note, "user"), unhex_or_empty(note, "text")});
        take(json, "identity_name", incident.identity.name);
        take(json, "identity_pod", incident.identity.pod);
        take(json, "identity_namespace", incident.identity.pod_namespace);
        take(json, "identity_image", incident.identity.image);
        take(json, "identity_pod_uid", incident.identity.pod_uid);
        take(json, "identity_sandbox", incident.identity.sandbox);
        incident.part_of = json.value("part_of", std::uint64_t{0});
        incident.follows = json.value("follows", std::uint64_t{0});
        incident.evidence_due = std::min<std::uint32_t>(json.value("evidence_due", std::uint32_t{QUELL_RESPONSE_COUNT}), QUELL_RESPONSE_COUNT);
        if (json.contains("labels")) {
            incident.identity.labels.emplace();
            for (const auto& label : json.at("labels")) incident.identity.labels->push_back(unhex(label.get<std::string>()).value_or(std::string{}));
        }
    } catch (const Json::exception&) {
        return std::nullopt;
    }
    return incident;
}

}  // namespace quell::incident
