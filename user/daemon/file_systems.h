// SPDX-License-Identifier: Apache-2.0
// FileSystems: those that are mounted, by the UUID that the kernel side knows
// them by, and whether a file is on one of them by its number and generation.
// Opens directories, which may take as long as a disk does: for a worker's
// thread. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "user/base/fd.h"
#include "user/bpf/engine.h"

namespace quell::daemon {

enum class Presence {
    kThere,       // or its file system is, where a number cannot be looked up
    kNoFile,      // no file of that number and generation is on it
    kNotMounted,
};

class FileSystems {
public:
    // In this process's mount namespace, of the kinds that a quarantine can last on.
    [[nodiscard]] static FileSystems mounted(bpf::Engine& engine);
    [[nodiscard]] Presence find(const quell_identity& file) const;

private:
    struct One {
        Fd root;
        std::string type;
        quell_u64 uuid[2];
    };
    explicit FileSystems(bpf::Engine& engine) : engine_(&engine) {}
    [[nodiscard]] bool is_there(const One& on, const quell_identity& file) const;

    bpf::Engine* engine_;
    std::vector<One> list_;
};

}  // namespace quell::daemon
