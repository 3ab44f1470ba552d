// SPDX-License-Identifier: Apache-2.0
// Figures: what a test measures, in a line each that `tools/bench --responses` makes a table of, and what it is held to.
// Instructions, where the guest counts them (one CPU): the counter that now() reads is the one that traces have (trace.h).
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/hostile/raw_client.h"

namespace quell::guest {

[[nodiscard]] std::uint64_t now();

// kern/responses.def, row by row.
struct ResponseRow {
    std::string word, hooks;
    // All but the evidence.
    [[nodiscard]] bool refuses() const { return word != "acquire-file" && word != "capture"; }
};
inline void PrintTo(const ResponseRow& row, std::ostream* out) { *out << row.word; }
[[nodiscard]] const std::vector<ResponseRow>& response_rows();
// "KillContainer", as the name of a test.
[[nodiscard]] std::string test_name(const ResponseRow& row);

// `name` has no spaces; `what` is for people. Beyond `most` or below `least` the running test fails.
void figure(const std::string& name, std::int64_t value, const std::string& what, std::optional<std::int64_t> most = {});
void figure_at_least(const std::string& name, std::int64_t value, const std::string& what, std::int64_t least);

[[nodiscard]] std::int64_t median(std::vector<std::int64_t> values);
// In thousandths; fails the test when there is nothing to divide by.
[[nodiscard]] std::int64_t per_mille(std::int64_t value, std::int64_t of);
// Of all threads of the process since it began; those that run just now are counted up to their last change.
[[nodiscard]] std::int64_t instructions_of(pid_t process);

// Of that call: what is sent, so that making it is not in what is measured.
[[nodiscard]] std::string message(const std::string& method, const Json& parameters = Json::object());
// The parameters of the next answer; fails the test when it is an error, or there is none in that time.
Json answer(RawClient& client, int timeout_ms = 60'000);
// Both.
Json call(RawClient& client, const std::string& method, const Json& parameters = Json::object(), int timeout_ms = 60'000);

// One rule alone: on the truncation of /var/log/b.log, offering these responses (a list); `more` are other words of its respond, each after a comma.
// `beside`: another rule, whole.
void apply_offering(const std::string& responses, const std::string& more = "", const std::string& beside = "");
// Makes that happen by a process of the container whose parent stays; the incident that waits then.
[[nodiscard]] std::string incident_by_one_who_stays(const Container& container, const std::string& name);
// What Approve takes; the digest is that of now.
[[nodiscard]] Json approval(const std::string& id, const std::string& response);

}  // namespace quell::guest
