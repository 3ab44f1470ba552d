// SPDX-License-Identifier: Apache-2.0
// Observer: which rules the daemon has told of, and of whom. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "user/base/result.h"
#include "user/control/client.h"

namespace quell::cli {

class Observer {
public:
    explicit Observer(control::Client& client) : client_(client) {}

    // As scenarios name them: "policy/id", with policy::kInDoubt where it is. `all`: also what is decided.
    [[nodiscard]] Result<std::set<std::string>> fired(pid_t who, std::uint32_t operation, bool all = false);
    // Rejects what waits and these have done: the next one is a new incident, and there is room for it.
    [[nodiscard]] Status forget(const std::set<pid_t>& pids);
    // How often there was no room for an incident, or for its event.
    [[nodiscard]] Result<std::int64_t> lost();

private:
    [[nodiscard]] Result<control::Json> call(std::string_view method, const control::Json& parameters);

    control::Client& client_;
};

}  // namespace quell::cli
