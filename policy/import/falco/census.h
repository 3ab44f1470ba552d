// SPDX-License-Identifier: Apache-2.0
// What rules are made of: which fields, operators and event types a translator
// would need to know, and how large the rules are.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "policy/import/falco/rules.h"

namespace quell::policy::falco {

// {"rules": [{rule, source, priority, enabled, fields, operators, event_types,
//             directions, syscall_types, lists, macros, parts, form}],
//  "fields": {field: {uses, rules}}, "operators": the same}
// fields and operators of a rule are {word: uses}; a field is written with its
// argument and transformers. event_types, directions and syscall_types are the
// values that evt.type, evt.dir and syscall.type are compared with, unless
// negated, and at most 512. form is {alternatives, exceptions, literals}, null where the normal
// form is beyond its bounds. What came from the files is escaped;
// a field is cut to kMaxShownBytes. Thread-safe.
[[nodiscard]] nlohmann::json census(std::span<const Rule> rules);

}  // namespace quell::policy::falco
