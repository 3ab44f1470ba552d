// SPDX-License-Identifier: Apache-2.0
// One alternative of a normal form, for one operation and one kind of subject
// -> drafts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/import/falco/normal_form.h"
#include "policy/import/falco/translate/acts.h"
#include "policy/import/falco/translate/draft.h"
#include "policy/import/falco/translate/language.h"

namespace quell::policy::falco {

struct Built {
    std::vector<Draft> drafts;
    std::vector<Note> notes;  // of what the drafts leave out or take in
    std::string reason;       // no drafts: why; "" where the alternative cannot hold here
    std::string doubt;        // no drafts: it may hold here, if it does of another act of the same event
};

// Thread-safe. Without drafts once the budget is spent.
[[nodiscard]] Built build(const Conjunction& conjunction, const Act& act, bool in_container, const Language& language, Budget& budget);

}  // namespace quell::policy::falco
