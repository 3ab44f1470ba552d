// SPDX-License-Identifier: Apache-2.0
// Journal: entries with fields of their own, through the journal's native
// socket. It holds the head of the history at each decision, out of reach of
// whoever can change the history's file. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quell::notify {

inline constexpr int kPriorityError = 3;
inline constexpr int kPriorityWarning = 4;
inline constexpr int kPriorityNotice = 5;
inline constexpr int kPriorityInfo = 6;

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";
// MESSAGE_ID of the entries with the head of the history.
inline constexpr std::string_view kHeadMessageId = "65191ebc5d214175aba1ad8134f83992";
// And of those that say how many rows the journal took none of.
inline constexpr std::string_view kLostMessageId = "502873f5c5674928bce07f64751b04e6";

struct Field {
    std::string name;  // capitals, digits and underscores: "QUELL_INCIDENT"
    std::string value; // any bytes; cut to 16 KiB
};

class Journal {
public:
    explicit Journal(std::string address = kJournalSocket) : address_(std::move(address)) {}

    // Sends the message with its fields. Where no journal listens it goes to
    // the log with the fields behind it, escaped; false then.
    bool send(int priority, std::string_view message_id, std::string_view message, const std::vector<Field>& fields) const;

    // The history's head after a decision: row number and hash.
    bool history_head(std::uint64_t row, std::string_view hash, std::string_view incident, std::string_view action) const;

private:
    std::string address_;
};

// One field in the journal's form: "NAME=value\n", or with a length in front
// of the bytes where the value has a newline. A name that is not allowed
// gives "". For tests.
[[nodiscard]] std::string journal_field(std::string_view name, std::string_view value);
// A whole one. `message_id`: 32 hex digits.
[[nodiscard]] std::string journal_entry(int priority, std::string_view message_id, std::string_view message, const std::vector<Field>& fields);

}  // namespace quell::notify
