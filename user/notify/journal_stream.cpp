// SPDX-License-Identifier: Apache-2.0
#include "user/notify/journal_stream.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>

namespace quell::notify {

void JournalStream::send(int priority, std::string_view message_id, std::string_view message, const std::vector<Field>& fields) {
    std::string entry = journal_entry(priority, message_id, message, fields);
    flush();
    if (waiting_.empty() && put(entry)) return;
    if (waiting_.size() < kWaitingMax) waiting_.push_back(std::move(entry));
    else lost_++;
}

void JournalStream::flush() {
    while (!waiting_.empty() && put(waiting_.front())) waiting_.pop_front();
    if (!waiting_.empty() || lost_ == lost_told_) return;
    const std::string count = std::to_string(lost_ - lost_told_);
    const std::uint64_t told = lost_;
    if (put(journal_entry(kPriorityWarning, kLostMessageId, count + " rows of the history are not in the journal: quell history has them", {{"QUELL_LOST", count}})))
        lost_told_ = told;
}

bool JournalStream::put(const std::string& entry) {
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    if (address_.size() >= sizeof target.sun_path) return true;
    address_.copy(target.sun_path, address_.size());
    if (!fd_) fd_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + 1);
    if (::sendto(fd_.get(), entry.data(), entry.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&target), size) >= 0) return true;
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) return false;
    // Nobody there (a host without journald), or one that it will never take.
    if (errno != ENOENT && errno != ECONNREFUSED) lost_++;
    return true;
}

}  // namespace quell::notify
