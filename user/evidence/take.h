// SPDX-License-Identifier: Apache-2.0
// Taking evidence, as the helper does: looks, writes an item of the store, and
// says what came of it.
#pragma once

#include <string>

#include "user/evidence/find.h"
#include "user/evidence/order.h"
#include "user/evidence/store.h"

namespace quell::evidence {

struct Taken {
    bool is_whole = false;  // false: it failed, whether an item is left or not
    std::string text;       // for people
    Json item;              // what the history keeps of it: item, sha256, manifest_sha256, size, stored, cut; null: nothing is left
};

// Nothing is left.
[[nodiscard]] inline Taken failed(const Error& error) { return {false, error.message, {}}; }
[[nodiscard]] Taken acquire_file(const Order& order, Store& store, const IsObject& is_object);
[[nodiscard]] Taken capture(const Order& order, Store& store);

// What both write of who and why.
[[nodiscard]] Json manifest_of(const Order& order);
// Commits, and says so. `content`: name, size, stored, sha256.
[[nodiscard]] Taken keep(Draft draft, const Order& order, Json manifest, const Json& content, const std::string& cut, const std::string& text);

}  // namespace quell::evidence
