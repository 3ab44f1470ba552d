// SPDX-License-Identifier: Apache-2.0
// Numbers and texts to bytes and back. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quell::policy {

class Writer {
public:
    void u32(std::uint32_t number) { little_endian(number, 4); }
    void u64(std::uint64_t number) { little_endian(number, 8); }
    void text(std::string_view text) {
        u32(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }
    [[nodiscard]] std::string& bytes() { return bytes_; }

private:
    void little_endian(std::uint64_t number, int size) {
        for (int i = 0; i < size; i++) bytes_ += static_cast<char>(number >> (8 * i) & 255);
    }
    std::string bytes_;
};

// Once it met the end of the bytes everything it reads is 0 or empty, and ok()
// is false: a section is read to its end and asked once.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
    [[nodiscard]] std::uint64_t u64() { return little_endian(8); }
    // Longer than `most` is an error too.
    [[nodiscard]] std::string text(std::size_t most) {
        const std::uint32_t size = u32();
        if (size > most) return fail(), std::string{};
        return std::string(take(size));
    }
    [[nodiscard]] std::string_view take(std::uint64_t size) {
        if (size > rest_.size()) return fail(), std::string_view{};
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    // A number of entries that come, of at least `least` bytes each and at most
    // `most`: what cannot be there is an error before room is made for it.
    [[nodiscard]] std::uint32_t count(std::uint32_t entries, std::size_t least, std::size_t most = ~std::size_t{0}) {
        if (entries > rest_.size() / least || entries > most) return fail(), 0;
        return entries;
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t rest() const { return rest_.size(); }

    // What was read is none of what may be there.
    void fail() {
        ok_ = false;
        rest_ = {};
    }

private:
    std::uint64_t little_endian(std::size_t size) {
        std::uint64_t number = 0;
        const std::string_view bytes = take(size);
        for (std::size_t i = 0; i < bytes.size(); i++) number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        return number;
    }

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace quell::policy
