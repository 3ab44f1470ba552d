// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/daemon_link.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "user/base/time.h"
#include "user/cli/choose.h"

namespace quell::cli::console {

namespace {

// Who does not answer by then is shown as away. How long an approval may take is its response's and its options'.
struct CallKind {
    std::string_view method;
    std::size_t lane;
    std::uint64_t timeout_ms;
};
constexpr std::array kCallKinds = {CallKind{"Incidents", 0, 3'000}, CallKind{"Status", 0, 3'000}, CallKind{"Show", 1, 5'000},  CallKind{"History", 1, 10'000},
                                   CallKind{"Approve", 2, 30'000},  CallKind{"Reject", 2, 30'000}, CallKind{"Undo", 2, 30'000}, CallKind{"Extend", 2, 30'000},
                                   CallKind{"Assign", 2, 30'000},   CallKind{"Note", 2, 30'000},   CallKind{"Request", 2, 30'000}, CallKind{"Preview", 3, 10'000}, CallKind{"Digests", 3, 10'000},
                                   CallKind{"Watch", 4, 0}};
constexpr std::uint64_t kSearchTimeoutMs = 30'000;  // as `quell preview`
constexpr CallKind kOtherCalls{"", 1, 5'000};

const CallKind& kind_of(std::string_view method) {
    const auto found = std::ranges::find(kCallKinds, method, &CallKind::method);
    return found == kCallKinds.end() ? kOtherCalls : *found;
}

std::uint64_t timeout_of(const Request& request) {
    if (request.method == "Approve") return approve_timeout_ms(control::string_member(request.parameters, "response"), request.parameters);
    // files of the same content are searched for, for up to ten seconds, and behind other searches
    if (request.method == "Preview" && request.parameters.contains("all_instances")) return kSearchTimeoutMs;
    return kind_of(request.method).timeout_ms;
}

std::uint64_t milliseconds() { return boottime_ns() / 1'000'000; }

}  // namespace

Status DaemonLink::start(const std::string& socket) {
    socket_ = socket;
    arrived_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    cancel_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!arrived_ || !cancel_) return errno_error("eventfd");
    for (Lane& lane : lanes_) lane.thread = std::thread([this, &lane] { run(lane); });
    return success();
}

DaemonLink::~DaemonLink() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    const std::uint64_t one = 1;
    if (cancel_ && write(cancel_.get(), &one, sizeof one) < 0) return;  // it holds a small number: cannot fail
    for (Lane& lane : lanes_) {
        lane.ready.notify_all();
        if (lane.thread.joinable()) lane.thread.join();
    }
}

void DaemonLink::send(Request request) {
    Lane& lane = lanes_[kind_of(request.method).lane];
    const std::lock_guard lock(mutex_);
    lane.requests.push_back(std::move(request));
    lane.ready.notify_all();
}

std::vector<Reply> DaemonLink::take() {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    if (read(arrived_.get(), &count, sizeof count) < 0) return {};  // nothing yet
    told_ = 0;
    return std::exchange(replies_, {});
}

// A connection for each call: one that is kept is closed by the daemon when nothing is asked for a minute.
Reply DaemonLink::call(const Request& request) {
    const std::uint64_t before = milliseconds();
    Reply reply;
    reply.serial = request.serial;
    reply.method = request.method;
    control::Client client(socket_, cancel_.get());
    if (request.method == "Watch") {
        reply.result = client.stream(request.method, request.parameters, cancel_.get(), [&](const Json& told) {
            Reply one{request.serial, request.method, {}, {}, 0, false};
            one.result.outcome = control::CallOutcome::Reply;
            one.result.parameters = told;
            put(std::move(one));
            return true;
        });
        return reply;
    }
    reply.result = client.call(request.method, request.parameters, timeout_of(request));
    if (request.method == "Incidents" && reply.result.outcome == control::CallOutcome::Reply) {
        reply.snapshot = make_snapshot(reply.result.parameters);
        reply.result.parameters = Json::object();  // megabytes, of which nothing more is needed
    }
    reply.took_ms = milliseconds() - before;
    return reply;
}

void DaemonLink::put(Reply reply) {
    const std::lock_guard lock(mutex_);
    if (!reply.is_last && told_ >= kToldMax) {
        const auto newest = std::find_if(replies_.rbegin(), replies_.rend(), [](const Reply& one) { return !one.is_last; });
        *newest = std::move(reply);  // a row says only that something happened
        return;
    }
    told_ += !reply.is_last;
    replies_.push_back(std::move(reply));
    const std::uint64_t one = 1;
    if (write(arrived_.get(), &one, sizeof one) < 0) return;  // cannot be: nobody counts to 2^64
}

void DaemonLink::run(Lane& lane) {
    for (;;) {
        Request request;
        {
            std::unique_lock lock(mutex_);
            lane.ready.wait(lock, [&] { return ending_ || !lane.requests.empty(); });
            if (ending_) return;
            request = std::move(lane.requests.front());
            lane.requests.pop_front();
        }
        put(call(request));
    }
}

}  // namespace quell::cli::console
