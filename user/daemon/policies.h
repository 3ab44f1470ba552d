// SPDX-License-Identifier: Apache-2.0
// Policies: from files to the running generation. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "user/base/result.h"
#include "user/bpf/engine.h"
#include "user/incident/rule_book.h"

namespace quell::daemon {

struct ApplyRequest {
    std::vector<std::string> paths;  // files and directories
    bool dry_run = false;
    bool allow_empty = false;
};

struct ApplyOutcome {
    bool applied = false;  // false with error findings: the old generation runs on
    bool changed = false;
    std::uint64_t generation = 0;
    std::string digest;
    std::size_t rules = 0;
    std::uint64_t map_bytes = 0;
    std::vector<policy::Finding> findings;
};

class Policies {
public:
    // A generation's number is never used again, after a boot neither: `last` is the highest that the history has.
    Policies(bpf::Engine& engine, std::uint64_t last) : engine_(engine), last_generation_(last) {}

    // All or nothing. The Result is an error when files could not be read or
    // the kernel side refused the image; wrong policies are findings.
    [[nodiscard]] Result<ApplyOutcome> apply(const ApplyRequest& request);
    // What an earlier daemon had loaded, as the history tells it: runs on and is shown, and is not loaded again.
    void adopt(std::uint64_t generation, const std::string& digest, const std::vector<incident::RuleFacts>& rules);

    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] const std::string& digest() const { return digest_; }
    [[nodiscard]] const policy::Image& image() const { return image_; }
    [[nodiscard]] std::size_t rule_count() const;    // without the built-in ones
    [[nodiscard]] std::size_t policy_count() const;
    // As its file has it; "" where it has none, or where what runs was adopted.
    [[nodiscard]] std::string version_of(const std::string& policy) const;

private:
    bpf::Engine& engine_;
    const std::uint64_t last_generation_;
    std::uint64_t generation_ = 0;
    std::string digest_;
    policy::Image image_;
    std::map<std::string, std::string> versions_;
};

}  // namespace quell::daemon
