// SPDX-License-Identifier: Apache-2.0
// What procfs says of a process's network namespace: addresses, and bytes that
// wait to be sent. Files of the kernel's, but as long as a workload makes them:
// bounded. Thread-safe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quell::response {

// Addresses of a namespace's interfaces, without loopback and link-local ones, each once: the texts of fib_trie and if_inet6.
[[nodiscard]] std::vector<std::string> own_addresses(std::string_view fib_trie, std::string_view if_inet6);
// Of the host: of PID 1.
[[nodiscard]] std::vector<std::string> node_addresses();

struct Queued {
    std::uint64_t bytes = 0;
    std::size_t connections = 0;  // that have some
};
// Adds what a text of net/tcp or net/tcp6 has in its send queues.
void add_queued(std::string_view text, Queued& queued);
// Of all TCP connections in the network namespace of a process. Nothing where it is the host's, or cannot be read.
[[nodiscard]] std::optional<Queued> queued_of(pid_t pid);

}  // namespace quell::response
