// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <map>
#include <set>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"

namespace quell::daemon {

namespace {

constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un
constexpr std::uint64_t kKeepRowsMin = 1'000;
constexpr std::uint64_t kKeepRowsMax = 1'000'000'000;
constexpr std::uint64_t kKeepArmedMax = 86'400;
constexpr std::uint64_t kEvidenceBytesMin = 1'048'576;
constexpr std::uint64_t kEvidenceBytesMax = 1'125'899'906'842'624;  // a pebibyte
constexpr std::uint64_t kEvidenceSecondsMax = 3'600;

// What a reader of one key throws; caught in parse_config.
struct Wrong {
    YAML::Mark mark;
    std::string message;
};

[[noreturn]] void wrong(const YAML::Node& node, std::string message) { throw Wrong{node.Mark(), std::move(message)}; }

using Reader = std::function<void(const YAML::Node& value)>;
using Readers = std::map<std::string, Reader, std::less<>>;

// yaml-cpp takes a key twice without a word; a typing mistake in a file that
// says who may kill must not pass.
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

std::string absolute_path(const YAML::Node& node) {
    std::string path = text(node, "expected an absolute path");
    if (path.front() != '/') wrong(node, "expected an absolute path");
    return path;
}

std::uint64_t number(const YAML::Node& node, int base, std::uint64_t least, std::uint64_t most, const std::string& what) {
    const std::string digits = text(node, what);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < least || value > most) wrong(node, what);
    return value;
}

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
    const auto section = [](Readers readers) -> Reader {
        return [readers = std::move(readers)](const YAML::Node& value) { read_mapping(value, readers); };
    };
    read_mapping(root, {
        {"operators", section({{"group", [&](const YAML::Node& v) { config.operators_group = text(v, "expected the name of a group"); }}})},
        {"responses", section({{"enabled", [&](const YAML::Node& v) { config.responses = response_mask(v); }},
                               {"automatic", [&](const YAML::Node& v) { config.automatic = on_or_off(v); }},
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

}  // namespace quell::daemon
