// SPDX-License-Identifier: Apache-2.0
#include "user/notify/journal.h"

#include <algorithm>

#include "user/base/escape.h"
#include "user/base/log.h"
#include "user/notify/datagram.h"

namespace quell::notify {
namespace {

constexpr std::size_t kValueMax = 16 * 1024;  // a datagram of a few fields stays far below the socket's limit
constexpr std::size_t kNameMax = 64;          // the journal's own

bool allowed(std::string_view name) {
    if (name.empty() || name.size() > kNameMax || name[0] < 'A' || name[0] > 'Z') return false;
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

void to_log(int priority, std::string_view message, const std::vector<Field>& fields) {
    std::string line(message);
    for (const Field& field : fields) line += " " + field.name + "=" + escape_cut(field.value, kValueMax);
    if (priority <= kPriorityError)
        log::error(line);
    else if (priority == kPriorityWarning)
        log::warn(line);
    else
        log::info(line);
}

}  // namespace

std::string journal_field(std::string_view name, std::string_view value) {
    if (!allowed(name)) return {};
    value = value.substr(0, kValueMax);
    std::string text(name);
    if (value.find('\n') == std::string_view::npos) {
        text += '=';
    } else {
        // Binary form: a newline in a value cannot begin a field.
        text += '\n';
        for (std::size_t i = 0; i < 8; i++) text += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> (8 * i));
    }
    text += value;
    text += '\n';
    return text;
}

std::string journal_entry(int priority, std::string_view message_id, std::string_view message, const std::vector<Field>& fields) {
    std::string entry = journal_field("MESSAGE", message) + journal_field("MESSAGE_ID", message_id) +
                        journal_field("PRIORITY", std::to_string(priority)) + journal_field("SYSLOG_IDENTIFIER", "quelld");
    for (const Field& field : fields) entry += journal_field(field.name, field.value);
    return entry;
}

bool Journal::send(int priority, std::string_view message_id, std::string_view message, const std::vector<Field>& fields) const {
    if (send_datagram(address_, journal_entry(priority, message_id, message, fields)).ok()) return true;
    to_log(priority, message, fields);
    return false;
}

bool Journal::history_head(std::uint64_t row, std::string_view hash, std::string_view incident,
                           std::string_view action) const {
    const std::string head = std::to_string(row) + ":" + std::string(hash);
    return send(kPriorityNotice, kHeadMessageId, "history head " + head,
                {{"QUELL_HISTORY_ROW", std::to_string(row)},
                 {"QUELL_HISTORY_HEAD", std::string(hash)},
                 {"QUELL_INCIDENT", std::string(incident)},
                 {"QUELL_ACTION", std::string(action)}});
}

}  // namespace quell::notify
