// SPDX-License-Identifier: Apache-2.0
#include "user/history/async_history.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include "user/base/log.h"
#include "user/base/time.h"

namespace quell::history {
namespace {

// Rows in one transaction: one fsync for all of them, and its memory bounded.
constexpr std::size_t kBatch = 256;
constexpr int kNice = 10;

void stamp(Row& row) {
    if (row.boot_ns == 0) row.boot_ns = boottime_ns();
    if (row.wall_ns == 0) row.wall_ns = wall_from_boottime(row.boot_ns);
    if (row.boot_id.empty()) row.boot_id = boot_id();
}

Held warning(std::string result) {
    Held held;
    Row& row = held.entry.row;
    row.action = Action::ENGINE_WARNING;
    row.subject = "history";
    row.result = std::move(result);
    stamp(row);
    return held;
}

}  // namespace

AsyncHistory::AsyncHistory(AsyncOptions options) : options_(std::move(options)), held_(options_.max_held) {
    thread_ = std::thread([this] { write_all_rows(); });
    ::pthread_setname_np(thread_.native_handle(), "quell-history");
}

AsyncHistory::~AsyncHistory() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
    if (!held_.empty()) log::error("history: " + std::to_string(held_.size()) + " rows could not be written and are lost");
}

void AsyncHistory::append(Entry entry) {
    stamp(entry.row);
    if (options_.appended) options_.appended(entry);
    {
        const std::lock_guard lock(mutex_);
        held_.push({++last_sequence_, std::move(entry)});
    }
    wake_.notify_one();
}

Status AsyncHistory::flush(std::uint64_t timeout_ms) {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = last_sequence_;
    const auto settled = [&] {
        const bool held = !held_.empty() && held_.rows().front().sequence <= wanted;
        return !held && (writing_ == 0 || writing_ > wanted);
    };
    if (settled_.wait_for(lock, std::chrono::milliseconds(timeout_ms), settled)) return success();
    if (health_.ok) return Error{"history: not written in time", ETIMEDOUT, {}};
    return Error{health_.error, ETIMEDOUT, {}};
}

Health AsyncHistory::health() const {
    const std::lock_guard lock(mutex_);
    Health health = health_;
    health.held = held_.size() + writing_rows_.size();
    health.dropped = held_.dropped();
    return health;
}

std::vector<Row> AsyncHistory::waiting() const {
    const std::lock_guard lock(mutex_);
    std::vector<Row> rows = writing_rows_;
    for (const Held& held : held_.rows()) rows.push_back(held.entry.row);
    return rows;
}

void AsyncHistory::write_all_rows() {
    // Signals are the loop's.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    // A containment goes before its rows, on a machine with one CPU too. Not allowed is no harm.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);

    std::unique_lock lock(mutex_);
    for (;;) {
        if (!health_.ok)
            wake_.wait_for(lock, std::chrono::milliseconds(options_.retry_ms), [this] { return ending_; });
        else
            wake_.wait(lock, [this] { return ending_ || !held_.empty(); });
        const bool last = ending_;
        do {
            write_batch(lock);
        } while (!held_.empty() && health_.ok);
        if (last && (held_.empty() || !health_.ok)) return;
    }
}

// Also with nothing to write: then it finds out whether the disk is back.
void AsyncHistory::write_batch(std::unique_lock<std::mutex>& lock) {
    std::vector<Held> batch = held_.take(kBatch);
    const std::uint64_t dropped = held_.dropped();
    if (!batch.empty()) writing_ = batch.front().sequence;
    for (const Held& held : batch) writing_rows_.push_back(held.entry.row);
    lock.unlock();

    const Status result = write(batch, dropped);
    if (result) retain();

    lock.lock();
    writing_ = 0;
    writing_rows_.clear();
    if (!result) held_.put_back(std::move(batch));
    if (history_ && last_head_) health_.head = *last_head_;
    set_health(lock, result);
    settled_.notify_all();
}

Status AsyncHistory::write(std::vector<Held>& batch, std::uint64_t dropped) {
    if (history_ && !history_->in_place()) history_.reset();
    std::vector<Held> told;
    if (!history_) {
        if (auto opened = reopen(); !opened) return opened;
        auto head = history_->head();
        if (!head) return head.error();
        if (last_head_ && *head != *last_head_)
            told.push_back(warning("the file was replaced or set back: its last row was " + head_text(*last_head_)));
        if (!last_head_) last_head_ = *head;
    }
    if (dropped > dropped_told_)
        told.push_back(warning(std::to_string(dropped - dropped_told_) + " rows were lost while the disk took none"));

    std::vector<Entry> entries;
    entries.reserve(told.size() + batch.size());
    for (const Held& held : told) entries.push_back(held.entry);
    for (const Held& held : batch) entries.push_back(held.entry);
    if (entries.empty()) return success();
    if (auto appended = history_->append(entries); !appended) {
        history_.reset();  // opened anew at the next try: the file may be another by then
        return appended;
    }
    dropped_told_ = dropped;
    last_head_ = Head{entries.back().row.number, entries.back().row.hash};
    if (options_.committed) {
        std::vector<Row> rows;
        rows.reserve(entries.size());
        for (Entry& entry : entries) rows.push_back(std::move(entry.row));
        options_.committed(rows);
    }
    return success();
}

Status AsyncHistory::reopen() {
    auto opened = History::open(options_.path);
    if (!opened) return opened.error();
    history_.emplace(std::move(*opened));
    next_retention_ = 0;
    return success();
}

// Fails only where the next append fails too, which then says so.
void AsyncHistory::retain() {
    if (!last_head_ || last_head_->row < next_retention_) return;
    auto rows = history_->row_count();
    if (!rows) return;
    const std::uint64_t most = options_.keep_rows + options_.keep_rows / 10 + 1;
    if (*rows <= most) {
        next_retention_ = last_head_->row + (most - *rows) + 1;
        return;
    }
    // What is removed can be checked no more: now is the last time.
    auto checked = history_->verify();
    if (!checked) return;
    if (!checked->ok) {
        std::vector<Entry> entries = {warning("the chain is broken: " + checked->detail).entry};
        log::error("history: " + entries[0].row.result);
        if (!history_->append(entries)) return;
    }
    if (auto trimmed = history_->trim(options_.keep_rows); !trimmed) log::warn(trimmed.error().message);
    if (auto head = history_->head()) last_head_ = *head;
    next_retention_ = last_head_->row + options_.keep_rows / 10 + 1;
}

void AsyncHistory::set_health(std::unique_lock<std::mutex>& lock, const Status& result) {
    const bool was_ok = health_.ok;
    health_.ok = result.ok();
    health_.error = result ? std::string{} : result.error().message;
    if (was_ok == health_.ok) return;
    Health health = health_;
    health.held = held_.size();
    health.dropped = held_.dropped();
    lock.unlock();
    if (health.ok)
        log::warn("history: written again");
    else
        log::error("history: not written, rows wait in memory: " + health.error);
    if (options_.changed) options_.changed(health);
    lock.lock();
}

}  // namespace quell::history
