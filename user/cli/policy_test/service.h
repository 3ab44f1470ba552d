// SPDX-License-Identifier: Apache-2.0
// Calls whose failure is an Error, for parts that go on after one. One thread.
#pragma once

#include <string_view>

#include "user/base/result.h"
#include "user/control/client.h"

namespace quell::cli {

[[nodiscard]] Result<control::Json> reply_of(control::Client& client, std::string_view method, const control::Json& parameters, std::uint64_t timeout_ms = 30'000);

}  // namespace quell::cli
