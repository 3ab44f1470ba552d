// SPDX-License-Identifier: Apache-2.0
// A path whose names have several stars, `?` or sets of bytes -> paths whose
// names have one star each, which is what the language has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/import/falco/translate/draft.h"

namespace quell::policy::falco {

struct NameForms {
    std::vector<std::string> patterns;
    std::vector<Note> notes;  // none: they are what the pattern is
};

// A pattern as paths_of() writes them. With `wants_less`, nothing wider, else
// nothing narrower unless there is nothing else. Thread-safe.
[[nodiscard]] NameForms name_forms(std::string_view pattern, bool wants_less);

// Whether a name in it has several stars, `?` or a set of bytes.
[[nodiscard]] bool needs_forms(std::string_view pattern);

}  // namespace quell::policy::falco
