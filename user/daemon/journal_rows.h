// SPDX-License-Identifier: Apache-2.0
// Rows of the history as entries of the journal, with the fields QUELL_… that
// docs/operations.md lists: `journalctl QUELL_INCIDENT=…` is an incident's
// life. Loop thread only.
#pragma once

#include <string_view>

#include "user/history/row.h"
#include "user/incident/incident.h"
#include "user/notify/journal_stream.h"

namespace quell::daemon {

// `incident`: the row's, nullptr where there is none; `state`: what may be said of it.
void tell_journal(notify::JournalStream& journal, const history::Row& row, const incident::Incident* incident, std::string_view state);

}  // namespace quell::daemon
