// SPDX-License-Identifier: Apache-2.0
// A map image as a file: compiled on one machine, looked at or kept on
// another. The reader takes the file for hostile.
//
//   bytes  0  "QUELLIMG"
//          8  u32 version, u32 number of sections
//         16  u64 bytes that follow the header
//         24  sha256 of all that follows the header, 32 bytes
//         56  the sections, one behind the other, each
//               u32 number, u32 entries, u64 bytes of its entries, the entries
//
// Numbers are little endian; a text is a u32 and its bytes. Each section of
// sections.cpp is there once, in that order, and there is no other way to
// write an image: equal images are equal files. The sum says that the file is
// whole, not who made it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/image.h"
#include "policy/limits.h"
#include "user/base/result.h"

namespace quell::policy {

inline constexpr std::string_view kImageMagic = "QUELLIMG";
// Raise it with every change of a section; files of another version are refused.
inline constexpr std::uint32_t kImageVersion = 11;
inline constexpr std::size_t kImageHeaderBytes = 56;
// As many edges with names of 255 bytes are 37 MiB, as many sets of 112 rules 60.
inline constexpr std::size_t kMaxImageFileBytes = 128u << 20;
// Of more the kernel's map has no room, even without an older generation.
inline constexpr std::size_t kMaxImageEdges = kMaxEdges;

// The file's bytes. Errors: an image that read_image() would refuse (EINVAL),
// one larger than kMaxImageFileBytes (EFBIG). Thread-safe.
[[nodiscard]] Result<std::string> write_image(const Image& image);

// An image that compile_image() could have made, as far as that can be told
// without its policies: every number is within its bounds and every index
// leads somewhere (valid_image). Error: EINVAL, what is wrong and where. Memory
// is bounded by a small multiple of `bytes`. Thread-safe.
[[nodiscard]] Result<Image> read_image(std::string_view bytes);

// Whether a loader or an interpreter may follow the image's indexes blindly.
[[nodiscard]] Status valid_image(const Image& image);

}  // namespace quell::policy
