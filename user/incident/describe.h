// SPDX-License-Identifier: Apache-2.0
// Incidents as JSON: for the control interface (docs/io.quell.varlink), and
// as the snapshot that the history keeps. Text from a workload is escaped in
// the first and raw in the second. Thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "user/incident/incident.h"
#include "user/incident/offers.h"

namespace quell::incident {

using Json = nlohmann::json;

// For lists: no arguments, no ancestry, offers by name only and as the event bound them.
[[nodiscard]] Json summary_json(const Incident& incident, bool container_alive);
// All of it, with each offer and whom it would hit now.
[[nodiscard]] Json whole_json(const Incident& incident, const std::vector<Offer>& offers, bool container_alive);
// A few words, for who is told of a row of it.
[[nodiscard]] Json brief_json(const Incident& incident);
[[nodiscard]] Json process_json(const quell_task_ref& task, std::string_view role);

// Everything, as one version of the ABI knows it; bytes that may be no text are kept as hex.
[[nodiscard]] std::string snapshot_text(const Incident& incident);
// Nothing where it is none, or one of another ABI. A snapshot of an earlier
// boot has earlier_boot_offset_ns.
[[nodiscard]] std::optional<Incident> parse_snapshot(const std::string& text);

}  // namespace quell::incident
