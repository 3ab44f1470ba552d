// SPDX-License-Identifier: Apache-2.0
// Incidents as JSON: for the control interface (docs/io.quell.varlink), and
// as the snapshot that the history keeps.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "user/bpf/engine.h"
#include "user/incident/incident.h"
#include "user/incident/offers.h"

namespace quell::incident {

using Json = nlohmann::json;

// For lists: no arguments, no ancestry, offers by name only.
[[nodiscard]] Json summary_json(const Incident& incident);
// All of it, with each offer and whom it would hit now.
[[nodiscard]] Json whole_json(const Incident& incident, const std::vector<Offer>& offers, bool container_alive);
[[nodiscard]] Json process_json(const quell_task_ref& task, std::string_view role);

// Lossless; bytes that are no text are kept as hex.
[[nodiscard]] std::string snapshot_text(const Incident& incident);
[[nodiscard]] std::optional<Incident> parse_snapshot(const std::string& text);

}  // namespace quell::incident
