// SPDX-License-Identifier: Apache-2.0
// KeptPolicies: the files of the policies that were applied last, as they
// were then: what `quell policy rollback` goes back to and `quell policy diff`
// compares with. One file a generation, replaced as a whole. Thread-safe: it
// has no state but the directory; save() from one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/document/source_text.h"
#include "user/base/result.h"

namespace quell::daemon {

struct KeptPolicy {
    std::uint64_t generation = 0;
    // The generation whose files these are: its own, or that which a rollback went back to.
    std::uint64_t origin = 0;
    std::string digest;
    std::vector<policy::Source> sources;
};

class KeptPolicies {
public:
    // A handful to go back through; the newest is kept whatever its size, the
    // others as far as all of them have room.
    static constexpr std::size_t kMost = 8;
    static constexpr std::uint64_t kMostBytes = 64u << 20;

    explicit KeptPolicies(std::string directory) : directory_(std::move(directory)) {}

    // Makes the directory where it lacks, and removes the oldest.
    [[nodiscard]] Status save(const KeptPolicy& kept) const;
    [[nodiscard]] bool has(std::uint64_t generation) const;
    // ENOENT: it is not kept. EINVAL: the file is not one of ours.
    [[nodiscard]] Result<KeptPolicy> read(std::uint64_t generation) const;
    // What `generation` replaced, or was rolled back from. ENOENT: there is none, or it is not kept any more.
    [[nodiscard]] Result<KeptPolicy> before(std::uint64_t generation) const;
    // Ascending.
    [[nodiscard]] std::vector<std::uint64_t> generations() const;

private:
    [[nodiscard]] std::string path(std::uint64_t generation) const;
    void remove_oldest() const;

    const std::string directory_;
};

}  // namespace quell::daemon
