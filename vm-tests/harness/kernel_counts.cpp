// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/kernel_counts.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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
    bpf_attr get{};
    get.file_flags = BPF_F_RDONLY;  // also where somebody has made bpffs read-only
    get.pathname = reinterpret_cast<std::uint64_t>("/sys/fs/bpf/quell/maps/globals");
    const int fd = static_cast<int>(syscall(SYS_bpf, BPF_OBJ_GET, &get, sizeof(get)));
    if (fd < 0) return std::nullopt;
    // The map's value may be longer than the structure in it. Not mapped: what was opened read-only cannot be.
    alignas(quell_globals) static std::array<char, (sizeof(quell_globals) + 4095) & ~std::size_t{4095}> value;
    constexpr quell_u32 kKey = 0;
    bpf_attr look{};
    look.map_fd = static_cast<quell_u32>(fd);
    look.key = reinterpret_cast<std::uint64_t>(&kKey);
    look.value = reinterpret_cast<std::uint64_t>(value.data());
    const bool read = syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &look, sizeof(look)) == 0;
    close(fd);
    if (!read) {
        ADD_FAILURE() << "the kernel's counts cannot be read";
        return std::nullopt;
    }
    const auto& globals = *reinterpret_cast<const quell_globals*>(value.data());
    KernelCounts counts;
    counts.load = globals.name_key;
    std::ranges::copy(globals.counters, counts.counters.begin());
    std::ranges::copy(globals.denied, counts.denied.begin());
    std::ranges::copy(globals.matched, counts.matched.begin());
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

std::int64_t matches() {
    const auto counts = loaded_counts();
    return static_cast<std::int64_t>(std::accumulate(counts.matched.begin(), counts.matched.end(), std::uint64_t{0}));
}

}  // namespace quell::guest
