// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/names.h"

#include <algorithm>

#include "user/base/log.h"
#include "user/base/time.h"
#include "user/incident/identity_names.h"
#include "user/response/cgroup.h"

namespace quell::daemon {
namespace {

// A runtime that has not written yet does so within moments; one that never does is asked no more after two minutes.
constexpr unsigned kLooks = 8;
constexpr std::uint64_t kFirstPauseNs = 500'000'000;
constexpr std::uint64_t kReconcileNs = 5'000'000'000;

policy::ContainerNames read(bpf::Engine& engine, const IdentityReader& reader, std::uint64_t container) {
    const auto entry = engine.container(container);
    if (!entry) return {};
    const std::string id(entry->id, strnlen(entry->id, sizeof(entry->id)));
    return incident::known_names(reader.find(static_cast<quell_runtime>(entry->runtime), id), response::cgroup_path(container));
}

}  // namespace

std::vector<bpf::NamedContainer> Names::of(const policy::Image& image) const {
    std::vector<bpf::NamedContainer> all;
    if (image.identities.empty()) return all;
    for (const auto& [container, known] : containers_) all.push_back({container, policy::named_bits(image.identities, known.names)});
    return all;
}

void Names::use(const policy::Image& image) {
    identities_ = image.identities;
    if (identities_.empty()) containers_.clear();
    for (auto& [container, known] : containers_) known.looks = 0;
    reconcile();
}

void Names::seen(std::uint64_t container) {
    if (identities_.empty()) return;
    auto& known = containers_[container];
    known.looks = 0;
    if (known.is_asked) known.is_seen_again = true;
    else if (!is_whole(known.names)) look(container, known);
}

void Names::look(std::uint64_t container, Known& known) {
    known.looks++;
    known.next_ns = boottime_ns() + (kFirstPauseNs << known.looks);
    auto submitted = worker_.submit([this, container, reader = reader_] { return read(engine_, *reader, container); },
                                    [this, container](const policy::ContainerNames& names) { found(container, names); });
    known.is_asked = static_cast<bool>(submitted);  // else the next tick tries again
}

void Names::found(std::uint64_t container, policy::ContainerNames names) {
    const auto at = containers_.find(container);
    if (at == containers_.end()) return;
    Known& known = at->second;
    known.is_asked = false;
    const bool is_news = names != known.names;
    known.names = std::move(names);
    if (auto named = engine_.name_container({container, policy::named_bits(identities_, known.names)}); !named) {
        if (named.error().code != ENOENT) log::warn(named.error().message);
        containers_.erase(at);  // it is gone, or taken up again by the next look at all
        return;
    }
    if (std::exchange(known.is_seen_again, false) && !is_whole(known.names)) look(container, known);
    if (is_news) known_(container);
}

bool Names::is_whole(const policy::ContainerNames& names) const {
    return std::ranges::all_of(identities_, [&](const policy::Identity& identity) { return names.of(identity.field).has_value(); });
}

void Names::tick() {
    if (identities_.empty()) return;
    const auto now = boottime_ns();
    if (now - reconciled_ns_ >= kReconcileNs) reconcile();
    for (auto& [container, known] : containers_)
        if (!known.is_asked && known.looks < kLooks && now >= known.next_ns && !is_whole(known.names)) look(container, known);
}

// The kernel side is the truth about which there are: a notice may have found no room in the ring.
void Names::reconcile() {
    reconciled_ns_ = boottime_ns();
    if (identities_.empty()) return;
    std::map<std::uint64_t, Known> all;
    for (const auto& [cgroup, container] : engine_.containers()) {
        auto node = containers_.extract(cgroup);
        if (node.empty()) all[cgroup];
        else all.insert(std::move(node));
    }
    containers_ = std::move(all);
    for (auto& [container, known] : containers_)
        if (!known.is_asked && !known.looks) look(container, known);
}

policy::ContainerNames Names::names(std::uint64_t container) const {
    const auto found = containers_.find(container);
    return found == containers_.end() ? policy::ContainerNames{} : found->second.names;
}

}  // namespace quell::daemon
