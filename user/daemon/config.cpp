// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/config.h"

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"
#include "user/daemon/config_reader.h"

namespace quell::daemon {

namespace {

using yaml::absolute_path;
using yaml::section;

constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un
constexpr std::uint64_t kKeepRowsMin = 1'000;
constexpr std::uint64_t kKeepRowsMax = 1'000'000'000;
constexpr std::uint64_t kKeepArmedMax = 86'400;
constexpr std::uint64_t kStopGraceMax = 120;  // longer than that no client waits for the answer
constexpr std::uint64_t kEvidenceBytesMin = 1'048'576;
constexpr std::uint64_t kEvidenceBytesMax = 1'125'899'906'842'624;  // a pebibyte
constexpr std::uint64_t kEvidenceSecondsMax = 3'600;

std::uint32_t response_mask(const YAML::Node& node) {
    if (!node.IsSequence()) wrong(node, "expected a list of responses");
    std::uint32_t mask = 0;
    for (const auto& item : node) {
        const std::string word = text(item, "expected a response");
        const auto response = word_index(kResponseWords, word);
        if (!response) wrong(item, "unknown response '" + escape_cut(word, 64) + "'");
        if (mask & QUELL_BIT(*response)) wrong(item, "'" + word + "' is there twice");
        mask |= QUELL_BIT(*response);
    }
    return mask;
}

bool on_or_off(const YAML::Node& node) {
    const std::string word = text(node, "expected on or off");
    if (word != "on" && word != "off") wrong(node, "expected on or off");
    return word == "on";
}

std::uint64_t evidence_bytes(const YAML::Node& node) {
    return number(node, 10, kEvidenceBytesMin, kEvidenceBytesMax, "expected bytes from 1048576 to 1125899906842624");
}

mode_t socket_mode(const YAML::Node& node) {
    // An empty set of rights for the owner would lock root's tools out.
    const auto mode = static_cast<mode_t>(number(node, 8, 0600, 0666, "expected 0600, 0660 or 0666"));
    if (mode != 0600 && mode != 0660 && mode != 0666) wrong(node, "expected 0600, 0660 or 0666");
    return mode;
}

void read_config(const YAML::Node& root, Config& config) {
    const auto socket_path = [&](const YAML::Node& value) {
        config.socket_path = absolute_path(value);
        if (config.socket_path.size() > kSocketPathMax) wrong(value, "a socket's path has at most 107 bytes");
    };
    const auto level = [&](const YAML::Node& value) {
        const auto parsed = log::parse_level(text(value, "expected a level"));
        if (!parsed) wrong(value, "expected debug, info, warn or error");
        config.log_level = *parsed;
    };
    read_mapping(root, {
        {"operators", section({{"group", [&](const YAML::Node& v) { config.operators_group = text(v, "expected the name of a group"); }},
                               {"break_glass", [&](const YAML::Node& v) { config.break_glass = group_names(v); }}})},
        {"roles", [&](const YAML::Node& v) { read_roles(v, config); }},
        {"rights", [&](const YAML::Node& v) { read_rights(v, config); }},
        {"guards", [&](const YAML::Node& v) { read_guards(v, config); }},
        {"responses", section({{"enabled", [&](const YAML::Node& v) { config.responses = response_mask(v); }},
                               {"automatic", [&](const YAML::Node& v) { config.automatic = on_or_off(v); }},
                               {"stop_grace_s", [&](const YAML::Node& v) {
                                    config.stop_grace_s = number(v, 10, 1, kStopGraceMax, "expected seconds from 1 to 120");
                                }},
                               {"keep_armed_s", [&](const YAML::Node& v) {
                                    config.keep_armed_s = number(v, 10, 1, kKeepArmedMax, "expected seconds from 1 to 86400");
                                }}})},
        {"history", section({{"path", [&](const YAML::Node& v) { config.history_path = absolute_path(v); }},
                             {"keep_rows", [&](const YAML::Node& v) {
                                  config.history_keep_rows = number(v, 10, kKeepRowsMin, kKeepRowsMax, "expected a number from 1000 to 1000000000");
                              }}})},
        {"evidence", section({{"dir", [&](const YAML::Node& v) { config.evidence.dir = absolute_path(v); }},
                              {"max_item_bytes", [&](const YAML::Node& v) { config.evidence.max_item_bytes = evidence_bytes(v); }},
                              {"max_total_bytes", [&](const YAML::Node& v) { config.evidence.max_total_bytes = evidence_bytes(v); }},
                              {"max_seconds", [&](const YAML::Node& v) {
                                   config.evidence.max_seconds = number(v, 10, 1, kEvidenceSecondsMax, "expected seconds from 1 to 3600");
                               }}})},
        {"policy", section({{"dir", [&](const YAML::Node& v) { config.policy_dir = absolute_path(v); }}})},
        {"socket", section({{"path", socket_path}, {"mode", [&](const YAML::Node& v) { config.socket_mode = socket_mode(v); }}})},
        {"log", section({{"level", level}})},
    });
}

}  // namespace

Result<Config> parse_config(std::string_view input, const std::string& file) {
    Config config;
    if (auto done = yaml::read_document(input, file, [&](const YAML::Node& root) { read_config(root, config); }); !done) return done.error();
    return config;
}

Result<Config> load_config(const std::string& path) {
    const auto input = read_file(path, kConfigSizeMax);
    if (!input && input.error().code == ENOENT) return Config{};
    if (!input) return input.error();
    return parse_config(*input, path);
}

}  // namespace quell::daemon
