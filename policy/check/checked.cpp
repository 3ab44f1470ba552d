// SPDX-License-Identifier: Apache-2.0
#include "policy/check/checked.h"

#include <array>

namespace quell::policy {
namespace {

enum class Object { FILE, PLACE };

constexpr std::array kObjects = {
#define OPERATION(name, word, object, hooks) Object::object,
#include "kern/operations.def"
#undef OPERATION
};

}  // namespace

std::string Pattern::text() const {
    const std::string directory = base == "/" ? "" : base;
    switch (kind) {
        case Kind::kExact: return base;
        case Kind::kStar: return directory + "/*";
        case Kind::kCover: return directory + "/**";
    }
    return base;
}

bool is_place(std::uint32_t operation) { return operation < kObjects.size() && kObjects[operation] == Object::PLACE; }

std::uint32_t place_operations() {
    std::uint32_t mask = 0;
    for (std::uint32_t operation = 0; operation < kObjects.size(); operation++)
        if (is_place(operation)) mask |= QUELL_BIT(operation);
    return mask;
}

std::vector<std::string_view> components(std::string_view path) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 1; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        parts.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

}  // namespace quell::policy
