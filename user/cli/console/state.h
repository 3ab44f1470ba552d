// SPDX-License-Identifier: Apache-2.0
// What the console knows and shows: the model changes it, the pages draw it.
// Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "user/cli/console/lines.h"
#include "user/cli/console/list_view.h"
#include "user/control/client.h"

namespace quell::cli::console {

// Smaller, and the parts of a decision would not be on the screen together.
inline constexpr std::size_t kColumnsMin = 80;
inline constexpr std::size_t kRowsMin = 24;
// The title and the banner above, the message and the hints below.
inline constexpr std::size_t kFirstRow = 2;
inline constexpr std::size_t kFrameRows = 4;
// At the end of a decision's page: its two fields, and a blank row around them.
inline constexpr std::size_t kFieldRows = 4;

struct Request {
    std::uint64_t serial = 0;  // the reply's, too
    std::string method;
    Json parameters;
};

struct Reply {
    std::uint64_t serial = 0;
    std::string method;
    control::CallResult result;
    std::shared_ptr<const Snapshot> snapshot;  // of Incidents, where it was answered
    std::uint64_t took_ms = 0;
};

struct Message {
    std::string text;  // "": none
    Tone tone = Tone::Plain;
};

// Whether the daemon answers.
struct Link {
    bool has_answered = false;
    std::int64_t answered_wall_ns = 0;             // last
    std::optional<std::int64_t> silent_since_ns;  // wall: what is shown is stale
    std::string why;                               // it is silent
};

struct IncidentPage {
    std::string id;
    Json incident;  // null until it is there
    Json rows;      // of its history
    std::size_t offer = 0;
    std::string problem;  // why it is not there
};

enum class DecisionKind : std::uint8_t { Approve, Reject, Undo };

// What was on the screen when the decision was begun: what is approved is
// this, whatever the daemon says meanwhile.
struct DecidePage {
    DecisionKind kind = DecisionKind::Approve;
    Json incident;
    Json offer;  // of an approval
    std::string id, response, digest;
    std::string word;  // that confirms it, besides "yes"; "": none
    std::string reason, confirm;
    bool in_confirm = false;  // which field is typed in
    bool is_sent = false;
};

struct HistoryPage {
    std::string id;  // only this incident; "": all
    Json rows;       // null until they are there
    std::size_t chosen = 0;
};

struct State {
    Charset charset = Charset::Utf8;
    bool utc = false;
    std::size_t columns = kColumnsMin;
    std::size_t rows = kRowsMin;
    std::uint64_t now_ms = 0;  // CLOCK_BOOTTIME
    std::int64_t wall_ns = 0;

    Page page = Page::List;
    ListView list;
    std::uint64_t list_at_ms = 0;  // when it was received
    bool shows_decided = false;
    IncidentPage incident;
    DecidePage decide;
    HistoryPage history;
    Json status, policies;

    // Of the page that is read line by line, and the row at the top of any list.
    std::vector<Line> lines;
    std::size_t top = 0;

    Link link;
    Message message;
    bool is_deciding = false;  // a decision was sent and not answered

    [[nodiscard]] bool is_too_small() const { return columns < kColumnsMin || rows < kRowsMin; }
    [[nodiscard]] bool is_stale() const { return link.silent_since_ns.has_value(); }
    [[nodiscard]] Layout layout() const { return {columns, charset, utc}; }
    // Rows for what the page shows, without headings and fields.
    [[nodiscard]] std::size_t room() const;
};

}  // namespace quell::cli::console
