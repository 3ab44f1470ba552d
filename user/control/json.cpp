// SPDX-License-Identifier: Apache-2.0
#include "user/control/json.h"

namespace quell::control {

namespace {

// Brackets outside strings, counted without building anything: a hostile text
// of a million brackets costs one pass over it.
bool too_deep(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kJsonDepthMax) return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (too_deep(text)) return Error{"JSON is nested too deep", 0, {}};
    Json value = Json::parse(text.begin(), text.end(), nullptr, false);
    if (value.is_discarded()) return Error{"not valid JSON", 0, {}};
    return value;
}

std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool append_within(Json& array, Json element, std::size_t& room) {
    const std::size_t size = json_text(element).size() + 1;  // and a comma
    if (size > room) {
        room = 0;
        return false;
    }
    room -= size;
    array.push_back(std::move(element));
    return true;
}

const Json& member(const Json& object, std::string_view name) {
    static const Json kNothing;
    if (!object.is_object()) return kNothing;
    const auto found = object.find(std::string(name));
    return found == object.end() ? kNothing : *found;
}

std::string string_member(const Json& object, std::string_view name) {
    const Json& value = member(object, name);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

std::int64_t integer_member(const Json& object, std::string_view name, std::int64_t otherwise) {
    const Json& value = member(object, name);
    return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

bool true_member(const Json& object, std::string_view name) {
    const Json& value = member(object, name);
    return value.is_boolean() && value.get<bool>();
}

}  // namespace quell::control
