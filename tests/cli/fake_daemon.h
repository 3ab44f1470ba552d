// SPDX-License-Identifier: Apache-2.0
// A real control server with canned answers, for tests of the command. The
// answers are checked against the interface: a test cannot be right about a
// reply that the daemon could never send.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/base/temp_dir.h"
#include "tests/cli/run_quell.h"
#include "user/control/interface.h"
#include "user/control/server.h"

namespace quell::cli {

using control::Json;

class FakeDaemon : public testing::Test, public control::Service {
protected:
    // Not only in the destructor: the thread calls virtual functions of what is being taken apart by then.
    void TearDown() override { stop(); }
    ~FakeDaemon() override { stop(); }

    void start() {
        loop_ = std::move(Loop::create()).value();
        control::ServerOptions options;
        options.path = socket;
        options.identify = [this](int) -> Result<control::Peer> {
            control::Peer peer;
            peer.uid = peer_uid;
            return peer;
        };
        auto made = control::Server::create(*loop_, *this, std::move(options));
        ASSERT_TRUE(made) << made.error().message;
        server_ = std::move(made).value();
        thread_ = std::thread([this] { EXPECT_TRUE(loop_->run()); });
    }
    void stop() {
        if (!thread_.joinable()) return;
        loop_->stop();
        thread_.join();
        server_.reset();
        kept_.clear();
        loop_.reset();
    }

    // A reply, an error, or silence; also while it runs, for the calls that come after.
    void will_reply(const std::string& method, Json parameters) {
        const auto& type = control::quell_interface().methods.find(method)->second.out;
        EXPECT_EQ(control::mismatch(control::quell_interface(), type, parameters), std::nullopt) << method;
        const std::lock_guard lock(mutex_);
        answers_[method] = {"", std::move(parameters)};
    }
    void will_fail(const std::string& method, std::string_view error, Json parameters) {
        const std::string name(error.substr(error.rfind('.') + 1));
        const auto known = control::quell_interface().errors.find(name);
        if (known != control::quell_interface().errors.end()) {
            EXPECT_EQ(control::mismatch(control::quell_interface(), known->second, parameters), std::nullopt);
        }
        const std::lock_guard lock(mutex_);
        answers_[method] = {std::string(error), std::move(parameters)};
    }
    void will_be_silent(const std::string& method) {
        const std::lock_guard lock(mutex_);
        answers_.erase(method);
    }
    // After start(): one more reply to every call of Watch; how many there are.
    std::size_t tell(const Json& parameters) {
        const auto& type = control::quell_interface().methods.find("Watch")->second.out;
        EXPECT_EQ(control::mismatch(control::quell_interface(), type, parameters), std::nullopt);
        std::promise<std::size_t> told;
        loop_->post([&] {
            std::size_t count = 0;
            for (auto& one : kept_) count += one.reply_more(parameters) ? 1 : 0;
            told.set_value(count);
        });
        return told.get_future().get();
    }
    // "Method {parameters}" of every call, in order.
    std::vector<std::string> calls() {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

    Ran quell(std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) {
        arguments.insert(arguments.begin(), {"--socket", socket});
        return run_quell(arguments, environment);
    }
    Ran quell_on_terminal(std::vector<std::string> arguments, const std::string& input, const std::vector<std::string>& environment = {}) {
        arguments.insert(arguments.begin(), {"--socket", socket});
        return run_quell_on_terminal(arguments, input, environment);
    }

    TempDir dir;
    const std::string socket = dir / "quell.sock";
    uid_t peer_uid = 0;
    // Before start(). On the daemon's thread, before it answers.
    std::function<void(const std::string& method, const Json& parameters)> on_call;

private:
    void call(std::string_view method, const Json& params, const control::Peer&, control::Responder responder) override {
        {
            const std::lock_guard lock(mutex_);
            calls_.push_back(std::string(method) + " " + params.dump());
        }
        if (on_call) on_call(std::string(method), params);
        const std::lock_guard lock(mutex_);
        const auto answer = answers_.find(std::string(method));
        if (method == "Watch" && answer == answers_.end() && !responder.reply_more(Json::object())) return;
        if (answer == answers_.end()) return kept_.push_back(std::move(responder));
        if (answer->second.first.empty()) return responder.reply(answer->second.second);
        responder.error(answer->second.first, answer->second.second);
    }

    std::map<std::string, std::pair<std::string, Json>> answers_;
    std::mutex mutex_;
    std::vector<std::string> calls_;
    std::vector<control::Responder> kept_;  // those that are never answered
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<control::Server> server_;
    std::thread thread_;
};

inline Json sample_process(int pid, const char* comm, const char* role, bool alive = true) {
    return {{"pid", pid}, {"uid", 0}, {"comm", comm}, {"started", "2026-03-01T09:00:00.000000Z"}, {"alive", alive}, {"role", role}};
}

inline Json sample_who() {
    return {{"uid", 0}, {"user", "root"}, {"login_uid", 1000}, {"login_user", "alice"}, {"pid", 99}, {"cgroup", "/user.slice"}};
}

inline Json sample_incident(const char* state = "pending") {
    return {{"id", "00012"},
            {"rule", "clear-log-activities"},
            {"policy", "notable-events"},
            {"name", "Clear Log Activities"},
            {"severity", "high"},
            {"tags", {"T1070.002"}},
            {"state", state},
            {"subject", "container web"},
            {"operation", "delete"},
            {"hook", "inode_unlink"},
            {"verdict", "allowed"},
            {"count", 3},
            {"first", "2026-03-01T09:08:07.123456Z"},
            {"last", "2026-03-01T09:08:09.000000Z"},
            {"age_s", 130},
            {"deadline", "2026-03-01T10:08:07.123456Z"},
            {"time_left_s", 3470},
            {"generation", 4},
            {"container",
             {{"id", "c0ffee"}, {"cgroup", "/kubepods.slice/crio-c0ffee.scope"}, {"runtime", "crio"}, {"name", "web"}, {"pod", "shop-7d9f"}, {"image", "registry/shop:1"}, {"alive", true}}},
            {"process", sample_process(4242, "rm", "actor", false)},
            {"executable", "/usr/bin/rm"},
            {"arguments", {"rm", "/var/log/dpkg.log"}},
            {"ancestry", {sample_process(4200, "sh", "parent"), sample_process(4100, "init", "init")}},
            {"file",
             {{"path", "/var/log/dpkg.log"}, {"path_is", "in the container"}, {"device", "0:45"}, {"inode", 77}, {"generation", 5}, {"layer", "lower"}, {"exists", false}}},
            {"offers",
             {{{"response", "kill-container"},
               {"available", true},
               {"digest", "ab12cd34"},
               {"target", "container web"},
               {"would_hit", {sample_process(4200, "sh", "member"), sample_process(4100, "init", "init")}},
               {"would_hit_count", 3}},
              {{"response", "quarantine-file"}, {"available", false}, {"reason", "the file is gone"}, {"would_hit_count", 0}}}}};
}

}  // namespace quell::cli
