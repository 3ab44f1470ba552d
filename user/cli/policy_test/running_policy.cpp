// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/running_policy.h"

#include "user/cli/policy_test/service.h"

namespace quell::cli {

using control::Json;

namespace {

constexpr std::uint64_t kTimeoutMs = 120'000;  // as `policy apply`

Json request(const std::vector<std::string>& files, bool is_dry) { return {{"files", files}, {"dry_run", is_dry}, {"allow_empty", true}}; }

}  // namespace

Status RunningPolicy::apply() {
    if (is_applied_) return success();
    const auto before = reply_of(client_, "RunningPolicy", {{"index", 0}});
    if (!before) return Error{"the policy that runs could not be put back: " + before.error().message, 0, {}};
    generation_ = control::integer_member(*before, "generation");
    digest_ = control::string_member(*before, "digest");
    if (auto applied = reply_of(client_, "ApplyPolicy", request(files_, false), kTimeoutMs); !applied) return applied.error();
    is_applied_ = true;
    return success();
}

Status RunningPolicy::put_back() {
    if (!std::exchange(is_applied_, false)) return success();
    // By no file the daemon's own directory is meant. If it is what ran, the daemon shall not call it a rollback.
    const auto own = reply_of(client_, "ApplyPolicy", request({}, true), kTimeoutMs);
    const bool is_own = own && control::string_member(*own, "digest") == digest_;
    const auto back = is_own ? reply_of(client_, "ApplyPolicy", request({}, false), kTimeoutMs)
                             : reply_of(client_, "RollbackPolicy", {{"generation", generation_}, {"dry_run", false}}, kTimeoutMs);
    if (back) return success();
    return Error{"the policy of generation " + std::to_string(generation_) + " was not put back: " + back.error().message, 0, "quell policy rollback " + std::to_string(generation_)};
}

}  // namespace quell::cli
