// SPDX-License-Identifier: Apache-2.0
// Subscribers: who is told of rows of the history as they are made (method
// Watch). There are no more of them than connections; one that has gone, or
// reads too slowly, is forgotten at the next row or the next that comes. Loop
// thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "user/control/json.h"
#include "user/control/responder.h"
#include "user/history/row.h"

namespace quell::daemon {

class Subscribers {
public:
    // Of the rows of this incident, 0: of all. Answers at once, without a row;
    // an error where the call takes one reply only.
    void add(std::uint64_t incident, control::Responder responder);
    // `brief` (IncidentBrief, or null) is asked for only where somebody listens.
    void tell(const history::Row& row, const std::function<control::Json()>& brief);
    [[nodiscard]] std::size_t size() const { return subscribers_.size(); }

private:
    struct Subscriber {
        std::uint64_t incident;
        control::Responder responder;
    };
    std::vector<Subscriber> subscribers_;
};

// docs/io.quell.varlink, HistoryRow
[[nodiscard]] control::Json row_json(const history::Row& row);

}  // namespace quell::daemon
