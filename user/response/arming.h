// SPDX-License-Identifier: Apache-2.0
// Arming: attaches the hooks and opens the descriptors that an offered
// containment would need, before anyone approves. Off the event loop: an
// attach takes milliseconds, a detach may take seconds. Loop thread only; the
// work itself runs on the worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "user/base/loop.h"
#include "user/base/worker.h"
#include "user/bpf/engine.h"
#include "user/response/response.h"

namespace quell::response {

// Every hook that the response needs; those that are attached are left alone. Any thread.
[[nodiscard]] Status attach_hooks(bpf::Engine& engine, quell_response which);

class Arming {
public:
    // `armed` is told of each incident that left arming, with the reason when it could not be armed.
    using Armed = std::function<void(const Target& target, const Status& result)>;

    // Hooks that nobody needs stay attached for `keep_ns`: the next incident may need them.
    Arming(bpf::Engine& engine, Worker& worker, std::uint64_t keep_ns, Armed armed)
        : engine_(engine), worker_(worker), keep_ns_(keep_ns), armed_(std::move(armed)) {}

    // Prepares every offer of the entry. Asked twice for one incident: once is enough.
    void arm(const Target& target);
    // Descriptors for a response, null when none were prepared.
    // Shared: a sweep on the worker may outlive the incident's place here.
    [[nodiscard]] std::shared_ptr<const Prepared> prepared(std::uint64_t incident, quell_response which) const;
    // The incident is decided and its response is over.
    void forget(std::uint64_t incident) { incidents_.erase(incident); }

    // Detaches what no waiting or enforced containment needs any more.
    void disarm_unneeded();

    // Mask of responses whose hooks stay attached, waited for or not: attached now where they are not.
    void keep_armed(quell_u32 responses);

private:
    using Descriptors = std::map<quell_response, std::shared_ptr<Prepared>>;
    struct Result {
        Status status = success();
        Descriptors descriptors;
    };
    [[nodiscard]] Result work(const Target& target) const;
    [[nodiscard]] quell_u32 needed_responses() const;
    [[nodiscard]] std::uint64_t needed_hooks(quell_u32 responses) const;
    // Armed ones that none has needed for long enough. Each by itself: a file held for weeks keeps no hook of a kill.
    [[nodiscard]] quell_u32 idle_responses();

    bpf::Engine& engine_;
    Worker& worker_;
    std::uint64_t keep_ns_;
    Armed armed_;
    std::map<std::uint64_t, Descriptors> incidents_;
    std::array<std::uint64_t, QUELL_RESPONSE_COUNT> needed_ns_{};  // when a containment last needed its hooks
    std::atomic<quell_u32> kept_ = 0;  // the worker looks at it, too
    bool disarming_ = false;
    bool left_attached_ = false;  // what nobody needs could not be detached: tried again
};

}  // namespace quell::response
