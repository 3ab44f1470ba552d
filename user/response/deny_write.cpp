// SPDX-License-Identifier: Apache-2.0
// deny-write: the hooks do all of it. What they do not see is a store into
// pages that were mapped before; who can do that is told.
#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "user/base/files.h"
#include "user/response/hold.h"
#include "user/response/place_files.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

constexpr std::size_t kLookedAtMax = 256;     // processes: who forks must not hold anybody up
constexpr std::size_t kMapsBytesMax = 1u << 20;
constexpr std::size_t kNamedMax = 8;

// Processes of the container with files mapped that they may write into: below the places or not, which a map does not tell.
std::string mapped_text(bpf::Engine& engine, std::uint64_t container) {
    const auto tasks = engine.tasks(container, 0);
    if (!tasks) return "; who has files mapped is not known: " + tasks.error().message;
    std::vector<std::string> pids;
    std::size_t unknown = tasks->size() > kLookedAtMax ? tasks->size() - kLookedAtMax : 0;
    for (std::size_t i = 0; i < std::min(tasks->size(), kLookedAtMax); i++) {
        const auto pid = std::to_string((*tasks)[i].pid);
        const auto maps = read_file("/proc/" + pid + "/maps", kMapsBytesMax);
        if (maps && has_writable_files(*maps)) pids.push_back(pid);
        else if (!maps && maps.error().code != ENOENT && maps.error().code != ESRCH) unknown++;
    }
    std::string text;
    if (!pids.empty()) {
        text = "; files that are mapped shared and writable already stay so for pid ";
        for (std::size_t i = 0; i < std::min(pids.size(), kNamedMax); i++) text += (i ? ", " : "") + pids[i];
        if (pids.size() > kNamedMax) text += " and " + std::to_string(pids.size() - kNamedMax) + " more";
    }
    if (unknown) text += "; what " + std::to_string(unknown) + " processes have mapped is not known";
    return text;
}

class DenyWrite final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target&) const override {
        return std::unique_ptr<Prepared>(std::make_unique<Prepared>());
    }

    // Below the directory of the event; the kernel side has done it then, unless it could not.
    Holding hold(bpf::Engine& engine, const Target& target) const override { return hold_by_kernel(engine, target, QUELL_RESPONSE_DENY_WRITE); }

    Holding held(bpf::Engine& engine, const Target& target, Holding begun) const override {
        begun.detail = mapped_text(engine, target.key.container);
        begun.detail.erase(0, begun.detail.find_first_not_of("; "));
        return begun;
    }

    bool follows() const override { return true; }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        const auto container = target.key.container;
        const auto denial = engine.write_denial(container);
        if (!engine.container(container)) return {QUELL_STATE_GONE, "the container is gone", {}, 0};
        if (!denial || denial->incident != QUELL_WORD_INCIDENT(target.entry.word)) return {QUELL_STATE_FAILED, "the kernel side does not hold the denial", {}, 0};
        const auto count = denial->places.count;
        return {QUELL_STATE_ENFORCING, "writes below " + std::to_string(count) + (count == 1 ? " place" : " places") + " are refused" + mapped_text(engine, container), {}, 0};
    }
};

}  // namespace

const Response& deny_write() {
    static const DenyWrite instance;
    return instance;
}

}  // namespace quell::response
