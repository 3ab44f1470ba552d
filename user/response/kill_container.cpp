// SPDX-License-Identifier: Apache-2.0
// kill-container: from the flip on the hooks refuse forks, execs and harm to
// everything in the container. Then `1` into cgroup.kill reaches sleepers,
// spinners, frozen ones and nested cgroups at once; who left the cgroup but
// belongs to the container goes by pidfd.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "user/base/time.h"
#include "user/response/cgroup.h"
#include "user/response/hold.h"
#include "user/response/process.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

constexpr std::uint64_t kLeavingNs = 1'000'000'000;  // who has ended is counted in its cgroup for a moment

struct Descriptors final : Prepared {
    Fd kill;  // both closed: the cgroup is gone, who left it is not
    Fd events;
    mutable std::atomic<bool> told = false;
    mutable std::atomic<std::uint64_t> empty_ns = 0;  // when nobody was seen in it any more, 0: not yet

    void tell() const {
        if (!kill || ::write(kill.get(), "1", 1) == 1 || errno == ENODEV) told = true;
        // with one CPU those who were killed have their turn first, and nothing else of the daemon's delays their end
        (void)::sched_yield();
        if (is_gone()) empty_ns = boottime_ns();
    }
    [[nodiscard]] bool is_gone() const { return !events || is_empty(events.get()); }
};

class KillContainer final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine& engine, const Target& target) const override {
        auto cgroup = open_cgroup(target.key.container);
        auto descriptors = std::make_unique<Descriptors>();
        if (!cgroup && cgroup.error().code == ESRCH)
            if (const auto container = engine.container(target.key.container); container && (container->flags & QUELL_CONTAINER_REMOVED))
                return std::unique_ptr<Prepared>(std::move(descriptors));
        if (!cgroup) return cgroup.error();
        descriptors->kill = Fd(::openat(cgroup->get(), "cgroup.kill", O_WRONLY | O_CLOEXEC));
        descriptors->events = Fd(::openat(cgroup->get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
        if (!descriptors->kill || !descriptors->events) return errno_error("cannot open cgroup.kill of " + std::to_string(target.key.container));
        return std::unique_ptr<Prepared>(std::move(descriptors));
    }

    // Without waiting for the worker to wake up. Takes the kernel's cgroup mutex, as any change of a cgroup does.
    void strike(const Prepared& prepared) const override { static_cast<const Descriptors&>(prepared).tell(); }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared* prepared) const override {
        std::unique_ptr<Prepared> late;
        std::string cannot;
        if (!prepared) {
            auto opened = prepare(engine, target);
            if (!opened && opened.error().code == ESRCH) return {QUELL_STATE_DONE, "the container was gone already", {}, boottime_ns()};
            if (opened) late = std::move(opened).value();
            else late = std::make_unique<Descriptors>(), cannot = opened.error().message;  // each by its own descriptor then
            prepared = late.get();
        }
        const auto& descriptors = static_cast<const Descriptors&>(*prepared);
        if (!descriptors.told) descriptors.tell();
        const auto deadline = boottime_ns() + kSweepLimitNs;
        const bool empty = descriptors.empty_ns || descriptors.is_gone() || (descriptors.told && wait_until_empty(descriptors.events.get(), deadline));
        const auto cgroup_empty_ns = descriptors.empty_ns ? descriptors.empty_ns.load() : boottime_ns();
        std::string trouble;
        auto everyone = [&] {
            auto found = engine.tasks(target.key.container, 0);
            trouble = found ? "" : found.error().message;  // not to be taken for nobody
            auto tasks = found ? std::move(found).value() : std::vector<quell_task_ref>{};
            // a zombie waits for its parent, which may be the runtime: it does nothing any more
            std::erase_if(tasks, [](const auto& task) { return !is_alive(task); });
            return tasks;
        };
        std::size_t escaped = 0;
        auto left = sweep(
            [&] {
                auto tasks = everyone();
                escaped = std::max(escaped, empty ? tasks.size() : 0);
                return tasks;
            },
            deadline);
        Outcome outcome;
        outcome.survivors = std::move(left);
        outcome.last_gone_ns = escaped ? boottime_ns() : cgroup_empty_ns;
        const bool all_gone = outcome.survivors.empty() && (descriptors.is_gone() || (!descriptors.told && wait_until_empty(descriptors.events.get(), boottime_ns() + kLeavingNs)));
        if (!descriptors.told) cannot = "cgroup.kill could not be written";
        // who is left would be found by nobody but the kernel side, which counts by cgroup and by lineage
        outcome.state = all_gone && trouble.empty() ? QUELL_STATE_DONE : QUELL_STATE_FAILED;
        if (!trouble.empty()) outcome.detail = "who is left is not known: " + trouble;
        else if (outcome.survivors.empty() && !all_gone) outcome.detail = "somebody is left in the cgroup who is not to be seen";
        else if (!outcome.survivors.empty()) outcome.detail = "processes are left that did not die: in uninterruptible sleep, or not to be signalled";
        else if (!cannot.empty()) outcome.detail = "every process is gone, each signalled by itself: " + cannot;
        else outcome.detail = escaped ? "every process is gone, " + std::to_string(escaped) + " had left the cgroup" : "every process is gone";
        return outcome;
    }

    // One that failed: who did not die of it is frozen still, where that was for a capture.
    Status take_back(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        return (target.entry.beside & QUELL_BESIDE_FROZEN) ? let_go_on(engine, target.key.container) : success();
    }
};

}  // namespace

const Response& kill_container() {
    static const KillContainer instance;
    return instance;
}

}  // namespace quell::response
