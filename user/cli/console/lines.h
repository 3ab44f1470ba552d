// SPDX-License-Identifier: Apache-2.0
// The long texts of the console as lines that fit the screen: an incident,
// whom an offer would hit, the status, the keys. They are made when what they
// show changes, not for each frame; all that is in them is bounded here,
// whatever the daemon sends. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "user/cli/console/grid.h"
#include "user/cli/console/keys.h"
#include "user/control/json.h"

namespace quell::cli::console {

using control::Json;

struct Layout {
    std::size_t columns = 80;
    Charset charset = Charset::Utf8;
    bool utc = false;
};

struct Line {
    std::size_t indent = 0;
    std::string label;  // bold; the text stands beside it, at `text_at`
    std::string text;
    Look look;
    std::size_t text_at = 0;
    std::optional<std::size_t> offer;  // its first line: which of the incident's offers
};

// `previews`: of its offers; `rows`: of the history of this incident, newest first; either is null where it is not known
// yet. `chosen`: the marked offer.
[[nodiscard]] std::vector<Line> incident_lines(const Json& incident, const Json& previews, const Json& rows, std::size_t chosen, const Layout& layout);

// An offer with its target, whom it would hit, undo word and digest.
[[nodiscard]] std::vector<Line> offer_lines(const Json& offer, const Layout& layout);

// What an approval would do now: what stands against it and what it takes, then whom it would hit. `stop`: why it cannot
// be given. A preview that is null is still being asked for.
[[nodiscard]] std::vector<Line> preview_lines(const Json& preview, const std::string& options, const std::string& stop, const Layout& layout);
// What an approval by this user takes, or why he may not: of a preview; no lines where there is none.
void add_needs(std::vector<Line>& lines, const Json& preview, const Layout& layout);

// Of this response, in Preview's `previews`; a null value where there is none.
[[nodiscard]] const Json& preview_of(const Json& previews, std::string_view response);

// What a decision that is no approval is about.
[[nodiscard]] std::vector<Line> decision_lines(const Json& incident, const Layout& layout);

// The replies' `status` and ListPolicies' parameters; either may be null.
[[nodiscard]] std::vector<Line> status_lines(const Json& status, const Json& policies, const Layout& layout);

// What can be typed for a response without an incident.
[[nodiscard]] std::vector<Line> respond_lines(const Layout& layout);

[[nodiscard]] std::vector<Line> help_lines(Page page, const Layout& layout);

// "2026-03-01 09:08:07.123", in the local zone or UTC; what is no time is shown as it is.
[[nodiscard]] std::string moment_text(std::string_view time, bool utc);

// Red from high on, yellow for medium.
[[nodiscard]] Tone severity_tone(std::string_view severity);
[[nodiscard]] Tone state_tone(std::string_view state);

// Of one value: a hostile path of 4 KiB must not push the rest off the page. `quell show` has all of it.
inline constexpr std::size_t kValueLinesMax = 6;
// For builders: a line with a label, wrapped into at most `most`.
void add_line(std::vector<Line>& lines, const Layout& layout, std::size_t indent, std::string label, std::string_view text, Look look = {},
              std::size_t most = kValueLinesMax);
void add_title(std::vector<Line>& lines, std::string title);

}  // namespace quell::cli::console
