// SPDX-License-Identifier: Apache-2.0
// Names of users and groups, as /etc/passwd and /etc/group have them where a
// policy is compiled. Those two files alone: what else may tell of accounts
// runs as a library in whoever asks, and would run in the daemon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quell::policy {

// Whether a value is a name: it begins with a letter or an underscore. Whether somebody is called so is another question.
[[nodiscard]] bool is_account_name(std::string_view text);

// Nothing where the file has no such name, or cannot be read. A file that
// changes is read anew. Thread-safe.
[[nodiscard]] std::optional<std::uint32_t> user_id(const std::string& name);
[[nodiscard]] std::optional<std::uint32_t> group_id(const std::string& name);

}  // namespace quell::policy
