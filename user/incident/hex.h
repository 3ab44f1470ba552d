// SPDX-License-Identifier: Apache-2.0
// Bytes of any kind as text, for what is kept on the disk as JSON. Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace quell::incident {

[[nodiscard]] std::string hex(const void* data, std::size_t size);
[[nodiscard]] inline std::string hex(const std::string& bytes) { return hex(bytes.data(), bytes.size()); }
// Nothing where it is no such text.
[[nodiscard]] std::optional<std::string> unhex(const std::string& text);

}  // namespace quell::incident
