// SPDX-License-Identifier: Apache-2.0
// Where the pins lie below the pin root:
//   version          (directory name carries the ABI number: version/<n>)
//   maps/<name>      programs/<name>      links/<hook>      policy/<map>-<half>
#pragma once

#include <string>

namespace quell::bpf {

[[nodiscard]] inline std::string map_pin(const std::string& root, const std::string& name) { return root + "/maps/" + name; }
[[nodiscard]] inline std::string program_pin(const std::string& root, const std::string& name) {
    return root + "/programs/" + name;
}
[[nodiscard]] inline std::string link_pin(const std::string& root, const std::string& hook) { return root + "/links/" + hook; }
[[nodiscard]] std::string version_pin(const std::string& root);

// The name a map is pinned by: libbpf's own for its data sections hold the object's name and dots.
[[nodiscard]] std::string pin_name(const std::string& map_name);

}  // namespace quell::bpf
