// SPDX-License-Identifier: Apache-2.0
// A pattern over a whole path, whose stars pass over slashes -> patterns of
// ours, whose stars do not: `/x*` becomes /x* and /x*/**.
#pragma once

#include <string>
#include <vector>

#include "policy/import/falco/translate/texts.h"

namespace quell::policy::falco {

struct Paths {
    std::vector<std::string> patterns;  // none: no path of a file is like that
    bool is_cut = false;                // some are missing: too many, or a `?` that may be a slash
    bool has_globs = false;             // other than /x/* and /x/**
};

// Thread-safe.
[[nodiscard]] Paths paths_of(const Glob& glob);

// The file's name is like `name`, in whatever directory; its directory is like
// `directory`; its path is like `path`, or below it.
[[nodiscard]] Paths paths_named(const Glob& name);
[[nodiscard]] Paths paths_directly_in(const Glob& directory);
[[nodiscard]] Paths paths_at_or_below(const Glob& path);

// The name that a process of that executable has: 15 bytes of it.
[[nodiscard]] Paths paths_of_command(const Glob& command);

}  // namespace quell::policy::falco
