// SPDX-License-Identifier: Apache-2.0
// Asking a person at the terminal what to approve. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "user/cli/ask.h"
#include "user/cli/verb.h"

namespace quell::cli {

struct Choice {
    std::string response;
    std::string digest;
};

// Said of each approval by root.
inline constexpr const char* kRootNote =
    "you act as root: the login uid in the history is for audit only, root can change it; where two persons are asked for, root is none of them";

// Whether somebody reads what is shown and types the answer: standard input,
// output and error are all terminals. A prompt that goes to a file would have
// an approval given blindly.
[[nodiscard]] bool is_at_terminal();

// Without `response`: shows the whole incident and asks for one of those that
// are offered; with it: shows what it would hit. Then asks to confirm. The
// digest is that of what was shown. Nothing: not approved, the reason has
// been printed, and `code` is what to end with.
[[nodiscard]] std::optional<Choice> choose(Invocation& invocation, const std::string& id, const std::string& response, int& code);

// The same of more than the incident: `scope` is what put_scope() makes, the
// digest that of all. `is_sure`: nobody is asked, and nothing is shown.
[[nodiscard]] std::optional<Choice> choose_wide(Invocation& invocation, const std::string& id, const std::string& response, const Json& scope, bool is_sure, int& code);

// How long an answer to Approve may take.
[[nodiscard]] std::uint64_t approve_timeout_ms(const std::string& response, const Json& parameters);
// Approves what was chosen and says what came of it; `parameters` has what else the call takes. What to end with.
[[nodiscard]] int approve_chosen(Invocation& invocation, const std::string& id, const Choice& choice, Json parameters);

}  // namespace quell::cli
