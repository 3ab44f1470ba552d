// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/config.h"

#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"
#include "user/history/row.h"

namespace quell::notifier {
namespace {

constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un
constexpr std::size_t kNameMax = 32, kUrlMax = 2048, kSecretMax = 4096;

// What a reader of one key throws; caught in parse_config.
struct Wrong {
    YAML::Mark mark;
    std::string message;
};

[[noreturn]] void wrong(const YAML::Node& node, std::string message) { throw Wrong{node.Mark(), std::move(message)}; }

using Reader = std::function<void(const YAML::Node& value)>;
using Readers = std::map<std::string, Reader, std::less<>>;

// yaml-cpp takes a key twice without a word.
void read_mapping(const YAML::Node& node, const Readers& readers) {
    if (node.IsNull()) return;
    if (!node.IsMap()) wrong(node, "expected a mapping");
    std::set<std::string> seen;
    for (const auto& entry : node) {
        if (!entry.first.IsScalar()) wrong(entry.first, "a key must be a plain word");
        const std::string& key = entry.first.Scalar();
        const auto reader = readers.find(key);
        if (reader == readers.end()) wrong(entry.first, "unknown key '" + escape_cut(key, 64) + "'");
        if (!seen.insert(key).second) wrong(entry.first, "duplicate key '" + key + "'");
        reader->second(entry.second);
    }
}

std::string text(const YAML::Node& node, std::string_view what) {
    if (!node.IsScalar() || node.Scalar().empty() || node.Scalar().find('\0') != std::string::npos) wrong(node, std::string(what));
    return node.Scalar();
}

std::string absolute_path(const YAML::Node& node, std::size_t most = 4095) {
    std::string path = text(node, "expected an absolute path");
    if (path.front() != '/') wrong(node, "expected an absolute path");
    if (path.size() > most) wrong(node, "the path is too long");
    return path;
}

std::uint64_t number(const YAML::Node& node, std::uint64_t least, std::uint64_t most) {
    const std::string what = "expected a number from " + std::to_string(least) + " to " + std::to_string(most);
    const std::string digits = text(node, what);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < least || value > most) wrong(node, what);
    return value;
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
    const auto section = [](Readers readers) -> Reader {
        return [readers = std::move(readers)](const YAML::Node& value) { read_mapping(value, readers); };
    };
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

Error located(const std::string& file, const YAML::Mark& mark, const std::string& message) {
    return Error{file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + message, EINVAL, {}};
}

}  // namespace

Result<Config> parse_config(std::string_view input, const std::string& file) {
    Config config;
    try {
        const auto documents = YAML::LoadAll(std::string(input));
        if (documents.size() > 1) return located(file, documents[1].Mark(), "a second document");
        if (!documents.empty()) read_config(documents[0], config);
    } catch (const Wrong& found) {
        return located(file, found.mark, found.message);
    } catch (const YAML::Exception& found) {
        return located(file, found.mark, escape(found.msg));
    }
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
