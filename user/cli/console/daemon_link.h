// SPDX-License-Identifier: Apache-2.0
// DaemonLink: the model's calls, made on threads of their own, so that the
// screen goes on while the daemon hangs. What is asked again and again, what a
// person looks at, what would be hit, what he decided and what the daemon tells
// by itself wait for one another in no case.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/cli/console/state.h"

namespace quell::cli::console {

class DaemonLink {
public:
    // `socket`: the daemon's. Threads inherit the caller's blocked signals. Error: no descriptor.
    [[nodiscard]] Status start(const std::string& socket);
    DaemonLink() = default;
    DaemonLink(const DaemonLink&) = delete;
    DaemonLink& operator=(const DaemonLink&) = delete;
    ~DaemonLink();  // cuts off calls that are under way, within a quarter of a second

    // Never waits. The answer, or why there is none, comes out of take(). Of Watch each row comes out, as it is told, and
    // the end; while kToldMax of them are not taken, the newest takes the place of the one before it.
    void send(Request request);
    // Readable while take() would return something.
    [[nodiscard]] int fd() const { return arrived_.get(); }
    [[nodiscard]] std::vector<Reply> take();

private:
    static constexpr std::size_t kLanes = 5;
    static constexpr std::size_t kToldMax = 256;

    struct Lane {
        std::deque<Request> requests;
        std::condition_variable ready;
        std::thread thread;
    };
    void run(Lane& lane);
    [[nodiscard]] Reply call(const Request& request);
    void put(Reply reply);

    std::string socket_;
    Fd arrived_, cancel_;
    std::mutex mutex_;  // of all below
    std::vector<Reply> replies_;
    std::size_t told_ = 0;  // of replies_: by Watch, and more to come
    bool ending_ = false;
    std::array<Lane, kLanes> lanes_;
};

}  // namespace quell::cli::console
