// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"
#include "user/cli/table.h"
#include "user/history/history.h"

namespace quell::cli {

namespace {

constexpr std::int64_t kDefaultRows = 50;
constexpr std::int64_t kRowsMax{history::kListMax};  // more would be asked for and not given

std::optional<std::int64_t> row_limit(const std::string& text) {
    if (text.empty()) return kDefaultRows;
    std::int64_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc{} || end != text.data() + text.size() || limit < 1 || limit > kRowsMax) return std::nullopt;
    return limit;
}

std::string latencies(const Json& row) {
    std::string out;
    const Json& latency = control::member(row, "latency");
    for (const char* name : {"detected_to_approved_us", "approved_to_flipped_us", "flipped_to_last_gone_us"})
        if (const Json& us = control::member(latency, name); us.is_number_integer()) out += (out.empty() ? "" : " / ") + us_text(us.get<std::int64_t>());
    return out.empty() ? "-" : out;
}

}  // namespace

int run_history(Invocation& invocation) {
    const auto limit = row_limit(invocation.value("--limit"));
    if (!limit) {
        invocation.out.note("--limit: a number from 1 to " + std::to_string(kRowsMax));
        return kUsage;
    }
    Json parameters = {{"limit", *limit}};
    if (invocation.has("--incident")) parameters["incident"] = invocation.value("--incident");
    int code = kDone;
    const auto reply = ask(invocation, "History", parameters, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    Table table({{"TIME", 19}, {"ACTION", 8}, {"INCIDENT", 8}, {"SUBJECT", 8}, {"RESPONSE", 8, 4}, {"RESULT", 7}, {"WHO", 8}, {"REASON", 8, 1},
                 {"LATENCY", 8, 3}, {"DETAIL", 8, 2}});
    for (const Json& row : control::member(*reply, "rows")) {
        const Json& who = control::member(row, "who");
        table.add({show_time(control::string_member(row, "time"), invocation.utc), text_of(row, "action"), or_dash(text_of(row, "incident")),
                   or_dash(text_of(row, "subject")), or_dash(text_of(row, "response")), text_of(row, "result"),
                   who.is_object() ? who_text(who) : "-", or_dash(text_of(row, "reason")), latencies(row), or_dash(text_of(row, "detail"))});
    }
    invocation.out.print(table.empty() ? "No history.\n" : table.text(invocation.out.columns()));
    return kDone;
}

}  // namespace quell::cli
