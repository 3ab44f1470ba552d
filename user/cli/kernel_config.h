// SPDX-License-Identifier: Apache-2.0
// The options the running kernel was built with. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell::cli {

// /boot/config-RELEASE, else /proc/config.gz below `root`. Error: neither can
// be read.
[[nodiscard]] Result<std::string> read_kernel_config(const std::string& root, const std::string& release);

// CONFIG_<option>=y: a module would come too late.
[[nodiscard]] bool has_option(std::string_view config, std::string_view option);

}  // namespace quell::cli
