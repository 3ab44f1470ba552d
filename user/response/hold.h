// SPDX-License-Identifier: Apache-2.0
// What responses share that hold a container while nobody has decided.
// Functions only; thread-safe.
#pragma once

#include <string>

#include "user/bpf/engine.h"
#include "user/response/response.h"

namespace quell::response {

// Asks the kernel side to note, or to do, what the incident's rule wants while it waits. Why not, "": it is so, also by an earlier daemon.
[[nodiscard]] std::string ask_hold(bpf::Engine& engine, const Target& target, quell_response which);
// Of what the kernel side does at the event: asked for here where it could not then.
[[nodiscard]] Holding hold_by_kernel(bpf::Engine& engine, const Target& target, quell_response which);

// Whether the entry has its container frozen: it waits, or what was approved is not in force yet; or it is captured before it is
// killed. Who is told to end must run for it.
[[nodiscard]] bool keeps_frozen(const quell_pending& entry);
// Whether any incident has. Walks all entries.
[[nodiscard]] bool is_held_frozen(const bpf::Engine& engine, std::uint64_t container);
// Whether Quell wants it frozen at all: it is paused, held, or to be captured by now.
[[nodiscard]] bool is_to_stand(const bpf::Engine& engine, std::uint64_t container);
// Lets it go on, unless Quell wants it frozen for something else, or it is gone.
[[nodiscard]] Status let_go_on(const bpf::Engine& engine, std::uint64_t container);

}  // namespace quell::response
