// SPDX-License-Identifier: Apache-2.0
// Crowd: thousands of mounts on the host, which a Jail can take along by one
// recursive bind. Each is of an inode of its own: a directory or a file of
// one tmpfs, or the root of a tmpfs or an overlay of its own.
#pragma once

#include <string>

namespace quell::guest {

enum class Of { kDirectories, kFiles, kSuperblocks, kOverlays };

class Crowd {
public:
    Crowd(std::string directory, Of what, int count);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    [[nodiscard]] std::string sources() const { return directory_ + "/sources"; }  // 0, 1, ..., and spare0, spare1, ...: not mounted
    [[nodiscard]] std::string places() const { return directory_ + "/places"; }    // where each is mounted: 0, 1, ...

private:
    std::string directory_;
};

}  // namespace quell::guest
