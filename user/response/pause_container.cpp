// SPDX-License-Identifier: Apache-2.0
// pause-container: `1` into cgroup.freeze of the container's own cgroup, by a
// descriptor opened when the containment was prepared. The kernel's freezer
// needs no hook: who forks while it freezes, or is moved into it, is frozen
// too, and who is frozen does nothing. Nested cgroups keep their own state.
// Undone by `0`; one that somebody else had frozen before is left alone
// (docs/design/025-pause-and-stop.md). Quell itself is nobody else: where it has
// the container frozen for a moment (freeze_mark.h), the end of that leaves it
// frozen.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>

#include "user/base/time.h"
#include "user/response/cgroup.h"
#include "user/response/freeze_mark.h"
#include "user/response/hold.h"
#include "user/response/process.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

struct CgroupFreezer final : Prepared {
    explicit CgroupFreezer(std::uint64_t id) : container(id) {}
    const std::uint64_t container;
    Fd freeze;
    Fd events;
    mutable std::atomic<bool> told = false;
    mutable std::atomic<bool> was_frozen = false;  // by somebody else, right before the flip
    mutable std::atomic<int> error = 0;

    // For longer than a moment of this process.
    std::optional<bool> is_frozen() const override {
        bool is_gone = false;
        const bool frozen = is_frozen_unmarked(container, [&] {
            const auto state = freeze_state(freeze.get());
            is_gone = !state;
            return state.value_or(false);
        });
        return is_gone ? std::nullopt : std::optional(frozen);
    }

    void tell() const {
        if (is_frozen().value_or(false)) was_frozen = true;
        else set();
    }
    void set() const {
        if (::pwrite(freeze.get(), "1", 1, 0) == 1) told = true;
        else error = errno;
    }
};

Result<std::unique_ptr<CgroupFreezer>> open_freezer(std::uint64_t container) {
    auto cgroup = open_cgroup(container);
    if (!cgroup) return cgroup.error();
    auto freezer = std::make_unique<CgroupFreezer>(container);
    freezer->freeze = Fd(::openat(cgroup->get(), "cgroup.freeze", O_RDWR | O_CLOEXEC));
    freezer->events = Fd(::openat(cgroup->get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
    if (!freezer->freeze || !freezer->events) return errno_error("cannot open cgroup.freeze of " + std::to_string(container));
    return freezer;
}

// Those that belong to the container and left its cgroup.
std::vector<quell_task_ref> outside_of(std::uint64_t container, std::vector<quell_task_ref> tasks) {
    const auto path = cgroup_path(container);
    std::erase_if(tasks, [&](const auto& task) { return is_in_cgroup(task.pid, path); });
    return tasks;
}

class PauseContainer final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target& target) const override {
        auto freezer = open_freezer(target.key.container);
        if (!freezer) return freezer.error();
        return std::unique_ptr<Prepared>(std::move(freezer).value());
    }

    // Does not wait: each task freezes by itself.
    void strike(const Prepared& prepared) const override { static_cast<const CgroupFreezer&>(prepared).tell(); }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared* prepared) const override {
        std::unique_ptr<Prepared> late;
        if (!prepared) {  // by a daemon that died: what is frozen it has frozen
            auto opened = open_freezer(target.key.container);
            if (!opened && opened.error().code == ESRCH) return {QUELL_STATE_GONE, "the container is gone", {}, 0};
            if (!opened) return {QUELL_STATE_FAILED, opened.error().message, {}, 0};
            (*opened)->set();
            late = std::move(opened).value();
            prepared = late.get();
        }
        const auto& freezer = static_cast<const CgroupFreezer&>(*prepared);
        // what was frozen while nobody had decided goes over to who has
        if (freezer.was_frozen && is_held_frozen(engine, target.key.container)) freezer.set();
        else if (freezer.was_frozen) return {QUELL_STATE_UNDONE, "somebody else has it frozen already: nothing was done, and it stays so", {}, 0};
        if (!freezer.told && freezer.error == ENODEV) return {QUELL_STATE_GONE, "the container is gone", {}, 0};
        if (!freezer.told) return {QUELL_STATE_FAILED, errno_error("cgroup.freeze could not be written", freezer.error).message, {}, 0};
        const bool is_frozen = wait_until_frozen(freezer.events.get(), boottime_ns() + kSweepLimitNs);
        auto found = engine.tasks(target.key.container, 0);
        if (!found) return {QUELL_STATE_FAILED, "who is in it is not known: " + found.error().message, {}, 0};
        auto tasks = std::move(found).value();
        std::erase_if(tasks, [](const auto& task) { return !is_alive(task); });
        const auto outside = outside_of(target.key.container, tasks);
        if (!outside.empty())
            return {QUELL_STATE_FAILED, std::to_string(outside.size()) + (is_frozen ? " had left its cgroup and go on; the others are frozen" : " had left its cgroup and go on, and others are not frozen yet"), outside, 0};
        if (is_frozen) return {QUELL_STATE_ENFORCING, std::to_string(tasks.size()) + (tasks.size() == 1 ? " process is frozen" : " processes are frozen"), {}, 0};
        std::erase_if(tasks, [](const auto& task) { return !may_run(task); });
        return {QUELL_STATE_FAILED, "not frozen within 5 s: processes in uninterruptible sleep freeze when they wake up", std::move(tasks), 0};
    }

    Status take_back(bpf::Engine& engine, const Target& target, const Prepared*) const override { return let_go_on(engine, target.key.container); }

    // Noted first: without a daemon it would be frozen, and nobody would know by whom.
    Holding hold(bpf::Engine& engine, const Target& target) const override {
        const auto freezer = open_freezer(target.key.container);
        if (!freezer) return {false, freezer.error().code == ESRCH ? "the container is gone" : freezer.error().message, 0};
        const bool is_frozen = (*freezer)->is_frozen().value_or(false);
        if (is_frozen && !(target.entry.held & QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER)) && !is_held_frozen(engine, target.key.container)) {
            const auto container = engine.container(target.key.container);
            if (!container || !container->paused) return {false, "somebody else has it frozen already: it is left alone", 0};
        }
        if (const auto why = ask_hold(engine, target, QUELL_RESPONSE_PAUSE_CONTAINER); !why.empty()) return {false, why, 0};
        (*freezer)->set();
        if (!(*freezer)->told) return {false, errno_error("cgroup.freeze could not be written", (*freezer)->error).message, 0};
        return {true, "", boottime_ns()};
    }

    Holding held(bpf::Engine& engine, const Target& target, Holding begun) const override {
        const auto freezer = open_freezer(target.key.container);
        if (!freezer) return {false, "the container is gone", 0};
        const bool is_frozen = wait_until_frozen((*freezer)->events.get(), boottime_ns() + kSweepLimitNs);
        begun.in_force_ns = boottime_ns();
        begun.in_force = is_frozen;
        if (!is_frozen) begun.detail = "not every process within 5 s: those in uninterruptible sleep freeze when they wake up";
        if (auto tasks = engine.tasks(target.key.container, 0)) {
            std::erase_if(*tasks, [](const auto& task) { return !is_alive(task); });
            if (const auto outside = outside_of(target.key.container, *tasks); !outside.empty())
                begun.detail += (begun.detail.empty() ? "" : "; ") + std::to_string(outside.size()) + " had left its cgroup and go on";
        }
        return begun;
    }

    Status let_go(bpf::Engine& engine, const Target& target) const override { return let_go_on(engine, target.key.container); }

    std::string lapsed(bpf::Engine&, const Target& target) const override {
        const auto freezer = open_freezer(target.key.container);
        if (!freezer) return {};  // the kernel side tells of its end
        const auto state = freeze_state((*freezer)->freeze.get());
        return state && !*state ? "somebody else has it resumed: it runs" : "";
    }
};

}  // namespace

const Response& pause_container() {
    static const PauseContainer instance;
    return instance;
}

}  // namespace quell::response
