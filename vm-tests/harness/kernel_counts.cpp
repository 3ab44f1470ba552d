// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/kernel_counts.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cctype>
#include <numeric>

#include "user/base/vocabulary.h"
#include "vm-tests/harness/guest.h"

namespace quell::guest {
namespace {

constexpr bool LOUD = true, QUIET = false;

std::string lower(std::string text) {
    for (auto& c : text) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

KernelCounts loaded_counts() {
    const auto counts = kernel_counts();
    EXPECT_TRUE(counts) << "nothing is loaded";
    return counts.value_or(KernelCounts{});
}

}  // namespace

std::optional<KernelCounts> kernel_counts() {
    bpf_attr attributes{};
    attributes.pathname = reinterpret_cast<std::uint64_t>("/sys/fs/bpf/quell/maps/globals");
    const int fd = static_cast<int>(syscall(SYS_bpf, BPF_OBJ_GET, &attributes, sizeof(attributes)));
    if (fd < 0) return std::nullopt;
    constexpr std::size_t kSize = (sizeof(quell_globals) + 4095) & ~std::size_t{4095};
    void* at = mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (at == MAP_FAILED) {
        ADD_FAILURE() << "the kernel's counts cannot be read";
        return std::nullopt;
    }
    const auto* globals = static_cast<const volatile quell_globals*>(at);
    KernelCounts counts;
    counts.load = globals->name_key;
    for (std::size_t i = 0; i < counts.counters.size(); i++) counts.counters[i] = globals->counters[i];
    for (std::size_t i = 0; i < counts.denied.size(); i++) counts.denied[i] = globals->denied[i], counts.matched[i] = globals->matched[i];
    munmap(at, kSize);
    return counts;
}

const std::array<CounterRow, QUELL_COUNTER_COUNT>& counter_rows() {
    static const std::array<CounterRow, QUELL_COUNTER_COUNT> rows = {{
#define COUNTER(name, loud, text) {lower(#name), loud},
#include "kern/counters.def"
#undef COUNTER
    }};
    return rows;
}

std::optional<std::size_t> counter_index(const std::string& name) {
    for (std::size_t i = 0; i < counter_rows().size(); i++)
        if (counter_rows()[i].name == name) return i;
    return std::nullopt;
}

std::int64_t counter(const std::string& name) {
    const auto index = counter_index(name);
    if (index) return static_cast<std::int64_t>(loaded_counts().counters[*index]);
    ADD_FAILURE() << "no counter " << name;
    return -1;
}

std::int64_t denied(const std::string& hook) {
    const auto index = word_index(kHookWords, hook);
    if (index) return static_cast<std::int64_t>(loaded_counts().denied[*index]);
    ADD_FAILURE() << "no hook " << hook;
    return -1;
}

std::int64_t denied_anywhere() {
    const auto counts = loaded_counts();
    return static_cast<std::int64_t>(std::accumulate(counts.denied.begin(), counts.denied.end(), std::uint64_t{0}));
}

std::int64_t matches() { return counter("events") + counter("repeats"); }

}  // namespace quell::guest
