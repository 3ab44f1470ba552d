// SPDX-License-Identifier: Apache-2.0
// Where a scenario and what can be done differ: a value that is not said, or
// cannot be chosen, matters only if a rule asks for it. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "policy/scenario/scenario.h"
#include "user/base/result.h"

namespace quell::cli {

class Reality {
public:
    Reality(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules);

    // Does a rule on this operation and subject ask for the field?
    [[nodiscard]] bool asked(std::uint32_t field) const { return (asked_ >> field & 1) != 0; }
    // The field's value will be `value`, whatever the scenario says.
    void will_be(std::uint32_t field, std::uint32_t value);
    // The same of what is no number.
    void differs(std::uint32_t field, const std::string& how);
    void cannot(const std::string& why);

    // The first reason; "": none.
    [[nodiscard]] const std::string& why_not() const { return why_not_; }

private:
    const policy::reference::Act& act_;
    std::uint64_t asked_ = 0;
    std::string why_not_;
};

// Why the rules that fire, or shall, are not told as often as they match: a
// threshold, a response of their own, or a name of the container. "": they are.
[[nodiscard]] std::string why_not_told(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules);

}  // namespace quell::cli
