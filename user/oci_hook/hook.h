// SPDX-License-Identifier: Apache-2.0
// What quell-oci-hook does with what its runtime hands over. Nothing here
// waits but the calls of the daemon. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "user/control/client.h"
#include "user/incident/identity.h"

namespace quell::oci {

inline constexpr std::size_t kStateBytesMax = 1u << 20;  // with all annotations; kubelet bounds those to 256 KiB
inline constexpr std::size_t kNameBytesMax = 1024;
inline constexpr std::uint64_t kDeadlineMs = 2'000;      // for all of it: the container waits

// Of the runtime's state (OCI runtime specification, "State").
struct State {
    std::string id;
    std::uint32_t pid = 0;
    std::string bundle;  // "": not told
};

// From standard input. EINVAL: not JSON, deeper than any state is, or without a container's id and process.
[[nodiscard]] Result<State> parse_state(std::string_view text);

// Of the bundle's config.json, where only root could have written it: what a pod of Kubernetes is called. Else nothing.
[[nodiscard]] ContainerIdentity identity_of(const TrustedFiles& files, const State& state);

// Of the same file: where the container's root is, "" where that is not said.
[[nodiscard]] std::string root_of(const TrustedFiles& files, const State& state);

// Parameters of ContainerStarts.
[[nodiscard]] control::Json told(const State& state, const ContainerIdentity& identity, const std::string& root);

// Until then, 0: it is over.
[[nodiscard]] std::uint64_t left_ms(std::uint64_t deadline_ns);

// What the daemon says of it. Asked again while it has no place for one more connection, as where a node boots: it
// serves sixteen at once of root, and a runtime starts more than that. Until the deadline; then that is the answer.
[[nodiscard]] control::CallResult ask(const std::string& socket, const control::Json& parameters, std::uint64_t deadline_ns);

struct Verdict {
    bool starts = true;      // the container may
    bool is_trouble = false;  // text is about something that went wrong
    std::string text;        // for the log, escaped; "": nothing to say
};
// `required`: what is not known to be contained does not start.
[[nodiscard]] Verdict verdict_of(const control::CallResult& answer, const State& state, bool required);
// Where not even the daemon could be asked.
[[nodiscard]] Verdict verdict_of(const Error& error, bool required);

}  // namespace quell::oci
