// SPDX-License-Identifier: Apache-2.0
// Policies: from files to the running generation. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "user/base/result.h"
#include "user/incident/rule_book.h"

namespace quell::daemon {

struct ApplyRequest {
    std::vector<std::string> paths;  // files and directories
    bool dry_run = false;
    bool allow_empty = false;
};

struct ApplyOutcome {
    bool applied = false;  // false with error findings: the old generation runs on
    bool changed = false;  // false: what runs means the same, and nothing was done
    std::uint64_t generation = 0;  // that runs afterwards
    std::string digest;
    std::size_t rules = 0;  // that are loaded: not those that are off
    std::uint64_t map_bytes = 0;  // 0: not known
    std::vector<policy::Finding> findings;
    std::vector<policy::Source> sources;  // what was compiled
};

// The kernel side, as far as policies need it.
struct PolicyLoader {
    std::function<Status(const policy::Image&, std::uint64_t generation)> load;  // all or nothing
    std::function<std::uint64_t()> generation;                                   // that runs; 0: none
};

class Policies {
public:
    // A generation's number is never used again, after a boot neither: `last` is the highest that the history has.
    Policies(PolicyLoader loader, std::uint64_t last) : loader_(std::move(loader)), last_generation_(last) {}

    // All or nothing. The Result is an error when files could not be read or
    // the kernel side refused the image; wrong policies are findings.
    [[nodiscard]] Result<ApplyOutcome> apply(const ApplyRequest& request);
    // The same with files that were read already; of the request its paths are not used.
    [[nodiscard]] Result<ApplyOutcome> apply(std::vector<policy::Source> sources, const ApplyRequest& request);
    // What an earlier daemon had loaded, as the history tells it: runs on and is shown, and is not loaded again.
    void adopt(std::uint64_t generation, const std::string& digest, const std::vector<incident::RuleFacts>& rules);

    // The image of what was adopted, compiled from files that were kept: nothing where it is not of the same digest.
    void know(policy::Image image);

    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] const std::string& digest() const { return digest_; }
    [[nodiscard]] const policy::Image& image() const { return image_; }
    // Rules that are not simply on: those that are off are in no image.
    [[nodiscard]] const std::vector<policy::ModedRule>& moded() const { return moded_; }
    [[nodiscard]] std::size_t rule_count() const;    // without the built-in ones
    [[nodiscard]] std::size_t policy_count() const;
    // As its file has it; "" where it has none, or where what runs was adopted.
    [[nodiscard]] std::string version_of(const std::string& policy) const;

private:
    const PolicyLoader loader_;
    const std::uint64_t last_generation_;
    std::uint64_t generation_ = 0;
    std::string digest_;
    policy::Image image_;
    std::vector<policy::ModedRule> moded_;
    std::map<std::string, std::string> versions_;
};

// What `quell status` says of a policy that should have been applied and was
// not; "" where it was. `what`: "the policy in /etc/quell/policy.d".
[[nodiscard]] std::string policy_warning(const Result<ApplyOutcome>& outcome, const std::string& what, bool has_rules);

}  // namespace quell::daemon
