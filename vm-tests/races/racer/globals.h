// SPDX-License-Identifier: Apache-2.0
// Globals: the kernel side's shared page, read only: exact counts, one look
// costs nothing. By a descriptor, so that it can be taken into a container.
#pragma once

#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "kern/abi.h"

namespace quell::races {

// A racer in a container cannot open the pin: it inherits the map as this descriptor. Above every
// number that a test's own inherited descriptors can have.
constexpr int kGlobalsFd = 1000;

inline int open_pin(const char* path) {
    bpf_attr attributes{};
    attributes.pathname = reinterpret_cast<std::uint64_t>(path);
    return static_cast<int>(syscall(SYS_bpf, BPF_OBJ_GET, &attributes, sizeof(attributes)));
}

class Globals {
public:
    explicit Globals(int fd) {
        void* at = mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) {
            std::perror("globals");
            std::exit(125);
        }
        page_ = static_cast<const volatile quell_globals*>(at);
    }
    ~Globals() { munmap(const_cast<quell_globals*>(page_), kSize); }
    Globals(const Globals&) = delete;
    Globals& operator=(const Globals&) = delete;
    [[nodiscard]] std::uint64_t matched(quell_hook hook) const { return page_->matched[hook]; }
    [[nodiscard]] std::uint64_t counter(quell_counter counter) const { return page_->counters[counter]; }

private:
    static constexpr std::size_t kSize = (sizeof(quell_globals) + 4095) & ~std::size_t{4095};
    const volatile quell_globals* page_;
};

}  // namespace quell::races
