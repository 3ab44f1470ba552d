// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/snapshot.h"

#include <algorithm>
#include <numeric>

#include "user/base/vocabulary.h"
#include "user/cli/ask.h"
#include "user/cli/table.h"

namespace quell::cli::console {

namespace {

using control::integer_member;
using control::member;
using control::string_member;

// Wider than a column ever is; a name may be 4 KiB long.
constexpr std::size_t kRowTextMax = 256;

std::string row_text(const Json& object, std::string_view name) {
    const std::string text = string_member(object, name);
    return safe(std::string_view(text).substr(0, kRowTextMax));
}

std::string offered(const Json& incident) {
    std::string out;
    for (const Json& offer : member(incident, "offers"))
        if (control::true_member(offer, "available") && out.size() < kRowTextMax) out += (out.empty() ? "" : ",") + row_text(offer, "response");
    return out;
}

// What waits first, then what holds, then what went wrong.
int state_rank(std::string_view state) {
    constexpr std::array<std::string_view, 6> kFirst = {"pending", "arming", "approved", "enforcing", "failed", "done"};
    const auto found = std::ranges::find(kFirst, state);
    if (found != kFirst.end()) return static_cast<int>(found - kFirst.begin());
    const auto index = word_index(kStateWords, state);
    return static_cast<int>(kFirst.size() + (index ? *index : kStateWords.size()));
}

Row make_row(const Json& incident) {
    Row row;
    const Json& container = member(incident, "container");
    const Json& process = member(incident, "process");
    const Json& file = member(incident, "file");
    row.id = or_dash(row_text(incident, "id"));
    row.name = or_dash(row_text(incident, "name"));
    row.severity = or_dash(row_text(incident, "severity"));
    row.state = or_dash(row_text(incident, "state"));
    row.subject = row_text(container, "name");
    if (row.subject.empty()) row.subject = or_dash(container.is_object() ? row_text(container, "id") : row_text(incident, "subject"));
    row.process = process.is_object() ? row_text(process, "comm") + " " + std::to_string(integer_member(process, "pid")) : "-";
    row.object = or_dash(file.is_object() ? row_text(file, "path") : row_text(incident, "object"));
    row.pod = or_dash(row_text(container, "pod"));
    row.image = or_dash(row_text(container, "image"));
    row.offers = or_dash(offered(incident));
    row.age_s = integer_member(incident, "age_s");
    row.time_left_s = integer_member(incident, "time_left_s");
    row.waits = waits_for_decision(row.state);
    row.has_first = row.waits && member(incident, "first_approval").is_object();
    row.searched = small_letters(row.id + "\n" + row_text(incident, "policy") + "/" + row_text(incident, "rule") + "\n" + row.name + "\n" +
                                 row_text(incident, "subject") + "\n" + row.subject + "\n" + row.pod + "\n" + row.state + "\n" + row.severity);
    return row;
}

}  // namespace

std::string small_letters(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool waits_for_decision(std::string_view state) { return state == "pending" || state == "arming"; }

int severity_rank(std::string_view severity) {
    const auto index = word_index(kSeverityWords, severity);
    return index ? static_cast<int>(*index) : -1;
}

std::shared_ptr<const Snapshot> make_snapshot(const Json& reply) {
    auto made = std::make_shared<Snapshot>();
    const Json& incidents = member(reply, "incidents");
    if (!incidents.is_array()) return made;
    const std::size_t count = std::min(incidents.size(), kSnapshotRowsMax);
    std::vector<std::string> first;
    made->rows.reserve(count);
    for (std::size_t i = 0; i < count; i++) {
        made->rows.push_back(make_row(incidents[i]));
        made->waiting += made->rows.back().waits;
        made->positions.emplace(made->rows.back().id, static_cast<std::uint32_t>(i));
        first.push_back(string_member(incidents[i], "first"));  // RFC 3339, UTC: in the order of time
    }
    const auto& rows = made->rows;
    std::vector<std::uint32_t> newest(count);
    std::iota(newest.begin(), newest.end(), 0);
    // Of the same microsecond the daemon's own order stays: newest first.
    std::ranges::stable_sort(newest, [&](std::uint32_t a, std::uint32_t b) { return first[a] > first[b]; });
    const auto ordered = [&](Sort sort, auto before) {
        auto& order = made->orders[static_cast<std::size_t>(sort)];
        order = newest;
        std::ranges::stable_sort(order, before);
    };
    std::vector<int> severities, states;
    for (const Row& row : rows) severities.push_back(severity_rank(row.severity)), states.push_back(state_rank(row.state));
    made->orders[static_cast<std::size_t>(Sort::Age)] = newest;
    ordered(Sort::Severity, [&](std::uint32_t a, std::uint32_t b) { return severities[a] > severities[b]; });
    ordered(Sort::State, [&](std::uint32_t a, std::uint32_t b) { return states[a] < states[b]; });
    ordered(Sort::Rule, [&](std::uint32_t a, std::uint32_t b) { return rows[a].name < rows[b].name; });
    return made;
}

}  // namespace quell::cli::console
