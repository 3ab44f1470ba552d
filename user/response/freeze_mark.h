// SPDX-License-Identifier: Apache-2.0
// FreezeMark: a container is frozen for a moment only, and that is written
// where it outlives the daemon: one that is killed in this moment would leave
// the container standing, and nobody would know by whom.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quell::response {

// An empty file for each, named by the cgroup's id; gone with a restart of the host, as the freeze is.
inline constexpr const char* kFreezeMarks = "/run/quell/frozen";

// Made before `1` is written, and gone after `0`. Where none can be made it is as if there were no such thing. Any thread.
class FreezeMark {
public:
    explicit FreezeMark(std::uint64_t cgroup, std::string directory = kFreezeMarks);
    ~FreezeMark();
    FreezeMark(const FreezeMark&) = delete;
    FreezeMark& operator=(const FreezeMark&) = delete;
    // It is frozen still: whoever comes next is to let it go on.
    void keep() { kept_ = true; }

private:
    std::string path_;
    bool kept_ = false;
};

// Those that an earlier daemon has left. At most 4,096: there are no more containers.
[[nodiscard]] std::vector<std::uint64_t> left_frozen(const std::string& directory = kFreezeMarks);
void forget_freeze(std::uint64_t cgroup, const std::string& directory = kFreezeMarks);

}  // namespace quell::response
