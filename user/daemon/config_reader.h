// SPDX-License-Identifier: Apache-2.0
// The readers of /etc/quell/quell.yaml's sections. Internal to
// user/daemon/config*.cpp.
#pragma once

#include <string>
#include <vector>

#include "user/base/yaml_reader.h"
#include "user/daemon/config.h"

namespace quell::daemon {

using yaml::number;
using yaml::read_mapping;
using yaml::Reader;
using yaml::Readers;
using yaml::text;
using yaml::wrong;

// The sections of config_rights.cpp.
void read_roles(const YAML::Node& node, Config& config);
void read_rights(const YAML::Node& node, Config& config);
void read_guards(const YAML::Node& node, Config& config);
[[nodiscard]] std::vector<std::string> group_names(const YAML::Node& node);

}  // namespace quell::daemon
