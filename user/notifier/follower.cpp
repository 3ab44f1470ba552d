// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/follower.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "user/base/escape.h"
#include "user/base/log.h"

namespace quell::notifier {
namespace {

using control::integer_member;
using control::member;

constexpr std::int64_t kRowsAtOnce = 500, kRowsMax{kReadMax};
constexpr std::size_t kMessagesAtOnce = 1'000;  // in memory, and in one transaction
constexpr int kRetryMs = 1'000, kLookMs = 30'000;
constexpr std::uint64_t kAskMs = 30'000;

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? escape(name.data()) : "unknown";
}

// The first of them that is readable within the time.
int readable(std::initializer_list<int> fds, int timeout_ms) {
    std::vector<pollfd> polls;
    for (const int fd : fds) polls.push_back({fd, POLLIN, 0});
    if (poll(polls.data(), polls.size(), timeout_ms) <= 0) return -1;
    for (const auto& one : polls)
        if (one.revents != 0) return one.fd;
    return -1;
}

}  // namespace

Follower::Follower(const Config& config, Queue& queue, int stop)
    : config_(config), queue_(queue), stop_(stop), host_(host_name()), news_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), client_(config.daemon_socket) {}

void Follower::run() {
    std::thread listener([this] { listen(); });
    for (int pause_ms = 0;;) {
        if (readable({stop_, news_.get()}, pause_ms) == stop_) break;
        eventfd_t none = 0;
        (void)eventfd_read(news_.get(), &none);
        const bool done = read_rows();
        pause_ms = done ? kLookMs : kRetryMs;
        if (!done && readable({stop_}, kRetryMs) == stop_) break;
    }
    listener.join();
}

void Follower::listen() {
    control::Client client(config_.daemon_socket);
    do {
        const auto ended = client.stream("Watch", Json::object(), stop_, [this](const Json&) {
            connected_ = true;
            (void)eventfd_write(news_.get(), 1);
            return true;
        });
        connected_ = false;
        if (ended.stopped) return;
        if (ended.outcome == control::CallOutcome::Remote) log::warn("the daemon ended the stream: " + escape(ended.error));
    } while (readable({stop_}, kRetryMs) != stop_);
}

std::optional<Json> Follower::ask(const Json& parameters) {
    auto result = client_.call("History", parameters, kAskMs);
    // The daemon closes a connection that was silent for long, over a suspended machine for one.
    if (result.outcome == control::CallOutcome::Unreachable) result = client_.call("History", parameters, kAskMs);
    if (result.outcome == control::CallOutcome::Reply) {
        say({});
        return std::move(result.parameters);
    }
    say(result.outcome == control::CallOutcome::Remote ? escape(result.error) + " " + escape(control::string_member(result.parameters, "reason")) : escape(result.message));
    return std::nullopt;
}

void Follower::say(const std::string& trouble) {
    if (trouble == trouble_) return;
    if (trouble.empty()) log::info("the daemon answers");
    else log::warn("the history cannot be read: " + trouble);
    trouble_ = trouble;
}

// From now on: behind the newest row that the disk has. Those that wait for it are newer, and have no number.
bool Follower::begin() {
    for (const std::int64_t limit : {std::int64_t{1}, kRowsMax}) {
        const auto newest = ask({{"limit", limit}});
        if (!newest) return false;
        const auto& rows = member(*newest, "rows");
        const auto has_number = [](const Json& row) { return integer_member(row, "row") > 0; };
        const auto found = std::find_if(rows.begin(), rows.end(), has_number);
        if (found == rows.end() && !rows.empty()) continue;
        const auto row = rows.empty() ? 0 : integer_member(*found, "row");
        if (auto put = queue_.put({}, static_cast<std::uint64_t>(row)); !put) return log::error(put.error().message), false;
        log::info("begins behind row " + std::to_string(row) + " of the history");
        return true;
    }
    // Row 0 would be all that it has, told when its file can be read.
    if (!std::exchange(is_late_, true)) log::warn("where the history ends is not to be seen while its disk gives nothing: it begins then");
    return false;
}

bool Follower::read_rows() {
    if (!queue_.cursor() && !begin()) return false;
    for (std::int64_t limit = kRowsAtOnce;;) {
        const std::uint64_t cursor = queue_.cursor().value_or(0);
        const auto reply = ask({{"limit", limit}, {"after", cursor}});
        if (!reply) return false;
        std::uint64_t next = cursor;
        if (!take(*reply, cursor, next)) return false;
        const bool is_full = member(*reply, "rows").size() >= static_cast<std::size_t>(kRowsAtOnce);
        if (next != cursor) {
            if (!is_full) return true;
            limit = kRowsAtOnce;
            continue;
        }
        // They wait for the disk, and have no number to go on behind: all of them at once. While they do, the daemon
        // takes a second for each answer, so it is not asked for that many more often.
        if (is_full && limit < kRowsMax) {
            limit = kRowsMax;
            continue;
        }
        // Nothing new: or is it another history, that was begun anew or put back from a backup?
        const auto newest = ask({{"limit", 1}});
        if (!newest) return false;
        const auto& rows = member(*newest, "rows");
        const auto head = rows.empty() ? 0 : integer_member(rows[0], "row");
        if (rows.empty() || head == 0 || static_cast<std::uint64_t>(head) >= cursor) return true;
        log::warn("the history ends at row " + std::to_string(head) + ", and was read to " + std::to_string(cursor) + ": it is another one, and is read from its beginning");
        if (auto put = queue_.put({}, 0); !put) return log::error(put.error().message), false;
    }
}

bool Follower::take(const Json& reply, std::uint64_t cursor, std::uint64_t& next) {
    std::map<std::string, const Json*> incidents;
    for (const auto& one : member(reply, "incidents")) incidents[control::string_member(one, "id")] = &one;
    std::vector<NewMessage> messages;
    std::uint64_t missed = 0;
    bool first = true;
    const auto put = [&] {
        if (auto done = queue_.put(messages, next); !done) return log::error(done.error().message), false;  // and these rows are read again
        if (missed) log::warn(std::to_string(missed) + " rows were removed from the history before they were read");
        missed_ += std::exchange(missed, 0);
        messages.clear();
        return true;
    };
    for (const auto& row : member(reply, "rows")) {
        const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_member(row, "row")));
        if (number != 0 && std::exchange(first, false) && cursor != 0 && number > cursor + 1) missed = number - cursor - 1;
        next = std::max(next, number);
        const auto known = incidents.find(control::string_member(row, "incident"));
        const Json incident = known == incidents.end() ? Json() : *known->second;
        for (const auto& target : config_.targets)
            if (is_wanted(target, row, incident))
                messages.push_back({target.name, message_id(row), control::string_member(row, "action"), message_body(target.format, host_, row, incident)});
        if (messages.size() >= kMessagesAtOnce && !put()) return false;
    }
    return (messages.empty() && next == cursor) || put();
}

}  // namespace quell::notifier
