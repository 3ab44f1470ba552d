// SPDX-License-Identifier: Apache-2.0
// Drafts -> the text of a policy file. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/import/falco/translate/translate.h"

namespace quell::policy::falco {

// One rule of ours.
struct EmittedRule {
    std::string id;
    std::string name;
    std::string description;
    std::string_view severity;
    std::vector<std::string> tags;
    std::vector<std::string> remarks;  // a comment each, in front of it
    bool is_off = false;
    Draft draft;
};

struct PolicyText {
    std::string text;
    std::vector<std::uint32_t> lines;  // by rule: where it begins, from 1
};

// `origin`: the file that the rules are from, for the comment at the top.
[[nodiscard]] PolicyText emit_policy(std::string_view name, std::string_view origin, const std::vector<EmittedRule>& rules);

}  // namespace quell::policy::falco
