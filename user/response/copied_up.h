// SPDX-License-Identifier: Apache-2.0
// A file of an image's lower layer may have been copied up between the event
// and the flip, by the very operation that was seen. Its entry moves to the
// upper's identity when a hook meets the file. So that it meets it right after
// the flip, the daemon goes to the path that the event had: which regular file
// of that overlay lies there by now does not matter, the hook goes by identity
// (docs/design/005-file-adopt.md).
#pragma once

#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/bpf/engine.h"
#include "user/incident/mounts.h"
#include "user/response/response.h"
#include "user/response/root.h"

namespace quell::response {

// By which hooks: those of an open, or of a map for execution, of which nothing is executed.
enum class Meeting { kOpened, kMapped };

// Fails when the daemon could not look; that nothing lies there, or that the container has ended, is no failure. Waits for the
// container's file systems: on a worker.
[[nodiscard]] Status meet_copy(bpf::Engine& engine, const Target& target, Meeting by);

// O_PATH, of the regular file at that path, where it lies on the overlay of that device number (quell_pending); closed where
// nothing lies there, or something else: what a container puts at a path is not opened. `mounts`: those of root.init. EXDEV: it
// lies on, or behind, a file system that is not walked.
[[nodiscard]] Result<Fd> find_on_overlay(const Root& root, const MountTable& mounts, const std::string& path, quell_u32 overlay_device);

}  // namespace quell::response
