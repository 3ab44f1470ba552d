// SPDX-License-Identifier: Apache-2.0
// Reading a configuration file of YAML, strictly: a mapping has readers for
// its keys, and a key that none knows, or that is there twice, is an error with
// its place. A library of its own (quell_yaml_reader), so that who links
// user/base does not link yaml-cpp. Thread-safe.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell::yaml {

// What readers throw; caught in read_document().
struct Wrong {
    YAML::Mark mark;
    std::string message;
};
[[noreturn]] void wrong(const YAML::Node& node, std::string message);

using Reader = std::function<void(const YAML::Node& value)>;
using Readers = std::map<std::string, Reader, std::less<>>;

void read_mapping(const YAML::Node& node, const Readers& readers);
// A mapping below a key.
[[nodiscard]] Reader section(Readers readers);

// A scalar that is not empty and holds no NUL; `what`: what it should be.
[[nodiscard]] std::string text(const YAML::Node& node, std::string_view what);
[[nodiscard]] std::string absolute_path(const YAML::Node& node, std::size_t most = 4095);
[[nodiscard]] std::uint64_t number(const YAML::Node& node, int base, std::uint64_t least, std::uint64_t most, const std::string& what);

// Of the one document in `input`; none is no error, nor are a few empty ones behind it. Error: "FILE:LINE:COLUMN: what is wrong",
// the first one.
[[nodiscard]] Status read_document(std::string_view input, const std::string& file, const Reader& read);

}  // namespace quell::yaml
