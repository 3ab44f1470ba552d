// SPDX-License-Identifier: Apache-2.0
// What lasts of a quarantine beyond the structures of one ABI version: by
// names and numbers, in the incident's snapshot. Functions only; thread-safe.
#pragma once

#include "user/incident/describe.h"
#include "user/incident/incident.h"

namespace quell::incident {

// Of one that holds its file.
[[nodiscard]] Json lasting_json(const Incident& incident);
// Key and entry anew. Json::exception where a member is missing or no number; false where it is no quarantine.
[[nodiscard]] bool take_lasting(const Json& json, Incident& incident);

}  // namespace quell::incident
