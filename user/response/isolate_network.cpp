// SPDX-License-Identifier: Apache-2.0
// isolate-network: the hooks refuse from the flip on. A call that was blocked
// by then passed them before: it is made to begin anew by freezing the
// container and letting it go on at once. What lies in the kernel's send
// queues still leaves; it is counted.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "user/base/time.h"
#include "user/response/cgroup.h"
#include "user/response/hold.h"
#include "user/response/freeze_mark.h"
#include "user/response/network_files.h"
#include "user/response/response.h"
#include "user/response/terms.h"

namespace quell::response {
namespace {

constexpr std::uint64_t kFreezeLimitNs = 1'000'000'000;

struct Freezer final : Prepared {
    Fd freeze;  // both closed: the cgroup is gone, who left it is not
    Fd events;
};

bool says(int fd, std::string_view what) {
    std::array<char, 256> text;
    const auto n = ::pread(fd, text.data(), text.size(), 0);
    return n > 0 && std::string_view(text.data(), static_cast<std::size_t>(n)).find(what) != std::string_view::npos;
}

// What is to be told of it; "" when every call has begun anew.
std::string interrupt(const bpf::Engine& engine, std::uint64_t container, const Freezer& freezer) {
    if (!freezer.freeze) return {};
    if (is_frozen_unmarked(container, [&] { return says(freezer.freeze.get(), "1"); })) return "it is frozen, and calls that were blocked begin anew when it goes on";
    // Another sweeper may have it frozen for the same: then this moment begins within that one, and the last lets it go on.
    FreezeMark mark(container);  // a daemon that is killed before it goes on leaves that to the next
    const bool is_told = ::pwrite(freezer.freeze.get(), "1", 1, 0) == 1;
    const auto deadline = boottime_ns() + kFreezeLimitNs;
    bool frozen = false;
    while (is_told && !(frozen = says(freezer.events.get(), "frozen 1")) && boottime_ns() < deadline) {
        pollfd wait{freezer.events.get(), POLLPRI, 0};
        (void)::poll(&wait, 1, 10);
    }
    bool is_frozen = true;  // what was written last
    const auto write = [&](bool is_to_be) {
        is_frozen = is_to_be;
        return ::pwrite(freezer.freeze.get(), is_to_be ? "1" : "0", 1, 0) == 1 || errno == ENODEV || !is_told;
    };
    if (!mark.end([&] { return is_to_stand(engine, container); }, write)) return is_frozen ? "it could not be kept frozen" : "it is frozen and could not be let go on";
    if (!is_told) return "calls that were blocked could not be interrupted: each may still get one answer";
    return frozen ? "" : "not every process could be interrupted within a second";
}

std::string queued_text(const quell_container& container) {
    if (!container.init_pid) return "nothing of its own has begun, and no send queue of it is known";
    const auto queued = queued_of(static_cast<pid_t>(container.init_pid));
    if (!queued) return "what its send queues hold is not known, and leaves";
    if (!queued->bytes) return "its send queues are empty";
    return std::to_string(queued->bytes) + " bytes in the send queues of " + std::to_string(queued->connections) + " connections leave, as acknowledgements do";
}

class IsolateNetwork final : public Response {
public:
    bool follows() const override { return true; }

    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine& engine, const Target& target) const override {
        auto freezer = std::make_unique<Freezer>();
        auto cgroup = open_cgroup(target.key.container);
        if (!cgroup && cgroup.error().code == ESRCH)
            if (const auto container = engine.container(target.key.container); container && (container->flags & QUELL_CONTAINER_REMOVED))
                return std::unique_ptr<Prepared>(std::move(freezer));
        if (!cgroup) return cgroup.error();
        freezer->freeze = Fd(::openat(cgroup->get(), "cgroup.freeze", O_RDWR | O_CLOEXEC));
        freezer->events = Fd(::openat(cgroup->get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
        if (!freezer->freeze || !freezer->events) return errno_error("cannot open cgroup.freeze of " + std::to_string(target.key.container));
        return std::unique_ptr<Prepared>(std::move(freezer));
    }

    // The kernel side has done it at the event, unless it could not then.
    Holding hold(bpf::Engine& engine, const Target& target) const override { return hold_by_kernel(engine, target, QUELL_RESPONSE_ISOLATE_NETWORK); }

    Holding held(bpf::Engine& engine, const Target& target, Holding begun) const override {
        auto opened = prepare(engine, target);
        if (opened) begun.detail = interrupt(engine, target.key.container, static_cast<const Freezer&>(**opened));
        else if (opened.error().code == ESRCH) return {false, "the container is gone", 0};
        else begun.detail = opened.error().message;
        return begun;
    }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared* prepared) const override {
        std::unique_ptr<Prepared> late;
        std::string trouble;
        if (!prepared) {
            auto opened = prepare(engine, target);
            if (opened) late = std::move(opened).value();
            else trouble = opened.error().message;
            prepared = late.get();
        }
        const auto isolation = engine.isolation(target.key.container);
        const auto container = engine.container(target.key.container);
        if (!container) return {QUELL_STATE_GONE, "the container is gone", {}, 0};
        if (!isolation || isolation->incident != QUELL_WORD_INCIDENT(target.entry.word)) return {QUELL_STATE_FAILED, "the kernel side does not hold the isolation", {}, 0};
        if (prepared) trouble = interrupt(engine, target.key.container, static_cast<const Freezer&>(*prepared));
        return {QUELL_STATE_ENFORCING,
                "the network is cut, " + terms_text(isolation->terms) + "; " + queued_text(*container) + "; unix sockets stay" + (trouble.empty() ? "" : "; " + trouble), {}, 0};
    }
};

}  // namespace

const Response& isolate_network() {
    static const IsolateNetwork instance;
    return instance;
}

}  // namespace quell::response
