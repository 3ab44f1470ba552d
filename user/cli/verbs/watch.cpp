// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/signalfd.h>

#include <csignal>

#include "user/cli/ask.h"
#include "user/cli/watch_text.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

using control::CallOutcome;

constexpr int kRetryMs = 1000;

// Readable when the user has had enough.
Fd stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return Fd(signalfd(-1, &set, SFD_CLOEXEC));
}

bool stops_within(const Fd& stop, int timeout_ms) {
    pollfd one{stop.get(), POLLIN, 0};
    return poll(&one, 1, timeout_ms) > 0;
}

class Listener {
public:
    explicit Listener(Invocation& invocation) : invocation_(invocation) {}

    // False: nobody reads what is printed.
    bool take(const Json& told) {
        if (!control::member(told, "row").is_object()) {  // the first: from here on everything is told
            if (is_away_) invocation_.out.note("the daemon is back; what happened meanwhile is in `quell history`");
            is_away_ = false;
            has_listened_ = true;
            return true;
        }
        const std::string line = invocation_.json ? told.dump(-1, ' ', true, Json::error_handler_t::replace) : watch_text(told, invocation_);
        invocation_.out.print(line + "\n");
        return invocation_.out.flush();
    }
    // Whether it is worth to try again: what an operator does to a daemon passes, what he asked for does not.
    bool may_return(const control::CallResult& result) const {
        if (!has_listened_ || invocation_.has("--no-reconnect")) return false;
        // Refused: a starting daemon's socket is root's alone for a moment
        return result.outcome == CallOutcome::Unreachable || result.outcome == CallOutcome::Refused || result.error == control::errors::kTooSlow;
    }
    void note_end(const control::CallResult& result) {
        if (!is_away_)
            invocation_.out.note(result.outcome != CallOutcome::Remote ? safe(result.message) + "; waiting for it"
                                                                       : "too slow: " + text_of(result.parameters, "reason") + ", and what came next was not told; listening again");
        is_away_ = true;
    }

private:
    Invocation& invocation_;
    bool has_listened_ = false;
    bool is_away_ = false;
};

}  // namespace

int run_watch(Invocation& invocation) {
    invocation.json_indent = -1;
    const Fd stop = stop_signals();
    Json parameters = Json::object();
    if (invocation.has("ID")) parameters["incident"] = invocation.value("ID");
    Listener listener(invocation);
    control::Client client(invocation.socket);
    for (;;) {
        bool is_read = true;
        const auto result = client.stream("Watch", parameters, stop.get(), [&](const Json& told) { return is_read = listener.take(told); });
        if (!is_read) return kFailed;
        if (result.stopped) return kDone;
        if (!listener.may_return(result)) return report_failure(invocation, result);
        listener.note_end(result);
        if (stops_within(stop, kRetryMs)) return kDone;
    }
}

}  // namespace quell::cli
