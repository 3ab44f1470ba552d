// SPDX-License-Identifier: Apache-2.0
#include "user/base/sha256.h"

#include <nettle/sha2.h>

#include <array>
#include <cstdint>

namespace quell {

// nettle and not OpenSSL: that one would be a third of the daemon's memory.
struct Sha256::State {
    sha256_ctx context{};
};

Sha256::Sha256() : state_(std::make_unique<State>()) { sha256_init(&state_->context); }

Sha256::~Sha256() = default;

void Sha256::update(std::string_view data) {
    sha256_update(&state_->context, data.size(), reinterpret_cast<const std::uint8_t*>(data.data()));
}

std::string Sha256::finish_hex() {
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&state_->context, digest.size(), digest.data());
    constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(digest.size() * 2);
    for (const auto byte : digest) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

std::string sha256_hex(std::string_view data) {
    Sha256 hash;
    hash.update(data);
    return hash.finish_hex();
}

}  // namespace quell
