// SPDX-License-Identifier: Apache-2.0
// deny-exec: the hooks refuse from the flip on. Who executes the file by then
// goes on, and is counted.
//
// A file of the image's lower layer may have been copied up between the event
// and the flip; from then on it is not. A copy that was made meanwhile is
// denied when a hook meets it, right after the flip (copied_up.h).
#include <string>

#include "user/base/log.h"
#include "user/incident/executable.h"
#include "user/response/copied_up.h"
#include "user/response/hold.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

std::string going_on(bpf::Engine& engine, const quell_executable_key& executable) {
    const auto tasks = engine.executing(executable.file, executable.container);
    if (!tasks) return "; who executes it by now is not known, and goes on";
    if (tasks->empty()) return "; no process executes it by now";
    return "; " + std::to_string(tasks->size()) + (tasks->size() == 1 ? " process executes it, and goes on" : " processes execute it, and go on");
}

class DenyExec final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target&) const override {
        return std::unique_ptr<Prepared>(std::make_unique<Prepared>());
    }

    // In the container alone; the kernel side has done it at the event, unless it could not.
    Holding hold(bpf::Engine& engine, const Target& target) const override { return hold_by_kernel(engine, target, QUELL_RESPONSE_DENY_EXEC); }

    Holding held(bpf::Engine& engine, const Target& target, Holding begun) const override {
        begun.detail = going_on(engine, {target.entry.file, target.key.container});
        begun.detail.erase(0, begun.detail.find_first_not_of("; "));
        return begun;
    }

    bool follows() const override { return true; }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        const auto met = target.entry.object_flags & QUELL_OBJECT_LOWER ? meet_copy(engine, target, Meeting::kMapped) : success();
        if (!met) log::error("deny-exec: " + met.error().message);
        const auto key = incident::executable_of(target.key, target.entry);
        const auto held = engine.executable(key);
        if (!held || held->incident != QUELL_WORD_INCIDENT(target.entry.word)) return {QUELL_STATE_FAILED, "the kernel side does not hold the file", {}, 0};
        return {QUELL_STATE_ENFORCING,
                std::string("it is executed no more, ") + (key.container ? "in the container" : "by anyone") + going_on(engine, key) + (met ? "" : "; " + met.error().message), {}, 0};
    }
};

}  // namespace

const Response& deny_exec() {
    static const DenyExec instance;
    return instance;
}

}  // namespace quell::response
