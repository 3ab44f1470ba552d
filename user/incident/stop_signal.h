// SPDX-License-Identifier: Apache-2.0
// The signal that an image wants to be stopped by, as runtimes write it into
// the annotation org.opencontainers.image.stopSignal: "15" (Podman), "SIGQUIT"
// or "SIGRTMIN+3" (CRI-O, umoci). containerd keeps it where no file tells.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace quell {

inline constexpr int kStopSignalDefault = 15;  // SIGTERM

// The default where it is none, unknown, or one that stops nobody for good (0, SIGSTOP, SIGCONT).
[[nodiscard]] int stop_signal(std::string_view text);
// "SIGTERM", "SIGRTMIN+3".
[[nodiscard]] std::string stop_signal_text(int signal);

}  // namespace quell
