// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/transition_model.h"

#include <algorithm>
#include <cerrno>
#include <optional>

namespace quell::model {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000, kWeekNs = 7 * 24 * 3600 * kSecondNs;

bool is_kill(quell_u32 response) { return response == QUELL_RESPONSE_KILL_CONTAINER || response == QUELL_RESPONSE_STOP_CONTAINER; }

// Takes a copy, and has nothing in force.
bool is_evidence(quell_u32 response) { return response == QUELL_RESPONSE_ACQUIRE_FILE || response == QUELL_RESPONSE_CAPTURE; }

// What is asked, and whether that may follow the state: docs/architecture.md, "States".
std::optional<quell_command> meant(const quell_transition& request) {
    const auto from = request.from, to = request.to;
    const bool waits = from == QUELL_STATE_ARMING || from == QUELL_STATE_PENDING;
    const bool holds = from == QUELL_STATE_APPROVED || from == QUELL_STATE_ENFORCING;
    const auto when = [](bool legal, quell_command command) { return legal ? std::optional(command) : std::nullopt; };
    if (request.deadline_ns) return when(waits && to == from, QUELL_COMMAND_EXTEND);
    if (request.doubt && to == QUELL_STATE_REJECTED) return when(waits, QUELL_COMMAND_WITHDRAW);
    if (request.doubt) return when(waits && to == from, QUELL_COMMAND_IDENTIFY);
    if (from == to && waits) return QUELL_COMMAND_HOLD;
    switch (to) {
        case QUELL_STATE_NONE: return when(from > QUELL_STATE_ENFORCING && from < QUELL_STATE_COUNT, QUELL_COMMAND_FORGET);
        case QUELL_STATE_PENDING: return when(from == QUELL_STATE_ARMING, QUELL_COMMAND_ARM);
        case QUELL_STATE_APPROVED:
            if (from == to) return QUELL_COMMAND_HOLD;
            return when(from == QUELL_STATE_PENDING, QUELL_COMMAND_APPROVE);
        case QUELL_STATE_ENFORCING: return when(from == QUELL_STATE_APPROVED, QUELL_COMMAND_ENFORCE);
        case QUELL_STATE_DONE: return when(holds, QUELL_COMMAND_FINISH);
        case QUELL_STATE_FAILED: return when(holds || from == QUELL_STATE_ARMING, QUELL_COMMAND_FAIL);
        case QUELL_STATE_REJECTED: return when(waits, QUELL_COMMAND_REJECT);
        case QUELL_STATE_EXPIRED: return when(waits, QUELL_COMMAND_EXPIRE);
        case QUELL_STATE_GONE: return when(waits || holds, QUELL_COMMAND_LOSE);
        case QUELL_STATE_UNDONE: return when(holds || from == QUELL_STATE_FAILED || from == QUELL_STATE_DONE, QUELL_COMMAND_UNDO);
        default: return std::nullopt;
    }
}

// A container's own file is denied to anyone, another one in the container alone.
std::pair<std::uint64_t, std::uint64_t> executable_of(const Entry& entry, const Key& key) {
    return {entry.file, entry.object_flags & QUELL_OBJECT_OWN ? 0 : std::get<1>(key)};
}

// What one who waits has denied: the directory of the event, or the file.
Model::Held held_of(const Entry& entry, std::uint64_t container, quell_u32 response) {
    return {response == QUELL_RESPONSE_DENY_WRITE ? entry.place : entry.file, container, response};
}

}  // namespace

Key key_of(const quell_pending_key& key) { return {key.rule, key.container, key.actor_pid, key.turn}; }

void Model::move(Entry& entry, const Key& key, quell_command command, quell_u32 to) {
    taken[{entry.state, command}]++;
    const bool waited = entry.waits();
    entry.state = to;
    if (!waited || entry.waits()) return;
    const auto container = std::get<1>(key);
    waiting--;
    if (!container) host--;
    else if (containers.contains(container)) containers[container].waiting--;
}

int Model::why_not_approved(const Entry& entry, const Key& key, const quell_transition& request, bool caller_descends) const {
    if (request.response >= QUELL_RESPONSE_COUNT || !((entry.offers >> request.response) & 1)) return -EOPNOTSUPP;
    if (is_evidence(request.response)) return 0;
    if (request.response == QUELL_RESPONSE_KILL_PROCESS)
        return request.target >= QUELL_CHAIN_MAX || !entry.actors[request.target] || caller_descends ? -EACCES : 0;
    if (request.response == QUELL_RESPONSE_QUARANTINE_FILE) {
        if (entry.object_flags & QUELL_OBJECT_LAST_LINK) return -ESRCH;
        return files.contains(entry.file) ? -EEXIST : 0;
    }
    const bool is_executable = request.response == QUELL_RESPONSE_DENY_EXEC;
    if (is_executable && (entry.object_flags & QUELL_OBJECT_LAST_LINK)) return -ESRCH;
    const auto container = containers.find(std::get<1>(key));
    if (!is_executable || std::get<1>(key)) {  // the host's files can be denied, too
        if (container == containers.end()) return -ESRCH;
        if (container->second.is_protected) return -EACCES;
    }
    if (is_executable) return denied_executables.contains(executable_of(entry, key)) ? -EEXIST : 0;
    if (request.response == QUELL_RESPONSE_ISOLATE_NETWORK) {
        const auto cut = isolations.find(container->first);
        return cut != isolations.end() && cut->second ? -EEXIST : 0;
    }
    if (request.response == QUELL_RESPONSE_DENY_WRITE) return denied.contains(container->first) ? -EEXIST : 0;
    return request.response == QUELL_RESPONSE_PAUSE_CONTAINER && container->second.paused ? -EEXIST : 0;
}

int Model::contain(Entry& entry, const Key& key) {
    if (is_evidence(entry.response)) return 0;
    if (entry.response == QUELL_RESPONSE_KILL_PROCESS) {
        if (!actors.contains(entry.actor()) && actors.size() == MACHINE_HELD) return -ENOSPC;
        actors[entry.actor()] = entry.incident;
        return 0;
    }
    if (entry.response == QUELL_RESPONSE_QUARANTINE_FILE) {
        if (files.size() == MACHINE_HELD) return -ENOSPC;
        files[entry.file] = entry.incident;
        return 0;
    }
    if (entry.response == QUELL_RESPONSE_DENY_EXEC) {
        if (denied_executables.size() == MACHINE_HELD) return -ENOSPC;
        denied_executables[executable_of(entry, key)] = entry.incident;
        return 0;
    }
    const auto container = containers.find(std::get<1>(key));
    if (entry.response == QUELL_RESPONSE_ISOLATE_NETWORK) {
        if (!isolations.contains(std::get<1>(key)) && isolations.size() == MACHINE_HELD) return -ENOSPC;
        if (container == containers.end()) return -ESRCH;
        isolations[std::get<1>(key)] = entry.incident;
        return 0;
    }
    if (entry.response == QUELL_RESPONSE_DENY_WRITE) {
        if (denied.size() == MACHINE_HELD) return -ENOSPC;
        if (container == containers.end()) return -ESRCH;
        denied[std::get<1>(key)] = entry.incident;
        return 0;
    }
    if (container == containers.end()) return -ESRCH;
    (is_kill(entry.response) ? container->second.contained : container->second.paused) = entry.incident;
    return 0;
}

void Model::release(const Entry& entry, const Key& key, const Choose& chosen) {
    const auto container = std::get<1>(key);
    if (is_evidence(entry.response)) return;
    std::set<std::uint64_t> heirs;
    for (const auto& [other_key, other] : entries)
        if (other.incident != entry.incident && other.may_hold() && other.contains &&
            (entry.response == QUELL_RESPONSE_KILL_PROCESS ? other.response == QUELL_RESPONSE_KILL_PROCESS && other.actor() == entry.actor()
                                                           : is_kill(other.response) && std::get<1>(other_key) == container))
            heirs.insert(other.incident);
    if (entry.response == QUELL_RESPONSE_KILL_PROCESS) {
        const auto held = actors.find(entry.actor());
        if (held == actors.end() || held->second != entry.incident) return;
        if (heirs.empty()) actors.erase(held);
        else held->second = chosen(heirs);
    } else if (entry.response == QUELL_RESPONSE_QUARANTINE_FILE) {
        if (const auto held = files.find(entry.file); held != files.end() && held->second == entry.incident) files.erase(held);
    } else if (entry.response == QUELL_RESPONSE_ISOLATE_NETWORK) {
        const auto cut = isolations.find(container);
        if (cut == isolations.end() || cut->second != entry.incident) return;
        cut->second = 0;
        lift(container);
    } else if (entry.response == QUELL_RESPONSE_DENY_WRITE) {
        if (const auto held = denied.find(container); held != denied.end() && held->second == entry.incident) denied.erase(held);
    } else if (entry.response == QUELL_RESPONSE_DENY_EXEC) {
        std::erase_if(denied_executables, [&](const auto& held) { return held.second == entry.incident; });
    } else if (const auto found = containers.find(container); found != containers.end()) {
        if (found->second.paused == entry.incident) found->second.paused = 0;
        if (found->second.contained == entry.incident) found->second.contained = heirs.empty() ? 0 : chosen(heirs);
    }
}

bool Model::is_wanted(std::uint64_t container) const {
    for (const auto& [key, entry] : entries) {
        if (std::get<1>(key) != container || !(entry.held & QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK))) continue;
        const bool is_not_done = entry.state == QUELL_STATE_APPROVED || (entry.state == QUELL_STATE_FAILED && entry.is_approved);
        if ((entry.waits() && entry.deadline_ns > now_ns) || is_not_done) return true;
    }
    return false;
}

void Model::lift(std::uint64_t container) {
    const auto cut = isolations.find(container);
    if (cut == isolations.end() || cut->second || is_wanted(container)) return;
    isolations.erase(cut);
    late.erase(container);
}

void Model::keep(const Entry& entry, std::uint64_t container, std::uint64_t until_ns) {
    for (const auto response : kAboutObjects)
        if (const auto held = held_objects.find(held_of(entry, container, response)); (entry.held & QUELL_BIT(response)) && held != held_objects.end() && !(until_ns == ~0ull && entry.covers(response)))
            held->second = std::max(held->second, until_ns);
}

void Model::lift_objects(const Entry& entry, std::uint64_t container, bool covered_only) {
    for (const auto response : kAboutObjects) {
        if (covered_only && !entry.covers(response)) continue;
        const auto held = held_objects.find(held_of(entry, container, response));
        if (!(entry.held & QUELL_BIT(response)) || held == held_objects.end()) continue;
        std::uint64_t until = 0;
        for (const auto& [key, other] : entries) {
            if (std::get<1>(key) != container || !(other.held & QUELL_BIT(response)) || held_of(other, container, response) != held->first) continue;
            if (other.waits() && other.deadline_ns > now_ns) until = std::max(until, other.deadline_ns);
            if ((other.state == QUELL_STATE_APPROVED || (other.state == QUELL_STATE_FAILED && other.is_approved)) && !other.covers(response)) until = ~0ull;
        }
        if (until) held->second = until;
        else held_objects.erase(held);
    }
}

int Model::hold(Entry& entry, std::uint64_t container, quell_u32 response) {
    const auto found = containers.find(container);
    if (found == containers.end()) return -ESRCH;
    if (found->second.is_protected) return -EACCES;
    if (response == QUELL_RESPONSE_DENY_EXEC && (entry.object_flags & QUELL_OBJECT_LAST_LINK)) return -EINVAL;
    if (std::ranges::find(kAboutObjects, response) != std::end(kAboutObjects)) {
        const auto object = held_of(entry, container, response);
        if (!held_objects.contains(object) && held_objects.size() == MACHINE_HELD_OBJECTS) return -ENOSPC;
        held_objects[object] = std::max(held_objects[object], entry.deadline_ns);
    }
    if (response == QUELL_RESPONSE_ISOLATE_NETWORK && !isolations.contains(container)) {
        if (isolations.size() == MACHINE_HELD) return -ENOSPC;
        isolations[container] = 0;
    }
    entry.held |= QUELL_BIT(response);
    return 0;
}

bool Model::network(std::uint64_t container, bool seen) {
    if (!late.contains(container) || !seen) lift(container);
    return isolations.contains(container);
}

int Model::ask(const quell_transition& request, bool caller_descends, const Choose& chosen) {
    const auto key = key_of(request.key);
    const auto found = entries.find(key);
    if (found == entries.end()) return -ENOENT;
    auto& entry = found->second;
    const auto command = meant(request);
    if (!command || (command == QUELL_COMMAND_EXPIRE && now_ns <= entry.deadline_ns)) return -EINVAL;
    if (request.incident != entry.incident || request.from != entry.state) return -EBUSY;
    const bool by_person = command == QUELL_COMMAND_APPROVE || command == QUELL_COMMAND_REJECT || command == QUELL_COMMAND_UNDO || command == QUELL_COMMAND_EXTEND;
    if (by_person && request.approver_container && request.approver_container == std::get<1>(key)) return -EPERM;
    switch (*command) {
        case QUELL_COMMAND_APPROVE:
            if (now_ns > entry.deadline_ns) return -ETIME;
            if (const int error = why_not_approved(entry, key, request, caller_descends)) return error;
            entry.response = request.response;
            entry.target = request.target;
            break;
        case QUELL_COMMAND_EXTEND:
            if (now_ns > entry.deadline_ns) return -ETIME;
            if (request.deadline_ns <= entry.deadline_ns || request.deadline_ns > now_ns + kWeekNs) return -ERANGE;
            entry.deadline_ns = request.deadline_ns;
            keep(entry, std::get<1>(key), entry.deadline_ns);
            break;
        case QUELL_COMMAND_IDENTIFY:
        case QUELL_COMMAND_WITHDRAW:
            if (!entry.is_doubted) return -EALREADY;
            entry.is_doubted = command == QUELL_COMMAND_WITHDRAW;
            break;
        case QUELL_COMMAND_UNDO:
            if (entry.state == QUELL_STATE_DONE && !is_evidence(entry.response)) return -EINVAL;
            break;
        case QUELL_COMMAND_FAIL:
            if (is_evidence(entry.response)) entry.is_approved = false;  // and holds nothing
            break;
        case QUELL_COMMAND_HOLD:
            if (entry.waits()) {
                if (now_ns > entry.deadline_ns) return -ETIME;
                const bool may = request.response < QUELL_RESPONSE_COUNT && (entry.wanted & QUELL_HOLDABLE & QUELL_BIT(request.response));
                if (!may || entry.is_doubted) return -EOPNOTSUPP;
                if (entry.held & QUELL_BIT(request.response)) return -EALREADY;
                taken[{entry.state, QUELL_COMMAND_HOLD}]++;
                return hold(entry, std::get<1>(key), request.response);
            }
            if (entry.contains || entry.response != QUELL_RESPONSE_STOP_CONTAINER) return -EALREADY;
            break;
        default: break;
    }
    const bool waited = entry.waits();
    move(entry, key, *command, request.to);
    if (command == QUELL_COMMAND_APPROVE) keep(entry, std::get<1>(key), ~0ull);
    if (command == QUELL_COMMAND_HOLD || command == QUELL_COMMAND_APPROVE) {
        entry.is_approved = true;
        entry.contains = command == QUELL_COMMAND_HOLD || entry.response != QUELL_RESPONSE_STOP_CONTAINER;
        const int error = entry.contains ? contain(entry, key) : 0;
        if (!error) {
            if (entry.contains) lift_objects(entry, std::get<1>(key), true);
            return 0;
        }
        entry.is_approved = entry.contains = false;
        entry.state = error == -ESRCH ? QUELL_STATE_GONE : QUELL_STATE_FAILED;
        lift(std::get<1>(key));
        lift_objects(entry, std::get<1>(key));
        return error;
    }
    // a failed one holds until somebody undoes it, or forgets it
    const bool is_taken_back = request.to == QUELL_STATE_DONE || request.to == QUELL_STATE_GONE || request.to == QUELL_STATE_UNDONE || request.to == QUELL_STATE_NONE;
    if (!waited && is_taken_back) release(entry, key, chosen);
    const auto container = std::get<1>(key);
    const auto response = entry.response;
    const auto left = entry;
    if (command == QUELL_COMMAND_FORGET) entries.erase(found);
    // over, or what was decided instead is in force
    const bool goes_on_refusing = request.to == QUELL_STATE_FAILED && !waited && !is_evidence(response);
    if (request.to == QUELL_STATE_PENDING || request.to == QUELL_STATE_ARMING || goes_on_refusing) return 0;
    lift(container);
    lift_objects(left, container);
    return 0;
}

void Model::container_ends(std::uint64_t id) {
    const auto found = containers.find(id);
    if (found == containers.end()) return;
    const auto is_held_there = [&](const auto& held) { return held.first.second == id; };
    const auto ends_with_it = [&](const Entry& entry) {
        return found->second.paused == entry.incident || (isolations.contains(id) && isolations.at(id) == entry.incident) || (denied.contains(id) && denied.at(id) == entry.incident) ||
               std::ranges::any_of(denied_executables, [&](const auto& held) { return is_held_there(held) && held.second == entry.incident; });
    };
    for (auto& [key, entry] : entries)
        if (std::get<1>(key) == id && (entry.waits() || (entry.holds() && ends_with_it(entry))))
            move(entry, key, QUELL_COMMAND_LOSE, QUELL_STATE_GONE);
    containers.erase(found);
    std::erase_if(denied_executables, is_held_there);
    std::erase_if(held_objects, [&](const auto& held) { return std::get<1>(held.first) == id; });
    isolations.erase(id);
    denied.erase(id);
    late.erase(id);
}

void Model::file_ends(std::uint64_t file) {
    const auto held = files.find(file);
    if (held == files.end()) return;
    for (auto& [key, entry] : entries)
        if (entry.incident == held->second && entry.holds()) {
            if (entry.state == QUELL_STATE_APPROVED && (entry.held & QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK))) late.insert(std::get<1>(key));
            move(entry, key, QUELL_COMMAND_LOSE, QUELL_STATE_GONE);
        }
    files.erase(held);
}

// A subject has at most so many, and the last places are for one that has none.
bool Model::takes_room(std::uint64_t container) {
    auto& mine = container ? containers[container].waiting : host;
    if (mine >= MACHINE_PENDING_PER_SUBJECT || waiting >= MACHINE_PENDING_MAX || (mine && waiting >= MACHINE_PENDING_MAX - MACHINE_PENDING_RESERVED)) return false;
    mine++;
    waiting++;
    return true;
}

// What held an object only where nothing else makes room.
void Model::forget_over() {
    for (const bool held_too : {false, true})
        if (entries.size() == MACHINE_ENTRIES)
            std::erase_if(entries, [&](const auto& one) { return !one.second.waits() && !one.second.is_kept() && (held_too || !one.second.holds_object()); });
}

// At the event itself: what needs no daemon, and whose hooks are attached.
void Model::hold_here(Entry& entry, std::uint64_t container, quell_u32 armed) {
    for (const quell_u32 which : {QUELL_RESPONSE_ISOLATE_NETWORK, QUELL_RESPONSE_DENY_WRITE, QUELL_RESPONSE_DENY_EXEC})
        if (!entry.is_doubted && (entry.wanted & ~entry.held & armed & QUELL_BIT(which))) (void)hold(entry, container, which);
}

int Model::detect(quell_pending_key& at, const quell_pending& made, quell_u32 armed) {
    if (at.container && !containers.contains(at.container)) return MACHINE_NOTHING;
    for (at.turn = 0; at.turn < QUELL_TURNS_MAX; at.turn++) {
        const auto found = entries.find(key_of(at));
        if (found == entries.end()) break;
        auto& entry = found->second;
        if (entry.is_kept()) continue;
        if (entry.waits() && now_ns <= entry.deadline_ns) {
            if (made.wanted) hold_here(entry, at.container, armed);
            return MACHINE_REPEAT;
        }
        if (entry.waits()) move(entry, found->first, QUELL_COMMAND_EXPIRE, QUELL_STATE_EXPIRED);
        if (entry.is_kept()) continue;  // whoever forgets it gives back what it held
        lift_objects(entry, at.container);
        entries.erase(found);
        break;
    }
    if (at.turn == QUELL_TURNS_MAX) {
        at.turn--;
        return MACHINE_NOTHING;
    }
    if (!takes_room(at.container)) {
        if (now_ns - reclaimed_ns_ < kSecondNs) return MACHINE_NO_ROOM;
        reclaimed_ns_ = now_ns;
        for (auto& [key, entry] : entries)
            if (entry.waits() && entry.deadline_ns < now_ns) move(entry, key, QUELL_COMMAND_EXPIRE, QUELL_STATE_EXPIRED);
        if (!takes_room(at.container)) return MACHINE_NO_ROOM;
    }
    Entry entry;
    entry.incident = next_incident++;
    forget_over();
    if (entries.size() == MACHINE_ENTRIES) {
        waiting--;
        (at.container ? containers[at.container].waiting : host)--;
        return MACHINE_NO_ROOM;
    }
    entry.deadline_ns = made.deadline_ns;
    entry.file = made.file.file.inode;
    entry.place = made.place.file.inode;
    entry.offers = made.offers;
    entry.object_flags = made.object_flags;
    entry.is_doubted = made.doubts[0] || made.doubts[1];
    entry.wanted = made.wanted;
    bool waits_for_hooks = false;
    for (quell_u32 response = 0; response < 32; response++) waits_for_hooks |= ((made.offers | made.wanted) >> response & 1) && !(armed >> response & 1) && !is_evidence(response);
    entry.state = waits_for_hooks ? QUELL_STATE_ARMING : QUELL_STATE_PENDING;
    for (std::size_t i = 0; i < QUELL_CHAIN_MAX; i++) entry.actors[i] = made.chain[i].actor;
    hold_here(entries[key_of(at)] = entry, at.container, armed);
    return MACHINE_NEW;
}

}  // namespace quell::model
