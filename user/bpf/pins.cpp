// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/pins.h"

#include "kern/abi.h"

namespace quell::bpf {

std::string version_pin(const std::string& root) { return root + "/version-" + std::to_string(QUELL_ABI_VERSION); }

std::string pin_name(const std::string& map_name) {
    if (map_name.ends_with(".data.quell")) return "globals";
    const auto dot = map_name.find('.');
    if (dot == std::string::npos) return map_name;
    std::string name = map_name.substr(dot + 1);
    for (auto& c : name)
        if (c == '.') c = '_';
    return name;
}

}  // namespace quell::bpf
