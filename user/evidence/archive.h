// SPDX-License-Identifier: Apache-2.0
// Archive: a tar.zst that is written member by member, with the SHA-256 of
// each. By libarchive. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell::evidence {

class Archive {
public:
    // Into the descriptor, which stays the caller's. `max_bytes`: of members, before they are compressed.
    [[nodiscard]] static Result<Archive> open(int fd, std::uint64_t max_bytes);
    Archive(Archive&&) noexcept;
    Archive& operator=(Archive&&) = delete;
    ~Archive();

    // `name`: chosen by Quell, never by a workload. EFBIG: beyond `max_bytes`, and the archive is as it was; ENOSPC: the disk is full.
    [[nodiscard]] Status add(const std::string& name, std::string_view bytes);
    // Name, size and sha256 of each so far.
    [[nodiscard]] const nlohmann::json& members() const { return members_; }
    [[nodiscard]] Status close();

private:
    struct State;
    explicit Archive(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
    nlohmann::json members_ = nlohmann::json::array();
    std::uint64_t left_ = 0;
};

}  // namespace quell::evidence
