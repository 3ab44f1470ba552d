// SPDX-License-Identifier: Apache-2.0
// FreezeMark: a container is frozen for a moment only, and that is written
// where it outlives the daemon: one that is killed in this moment would leave
// the container standing, and nobody would know by whom. Within the daemon it
// says that nobody else has the container frozen, and who of several that have
// it frozen at once is to let it go on: the last. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace quell::response {

// An empty file for each, named by the cgroup's id; gone with a restart of the host, as the freeze is.
inline constexpr const char* kFreezeMarks = "/run/quell/frozen";

// Made before `1` is written, and gone after `0`. Where no file can be made it is as if there were none.
class FreezeMark {
public:
    explicit FreezeMark(std::uint64_t cgroup, std::string directory = kFreezeMarks);
    ~FreezeMark();
    FreezeMark(const FreezeMark&) = delete;
    FreezeMark& operator=(const FreezeMark&) = delete;
    // It is frozen still: whoever comes next is to let it go on.
    void keep() { kept_ = true; }

    // The moment is over. `write` is given what the container is to be, frozen or not, and says whether it is so: frozen where
    // `stands` says that somebody else of Quell wants it, asked again behind the writing, since that may change meanwhile; not
    // frozen else, unless another mark is there, whose end then does it. False when it could not be written: a container that
    // could not be let go on is kept. Neither of the two may make a mark or ask for one.
    bool end(const std::function<bool()>& stands, const std::function<bool(bool frozen)>& write);

private:
    void leave();

    std::string path_;
    bool kept_ = false, is_over_ = false;
};

// Whether somebody has the cgroup frozen who has no mark of this process: `is_frozen` reads what the kernel says, while no mark
// is made and none ends. It may not make a mark or ask for one.
[[nodiscard]] bool is_frozen_unmarked(std::uint64_t cgroup, const std::function<bool()>& is_frozen, const std::string& directory = kFreezeMarks);

// Those that an earlier daemon has left. At most 4,096: there are no more containers.
[[nodiscard]] std::vector<std::uint64_t> left_frozen(const std::string& directory = kFreezeMarks);
void forget_freeze(std::uint64_t cgroup, const std::string& directory = kFreezeMarks);

}  // namespace quell::response
