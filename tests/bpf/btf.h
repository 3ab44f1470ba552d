// SPDX-License-Identifier: Apache-2.0
// Btf: a file's type information, and the two questions that tests ask of it.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace quell {

class Btf {
public:
    // An ELF object with a .BTF section, or BTF alone.
    explicit Btf(const std::string& path) : types_(btf__parse(path.c_str(), nullptr), &btf__free) {}

    [[nodiscard]] bool valid() const { return types_ != nullptr; }
    [[nodiscard]] btf* get() const { return types_.get(); }

    [[nodiscard]] const btf_type* structure(const char* name) const {
        const int id = btf__find_by_name_kind(types_.get(), name, BTF_KIND_STRUCT);
        return id < 0 ? nullptr : btf__type_by_id(types_.get(), static_cast<std::uint32_t>(id));
    }
    // Byte offset of a member; members of anonymous unions and structures are found as in C.
    [[nodiscard]] std::optional<std::uint32_t> offset(const btf_type* type, const std::string& member) const {
        for (std::uint32_t i = 0; i < btf_vlen(type); i++) {
            const std::uint32_t at = btf_member_bit_offset(type, i) / 8;
            const auto& one = btf_members(type)[i];
            const std::string name = btf__name_by_offset(types_.get(), one.name_off);
            if (name == member) return at;
            if (!name.empty()) continue;
            const auto* inner = btf__type_by_id(types_.get(), one.type);
            if (!btf_is_composite(inner)) continue;
            if (const auto below = offset(inner, member)) return at + *below;
        }
        return std::nullopt;
    }

private:
    std::unique_ptr<btf, decltype(&btf__free)> types_;
};

}  // namespace quell
