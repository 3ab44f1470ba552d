// SPDX-License-Identifier: Apache-2.0
// Refusals: who was not allowed, in few reports that tell of all. The first
// refusal of a uid is reported at once; what follows is counted and reported
// when the interval is over, whether that uid comes again or not. One row for
// each would let anybody fill the history. Belongs to the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "user/control/peer.h"

namespace quell::control {

// `what` was refused for want of rights: a method's name, or words in its
// place; printable. `times`: how many refusals this report stands for, `peer`
// and `what` being the last of them.
using OnRefused = std::function<void(const Peer& peer, std::string_view what, std::uint64_t times)>;

class Refusals {
public:
    // A host has few uids that try. Those beyond are counted together.
    static constexpr std::size_t kUidsMax = 256;
    static constexpr std::size_t kWhatMax = 128;  // bytes of a name: a stranger chose it

    Refusals(std::uint64_t interval_ns, OnRefused report) : interval_ns_(interval_ns), report_(std::move(report)) {}

    void add(const Peer& peer, std::string_view what, std::uint64_t now_ns);
    // Called now and then: reports what is due, forgets who was quiet since.
    void on_tick(std::uint64_t now_ns);
    // Reports all that was only counted so far: the end.
    void flush();

private:
    struct Known {
        Peer last;
        std::string what;
        std::uint64_t reported_ns = 0;
        std::uint64_t unreported = 0;
    };
    void count(Known& known, const Peer& peer, std::string what, std::uint64_t now_ns);
    void report(Known& known);
    [[nodiscard]] bool is_due(const Known& known, std::uint64_t now_ns) const {
        return known.reported_ns == 0 || now_ns - known.reported_ns >= interval_ns_;
    }

    const std::uint64_t interval_ns_;
    const OnRefused report_;
    std::map<uid_t, Known> known_;
    Known others_;  // uids that found no room in known_
};

}  // namespace quell::control
