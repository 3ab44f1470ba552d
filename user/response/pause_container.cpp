// SPDX-License-Identifier: Apache-2.0
// pause-container: `1` into cgroup.freeze of the container's own cgroup, by a
// descriptor opened when the containment was prepared. The kernel's freezer
// needs no hook: who forks while it freezes, or is moved into it, is frozen
// too, and who is frozen does nothing. Nested cgroups keep their own state.
// Undone by `0`; one that somebody else had frozen before is left alone
// (docs/design/025-pause-and-stop.md).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>

#include "user/base/time.h"
#include "user/response/cgroup.h"
#include "user/response/process.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

struct Freezer final : Prepared {
    Fd freeze;
    Fd events;
    mutable std::atomic<bool> told = false;
    mutable std::atomic<bool> was_frozen = false;  // by somebody else, right before the flip
    mutable std::atomic<int> error = 0;

    void tell() const {
        if (const auto state = freeze_state(freeze.get()); state && *state) {
            was_frozen = true;
            return;
        }
        set();
    }
    void set() const {
        if (::pwrite(freeze.get(), "1", 1, 0) == 1) told = true;
        else error = errno;
    }
};

Result<std::unique_ptr<Freezer>> open_freezer(std::uint64_t container) {
    auto cgroup = open_cgroup(container);
    if (!cgroup) return cgroup.error();
    auto freezer = std::make_unique<Freezer>();
    freezer->freeze = Fd(::openat(cgroup->get(), "cgroup.freeze", O_RDWR | O_CLOEXEC));
    freezer->events = Fd(::openat(cgroup->get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
    if (!freezer->freeze || !freezer->events) return errno_error("cannot open cgroup.freeze of " + std::to_string(container));
    return freezer;
}

class PauseContainer final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target& target) const override {
        auto freezer = open_freezer(target.key.container);
        if (!freezer) return freezer.error();
        return std::unique_ptr<Prepared>(std::move(freezer).value());
    }

    // Does not wait: each task freezes by itself.
    void strike(const Prepared& prepared) const override { static_cast<const Freezer&>(prepared).tell(); }

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
        const auto& freezer = static_cast<const Freezer&>(*prepared);
        if (freezer.was_frozen) return {QUELL_STATE_UNDONE, "somebody else has it frozen already: nothing was done, and it stays so", {}, 0};
        if (!freezer.told && freezer.error == ENODEV) return {QUELL_STATE_GONE, "the container is gone", {}, 0};
        if (!freezer.told) return {QUELL_STATE_FAILED, errno_error("cgroup.freeze could not be written", freezer.error).message, {}, 0};
        const bool is_frozen = wait_until_frozen(freezer.events.get(), boottime_ns() + kSweepLimitNs);
        auto found = engine.tasks(target.key.container, 0);
        if (!found) return {QUELL_STATE_FAILED, "who is in it is not known: " + found.error().message, {}, 0};
        auto tasks = std::move(found).value();
        std::erase_if(tasks, [](const auto& task) { return !is_alive(task); });
        auto outside = tasks;
        const auto path = cgroup_path(target.key.container);
        std::erase_if(outside, [&](const auto& task) { return is_in_cgroup(task.pid, path); });
        if (!outside.empty())
            return {QUELL_STATE_FAILED, std::to_string(outside.size()) + (is_frozen ? " had left its cgroup and go on; the others are frozen" : " had left its cgroup and go on, and others are not frozen yet"), outside, 0};
        if (is_frozen) return {QUELL_STATE_ENFORCING, std::to_string(tasks.size()) + (tasks.size() == 1 ? " process is frozen" : " processes are frozen"), {}, 0};
        std::erase_if(tasks, [](const auto& task) { return !may_run(task); });
        return {QUELL_STATE_FAILED, "not frozen within 5 s: processes in uninterruptible sleep freeze when they wake up", std::move(tasks), 0};
    }

    Status take_back(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        const auto container = engine.container(target.key.container);
        if (!container || container->paused) return success();  // gone, or paused once more by another incident
        return thaw(target.key.container);
    }

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
