// SPDX-License-Identifier: Apache-2.0
// Globs of Falco's operators, short.
#pragma once

#include <string_view>

#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco::test {

inline Glob contains(std::string_view text) { return joined(joined(star(), literal(text)), star()); }
inline Glob starts(std::string_view text) { return joined(literal(text), star()); }
inline Glob ends(std::string_view text) { return joined(star(), literal(text)); }

}  // namespace quell::policy::falco::test
