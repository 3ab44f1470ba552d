// SPDX-License-Identifier: Apache-2.0
#include "user/incident/digest.h"

#include <algorithm>

#include "user/base/sha256.h"
#include "user/base/vocabulary.h"
#include "user/incident/executable.h"

namespace quell::incident {
namespace {

constexpr std::size_t kDigits = 12;

std::string identity_text(const quell_identity& id) {
    return std::to_string(id.uuid[0]) + ' ' + std::to_string(id.uuid[1]) + ' ' + std::to_string(id.inode) + ' ' +
           std::to_string(id.subvolume) + ' ' + std::to_string(id.generation);
}

DigestPart target_part(const Incident& incident, quell_response response, std::uint32_t target) {
    if (response == QUELL_RESPONSE_KILL_PROCESS) {
        const auto& task = incident.entry.chain[target % QUELL_CHAIN_MAX];
        return {"process", std::to_string(task.pid) + ' ' + std::to_string(task.start_ns)};
    }
    if (response == QUELL_RESPONSE_QUARANTINE_FILE || response == QUELL_RESPONSE_ACQUIRE_FILE)
        return {"file", identity_text(incident.entry.file.file) + " / " + identity_text(incident.entry.file.scope)};
    if (response == QUELL_RESPONSE_CAPTURE && !incident.key.container) {  // the host is everybody: who acted
        const auto& task = incident.entry.chain[0];
        return {"process", std::to_string(task.pid) + ' ' + std::to_string(task.start_ns)};
    }
    if (response == QUELL_RESPONSE_DENY_WRITE)
        return {"directory", std::to_string(incident.key.container) + " / " + identity_text(incident.entry.place.file) + " / " + identity_text(incident.entry.place.scope)};
    if (response == QUELL_RESPONSE_DENY_EXEC) {
        const auto executable = executable_of(incident.key, incident.entry);
        return {"executable", identity_text(executable.file.file) + " / " + identity_text(executable.file.scope) + " in " + std::to_string(executable.container)};
    }
    return {"container", std::to_string(incident.key.container)};
}

}  // namespace

std::vector<DigestPart> digest_parts(const Incident& incident, quell_response response, std::uint32_t target) {
    return {{"incident", std::to_string(incident.id)},
            {"rule", std::to_string(incident.rule.id)},
            {"policy generation", std::to_string(incident.entry.generation)},
            {"response", std::string(word_at(kResponseWords, response))},
            {"container", std::to_string(incident.key.container)},
            target_part(incident, response, target)};
}

std::string digest(const Incident& incident, quell_response response, std::uint32_t target) {
    std::string text = "quell-digest-v1\n";
    for (const auto& part : digest_parts(incident, response, target)) text += part.value + '\n';
    return sha256_hex(text).substr(0, kDigits);
}

std::string joint_digest(const std::string& first, const std::string& what, const std::vector<Incident>& others, quell_response response) {
    std::vector<std::string> parts;
    for (const auto& one : others) parts.push_back(std::to_string(one.key.container) + ' ' + target_part(one, response, 0).value);
    std::ranges::sort(parts);
    std::string text = "quell-joint-v1\n" + first + '\n' + what + '\n';
    for (const auto& part : parts) text += part + '\n';
    return sha256_hex(text).substr(0, kDigits);
}

}  // namespace quell::incident
