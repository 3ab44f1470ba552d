// SPDX-License-Identifier: Apache-2.0
// Root: a container's files by their paths, as it has them: of one that has
// begun, or of one that is about to, whose first process waits for an OCI hook
// and may have the host's root still.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/bpf/engine.h"

namespace quell::response {

// A container that has executed nothing, as its OCI hook tells of it: root's word, unchecked.
struct Starting {
    quell_u32 pid = 0;  // of its first process, by the host's number; 0: no hook waits
    std::string root;   // where its root will be, by that process's path; "": not told
};

struct Root {
    Fd fd;
    quell_task_ref init{};  // whose mounts these are
    std::string path;       // as the kernel gives it, before what lies in it; "" where that is "/"
    std::string mounted_at; // the same in the mount table of `init`
};

// ESRCH: it is gone, or its first process has ended.
[[nodiscard]] Result<Root> open_root(bpf::Engine& engine, std::uint64_t container);
// Of its first process if that has changed its root already, else what is told. EOPNOTSUPP: that is not to be found, or the
// host's. `hosts`: a path to the host's root.
[[nodiscard]] Result<Root> open_root(const Starting& starting, const std::string& hosts = "/proc/1/root");

// Opens nothing, so that a FIFO holds nobody up; links are followed in there only. `resolve`: more of RESOLVE_….
[[nodiscard]] Fd open_in(const Root& root, const std::string& path, quell_u64 resolve = 0);
// Why nothing was opened, by errno.
[[nodiscard]] std::string why_not_opened(int code);
// Where it lies below the root, its links followed; nothing where that cannot be said.
[[nodiscard]] std::optional<std::string> path_in(const Root& root, const Fd& place);

}  // namespace quell::response
