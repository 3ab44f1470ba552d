// SPDX-License-Identifier: Apache-2.0
#include "user/incident/lasting.h"

#include <algorithm>
#include <cstring>

#include "user/base/vocabulary.h"

namespace quell::incident {
namespace {

Json identity_json(const quell_identity& id) { return {id.uuid[0], id.uuid[1], id.inode, id.subvolume, id.generation}; }

quell_identity take_identity(const Json& json) {
    quell_identity id{};
    id.uuid[0] = json.at(0).get<quell_u64>();
    id.uuid[1] = json.at(1).get<quell_u64>();
    id.inode = json.at(2).get<quell_u64>();
    id.subvolume = json.at(3).get<quell_u64>();
    id.generation = json.at(4).get<quell_u32>();
    return id;
}

constexpr quell_u32 kLastingFlags = QUELL_OBJECT_FILE | QUELL_OBJECT_OVERLAY | QUELL_OBJECT_LOWER | QUELL_OBJECT_RESTORED | QUELL_OBJECT_ORPHAN;

}  // namespace

Json lasting_json(const Incident& incident) {
    const auto& entry = incident.entry;
    return {{"response", word_at(kResponseWords, entry.response)}, {"rule", incident.key.rule}, {"container", incident.key.container},
            {"file", identity_json(entry.file.file)}, {"scope", identity_json(entry.file.scope)}, {"upper_root", identity_json(entry.upper_root)},
            {"inode", entry.inode}, {"flags", entry.object_flags & kLastingFlags}, {"first_ns", entry.first_ns}, {"last_ns", entry.last_ns},
            {"deadline_ns", entry.deadline_ns}, {"approved_ns", entry.approved_ns}, {"hits", entry.hits}, {"generation", entry.generation},
            {"approver_uid", entry.approver_uid}, {"approver_login_uid", entry.approver_loginuid}, {"severity", entry.severity},
            {"operation", word_at(kOperationWords, entry.operation)}, {"hook", word_at(kHookWords, entry.hook)}};
}

bool take_lasting(const Json& json, Incident& incident) {
    const auto response = word_index(kResponseWords, json.at("response").get<std::string>());
    const auto operation = word_index(kOperationWords, json.at("operation").get<std::string>());
    const auto hook = word_index(kHookWords, json.at("hook").get<std::string>());
    auto& entry = incident.entry;
    incident.key = {};
    entry = {};
    incident.key.rule = json.at("rule").get<quell_u64>();
    incident.key.container = json.at("container").get<quell_u64>();
    entry.file.file = take_identity(json.at("file"));
    entry.file.scope = take_identity(json.at("scope"));
    entry.upper_root = take_identity(json.at("upper_root"));
    entry.inode = json.at("inode").get<quell_u64>();
    entry.object_flags = json.at("flags").get<quell_u32>() & kLastingFlags;
    entry.first_ns = json.at("first_ns").get<quell_u64>();
    entry.last_ns = json.at("last_ns").get<quell_u64>();
    entry.deadline_ns = json.at("deadline_ns").get<quell_u64>();
    entry.approved_ns = json.at("approved_ns").get<quell_u64>();
    entry.hits = json.at("hits").get<quell_u64>();
    entry.generation = json.at("generation").get<quell_u64>();
    entry.approver_uid = json.at("approver_uid").get<quell_u32>();
    entry.approver_loginuid = json.at("approver_login_uid").get<quell_u32>();
    entry.severity = json.at("severity").get<quell_u32>();
    // a word of a version that had more of them
    entry.operation = operation ? static_cast<quell_u32>(*operation) : 0;
    entry.hook = hook ? static_cast<quell_u32>(*hook) : 0;
    entry.response = QUELL_RESPONSE_QUARANTINE_FILE;
    return response && *response == QUELL_RESPONSE_QUARANTINE_FILE;
}

}  // namespace quell::incident
