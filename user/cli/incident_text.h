// SPDX-License-Identifier: Apache-2.0
// An incident in words, as docs/io.quell.varlink describes it. What is absent
// is shown as "unknown", never guessed. Thread-safe.
#pragma once

#include <string>

#include "user/cli/ask.h"

namespace quell::cli {

// The sections that `quell show` prints.
[[nodiscard]] std::string incident_text(const Json& incident, const Invocation& invocation);

// "41 sh (uid 0), running"
[[nodiscard]] std::string process_text(const Json& process);

// "detected 10:08:07 -> approved +12.3s -> flipped +85us -> last process gone +4ms"
[[nodiscard]] std::string latency_text(const Json& incident, bool utc);

// "alice (uid 1000, logged in as root)"
[[nodiscard]] std::string who_text(const Json& who);

// What a rule wants in force while nobody has decided: "pause-container: frozen 340us after the event".
[[nodiscard]] std::string hold_text(const Json& hold);

// What an offer would hit now: its target, then the processes one a line.
[[nodiscard]] std::string offer_text(const Json& offer, std::string_view indent);
// Whether what an offer does follows its workload, as its rule says; "" where that says nothing.
[[nodiscard]] std::string offer_follow_text(const Json& offer);
// What follows its workload, in one line; "" where nothing does.
[[nodiscard]] std::string follow_text(const Json& incident, bool utc);

// What Preview tells of one response.
[[nodiscard]] std::string preview_text(const Json& preview, const Invocation& invocation);

// Of a joint containment: each with what came of it, a line each; "" without.
[[nodiscard]] std::string parts_text(const Json& reply);

// The offer for a response, a null value when there is none.
[[nodiscard]] const Json& find_offer(const Json& incident, std::string_view response);

// "high" in its colour.
[[nodiscard]] std::string severity_text(const Json& incident, const Terminal& out);

// "4.1ms", "2m 10s", and of that only "2m" for tables, from microseconds or
// seconds of the interface
[[nodiscard]] std::string us_text(std::int64_t us);
[[nodiscard]] std::string s_text(std::int64_t s);
[[nodiscard]] std::string short_s_text(std::int64_t s);

}  // namespace quell::cli
