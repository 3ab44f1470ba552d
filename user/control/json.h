// SPDX-License-Identifier: Apache-2.0
// JSON from the other end of a socket: bounded before it is parsed.
// Functions only; thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell::control {

using Json = nlohmann::json;

// No message of the interface nests deeper than 6; the rest is room for growth.
inline constexpr std::size_t kJsonDepthMax = 32;

// Parses a whole text. Fails on: a syntax error, invalid UTF-8, a nesting
// deeper than kJsonDepthMax, anything after the value. Of a key that is given
// twice the last one counts.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// On one line. Never fails: invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_text(const Json& value);

// Appends while the text of the elements fits: `room` is what is left, at the
// start kListRoom (user/control/varlink.h). False: it did not fit, `array` is
// as before and `room` is 0, so that nothing smaller follows what is missing.
[[nodiscard]] bool append_within(Json& array, Json element, std::size_t& room);

// A string member, "" where it is absent or something else.
[[nodiscard]] std::string string_member(const Json& object, std::string_view name);
// An integer member, `otherwise` where it is absent or something else.
[[nodiscard]] std::int64_t integer_member(const Json& object, std::string_view name, std::int64_t otherwise = 0);
// A member that is true; everything else is false.
[[nodiscard]] bool true_member(const Json& object, std::string_view name);
// A member of any type, a null value where it is absent.
[[nodiscard]] const Json& member(const Json& object, std::string_view name);

}  // namespace quell::control
