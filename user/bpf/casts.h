// SPDX-License-Identifier: Apache-2.0
// Calls of the kernel's bpf_rdonly_cast in the BPF object (kern/compat.h): the
// function's number is put in before libbpf opens it. As an extern libbpf 1.1
// would look for a missing one through the BTF of all modules, for which it
// takes CAP_SYS_ADMIN, and quelld has none. Plain function: thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace quell::bpf {

// `object` (an ELF file, its code aligned to 8 bytes) with each such call
// calling `function`: its id in the kernel's BTF, or 0 where it has none, which
// verifiers take as long as no way leads there.
[[nodiscard]] std::vector<char> with_cast_calls(std::span<const char> object, std::uint32_t function);

}  // namespace quell::bpf
