// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/pods.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/incident/describe.h"
#include "user/response/cgroup.h"

namespace quell::daemon {
namespace {

constexpr std::uint64_t kFollowNs = 60'000'000'000;
constexpr int kTriesMax = 30;  // one a second
constexpr std::size_t kPodsNamed = 8;  // in a message

struct Member {
    ManualFound found;
    incident::Pod pod;
    bool is_told = false;  // whether what is not known of its pod is not there
};

Member member_of(const IdentityReader& identities, const bpf::ContainerEntry& container, const std::string& cgroup_path) {
    Member member;
    auto& found = member.found;
    found.container = container.cgroup;
    found.container_id.assign(container.value.id, strnlen(container.value.id, sizeof(container.value.id)));
    found.runtime = static_cast<quell_runtime>(container.value.runtime);
    found.identity = identities.find(found.runtime, found.container_id);
    found.cgroup_path = cgroup_path;
    member.pod = incident::pod_of(found.identity, cgroup_path);
    member.is_told = found.identity.tells_pod;
    return member;
}

// Before anything is read of it: the cgroup of another pod settles it.
bool may_be_of(const incident::Pod& pod, const std::string& cgroup_path) {
    const auto known = incident::pod_of({}, cgroup_path);
    return pod.cgroup.empty() || known.cgroup.empty() || pod.cgroup == known.cgroup;
}

std::string called(const ManualFound& found) {
    const auto id = escape(found.container_id.substr(0, 12));
    return found.identity.name ? escape(*found.identity.name) + " (" + id + ")" : "container " + id;
}

}  // namespace

Result<PodMates> find_pod_mates(bpf::Engine& engine, const IdentityReader& identities, const incident::Pod& pod, std::uint64_t except) {
    PodMates mates;
    for (const auto& container : engine.containers()) {
        mates.seen.insert(container.cgroup);
        if (container.cgroup == except) continue;
        const auto path = response::cgroup_path(container.cgroup);
        if (!may_be_of(pod, path)) continue;
        auto member = member_of(identities, container, path);
        if (!member.pod.known() && !member.is_told) mates.unknown++;
        if (!incident::same_pod(pod, member.pod)) continue;
        if (mates.containers.size() + 1 >= kPodContainersMax) return Error{"the pod has more than " + std::to_string(kPodContainersMax) + " containers", E2BIG, {}};
        mates.containers.push_back(std::move(member.found));
    }
    std::ranges::sort(mates.containers, {}, &ManualFound::container);
    return mates;
}

Result<std::uint64_t> find_pod_container(bpf::Engine& engine, const IdentityReader& identities, const std::string& text) {
    std::vector<Member> members;
    for (const auto& container : engine.containers()) {
        auto member = member_of(identities, container, response::cgroup_path(container.cgroup));
        if (member.pod.known() && incident::pod_is_called(member.pod, text)) members.push_back(std::move(member));
    }
    if (members.empty()) return Error{"no pod with a container here is called " + escape(text), ESRCH, {}};
    std::ranges::sort(members, {}, [](const Member& one) { return std::pair(one.found.identity.is_sandbox, one.found.container); });
    std::vector<const Member*> pods;
    for (const auto& member : members)
        if (std::ranges::none_of(pods, [&](const Member* one) { return incident::same_pod(one->pod, member.pod); })) pods.push_back(&member);
    if (pods.size() == 1) return pods.front()->found.container;
    std::string names;
    for (std::size_t i = 0; i < std::min(pods.size(), kPodsNamed); i++)
        names += (i ? ", " : "") + escape(pods[i]->pod.uid.empty() ? pods[i]->pod.sandbox.substr(0, 12) : pods[i]->pod.uid) + " with " + called(pods[i]->found);
    return Error{std::to_string(pods.size()) + " pods are called " + escape(text) + ": " + names + "; name a container, with --scope pod", ENOTUNIQ, {}};
}

void PodFollower::follow(std::uint64_t first, incident::Pod pod, std::set<std::uint64_t> seen) {
    followed_[first] = {std::move(pod), std::move(seen), {}, boottime_ns() + kFollowNs};
}

void PodFollower::resume(incident::Store& store) {
    for (auto* first : store.list(true)) {
        const auto pod = incident::pod_of(first->identity, first->cgroup_path);
        if (first->entry.response == QUELL_RESPONSE_QUARANTINE_FILE || !pod.known()) continue;
        std::set<std::uint64_t> seen{first->key.container};
        bool holds = first->holds();
        const auto parts = store.parts_of(first->id);
        for (const auto* part : parts) {
            seen.insert(part->key.container);
            holds |= part->holds();
        }
        if (holds && !parts.empty()) follow(first->id, pod, std::move(seen));
    }
}

void PodFollower::tick(incident::Store& store) {
    if (followed_.empty()) return;
    const auto now = boottime_ns();
    std::erase_if(followed_, [&](const auto& one) {
        const auto* first = store.find(one.first);
        const auto parts = store.parts_of(one.first);
        return now > one.second.until_ns && !(first && first->holds()) && std::ranges::none_of(parts, [](const auto* part) { return part->holds(); });
    });
    if (followed_.empty()) return;
    for (const auto& container : engine_.containers())
        for (auto& [first, followed] : followed_)
            if (followed.seen.insert(container.cgroup).second) look(first, container.cgroup);
}

void PodFollower::look(std::uint64_t first, std::uint64_t container) {
    auto submitted = worker_.submit(
        [this, identities = identities_, container]() -> Member {
            const auto record = engine_.container(container);
            if (!record) return {{}, {}, true};
            return member_of(*identities, {container, *record}, response::cgroup_path(container));
        },
        [this, first, container](const Member& member) {
            const auto at = followed_.find(first);
            if (at == followed_.end()) return;
            auto& followed = at->second;
            if (incident::same_pod(followed.pod, member.pod)) return appeared_(first, called(member.found));
            // not written down yet: looked at again by the next tick
            if (!member.pod.known() && !member.is_told && ++followed.tries[container] < kTriesMax) followed.seen.erase(container);
        });
    if (!submitted) followed_[first].seen.erase(container);
}

}  // namespace quell::daemon
