// SPDX-License-Identifier: Apache-2.0
// Evidence: what an order tells its helper, and what the store has, for the
// control interface.
#include <map>
#include <set>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/evidence/store.h"
#include "user/history/history.h"
#include "user/incident/describe.h"

namespace quell::daemon {
namespace {

using control::Json;

constexpr std::size_t kRecentMax = 64;
constexpr std::uint64_t kRowsMax = 1000;

// The OCI configuration that told who the container is.
std::string config_of(const ContainerIdentity& identity) {
    if (identity.source.ends_with("/config.json")) return identity.source;
    return identity.bundle ? *identity.bundle + "/config.json" : std::string{};
}

Json item_json(const evidence::Item& item, bool with_manifest) {
    Json json = {{"name", item.name}, {"incident", item.incident}, {"response", item.response}, {"taken", item.taken}, {"content", item.content},
                 {"size", item.size}, {"stored", item.stored}, {"sha256", item.sha256}, {"notes", item.notes}};
    if (!item.path.empty()) json["path"] = item.path;
    if (!item.cut.empty()) json["cut"] = item.cut;
    if (!item.broken.empty()) json["broken"] = escape(item.broken);
    if (with_manifest) {
        json["manifest"] = item.manifest;
        json["manifest_sha256"] = item.manifest_sha256;
    }
    return json;
}

// By item, what the history has of their manifests: a row is part of a chain, a file is not.
std::map<std::string, std::string> recorded(const Json& rows) {
    std::map<std::string, std::string> hashes;
    for (const Json& row : rows) {
        const Json detail = Json::parse(control::string_member(row, "detail"), nullptr, false);
        if (!detail.is_object()) continue;
        const Json& item = control::member(detail, "evidence");
        const std::string path = control::string_member(item, "item");
        if (!path.empty()) hashes.emplace(path.substr(path.rfind('/') + 1), control::string_member(item, "manifest_sha256"));
    }
    return hashes;
}

}  // namespace

evidence::Order Daemon::evidence_order(const incident::Incident& incident) {
    evidence::Order order;
    const std::uint64_t cgroup = incident.key.container;
    const auto container = cgroup ? engine_->container(cgroup) : std::nullopt;
    order.limits = config_.evidence;
    order.what = static_cast<quell_response>(incident.entry.response % QUELL_RESPONSE_COUNT);
    order.incident = id_text(incident.id);
    order.incident_json = incident::whole_json(incident, {}, container.has_value());
    order.facts = {{"rule", escape(incident.rule.policy) + "/" + escape(incident.rule.rule)}, {"subject", incident::subject_text(incident)}};
    for (const char* name : {"container", "decided_by", "reason"})
        if (order.incident_json.contains(name)) order.facts[name] = order.incident_json[name];
    order.path = incident.path;
    order.renamed_to = incident.renamed_to;
    order.inode = incident.entry.inode;
    order.file = incident.entry.file.file;
    order.device = incident.entry.device;
    order.is_lower = incident.entry.object_flags & QUELL_OBJECT_LOWER;
    order.viewer = container ? static_cast<pid_t>(container->init_pid) : cgroup ? 0 : 1;
    order.container = cgroup;
    order.cgroup = incident.cgroup_path;
    order.config = config_of(incident.identity);
    order.recent = Json::array();
    std::set<std::string> of_subject;  // ids: of the host the rows do not say which lineage they are of
    for (const auto* one : store_.list(true)) {
        if (!incident::is_same_subject(*one, incident)) continue;
        of_subject.insert(id_text(one->id));
        if (order.recent.size() < kRecentMax) order.recent.push_back(incident::summary_json(*one, container.has_value()));
    }
    of_subject.insert(order.incident);
    order.history_later = [this, subject = escape(incident::subject_text(incident)), is_host = !incident.of_container(), ids = std::move(of_subject)]() -> Json {
        Json rows = Json::array();
        const auto read = read_history(kRowsMax, 0);
        if (!read) return rows;
        for (const Json& row : (*read)["rows"])
            if (is_host ? ids.contains(control::string_member(row, "incident")) : control::string_member(row, "subject") == subject) rows.push_back(row);
        return rows;
    };
    return order;
}

void Daemon::list_evidence(const Json& params, const control::Peer&, control::Responder responder) {
    const auto text = control::string_member(params, "id");
    const auto id = text.empty() ? Result<std::uint64_t>(std::uint64_t{0}) : parse_id(text);
    if (!id) return responder.error("io.quell.NoSuchIncident", {{"id", escape(text)}});
    read_later(std::move(responder), [this, incident = *id ? id_text(*id) : std::string{}] { return read_evidence(incident); });
}

// On the reader's thread. `id`: of one incident, with its manifests; "": of all.
Result<Json> Daemon::read_evidence(const std::string& id) const {
    auto store = evidence::Store::open(config_.evidence);
    auto items = store ? store->list() : Result<std::vector<evidence::Item>>(store.error());
    if (!items) return items.error();
    std::map<std::string, std::string> hashes;
    if (!id.empty()) {
        const auto read = read_history(history::kListMax, *parse_id(id));
        if (!read) return Error{"the history, which vouches for evidence, cannot be read: " + read.error().message, read.error().code, {}};
        hashes = recorded((*read)["rows"]);
    }
    auto list = Json::array();
    auto room = control::kListRoom;
    for (const auto& item : *items) {
        if (!id.empty() && item.incident != id && !item.name.starts_with(id + "-")) continue;
        auto json = item_json(item, !id.empty());
        if (const auto known = hashes.find(item.name); known != hashes.end()) json["recorded"] = known->second;
        if (!control::append_within(list, json, room)) break;
    }
    return Json{{"directory", escape(config_.evidence.dir)}, {"items", list}};
}

}  // namespace quell::daemon
