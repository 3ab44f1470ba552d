// SPDX-License-Identifier: Apache-2.0
// What tests of containments that follow their workload share.
#pragma once

#include <string>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

// OCI hooks, as a bundle has them.
[[nodiscard]] Json hooked(bool required = false);
[[nodiscard]] ContainerOptions options_of(const Json& hooks, const std::string& runtime = "crun");
// What its init has said in that file of its /tmp, -1 when it does not in time.
[[nodiscard]] int said_by(const Container& container, const std::string& what);
[[nodiscard]] bool has_said_it(const Container& container, const std::string& what);

// The row of that action of the incident, the first of them.
[[nodiscard]] Json row_of(const std::string& id, const std::string& action);
// How many rows of the incident have that text in their result.
[[nodiscard]] int rows_with(const std::string& id, const std::string& text);
// The incident that was made when it came back for the n-th time.
[[nodiscard]] std::string came_back(const std::string& id, std::size_t times);
[[nodiscard]] int undo(const std::string& id);
// It came back and was contained before its first instruction, by the approval of `id`.
void expect_in_time(const std::string& id, const std::string& again);

}  // namespace quell::guest
