// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/policy_maps.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/bpf/pins.h"

namespace quell::bpf {
namespace {

constexpr const char* kTextTables = "text_tables";

std::string policy_pin(const std::string& root, const char* name, std::uint32_t half) { return root + "/policy/" + name + "-" + std::to_string(half); }

// By the call itself: libbpf's loads a program each time, to see whether the kernel takes names.
Fd make_map(bpf_map_type type, const char* name, std::uint32_t key_size, std::uint32_t value_size, std::uint32_t elements, std::uint32_t flags) {
    bpf_attr attributes{};
    attributes.map_type = type;
    attributes.key_size = key_size;
    attributes.value_size = value_size;
    attributes.max_entries = elements;
    attributes.map_flags = flags;
    std::strncpy(attributes.map_name, name, sizeof(attributes.map_name) - 1);
    return Fd(static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes))));
}

Result<Fd> map_of_maps(const std::string& root, const char* name) {
    Fd map(bpf_obj_get(map_pin(root, name).c_str()));
    if (!map) return errno_error("cannot use the pin " + map_pin(root, name));
    return map;
}

// Puts a new map into a map of maps.
Status place(const std::string& root, const char* name, std::uint32_t at, const Fd& map) {
    auto outer = map_of_maps(root, name);
    if (!outer) return outer.error();
    const int inner = map.get();
    if (bpf_map_update_elem(outer->get(), &at, &inner, BPF_ANY)) return errno_error("cannot put a map in place of " + std::string(name));
    return success();
}

Status pin_and_place(const std::string& root, const char* name, std::uint32_t half, const Fd& map) {
    const std::string pin = policy_pin(root, name, half);
    if (::unlink(pin.c_str()) && errno != ENOENT) return errno_error("cannot remove " + pin);
    if (bpf_obj_pin(map.get(), pin.c_str())) return errno_error("cannot pin " + pin);
    return place(root, name, half, map);
}

Status make_one(const std::string& root, const PolicyMapRow& row, std::uint32_t half, std::uint32_t elements) {
    const Fd map = make_map(BPF_MAP_TYPE_HASH, row.name, row.key_size, row.value_size, std::clamp(elements, 1u, row.most), BPF_F_NO_PREALLOC);
    if (!map) return errno_error("cannot make a map of " + std::string(row.name));
    return pin_and_place(root, row.name, half, map);
}

Status make_text_table(const std::string& root, std::uint32_t half) {
    const Fd map = make_map(BPF_MAP_TYPE_ARRAY, kTextTables, sizeof(quell_u32), sizeof(quell_text_table), 1, BPF_F_MMAPABLE);
    if (!map) return errno_error("cannot make a table of texts");
    return pin_and_place(root, kTextTables, half, map);
}

Status drop_one(const std::string& root, const char* name, std::uint32_t half) {
    auto outer = map_of_maps(root, name);
    if (!outer) return outer.error();
    if (bpf_map_delete_elem(outer->get(), &half) && errno != ENOENT) return errno_error("cannot remove the old policy");
    const std::string pin = policy_pin(root, name, half);
    if (::unlink(pin.c_str()) && errno != ENOENT) return errno_error("cannot remove " + pin);
    return success();
}

Status make_rates(const std::string& root) {
    const std::string pin = root + "/policy/rates";
    if (::access(pin.c_str(), F_OK) == 0) return success();
    const Fd map = make_map(BPF_MAP_TYPE_LRU_HASH, "rates", sizeof(quell_rate_key), sizeof(quell_rate), QUELL_RATES_MAX, 0);
    if (!map) return errno_error("cannot make a map of thresholds");
    if (auto placed = place(root, "rates", 0, map); !placed) return placed;
    if (bpf_obj_pin(map.get(), pin.c_str())) return errno_error("cannot pin " + pin);
    return success();
}

}  // namespace

Status make_policy_maps(const std::string& root, const LoadRequest& request) {
    if (request.with_rates)
        if (auto made = make_rates(root); !made) return made;
    if (request.with_texts)
        if (auto made = make_text_table(root, request.half & 1); !made) return made;
    if (!request.with_maps) return success();
    for (std::size_t i = 0; i < kPolicyMapCount; i++)
        if (auto made = make_one(root, kPolicyMaps[i], request.half & 1, request.elements[i]); !made) return made;
    return success();
}

Result<std::array<Fd, kPolicyMapCount>> open_policy_maps(const std::string& root, std::uint32_t half) {
    std::array<Fd, kPolicyMapCount> maps;
    for (std::size_t i = 0; i < kPolicyMapCount; i++) {
        const std::string pin = policy_pin(root, kPolicyMaps[i].name, half);
        maps[i] = Fd(bpf_obj_get(pin.c_str()));
        if (!maps[i]) return errno_error("cannot use the pin " + pin);
    }
    return maps;
}

Fd open_text_table(const std::string& root, std::uint32_t half) { return Fd(bpf_obj_get(policy_pin(root, kTextTables, half).c_str())); }

Status drop_policy_maps(const std::string& root, std::uint32_t half) {
    for (const PolicyMapRow& row : kPolicyMaps)
        if (auto dropped = drop_one(root, row.name, half); !dropped) return dropped;
    return drop_one(root, kTextTables, half);
}

}  // namespace quell::bpf
