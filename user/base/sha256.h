// SPDX-License-Identifier: Apache-2.0
// SHA-256 by nettle.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace quell {

// 64 lower-case hex digits. Thread-safe.
[[nodiscard]] std::string sha256_hex(std::string_view data);

// The same in pieces. Not thread-safe.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::string_view data);
    // Once; nothing may be called after it.
    [[nodiscard]] std::string finish_hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace quell
