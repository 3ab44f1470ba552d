// SPDX-License-Identifier: Apache-2.0
#include "user/incident/describe.h"

#include <algorithm>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/object_text.h"
#include "user/response/process.h"

namespace quell::incident {
namespace {

using Offset = std::optional<std::int64_t>;  // see Incident::earlier_boot_offset_ns

std::int64_t wall(std::uint64_t boot_ns, const Offset& earlier_boot) {
    return earlier_boot ? static_cast<std::int64_t>(boot_ns + static_cast<std::uint64_t>(*earlier_boot)) : wall_from_boottime(boot_ns);
}

std::string time_text(std::uint64_t boot_ns, const Offset& earlier_boot) { return utc_text(wall(boot_ns, earlier_boot)); }

// The interface's numbers are signed; an inode's number may have all 64 bits.
std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Json task_json(const quell_task_ref& task, std::string_view role, const Offset& earlier_boot) {
    const std::string_view comm(task.comm, strnlen(task.comm, sizeof(task.comm)));
    return {{"pid", task.pid}, {"uid", task.uid}, {"comm", escape(comm)}, {"started", time_text(task.start_ns, earlier_boot)},
            {"alive", !earlier_boot && response::is_alive(task)}, {"role", role}};
}

std::string device_text(std::uint32_t device) { return std::to_string(device >> 20) + ":" + std::to_string(device & 0xfffff); }

void put(Json& json, const char* name, const std::optional<std::string>& value) {
    if (value && !value->empty()) json[name] = escape(*value);
}

void put(Json& json, const char* name, const std::optional<std::int64_t>& value) {
    if (value) json[name] = *value;
}

Json container_json(const Incident& incident, bool alive) {
    static constexpr std::string_view kRuntimes[] = {"unknown", "cri-o", "containerd", "docker", "podman", "kubepods"};
    Json json = {{"id", escape(incident.container_id)},
                 {"cgroup", escape(incident.cgroup_path)},
                 {"runtime", kRuntimes[std::min<std::size_t>(incident.runtime, 5)]},
                 {"alive", alive}};
    put(json, "name", incident.identity.name);
    put(json, "pod", incident.identity.pod);
    put(json, "namespace", incident.identity.pod_namespace);
    put(json, "image", incident.identity.image);
    return json;
}

Json who_json(const history::Who& who) {
    Json json = {{"uid", who.uid}, {"user", escape(who.user)}, {"login_uid", who.login_uid}, {"pid", who.pid}, {"cgroup", escape(who.cgroup)}};
    if (!who.login_user.empty()) json["login_user"] = escape(who.login_user);
    return json;
}

Json latency_json(const history::Latency& latency) {
    Json json = Json::object();
    put(json, "detected_to_approved_us", latency.detected_to_approved_us);
    put(json, "approved_to_flipped_us", latency.approved_to_flipped_us);
    put(json, "flipped_to_last_gone_us", latency.flipped_to_last_gone_us);
    return json;
}

Json file_json(const Incident& incident) {
    const auto flags = incident.entry.object_flags;
    Json json = {{"path", escape(incident.path)},
                 {"path_is", incident.path_is},
                 {"device", device_text(incident.device)},
                 {"inode", number(incident.inode)},
                 {"generation", incident.entry.file.file.generation},
                 {"layer", !(flags & QUELL_OBJECT_OVERLAY) ? "none" : flags & QUELL_OBJECT_LOWER ? "lower" : "upper"},
                 {"exists", !(flags & QUELL_OBJECT_LAST_LINK)}};
    if (!incident.renamed_to.empty()) json["renamed_to"] = escape(incident.renamed_to);
    return json;
}

Json offer_json(const Offer& offer) {
    Json json = {{"response", word_at(kResponseWords, offer.response)}, {"available", offer.available}, {"would_hit_count", offer.would_hit_count}};
    put(json, "reason", std::optional(offer.reason));
    put(json, "digest", std::optional(offer.digest));
    if (!offer.target_text.empty()) json["target"] = offer.target_text;
    if (!offer.warning.empty()) json["warning"] = offer.warning;
    if (offer.follow_ns) json["follow_s"] = offer.follow_ns / kNsPerSecond;
    if (!offer.not_followed.empty()) json["not_followed"] = offer.not_followed;
    if (offer.would_hit) {
        json["would_hit"] = Json::array();
        const auto role = offer.response == QUELL_RESPONSE_PAUSE_CONTAINER ? "would be frozen" : offer.response == QUELL_RESPONSE_ISOLATE_NETWORK ? "would be cut off" : offer.response == QUELL_RESPONSE_DENY_WRITE ? "would be refused to write" : "would be killed";
        for (const auto& task : *offer.would_hit) json["would_hit"].push_back(task_json(task, role, std::nullopt));
    }
    if (const auto undo = word_at(kUndoWords, offer.response); !undo.empty()) json["undo"] = undo;
    return json;
}

constexpr std::string_view kDoubt = "who the container is is not known yet, and whether the rule is about it hangs on that; it is judged again once it is known";

Json hold_json(const Hold& hold) {
    Json json = {{"response", word_at(kResponseWords, hold.response)}, {"state", hold_word(hold)}};
    put(json, "after_us", hold.after_us);
    put(json, "detail", std::optional(hold.detail));
    return json;
}

bool is_manual(const Incident& incident) { return incident.key.rule == QUELL_RULE_MANUAL; }

std::string role_of(const Incident& incident, quell_u32 index, quell_u32 count) {
    if (index == 0) return is_manual(incident) ? "named" : "acted";
    if (incident.of_container() && index + 1 == count && !incident.entry.chain[index].actor) return "container's init";
    return "ancestor";
}

Json common_json(const Incident& incident) {
    const auto& entry = incident.entry;
    const auto& boot = incident.earlier_boot_offset_ns;
    const auto now = boottime_ns();
    // Without the wall clock where it can be: somebody may set it.
    const auto age_ns = boot ? wall_ns() - wall(entry.first_ns, boot) : number(now - std::min(now, entry.first_ns));
    const auto left_ns = incident.waits() && !boot && entry.deadline_ns > now ? number(entry.deadline_ns - now) : 0;
    Json json = {{"id", id_text(incident.id)},
                 {"rule", escape(incident.rule.rule)},
                 {"policy", escape(incident.rule.policy)},
                 {"name", escape(incident.rule.name)},
                 {"severity", word_at(kSeverityWords, incident.rule.severity)},
                 {"tags", Json::array()},
                 {"state", word_at(kStateWords, incident.state)},
                 {"subject", incident.of_container() ? "container" : "host"},
                 {"operation", is_manual(incident) ? "none" : word_at(kOperationWords, entry.operation)},
                 {"hook", is_manual(incident) ? "none" : word_at(kHookWords, entry.hook)},
                 {"verdict", incident.verdict ? "denied" : "allowed"},
                 {"count", number(entry.hits)},
                 {"first", time_text(entry.first_ns, boot)},
                 {"last", time_text(entry.last_ns, boot)},
                 {"age_s", std::max<std::int64_t>(age_ns, 0) / kNsPerSecond},
                 {"deadline", time_text(entry.deadline_ns, boot)},
                 {"time_left_s", left_ns / kNsPerSecond},
                 {"generation", number(entry.generation)},
                 {"ancestry", Json::array()},
                 {"offers", Json::array()}};
    for (const auto& tag : incident.rule.tags) json["tags"].push_back(escape(tag));
    if (entry.chain_count) json["process"] = task_json(entry.chain[0], role_of(incident, 0, entry.chain_count), boot);
    if (!incident.exe.empty()) json["executable"] = escape(incident.exe);
    if (!incident.path.empty()) json["file"] = file_json(incident);
    if (auto object = is_manual(incident) ? std::string{} : object_text(entry.operation, entry.detail); !object.empty()) json["object"] = std::move(object);
    if (incident.in_doubt()) json["doubt"] = kDoubt;
    for (const auto& hold : incident.held) json["while_pending"].push_back(hold_json(hold));
    if (entry.approved_ns) json["response"] = word_at(kResponseWords, entry.response);
    if (incident.decided_by) json["decided_by"] = who_json(*incident.decided_by);
    put(json, "reason", std::optional(incident.reason));
    put(json, "note", std::optional(incident.note));
    if (auto latency = latency_json(incident.latency); !latency.empty()) json["latency"] = latency;
    if (const auto& first = incident.first_approval) {
        json["first_approval"] = {{"response", escape(first->response)}, {"digest", escape(first->digest)}, {"who", who_json(first->who)}, {"since", utc_text(first->wall_ns)}};
        put(json["first_approval"], "reason", std::optional(first->reason));
    }
    put(json, "assigned_to", std::optional(incident.assigned_to));
    if (incident.part_of) json["part_of"] = id_text(incident.part_of);
    return json;
}

}  // namespace

std::string_view hold_word(const Hold& hold) {
    const bool is_pause = hold.response == QUELL_RESPONSE_PAUSE_CONTAINER;
    if (hold.is_lifted) return "lifted";
    if (hold.in_force) return is_pause ? "frozen" : "in force";
    return is_pause ? "not frozen" : "not in force";
}

std::string hold_text(const Hold& hold, bool is_late) {
    std::string text(hold_word(hold));
    if (hold.in_force && hold.after_us) text += *hold.after_us ? std::string(is_late ? " late, " : " ") + duration_text(*hold.after_us * 1000) + " after the event" : " from the event on";
    return text + (hold.detail.empty() ? "" : ": " + hold.detail);
}

std::string subject_text(const Incident& incident) {
    if (!incident.of_container()) return "host";
    const auto id = escape(incident.container_id.substr(0, 12));
    return incident.identity.name ? escape(*incident.identity.name) + " (" + id + ")" : "container " + id;
}

namespace {

bool acted_below(const Incident& one, const quell_pending_key& key) {
    const auto count = std::min<quell_u32>(one.entry.chain_count, QUELL_CHAIN_MAX);
    return key.actor_pid && std::any_of(one.entry.chain, one.entry.chain + count, [&](const auto& task) { return task.pid == key.actor_pid && task.start_ns == key.actor_start_ns; });
}

}  // namespace

bool is_same_subject(const Incident& one, const Incident& other) {
    if (one.of_container() != other.of_container() || one.earlier_boot_offset_ns != other.earlier_boot_offset_ns) return false;
    if (one.of_container()) return one.key.container == other.key.container && one.container_id == other.container_id;
    return one.id == other.id || acted_below(one, other.key) || acted_below(other, one.key);
}

Json process_json(const quell_task_ref& task, std::string_view role) { return task_json(task, role, std::nullopt); }

Json brief_json(const Incident& incident) {
    Json json = {{"id", id_text(incident.id)},
                 {"policy", escape(incident.rule.policy)},
                 {"rule", escape(incident.rule.rule)},
                 {"name", escape(incident.rule.name)},
                 {"severity", word_at(kSeverityWords, incident.rule.severity)},
                 {"state", word_at(kStateWords, incident.state)},
                 {"subject", subject_text(incident)},
                 {"operation", word_at(kOperationWords, incident.entry.operation)},
                 {"count", number(incident.entry.hits)}};
    if (!incident.path.empty()) json["object"] = escape(incident.path);
    else if (auto object = object_text(incident.entry.operation, incident.entry.detail); !object.empty()) json["object"] = std::move(object);
    if (!incident.of_container()) return json;
    json["container"] = escape(incident.container_id);
    put(json, "pod", incident.identity.pod);
    put(json, "namespace", incident.identity.pod_namespace);
    put(json, "image", incident.identity.image);
    return json;
}

Json summary_json(const Incident& incident, bool container_alive) {
    auto json = common_json(incident);
    if (incident.of_container()) json["container"] = container_json(incident, container_alive);
    for (const auto response : incident.rule.offers)
        json["offers"].push_back({{"response", word_at(kResponseWords, response)},
                                  {"available", incident.waits() && (incident.entry.offers & QUELL_BIT(response))},
                                  {"would_hit_count", 0}});
    return json;
}

Json whole_json(const Incident& incident, const std::vector<Offer>& offers, bool container_alive) {
    auto json = common_json(incident);
    if (incident.of_container()) json["container"] = container_json(incident, container_alive);
    if (incident.arguments_known) {
        json["arguments"] = Json::array();
        for (const auto& argument : incident.arguments) json["arguments"].push_back(escape(argument));
        if (incident.arguments_cut && !json["arguments"].empty())
            json["arguments"].back() = json["arguments"].back().get<std::string>() + "…";
    }
    if (incident.texts_cut) json["arguments_unseen"] = true;
    const auto count = std::min<quell_u32>(incident.entry.chain_count, QUELL_CHAIN_MAX);
    for (quell_u32 i = 1; i < count; i++) 
        json["ancestry"].push_back(task_json(incident.entry.chain[i], role_of(incident, i, count), incident.earlier_boot_offset_ns));
    for (const auto& offer : offers) json["offers"].push_back(offer_json(offer));
    for (const auto& note : incident.notes)
        json["notes"].push_back({{"time", utc_text(note.wall_ns)}, {"uid", note.uid}, {"user", escape(note.user)}, {"text", escape(note.text)}});
    return json;
}

}  // namespace quell::incident
