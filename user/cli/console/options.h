// SPDX-License-Identifier: Apache-2.0
// What an approval takes beside its reason: one table, from which the page of
// options, the words that are shown and the parameters of Approve are made.
// The names are those of `quell approve` (ConsoleOptions.AreThoseOfApprove). Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "user/control/json.h"

namespace quell::cli::console {

using control::Json;

enum class OptionKind : std::uint8_t { Toggle, Words, Duration };

struct OptionRow {
    std::string_view option;  // of `quell approve`
    std::string_view value;   // how its value is written; of a toggle: what it always is; "": none
    std::string_view parameter;
    OptionKind kind;
    std::string_view responses;  // separated by blanks; "": all
    std::string_view help;       // one row of 80 columns
    bool is_wide = false;        // it is about more than the incident: with it goes a digest over all
    bool is_of_one = false;      // not with a wide one
};
[[nodiscard]] std::span<const OptionRow> option_rows();

struct Option {
    const OptionRow* row;
    std::string text;  // as it was typed; of a toggle "": it is off
    [[nodiscard]] bool is_toggle() const { return row->kind == OptionKind::Toggle; }
    [[nodiscard]] std::size_t most() const;  // bytes of the text
};
using ApprovalOptions = std::vector<Option>;

// Those that a response can have, all of them off.
[[nodiscard]] ApprovalOptions options_of(std::string_view response);
[[nodiscard]] bool is_on(const ApprovalOptions& options, std::string_view option);
[[nodiscard]] bool is_any_wide(const ApprovalOptions& options);

// "--with capture --allow 10.0.0.53:53"; "": none is on.
[[nodiscard]] std::string options_text(const ApprovalOptions& options);

// Parameters of Approve. Not "": why they are none, and then nothing was put.
[[nodiscard]] std::string put_all(const ApprovalOptions& options, Json& parameters);
// Those that Preview has, too.
void put_wide(const ApprovalOptions& options, Json& parameters);

}  // namespace quell::cli::console
