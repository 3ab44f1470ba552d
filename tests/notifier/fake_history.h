// SPDX-License-Identifier: Apache-2.0
// A real control server whose history is a list: Watch, History and Status as
// the daemon has them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "user/control/interface.h"
#include "user/control/server.h"

namespace quell::notifier {

using control::Json;

class FakeHistory final : public control::Service {
public:
    explicit FakeHistory(std::string path) : path_(std::move(path)) { start(); }
    ~FakeHistory() override { stop(); }

    void start() {
        loop_ = std::move(Loop::create()).value();
        control::ServerOptions options;
        options.path = path_;
        options.identify = [](int) -> Result<control::Peer> {
            control::Peer peer;
            peer.uid = 0;
            return peer;
        };
        auto made = control::Server::create(*loop_, *this, std::move(options));
        ASSERT_TRUE(made) << made.error().message;
        server_ = std::move(*made);
        thread_ = std::thread([this] { EXPECT_TRUE(loop_->run()); });
    }
    void stop() {
        if (!thread_.joinable()) return;
        loop_->stop();
        thread_.join();
        server_.reset();
        watching_.clear();
        loop_.reset();
    }

    static Json row(std::int64_t number, const std::string& action) {
        return {{"row", number}, {"time", "2026-03-01T09:08:07." + std::to_string(100'000 + number) + "Z"}, {"action", action}, {"incident", "00012"}, {"subject", "web"}, {"result", "r"}};
    }
    // One more, told at once, or `count` of them. `held`: they wait for the disk.
    void add(const std::string& action = "detected", bool held = false, std::size_t count = 1) {
        {
            const std::lock_guard lock(mutex_);
            for (std::size_t i = 0; i < count; i++) rows_.push_back(row(static_cast<std::int64_t>(rows_.size()) + 1, action));
            held_ = held ? held_ + count : 0;
        }
        if (!loop_) return;
        loop_->post([this] {
            for (auto& one : watching_) (void)one.reply_more({{"row", row(0, "detected")}});
        });
    }
    // The oldest go, as retention takes them; or all, and numbers begin anew.
    void trim(std::size_t keep) {
        const std::lock_guard lock(mutex_);
        first_ = rows_.size() - keep;
    }
    void begin_anew() {
        const std::lock_guard lock(mutex_);
        rows_.clear();
        first_ = 0;
    }
    // The disk gives nothing either: only what waits for it is told.
    void hide(bool hidden) {
        const std::lock_guard lock(mutex_);
        hidden_ = hidden;
    }
    [[nodiscard]] int asked() const { return asked_; }

private:
    void call(std::string_view method, const Json& params, const control::Peer&, control::Responder responder) override {
        if (method == "Watch") {
            if (responder.reply_more(Json::object())) watching_.push_back(std::move(responder));
            return;
        }
        if (method == "Status") return responder.reply({{"status", status_}});
        if (method != "History") return responder.fail("unknown");
        asked_++;
        const std::lock_guard lock(mutex_);
        const auto limit = params["limit"].get<std::size_t>();
        const Json& after = control::member(params, "after");
        Json answer = {{"rows", Json::array()}};
        const std::size_t written = rows_.size() - held_, first = hidden_ ? written : first_;
        if (hidden_ && held_ == 0) return responder.fail("the disk gives nothing");
        if (after.is_number_integer()) {
            for (std::size_t i = std::max(first, after.get<std::size_t>()); i < rows_.size() && answer["rows"].size() < limit; i++) {
                answer["rows"].push_back(rows_[i]);
                if (i >= written) answer["rows"].back()["row"] = 0;
            }
            answer["incidents"] = Json::array({{{"id", "00012"}, {"policy", "p"}, {"rule", "r"}, {"name", "n"}, {"severity", "high"}, {"state", "pending"}, {"subject", "web"}, {"operation", "delete"}, {"count", 1}}});
        } else {
            for (std::size_t i = rows_.size(); i > first && answer["rows"].size() < limit; i--) {
                answer["rows"].push_back(rows_[i - 1]);
                if (i > written) answer["rows"].back()["row"] = 0;
            }
        }
        const auto& type = control::quell_interface().methods.find("History")->second.out;
        EXPECT_EQ(control::mismatch(control::quell_interface(), type, answer), std::nullopt);
        responder.reply(answer);
    }

    const std::string path_;
    std::mutex mutex_;
    std::vector<Json> rows_;
    std::size_t first_ = 0, held_ = 0;
    bool hidden_ = false;
    std::atomic<int> asked_ = 0;
    const Json status_ = {{"state", "ready"}, {"version", "0"}, {"kernel", "6.12"}, {"pending", 3}, {"enforcing", 2}};
    std::vector<control::Responder> watching_;  // the loop's thread only
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<control::Server> server_;
    std::thread thread_;
};

}  // namespace quell::notifier
