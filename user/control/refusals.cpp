// SPDX-License-Identifier: Apache-2.0
#include "user/control/refusals.h"

#include <utility>

#include "user/base/escape.h"

namespace quell::control {

void Refusals::add(const Peer& peer, std::string_view what, std::uint64_t now_ns) {
    std::string name = escape_cut(what, kWhatMax);
    if (known_.size() >= kUidsMax && !known_.contains(peer.uid))
        return count(others_, peer, std::move(name) + " (the last of uids too many to tell apart)", now_ns);
    count(known_[peer.uid], peer, std::move(name), now_ns);
}

void Refusals::count(Known& known, const Peer& peer, std::string what, std::uint64_t now_ns) {
    known.last = peer;
    known.last.groups = {};  // may be 65,536, and nobody asks for them
    known.what = std::move(what);
    known.unreported++;
    if (!is_due(known, now_ns)) return;
    known.reported_ns = now_ns;
    report(known);
}

void Refusals::on_tick(std::uint64_t now_ns) {
    for (auto at = known_.begin(); at != known_.end();) {
        Known& known = at->second;
        const bool is_quiet = is_due(known, now_ns) && known.unreported == 0;
        if (!is_quiet && is_due(known, now_ns)) {
            known.reported_ns = now_ns;
            report(known);
        }
        at = is_quiet ? known_.erase(at) : std::next(at);
    }
    if (others_.unreported == 0 || !is_due(others_, now_ns)) return;
    others_.reported_ns = now_ns;
    report(others_);
}

void Refusals::flush() {
    for (auto& [uid, known] : known_) report(known);
    report(others_);
}

void Refusals::report(Known& known) {
    const std::uint64_t times = std::exchange(known.unreported, 0);
    if (times != 0 && report_) report_(known.last, known.what, times);
}

}  // namespace quell::control
