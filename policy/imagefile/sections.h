// SPDX-License-Identifier: Apache-2.0
// The sections of an image file: a new one is a row in sections.cpp and its
// two functions beside it.
#pragma once

#include <span>
#include <string_view>

#include "policy/image.h"
#include "policy/imagefile/codec.h"

namespace quell::policy {

struct Section {
    std::uint32_t number;  // never given to something else
    std::string_view name;  // in messages
    std::uint32_t (*write)(const Image& image, Writer& to);  // returns the number of entries
    void (*read)(Reader& from, std::uint32_t entries, Image& image);
};

// In the order of the file. Thread-safe.
[[nodiscard]] std::span<const Section> sections();

}  // namespace quell::policy
