// SPDX-License-Identifier: Apache-2.0
// A row of the history as what a target is sent. Functions only; thread-safe.
#pragma once

#include <string>

#include "user/control/json.h"
#include "user/notifier/config.h"

namespace quell::notifier {

using control::Json;

// The same of the same row, however often it is read and whether the disk has
// it or not: by it a receiver knows a message that comes again. 32 hex digits.
[[nodiscard]] std::string message_id(const Json& row);

// `incident`: its IncidentBrief, null where there is none.
[[nodiscard]] bool is_wanted(const Target& target, const Json& row, const Json& incident);

// The body. Json: {"id", "host", "row", "incident"}. Chat: {"text": …}, what
// came from a workload in code spans, so that it calls nobody and links to
// nothing.
[[nodiscard]] std::string message_body(Format format, const std::string& host, const Json& row, const Json& incident);

// Hex of HMAC-SHA256 over "TIMESTAMP.BODY".
[[nodiscard]] std::string signature(const std::string& secret, const std::string& timestamp, const std::string& body);

}  // namespace quell::notifier
