// SPDX-License-Identifier: Apache-2.0
// Response: what is done to a target, beyond the kernel's own refusing. One
// file and one row of the table each. The flip is the transition program's;
// what stands here prepares before it and sweeps after it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"
#include "user/bpf/engine.h"
#include "user/evidence/order.h"

namespace quell::response {

// A process that is still there when it should not be gets this long.
inline constexpr std::uint64_t kSweepLimitNs = 5'000'000'000;

// Descriptors opened when the containment was prepared: what they name cannot
// be exchanged for something else of the same name.
class Prepared {
public:
    virtual ~Prepared() = default;
    // What they tell without a path being walked; nothing: it is not known by them.
    [[nodiscard]] virtual std::optional<bool> is_alive(const quell_task_ref&) const { return std::nullopt; }
    [[nodiscard]] virtual std::optional<bool> is_frozen() const { return std::nullopt; }
};

struct Target {
    quell_pending_key key{};
    quell_pending entry{};
    std::string path;  // of the object, as the container saw it; raw bytes, may be empty
    std::uint64_t grace_ns = 0;                   // what stop-container gives an init
    const std::atomic<bool>* ending = nullptr;    // set when the daemon ends: who waits leaves the rest to the next one
    std::shared_ptr<const evidence::Order> order = {};  // of what takes evidence; without the subject's processes
    bool kill_holders = false;                    // of a file, within the container
};

struct Outcome {
    // DONE: nothing is left to do; ENFORCING: holds until undone; FAILED; GONE; UNDONE: nothing of it is in force, for a reason
    quell_state state = QUELL_STATE_FAILED;
    std::string detail;
    std::vector<quell_task_ref> survivors;
    std::uint64_t last_gone_ns = 0;  // boot time at which the last process was gone, 0 if that has no meaning
    std::string evidence = {};       // JSON of the item that is left, for the history
};

// How it went with what a rule wants in force while nobody has decided.
struct Holding {
    bool in_force = false;
    std::string detail;             // why not, or what else is to be told of it
    std::uint64_t in_force_ns = 0;  // boot time since which it holds, 0: from the event on, by the kernel side
};

// Stateless; prepare, carry_out and held are called on a worker's thread, the others on the loop's.
class Response {
public:
    virtual ~Response() = default;
    // Opens what will be needed. ESRCH: the target is gone.
    [[nodiscard]] virtual Result<std::unique_ptr<Prepared>> prepare(bpf::Engine& engine, const Target& target) const = 0;
    // Right behind the flip, on the loop's thread: what descriptors that are open can do at once. Must not wait for
    // anybody; may let others have their turn.
    virtual void strike(const Prepared&) const {}
    // Whether carry_out waits for somebody to end by himself: then it has a worker of its own, and holds up no kill.
    [[nodiscard]] virtual bool gives_time() const { return false; }
    // After the flip. `prepared` is null when it was never prepared (a daemon that was dead then).
    [[nodiscard]] virtual Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared* prepared) const = 0;
    // After the kernel side took it back: what it does not do by itself. Once more where a daemon may have died in between.
    [[nodiscard]] virtual Status take_back(bpf::Engine&, const Target&, const Prepared*) const { return success(); }
    // While nobody has decided, where the rule says so (kern/pending/hold.h). Right behind the event: what the kernel side does
    // not do by itself. Must not wait. Once more by a daemon that comes later: what is in force already is left as it is.
    [[nodiscard]] virtual Holding hold(bpf::Engine&, const Target&) const { return {false, "it cannot be held", 0}; }
    // Behind that, what takes time: the end of it.
    [[nodiscard]] virtual Holding held(bpf::Engine&, const Target&, Holding begun) const { return begun; }
    // After the kernel side lifted it, or let it go: what that does not do. Leaves alone what another incident holds.
    [[nodiscard]] virtual Status let_go(bpf::Engine&, const Target&) const { return success(); }
    // Whether it may follow a workload: of one that comes back it takes no more than the container, before or after its first
    // instruction, what incident::Followed keeps, and what is found by that in the container's root (incident::goes_by_path).
    [[nodiscard]] virtual bool follows() const { return false; }
    // Why one that is enforced does not hold any more, "": it does. Asked once a second.
    [[nodiscard]] virtual std::string lapsed(bpf::Engine&, const Target&) const { return {}; }
};

// By enum quell_response.
[[nodiscard]] const Response& response(quell_response which);

// Only reads: nothing is contained, no hook is needed, nobody is hit.
[[nodiscard]] constexpr bool takes_evidence(quell_u32 which) { return which < QUELL_RESPONSE_COUNT && (QUELL_RESPONSES_EVIDENCE & QUELL_BIT(which)); }

// The rows of the table.
[[nodiscard]] const Response& kill_container();
[[nodiscard]] const Response& kill_process();
[[nodiscard]] const Response& quarantine_file();
[[nodiscard]] const Response& pause_container();
[[nodiscard]] const Response& stop_container();
[[nodiscard]] const Response& isolate_network();
[[nodiscard]] const Response& take_evidence();
[[nodiscard]] const Response& deny_write();
[[nodiscard]] const Response& deny_exec();

}  // namespace quell::response
