// SPDX-License-Identifier: Apache-2.0
// What the console knows and shows: the model changes it, the pages draw it.
// Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "user/cli/console/lines.h"
#include "user/cli/console/list_view.h"
#include "user/cli/console/options.h"
#include "user/control/client.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

// Smaller, and the parts of a decision would not be on the screen together.
inline constexpr std::size_t kColumnsMin = 80;
inline constexpr std::size_t kRowsMin = 24;
// The title and the banner above, the message and the hints below.
inline constexpr std::size_t kFirstRow = 2;
inline constexpr std::size_t kFrameRows = 4;
// At the end of a page where something is typed: its heading, two fields, a blank row.
inline constexpr std::size_t kFieldRows = 4;
// Above the list of those that are approved together: which response and digest, and the headings.
inline constexpr std::size_t kBulkHeadRows = 2;
// As many can wait, and the daemon tells the digests of as many in one answer.
inline constexpr std::size_t kMarksMax = 1'024;

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
    bool is_last = true;  // false: one of those that Watch tells while it goes on
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
    bool is_told = false;                          // Watch goes on: what happens is told, and not asked for
};

struct IncidentPage {
    std::string id;
    Json incident;  // null until it is there
    Json rows;      // of its history
    Json previews;  // of its offers, as Preview has them; null until they are there
    std::size_t offer = 0;
    std::string problem;  // why it is not there
};

struct Field {
    std::string label, text;
    std::size_t most = control::kReasonSizeMax;  // bytes
};

// What is typed at the end of a page.
struct Form {
    std::vector<Field> fields;  // one to three
    std::size_t at = 0;         // which one is typed in
    [[nodiscard]] bool is_last() const { return at + 1 >= fields.size(); }
    [[nodiscard]] std::size_t rows() const { return kFieldRows + (fields.size() > 2 ? fields.size() - 2 : 0); }
};

enum class DecisionKind : std::uint8_t { Approve, Reject, Undo, Extend, Assign, Note, Respond };

// What was on the screen when the decision was begun: what is approved is
// this, whatever the daemon says meanwhile.
struct DecidePage {
    DecisionKind kind = DecisionKind::Approve;
    Json incident;
    Json offer;    // of an approval
    Json preview;  // of it, made for this decision: null until it is there, and until then nothing can be confirmed
    std::string id, response, digest;
    ApprovalOptions options;         // of an approval, as they were kept
    std::string word;        // that confirms it; "": nothing does, the last field sends it
    std::string guard;       // the word goes over one: it is this one
    bool takes_yes = true;   // "yes" does, too: not where the word goes over a guard, or the glass is broken
    bool takes_reason = false;
    std::string stop;        // why it cannot be confirmed, whatever is typed
    Form form;               // the reason first, the word last
    bool is_sent = false;
};

// The options of a decision while they are changed: it has none of them before they are kept.
struct OptionsPage {
    ApprovalOptions options;
    std::size_t chosen = 0;
};

// One of those that are approved together.
struct BulkTarget {
    std::string id, name, severity, subject;
    std::string digest, target;  // "": it is not offered
    std::string text;            // why not; or what came of it
    Tone tone = Tone::Plain;
    bool is_over = false;
};

struct BulkPage {
    std::vector<std::string> responses;  // that are offered for one of them at least
    std::size_t response = 0;
    std::vector<BulkTarget> targets;
    bool has_digests = false;
    std::size_t offered = 0;  // how many of them have a digest
    std::string digest;       // over all of these
    std::string problem;      // why there are no digests
    Form form;                // the reason, the word
    std::string reason;       // as it was when it began
    bool is_running = false, is_stopping = false, is_over = false;
    std::size_t next = 0;     // the one that was sent last, while it runs
    std::size_t chosen = 0;   // whose text is shown in full
    std::size_t held = 0;     // so many were seen to hold
    [[nodiscard]] std::string word() const { return response < responses.size() ? responses[response] : std::string{}; }
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
    OptionsPage options;
    BulkPage bulk;
    HistoryPage history;
    Json status, policies;
    Json me;                                // of WhoAmI; null: not known
    std::set<std::string, std::less<>> marks;  // ids, at most kMarksMax
    std::string news;                       // what was told last

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
