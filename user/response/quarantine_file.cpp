// SPDX-License-Identifier: Apache-2.0
// quarantine-file: the hooks do all of it. It holds until it is undone, or
// until the file's last link and holder are gone.
// A copy of an image's file that was made meanwhile is met right after the flip (copied_up.h).
#include "user/response/response.h"

#include <algorithm>
#include <string>

#include "user/base/log.h"
#include "user/base/time.h"
#include "user/response/copied_up.h"
#include "user/response/holders.h"
#include "user/response/process.h"

namespace quell::response {
namespace {

std::string counted(std::size_t count) { return std::to_string(count) + (count == 1 ? " process" : " processes"); }

// Those within the container; who is not stays, and is told. Nobody new can come to hold it: the hooks refuse.
void kill_holders(bpf::Engine& engine, const Target& target, const quell_file_key& file, Outcome& outcome) {
    std::string failed;
    std::size_t killed = 0, outside = 0;
    bool is_whole = true;
    const auto inside = [&] {
        std::vector<quell_task_ref> list;
        const auto holders = holders_of(engine, file, target.entry.inode, target.key.container);
        if (!holders) {
            failed = holders.error().message;
            return list;
        }
        outside = 0;
        is_whole = holders->is_whole;
        for (const auto& one : holders->list)
            if (one.is_inside && is_alive(one.task)) list.push_back(one.task);
            else if (!one.is_inside) outside++;
        killed = std::max(killed, list.size());
        return list;
    };
    outcome.survivors = sweep(inside, boottime_ns() + kSweepLimitNs);
    if (killed) outcome.last_gone_ns = boottime_ns();
    outcome.detail += "; " + counted(killed - std::min(killed, outcome.survivors.size())) + " of the container that held it " + (killed == 1 ? "was" : "were") + " killed";
    if (outside) outcome.detail += "; outside the container " + counted(outside) + (outside == 1 ? " holds" : " hold") + " it still";
    if (!is_whole) outcome.detail += "; not every process was looked at in time";
    if (!failed.empty()) outcome.detail += "; who holds it could not be told: " + failed;
}

class QuarantineFile final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target&) const override {
        return std::unique_ptr<Prepared>(std::make_unique<Prepared>());
    }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        const auto met = target.entry.object_flags & QUELL_OBJECT_LOWER ? meet_copy(engine, target, Meeting::kOpened) : success();
        if (!met) log::error("quarantine-file: " + met.error().message);
        const auto now = engine.find(target.key);
        if (now && engine.file(now->file)) {
            Outcome held{QUELL_STATE_ENFORCING, met ? "every access to the file is refused" : "the file is refused by its path in the container; " + met.error().message, {}, 0};
            if (target.kill_holders) kill_holders(engine, target, now->file, held);
            return held;
        }
        return {QUELL_STATE_FAILED, std::string("the kernel side does not hold the file") + (target.kill_holders ? "; who holds it was not killed" : ""), {}, 0};
    }
};

}  // namespace

const Response& quarantine_file() {
    static const QuarantineFile instance;
    return instance;
}

}  // namespace quell::response
