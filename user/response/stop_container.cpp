// SPDX-License-Identifier: Apache-2.0
// stop-container: the image's own stop signal to the container's init, by a
// pidfd that was opened when the containment was prepared; when it has not
// ended within the grace time, or somebody is left, what kill-container does.
// Nothing is refused before that: the init needs what it does to end in order
// (docs/design/025-pause-and-stop.md).
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>

#include "user/base/log.h"
#include "user/base/time.h"
#include "user/incident/identity.h"
#include "user/incident/stop_signal.h"
#include "user/response/cgroup.h"
#include "user/response/process.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

// Behind its init's end: with a pid namespace the kernel ends the others, which takes a moment.
constexpr std::uint64_t kLeftBehindNs = 500'000'000;
constexpr int kLookMs = 50;

struct Stop final : Prepared {
    std::shared_ptr<const Prepared> kill;  // what kill-container opens; none: it could not, and does without
    Fd events;                             // closed: its cgroup is gone
    Fd init;                               // closed: not known, or gone
    int signal = kStopSignalDefault;
    mutable std::atomic<bool> told = false;

    void tell() const {
        if (init) (void)::syscall(SYS_pidfd_send_signal, init.get(), signal, nullptr, 0);
        told = true;
    }
    [[nodiscard]] bool is_empty_now() const { return !events || is_empty(events.get()); }
    [[nodiscard]] bool init_ended(int wait_ms) const {
        pollfd wait{init.get(), POLLIN, 0};
        if (!init) return ::poll(nullptr, 0, wait_ms), true;
        return ::poll(&wait, 1, wait_ms) == 1;
    }
};

std::string stop_signal_of(const quell_container& container) {
    auto files = TrustedFiles::open();
    if (!files) return {};
    const IdentityReader identities(std::move(files).value());
    const std::string id(container.id, strnlen(container.id, sizeof(container.id)));
    return identities.find(static_cast<quell_runtime>(container.runtime), id).stop_signal.value_or("");
}

std::string seconds_text(std::uint64_t from_ns, std::uint64_t to_ns) {
    return duration_text(static_cast<std::int64_t>((to_ns - std::min(from_ns, to_ns)) / 1'000'000 * 1'000'000));
}

class StopContainer final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine& engine, const Target& target) const override {
        auto stop = std::make_unique<Stop>();
        auto kill = kill_container().prepare(engine, target);
        if (!kill && kill.error().code == ESRCH) return kill.error();
        if (kill) stop->kill = std::move(kill).value();
        if (const auto cgroup = open_cgroup(target.key.container)) stop->events = Fd(::openat(cgroup->get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
        const auto container = engine.container(target.key.container);
        if (!container) return Error{"the container is gone", ESRCH, {}};
        stop->signal = stop_signal(stop_signal_of(*container));
        quell_task_ref init{};
        init.pid = container->init_pid;
        init.start_ns = container->init_start_ns;
        stop->init = open_task(init);
        return std::unique_ptr<Prepared>(std::move(stop));
    }

    // All inits that are stopped at once have their signal at their flip, however long those before them take.
    void strike(const Prepared& prepared) const override { static_cast<const Stop&>(prepared).tell(); }

    [[nodiscard]] bool gives_time() const override { return true; }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared* prepared) const override {
        std::unique_ptr<Prepared> late;
        if (!prepared) {
            auto opened = prepare(engine, target);
            if (!opened && opened.error().code != ESRCH) return {QUELL_STATE_FAILED, opened.error().message, {}, 0};
            if (!opened) return {QUELL_STATE_DONE, "the container was gone already", {}, boottime_ns()};
            late = std::move(opened).value();
            prepared = late.get();
        }
        const auto& stop = static_cast<const Stop&>(*prepared);
        const auto flipped = target.entry.approved_ns;
        const auto until = flipped + target.grace_ns;
        // by a daemon that died in between: once more does not harm who is about to end
        if (!stop.told && boottime_ns() < until) stop.tell();
        const bool had_init = static_cast<bool>(stop.init);
        const auto ended_ns = wait(stop, until, target.ending);
        if (target.ending && *target.ending) return {QUELL_STATE_FAILED, "the daemon ended: the next one goes on", {}, 0};
        const auto word = stop_signal_text(stop.signal);
        if (stop.is_empty_now() && nobody_left(engine, target.key.container))
            return {QUELL_STATE_DONE, "ended by itself " + seconds_text(flipped, ended_ns) + " after " + word, {}, ended_ns};
        if (const auto refused = hold_all(engine, target); !refused.empty()) return {QUELL_STATE_FAILED, refused, {}, 0};
        if (stop.kill) kill_container().strike(*stop.kill);
        auto outcome = kill_container().carry_out(engine, target, stop.kill.get());
        const auto how = !had_init                              ? "its init is not known, or was gone"
                         : stop.init_ended(0) && ended_ns < until ? "its init ended after " + word + ", others did not"
                                                                : "not ended within " + duration_text(static_cast<std::int64_t>(target.grace_ns)) + " of " + word;
        outcome.detail = how + ": " + outcome.detail;
        return outcome;
    }

private:
    // Until nobody is in it any more, its init has left others behind, or the time is over. When that was.
    [[nodiscard]] static std::uint64_t wait(const Stop& stop, std::uint64_t until, const std::atomic<bool>* ending) {
        std::uint64_t init_ended_ns = stop.init ? 0 : boottime_ns();
        for (;;) {
            const auto now = boottime_ns();
            if (stop.is_empty_now() || now >= until || (ending && *ending)) return now;
            if (init_ended_ns && now >= init_ended_ns + kLeftBehindNs) return now;
            const auto left_ms = static_cast<int>(std::min<std::uint64_t>((until - now) / 1'000'000 + 1, kLookMs));
            if (init_ended_ns) (void)::poll(nullptr, 0, std::min(left_ms, 5));
            else if (stop.init_ended(left_ms)) init_ended_ns = boottime_ns();
        }
    }

    // Also of those who left its cgroup.
    [[nodiscard]] static bool nobody_left(bpf::Engine& engine, std::uint64_t container) {
        const auto tasks = engine.tasks(container, 0);
        return tasks && std::ranges::none_of(*tasks, [](const auto& task) { return is_alive(task); });
    }

    // From here on the hooks refuse what the container does. Why not, "": they do, or there is no container any more.
    [[nodiscard]] static std::string hold_all(bpf::Engine& engine, const Target& target) {
        quell_transition request{};
        request.key = target.key;
        request.incident = QUELL_WORD_INCIDENT(target.entry.word);
        request.from = request.to = QUELL_STATE_APPROVED;
        const auto answer = engine.transition(request);
        if (!answer) return answer.error().message;
        if (!answer->error || answer->error == -EALREADY || answer->error == -ESRCH || answer->error == -ENOENT) return {};
        return "it could not be contained when its time was over: " + errno_error("", -answer->error).message;
    }
};

}  // namespace

const Response& stop_container() {
    static const StopContainer instance;
    return instance;
}

}  // namespace quell::response
