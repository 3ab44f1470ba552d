// SPDX-License-Identifier: Apache-2.0
// kill-process: the bound process and its descendants, reparented ones
// included. They bear the mark that BPF gave at the event; those forked
// before it get it when the containment is prepared.
#include <poll.h>

#include <algorithm>
#include <utility>

#include "user/base/time.h"
#include "user/response/process.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

constexpr std::size_t kOpenedMax = 2;  // of the living: the nearest one is meant, and the next when that has ended

// Those of the chain that are known to have ended have no descriptor, and never begin again.
struct Chain final : Prepared {
    std::vector<std::pair<quell_task_ref, Fd>> tasks;

    std::optional<bool> is_alive(const quell_task_ref& task) const override {
        const auto same = [&](const auto& one) { return one.first.pid == task.pid && one.first.start_ns == task.start_ns; };
        const auto known = std::ranges::find_if(tasks, same);
        if (known == tasks.end()) return std::nullopt;
        pollfd ended{known->second.get(), POLLIN, 0};
        return known->second && ::poll(&ended, 1, 0) == 0;
    }
};

class KillProcess final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine& engine, const Target& target) const override {
        const auto count = std::min<quell_u32>(target.entry.chain_count, QUELL_CHAIN_MAX);
        auto chain = std::make_unique<Chain>();
        std::size_t opened = 0;
        for (quell_u32 i = 0; i < count; i++) {
            const auto& task = target.entry.chain[i];
            if (!task.actor) continue;
            if (auto marked = engine.tasks(0, task.actor, &task); !marked) return marked.error();
            if (opened == kOpenedMax) continue;
            Fd process = open_task(task);
            if (!process && is_alive(task)) continue;  // there was no descriptor for it
            opened += process ? 1 : 0;
            chain->tasks.emplace_back(task, std::move(process));
        }
        return std::unique_ptr<Prepared>(std::move(chain));
    }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        const auto& task = target.entry.chain[target.entry.target % QUELL_CHAIN_MAX];
        Outcome outcome;
        Error trouble;
        outcome.survivors = sweep(
            [&]() -> std::vector<quell_task_ref> {
                auto found = engine.tasks(0, task.actor, &task);
                if (found) {
                    auto tasks = std::move(found).value();
                    // where there was no room on it for one more mark it is not found by its mark, and not gone for that
                    const bool is_missing = std::ranges::none_of(tasks, [&](const auto& one) { return one.pid == task.pid; });
                    if (is_missing && is_alive(task)) tasks.push_back(task);
                    return tasks;
                }
                trouble = found.error();
                return {task};
            },
            boottime_ns() + kSweepLimitNs);
        outcome.last_gone_ns = boottime_ns();
        outcome.state = outcome.survivors.empty() && trouble.message.empty() ? QUELL_STATE_DONE : QUELL_STATE_FAILED;
        outcome.detail = !trouble.message.empty()    ? trouble.message
                         : outcome.survivors.empty() ? "the process and its descendants are gone"
                                                     : "processes are left that do not die (uninterruptible sleep)";
        return outcome;
    }
};

}  // namespace

const Response& kill_process() {
    static const KillProcess instance;
    return instance;
}

}  // namespace quell::response
