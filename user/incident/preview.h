// SPDX-License-Identifier: Apache-2.0
// What a response would do if it were approved now, as JSON for the control
// interface (ResponsePreview in docs/io.quell.varlink). Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "user/incident/describe.h"

namespace quell::incident {

// What an operator should have thought of, in one line.
[[nodiscard]] std::string_view risk_of(quell_response response);

// `offer` with whom it would hit. `needs`: what an approval takes, escaped.
[[nodiscard]] Json preview_json(const Incident& incident, const Offer& offer, bool container_alive, const std::vector<std::string>& needs);

}  // namespace quell::incident
