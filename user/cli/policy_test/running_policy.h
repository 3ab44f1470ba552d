// SPDX-License-Identifier: Apache-2.0
// RunningPolicy: policies that run for as long as this is there. The one that
// ran before is put back, as what it was: the daemon's directory or an earlier
// generation. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/base/result.h"
#include "user/control/client.h"

namespace quell::cli {

class RunningPolicy {
public:
    // `files`: absolute.
    RunningPolicy(control::Client& client, std::vector<std::string> files) : client_(client), files_(std::move(files)) {}
    ~RunningPolicy() { (void)put_back(); }
    RunningPolicy(const RunningPolicy&) = delete;
    RunningPolicy& operator=(const RunningPolicy&) = delete;

    // Both may be called again, one after the other, and do nothing twice. An error of apply(): nothing was changed.
    [[nodiscard]] Status apply();
    [[nodiscard]] Status put_back();

private:
    control::Client& client_;
    const std::vector<std::string> files_;
    bool is_applied_ = false;
    std::int64_t generation_ = 0;  // that ran before
    std::string digest_;
};

}  // namespace quell::cli
