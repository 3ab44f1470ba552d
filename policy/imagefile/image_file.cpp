// SPDX-License-Identifier: Apache-2.0
#include "policy/imagefile/image_file.h"

#include <cerrno>

#include "policy/imagefile/sections.h"
#include "user/base/sha256.h"

namespace quell::policy {
namespace {

constexpr std::size_t kSumBytes = 32;

std::string sum_of(std::string_view content) {
    const std::string hex = sha256_hex(content);
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

Error wrong(std::string what) { return Error{"no image of Quell: " + std::move(what), EINVAL, {}}; }

// What the header says, and nothing of what follows it.
Result<std::string_view> content_of(std::string_view bytes) {
    if (bytes.size() > kMaxImageFileBytes) return wrong("it is larger than " + std::to_string(kMaxImageFileBytes) + " bytes");
    if (!bytes.starts_with(kImageMagic)) return wrong("it does not begin with " + std::string(kImageMagic));
    Reader header(bytes.substr(kImageMagic.size()));
    const std::uint32_t version = header.u32();
    const std::uint32_t count = header.u32();
    const std::uint64_t size = header.u64();
    const std::string_view sum = header.take(kSumBytes);
    if (!header.ok()) return wrong("it ends within its header");
    if (version != kImageVersion)
        return Error{"the image is of version " + std::to_string(version) + ", this command reads " + std::to_string(kImageVersion), EINVAL, "compile it again"};
    if (size != header.rest()) return wrong("it should have " + std::to_string(size) + " bytes behind its header and has " + std::to_string(header.rest()));
    if (count != sections().size()) return wrong("it has " + std::to_string(count) + " sections, not " + std::to_string(sections().size()));
    const std::string_view content = bytes.substr(kImageHeaderBytes);
    if (sum_of(content) != sum) return wrong("its sum is not that of its content");
    return content;
}

}  // namespace

Result<std::string> write_image(const Image& image) {
    if (auto valid = valid_image(image); !valid) return valid.error();
    Writer content;
    for (const Section& section : sections()) {
        Writer entries;
        const std::uint32_t count = section.write(image, entries);
        content.u32(section.number);
        content.u32(count);
        content.u64(entries.bytes().size());
        content.bytes() += entries.bytes();
    }
    if (content.bytes().size() > kMaxImageFileBytes - kImageHeaderBytes)
        return Error{"the image would be larger than " + std::to_string(kMaxImageFileBytes) + " bytes", EFBIG, {}};
    Writer file;
    file.bytes() += kImageMagic;
    file.u32(kImageVersion);
    file.u32(static_cast<std::uint32_t>(sections().size()));
    file.u64(content.bytes().size());
    file.bytes() += sum_of(content.bytes());
    file.bytes() += content.bytes();
    return std::move(file.bytes());
}

Result<Image> read_image(std::string_view bytes) {
    const Result<std::string_view> content = content_of(bytes);
    if (!content) return content.error();
    Image image;
    Reader from(*content);
    for (const Section& section : sections()) {
        const std::uint32_t number = from.u32();
        const std::uint32_t entries = from.u32();
        Reader inside(from.take(from.u64()));
        if (!from.ok() || number != section.number) return wrong("section " + std::to_string(number) + " is where '" + std::string(section.name) + "' must be");
        section.read(inside, entries, image);
        if (!inside.ok() || inside.rest() != 0) return wrong("the section '" + std::string(section.name) + "' does not hold what it says");
    }
    if (from.rest() != 0) return wrong("something follows its last section");
    if (auto valid = valid_image(image); !valid) return valid.error();
    return image;
}

}  // namespace quell::policy
