// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"
#include "user/cli/table.h"
#include "user/history/history.h"

namespace quell::cli {

namespace {

constexpr std::int64_t kDefaultRows = 50;
constexpr std::int64_t kPageRows = 1000;  // of JSON lines, at once in memory
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

std::optional<std::int64_t> row_number(const std::string& text) {
    std::int64_t row = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), row);
    if (error != std::errc{} || end != text.data() + text.size() || row < 0) return std::nullopt;
    return row;
}

// Oldest first, all of them or `limit`: a page after the other, so that a history of any length takes the same memory.
int print_lines(Invocation& invocation, std::int64_t after, std::optional<std::int64_t> limit) {
    invocation.json_indent = -1;
    Json parameters = Json::object();
    if (invocation.has("--incident")) parameters["incident"] = invocation.value("--incident");
    for (bool more = true; more && (!limit || *limit > 0);) {
        parameters["after"] = after;
        parameters["limit"] = limit ? std::min(*limit, kPageRows) : kPageRows;
        int code = kDone;
        const auto reply = ask(invocation, "History", parameters, code);
        if (!reply) return code;
        const Json& rows = control::member(*reply, "rows");
        const std::int64_t before = after;
        more = !rows.empty();
        std::string out;
        for (const Json& row : rows) {
            out += row.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
            const auto number = control::integer_member(row, "row");
            if (number == 0) more = false;  // it waits for the disk: those come last
            after = std::max(after, number);
        }
        if (limit) *limit -= static_cast<std::int64_t>(rows.size());
        invocation.out.print(out);
        if (!invocation.out.flush()) return kFailed;  // a full disk, or nobody reads it
        if (more && after == before) return report_error(invocation, Error{"the daemon gave rows that were not asked for", 0, {}});
    }
    return kDone;
}

}  // namespace

int run_history(Invocation& invocation) {
    const auto limit = row_limit(invocation.value("--limit"));
    if (!limit) {
        invocation.out.note("--limit: a number from 1 to " + std::to_string(kRowsMax));
        return kUsage;
    }
    const auto after = invocation.has("--after") ? row_number(invocation.value("--after")) : std::optional<std::int64_t>(0);
    if (!after || (invocation.has("--after") && !invocation.has("--json-lines"))) {
        invocation.out.note("--after: a row's number, with --json-lines");
        return kUsage;
    }
    if (invocation.has("--json-lines")) return print_lines(invocation, *after, invocation.has("--limit") ? limit : std::nullopt);
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
