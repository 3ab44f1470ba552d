// SPDX-License-Identifier: Apache-2.0
// The sections roles, rights and guards.
#include <algorithm>

#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/daemon/config_reader.h"

namespace quell::daemon {
namespace {

constexpr std::size_t kListMax = 64;  // groups, grants, labels
constexpr std::uint64_t kContainersMax = 10'000;
constexpr std::uint64_t kPerMinNs = 1'000'000'000, kPerMaxNs = 86'400 * kPerMinNs;

std::vector<std::string> texts(const YAML::Node& node, std::string_view what) {
    if (!node.IsSequence() || node.size() == 0 || node.size() > kListMax) wrong(node, "expected a list of 1 to " + std::to_string(kListMax) + ": " + std::string(what));
    std::vector<std::string> list;
    for (const auto& item : node) list.push_back(text(item, "expected " + std::string(what)));
    return list;
}

std::vector<std::string> labels(const YAML::Node& node) {
    auto list = texts(node, "labels, name=value");
    for (std::size_t i = 0; i < list.size(); i++)
        if (const auto at = list[i].find('='); at == 0 || at == std::string::npos) wrong(node[i], "expected a label, name=value");
    return list;
}

approval::Grant grant(const YAML::Node& node) {
    approval::Grant grant;
    bool has_role = false;
    const auto role = [&](const YAML::Node& value) {
        const auto word = text(value, "expected responder, senior or admin");
        const auto found = std::ranges::find(approval::kRoleWords, word);
        const auto index = found - approval::kRoleWords.begin();
        if (index < static_cast<std::ptrdiff_t>(approval::Role::kResponder) || found == approval::kRoleWords.end()) wrong(value, "expected responder, senior or admin");
        grant.role = static_cast<approval::Role>(index);
        has_role = true;
    };
    const auto severity = [&](const YAML::Node& value) {
        const auto index = word_index(kSeverityWords, text(value, "expected a severity"));
        if (!index) wrong(value, "expected info, low, medium, high or critical");
        grant.severity_up_to = *index;
    };
    read_mapping(node, {{"role", role}, {"severity_up_to", severity}, {"labels", [&](const YAML::Node& value) { grant.labels = labels(value); }}});
    if (!has_role) wrong(node, "a right says its role");
    return grant;
}

std::vector<approval::Grant> grants(const YAML::Node& node) {
    if (node.IsMap()) return {grant(node)};
    if (!node.IsSequence() || node.size() == 0 || node.size() > kListMax) wrong(node, "expected a mapping with a role, or a list of them");
    std::vector<approval::Grant> list;
    for (const auto& item : node) list.push_back(grant(item));
    return list;
}

}  // namespace

std::vector<std::string> group_names(const YAML::Node& node) { return texts(node, "names of groups"); }

void read_roles(const YAML::Node& node, Config& config) {
    Readers readers;
    for (const auto role : {approval::Role::kViewer, approval::Role::kResponder, approval::Role::kSenior, approval::Role::kAdmin})
        readers[std::string(approval::role_word(role))] = [&config, role](const YAML::Node& value) { config.roles[role] = group_names(value); };
    read_mapping(node, readers);
}

void read_rights(const YAML::Node& node, Config& config) {
    Readers readers;
    for (quell_u32 response = 0; response < QUELL_RESPONSE_COUNT; response++)
        readers[std::string(kResponseWords[response])] = [&config, response](const YAML::Node& value) { config.rights[response] = grants(value); };
    read_mapping(node, readers);
}

void read_guards(const YAML::Node& node, Config& config) {
    const auto per = [&](const YAML::Node& value) {
        constexpr const char* kWhat = "expected a time from 1s to 1d, such as 10m";
        const auto duration = parse_duration(text(value, kWhat));
        if (!duration || *duration < kPerMinNs || *duration > kPerMaxNs) wrong(value, kWhat);
        config.guards.per_ns = *duration;
    };
    const auto containers = [&](const YAML::Node& value) {
        config.guards.containers = static_cast<std::uint32_t>(number(value, 10, 1, kContainersMax, "expected a number from 1 to 10000"));
    };
    read_mapping(node, {{"containers", containers},
                        {"per", per},
                        {"protected_labels", [&](const YAML::Node& value) { config.guards.labels = labels(value); }},
                        {"protected_images", [&](const YAML::Node& value) { config.guards.images = texts(value, "images, * and ? allowed"); }}});
}

}  // namespace quell::daemon
