// SPDX-License-Identifier: Apache-2.0
// What the readers of /etc/quell/quell.yaml's sections share. They throw
// Wrong, which parse_config() makes an error with its place of. Internal to
// user/daemon/config*.cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "user/daemon/config.h"

namespace quell::daemon {

struct Wrong {
    YAML::Mark mark;
    std::string message;
};
[[noreturn]] void wrong(const YAML::Node& node, std::string message);

using Reader = std::function<void(const YAML::Node& value)>;
using Readers = std::map<std::string, Reader, std::less<>>;

// Unknown keys and those that are there twice are wrong.
void read_mapping(const YAML::Node& node, const Readers& readers);
// A scalar that is not empty; `what`: what it should be.
[[nodiscard]] std::string text(const YAML::Node& node, std::string_view what);
[[nodiscard]] std::uint64_t number(const YAML::Node& node, int base, std::uint64_t least, std::uint64_t most, const std::string& what);

// The sections of config_rights.cpp.
void read_roles(const YAML::Node& node, Config& config);
void read_rights(const YAML::Node& node, Config& config);
void read_guards(const YAML::Node& node, Config& config);
[[nodiscard]] std::vector<std::string> group_names(const YAML::Node& node);

}  // namespace quell::daemon
