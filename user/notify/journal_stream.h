// SPDX-License-Identifier: Apache-2.0
// JournalStream: entries for the journal of which there may be any number.
// Nothing waits for the journal: what its socket does not take at once is kept
// up to a bound, in order; what finds no room is counted, and the journal is
// told how many that were. Where no journal is, they go nowhere. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "user/base/fd.h"
#include "user/notify/journal.h"

namespace quell::notify {

class JournalStream {
public:
    // A row is about 1 KB.
    static constexpr std::size_t kWaitingMax = 2'000;

    explicit JournalStream(std::string address = kJournalSocket) : address_(std::move(address)) {}

    void send(int priority, std::string_view message_id, std::string_view message, const std::vector<Field>& fields);
    // Called now and then: what waits, as far as it is taken.
    void flush();

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    // False: not now.
    [[nodiscard]] bool put(const std::string& entry);

    const std::string address_;
    Fd fd_;
    std::deque<std::string> waiting_;
    std::uint64_t lost_ = 0;
    std::uint64_t lost_told_ = 0;
};

}  // namespace quell::notify
