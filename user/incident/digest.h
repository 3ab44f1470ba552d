// SPDX-License-Identifier: Apache-2.0
// What an approval is bound to: incident, rule, policy generation, response,
// scope and the target's identity. Not counts and not the list of processes:
// a forking attacker cannot make every approval stale, and another container
// or file cannot be slipped in under a digest that was shown.
//
// It is cut to 48 bits: it is looked at with one incident id, for one
// response, by somebody allowed to approve, and a wrong one is a refusal with
// a row. There is nothing to gain from a collision that cannot be searched for
// off line and tried in numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "user/incident/incident.h"

namespace quell::incident {

// One of the things that a digest is made of: "process", "file", as a person calls it, and which one.
struct DigestPart {
    std::string_view what;
    std::string value;
};
[[nodiscard]] std::vector<DigestPart> digest_parts(const Incident& incident, quell_response response, std::uint32_t target);

// `target`: index into the entry's chain for kill-process, else 0.
[[nodiscard]] std::string digest(const Incident& incident, quell_response response, std::uint32_t target);

// Of an approval for several: the first one's digest, what they have in common (a pod's name, a content's hash), and the
// identity of what each of the others is about. Their order does not matter.
[[nodiscard]] std::string joint_digest(const std::string& first, const std::string& what, const std::vector<Incident>& others, quell_response response);

}  // namespace quell::incident
