// SPDX-License-Identifier: Apache-2.0
#include "user/control/interface.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "user/control/description.h"

namespace quell::control {

namespace {

std::optional<std::string> mismatch_at(const Interface& interface, const Type& type, const Json& value, std::string place) {
    const auto unless = [&](bool fits) { return fits ? std::nullopt : std::optional(place); };
    if (value.is_null()) return unless(type.nullable);
    switch (type.kind) {
        case TypeKind::Bool: return unless(value.is_boolean());
        case TypeKind::Int:
            // Above INT64_MAX nlohmann keeps an unsigned: no Varlink integer.
            return unless(value.is_number_integer() &&
                          !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX));
        case TypeKind::Float: return unless(value.is_number());
        case TypeKind::String: return unless(value.is_string());
        case TypeKind::Object: return unless(value.is_object());
        case TypeKind::Enum:
            return unless(value.is_string() && std::ranges::count(type.words, value.get_ref<const std::string&>()) != 0);
        case TypeKind::Named: {
            const auto found = interface.types.find(type.name);
            if (found == interface.types.end()) return place;
            return mismatch_at(interface, found->second, value, std::move(place));
        }
        case TypeKind::Array:
            if (!value.is_array()) return place;
            for (std::size_t i = 0; i < value.size(); i++)
                if (auto bad = mismatch_at(interface, *type.element, value[i], place + "[" + std::to_string(i) + "]")) return bad;
            return std::nullopt;
        case TypeKind::Map:
            if (!value.is_object()) return place;
            for (const auto& [key, element] : value.items())
                if (auto bad = mismatch_at(interface, *type.element, element, place + "." + key)) return bad;
            return std::nullopt;
        case TypeKind::Struct: break;
    }
    if (!value.is_object()) return place;
    const std::string prefix = place.empty() ? place : place + ".";
    for (const Field& field : type.fields) {
        const auto found = value.find(field.name);
        if (found == value.end()) {
            if (field.type.nullable) continue;
            return prefix + field.name;
        }
        if (auto bad = mismatch_at(interface, field.type, *found, prefix + field.name)) return bad;
    }
    for (const auto& item : value.items())
        if (std::ranges::none_of(type.fields, [&](const Field& field) { return field.name == item.key(); }))
            return prefix + item.key();
    return std::nullopt;
}

Interface parse_own() {
    auto parsed = parse_interface(kInterfaceDescription);
    if (!parsed) {  // tests/control/interface_test.cpp keeps this from ever being built
        std::fprintf(stderr, "io.quell: %s\n", parsed.error().message.c_str());
        std::abort();
    }
    return std::move(parsed).value();
}

}  // namespace

std::optional<std::string> mismatch(const Interface& interface, const Type& type, const Json& value) {
    return mismatch_at(interface, type, value, {});
}

const Interface& quell_interface() {
    static const Interface kOwn = parse_own();
    return kOwn;
}

std::string_view quell_interface_description() { return kInterfaceDescription; }

}  // namespace quell::control
