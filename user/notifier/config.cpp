// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/config.h"

#include <sys/stat.h>

#include <algorithm>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"
#include "user/base/yaml_reader.h"
#include "user/history/row.h"

namespace quell::notifier {
namespace {

using yaml::absolute_path;
using yaml::read_mapping;
using yaml::section;
using yaml::text;
using yaml::wrong;

constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un
constexpr std::size_t kNameMax = 32, kUrlMax = 2048, kSecretMax = 4096;

std::uint64_t number(const YAML::Node& node, std::uint64_t least, std::uint64_t most) {
    const std::string what = "expected a number from " + std::to_string(least) + " to " + std::to_string(most);
    return yaml::number(node, 10, least, most, what);
}

std::string name(const YAML::Node& node) {
    std::string word = text(node, "expected a name");
    const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (word.size() > kNameMax || !std::ranges::all_of(word, is_allowed)) wrong(node, "a name has lower-case letters, digits and dashes, at most 32");
    return word;
}

std::string url(const YAML::Node& node) {
    std::string address = text(node, "expected a URL");
    if (!address.starts_with("https://") && !address.starts_with("http://")) wrong(node, "expected a URL of http or https");
    if (address.size() > kUrlMax || std::ranges::any_of(address, [](char c) { return c <= ' ' || c > '~'; })) wrong(node, "not a URL");
    return address;
}

std::set<std::string> actions(const YAML::Node& node) {
    if (!node.IsSequence()) wrong(node, "expected a list of actions");
    std::set<std::string> words;
    for (const auto& item : node) {
        const std::string word = text(item, "expected an action");
        if (!history::parse_action(word)) wrong(item, "unknown action '" + escape_cut(word, 64) + "'");
        words.insert(word);
    }
    if (words.empty()) wrong(node, "expected at least one action");
    return words;
}

Target read_target(const YAML::Node& node) {
    Target target;
    if (!node.IsMap()) wrong(node, "expected a mapping");
    read_mapping(node, {
        {"name", [&](const YAML::Node& v) { target.name = name(v); }},
        {"url", [&](const YAML::Node& v) { target.url = url(v); }},
        {"format", [&](const YAML::Node& v) {
             const std::string word = text(v, "expected json or chat");
             if (word != "json" && word != "chat") wrong(v, "expected json or chat");
             target.format = word == "chat" ? Format::Chat : Format::Json;
         }},
        {"secret_file", [&](const YAML::Node& v) { target.secret_file = absolute_path(v); }},
        {"ca_file", [&](const YAML::Node& v) { target.ca_file = absolute_path(v); }},
        {"severity", [&](const YAML::Node& v) {
             const auto severity = word_index(kSeverityWords, text(v, "expected a severity"));
             if (!severity) wrong(v, "expected info, low, medium, high or critical");
             target.severity = *severity;
         }},
        {"actions", [&](const YAML::Node& v) { target.actions = actions(v); }},
        {"timeout_s", [&](const YAML::Node& v) { target.timeout_s = number(v, 1, 120); }},
    });
    if (target.name.empty() || target.url.empty()) wrong(node, "a target has a name and a url");
    return target;
}

void read_targets(const YAML::Node& node, std::vector<Target>& targets) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) wrong(node, "expected a list of targets");
    if (node.size() > kTargetsMax) wrong(node, "at most " + std::to_string(kTargetsMax) + " targets");
    for (const auto& item : node) {
        targets.push_back(read_target(item));
        if (std::ranges::count(targets, targets.back().name, &Target::name) > 1) wrong(item, "two targets have the name '" + targets.back().name + "'");
    }
}

void read_config(const YAML::Node& root, Config& config) {
    read_mapping(root, {
        {"daemon", section({{"socket", [&](const YAML::Node& v) { config.daemon_socket = absolute_path(v, kSocketPathMax); }}})},
        {"queue", section({{"path", [&](const YAML::Node& v) { config.queue_path = absolute_path(v); }},
                           {"max", [&](const YAML::Node& v) { config.queue_max = number(v, 10, 1'000'000); }}})},
        {"metrics", section({{"socket", [&](const YAML::Node& v) { config.metrics_socket = v.IsScalar() && v.Scalar() == "off" ? "" : absolute_path(v, kSocketPathMax); }},
                             {"port", [&](const YAML::Node& v) { config.metrics_port = static_cast<std::uint16_t>(number(v, 1, 65535)); }}})},
        {"targets", [&](const YAML::Node& v) { read_targets(v, config.targets); }},
        {"log", section({{"level", [&](const YAML::Node& v) {
                              const auto parsed = log::parse_level(text(v, "expected a level"));
                              if (!parsed) wrong(v, "expected debug, info, warn or error");
                              config.log_level = *parsed;
                          }}})},
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

Result<std::string> read_secret(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return errno_error("cannot read " + path);
    if (info.st_mode & 077) return Error{path + " can be read by others than its owner", EPERM, "chmod 600 " + path};
    auto secret = read_file(path, kSecretMax);
    if (!secret) return secret.error();
    while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
    if (secret->empty()) return Error{path + " is empty", EINVAL, {}};
    return secret;
}

}  // namespace quell::notifier
