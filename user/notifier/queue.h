// SPDX-License-Identifier: Apache-2.0
// Queue: what waits to be sent, on the disk, and how far the history was read.
// Both change in one transaction, so nothing of it is lost or doubled by an
// end at any point. Bounded: beyond `max` messages of a target its oldest of a
// detection goes, and where there is none its oldest; each is counted.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "user/base/result.h"
#include "user/history/sqlite.h"

namespace quell::notifier {

struct NewMessage {
    std::string target, id, action, body;
};

struct Message {
    std::uint64_t number = 0;
    std::string id, body;
};

// Rows that one answer of the daemon has at most: docs/io.quell.varlink, History. So many may wait for its disk, and
// come with each answer.
inline constexpr std::uint64_t kReadMax = 10'000;

enum class Counted { Sent, Failed, Refused, Dropped };  // Failed: attempts; the others: messages

struct TargetCounts {
    std::uint64_t waiting = 0, sent = 0, failed = 0, refused = 0, dropped = 0;
};

class Queue {
public:
    // Makes the file (0600) where there is none. Messages of targets that are
    // not among `targets` go. `read_max`: messages for each of them from one
    // read. Errors: as history::Database.
    [[nodiscard]] static Result<std::unique_ptr<Queue>> open(const std::string& path, std::uint64_t max, const std::vector<std::string>& targets, std::uint64_t read_max = kReadMax);

    // How far the history was read, nothing at first.
    [[nodiscard]] std::optional<std::uint64_t> cursor() const;
    // All or nothing. Of an id that a target was given before nothing is made
    // again: of the newest 40,000 of each target, and of those that come with
    // each read, however many others came since.
    [[nodiscard]] Status put(const std::vector<NewMessage>& messages, std::uint64_t cursor);

    // The oldest of a target, nothing where none waits.
    [[nodiscard]] Result<std::optional<Message>> front(const std::string& target);
    // It is sent, or will never be taken (Refused): it goes.
    [[nodiscard]] Status finish(const std::string& target, std::uint64_t number, Counted how);
    void count_failure(const std::string& target);

    [[nodiscard]] std::map<std::string, TargetCounts> counts() const;

    // Until stop() was called or the time is over, or, where `seen` is given,
    // something was put since it was filled here. False: stopped.
    [[nodiscard]] bool wait(std::uint64_t timeout_ms, std::uint64_t* seen = nullptr);
    void stop();
    [[nodiscard]] bool is_stopping() const;

private:
    Queue(history::Database database, std::uint64_t max, std::uint64_t read_max) : database_(std::move(database)), max_(max), read_max_(read_max) {}
    [[nodiscard]] Status load(const std::vector<std::string>& targets);
    // False: it was known.
    [[nodiscard]] Result<bool> learn(const NewMessage& message);
    [[nodiscard]] Status put_one(const NewMessage& message, std::map<std::string, TargetCounts>& counts);
    [[nodiscard]] Status store(const std::string& target, const TargetCounts& counts);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    history::Database database_;
    const std::uint64_t max_, read_max_;  // read_max_: of all targets
    std::optional<std::uint64_t> cursor_;
    std::map<std::string, TargetCounts> counts_;
    std::uint64_t puts_ = 0;
    bool stopping_ = false;
};

}  // namespace quell::notifier
