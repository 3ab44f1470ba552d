// SPDX-License-Identifier: Apache-2.0
// FlatJson: the few strings that are wanted from a large JSON text of unknown
// origin, without building the whole of it in memory. Plain values: no locks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "user/base/result.h"

namespace quell {

struct FlatJsonBounds {
    std::size_t value_bytes = 4096;  // longer values count as absent
    std::size_t values = 4096;
    std::size_t depth = 64;
};

class FlatJson {
public:
    // Keeps strings and numbers whose path begins with one of `wanted`, a
    // path being names (in an array: numbers) joined by '\n', a byte that no
    // key of these files has: "annotations\nio.kubernetes.pod.name". EINVAL:
    // not JSON, too deep, too many values.
    [[nodiscard]] static Result<FlatJson> parse(std::string_view text, const std::vector<std::string>& wanted,
                                                const FlatJsonBounds& bounds = {});

    // Nothing where it is absent, empty or too long.
    [[nodiscard]] std::optional<std::string> get(const std::string& path) const;
    // False: a value that was wanted is absent because it is too long.
    [[nodiscard]] bool is_whole() const { return is_whole_; }
    [[nodiscard]] const std::map<std::string, std::string>& values() const { return values_; }

private:
    std::map<std::string, std::string> values_;
    bool is_whole_ = true;
};

}  // namespace quell
