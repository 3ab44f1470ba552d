// SPDX-License-Identifier: Apache-2.0
// Where an image's edges are, as paths for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/image.h"
#include "user/base/result.h"

namespace quell::policy {

// "container", "host", and "ask-" before them for paths in conditions; "?" for none of these.
[[nodiscard]] std::string_view root_word(std::uint32_t root);

// "name", "leaf", …; "?" for none.
[[nodiscard]] std::string_view edge_word(std::uint32_t kind);

struct Place {
    std::uint32_t root = 0;
    std::string path;  // "/var/log/" of a directory, "/run/utmp", "/x/*", "/x/**"; raw
};

// Together: many edges deep down in a trie are short in the image and long as paths.
inline constexpr std::size_t kMaxPlacesBytes = 128u << 20;

// One for each edge of an image that valid_image() accepts. Error: paths that
// are longer than kMaxPlacesBytes together (EFBIG). Thread-safe.
[[nodiscard]] Result<std::vector<Place>> places(const Image& image);

}  // namespace quell::policy
