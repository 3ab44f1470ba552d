// SPDX-License-Identifier: Apache-2.0
// A Varlink interface description as data, so that what goes over the wire is
// checked against the published file and nothing else.
// Immutable after parsing; thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "user/base/result.h"
#include "user/control/json.h"

namespace quell::control {

enum class TypeKind { Bool, Int, Float, String, Object, Array, Map, Struct, Enum, Named };

struct Field;

struct Type {
    TypeKind kind = TypeKind::Object;
    bool nullable = false;
    std::string name;                     // Named
    std::vector<Field> fields;            // Struct
    std::vector<std::string> words;       // Enum
    std::shared_ptr<const Type> element;  // Array, Map
};

struct Field {
    std::string name;
    Type type;
};

struct Method {
    Type in;
    Type out;
};

struct Interface {
    std::string name;
    std::map<std::string, Type, std::less<>> types;
    std::map<std::string, Method, std::less<>> methods;
    std::map<std::string, Type, std::less<>> errors;
};

// Fails with the line of the first thing that is not Varlink.
[[nodiscard]] Result<Interface> parse_interface(std::string_view description);

// Quell's own, io.quell: parsed once.
[[nodiscard]] const Interface& quell_interface();
[[nodiscard]] std::string_view quell_interface_description();

// The first place ("parameters.id") where a value is not of the type: missing,
// unknown, of another type. Nothing when it fits.
[[nodiscard]] std::optional<std::string> mismatch(const Interface& interface, const Type& type, const Json& value);

}  // namespace quell::control
