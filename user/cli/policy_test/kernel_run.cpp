// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/kernel_run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "user/base/time.h"
#include "user/cli/policy_test/endings.h"

namespace quell::cli {

namespace {

using Fired = std::set<std::string>;

constexpr std::uint64_t kGraceNs = 2'000'000'000;  // for the daemon to tell
constexpr unsigned kSameAnswers = 3;  // by the second one the daemon has read what was there before the first

// What a call may end with after its hook has seen it: nobody listens there, or what was asked for is none.
bool was_seen(std::uint32_t operation, int error) {
    switch (operation) {
        case QUELL_OP_CONNECT:
        case QUELL_OP_BIND:
        case QUELL_OP_ACCEPT:
        case QUELL_OP_BPF:
        case QUELL_OP_CAPABILITY: return error != EPERM && error != ENOSYS && error != EAFNOSUPPORT && error != EOPNOTSUPP;
        default: return false;
    }
}

Status make_all(const std::string& root, const std::vector<Thing>& things, const std::string& program) {
    for (const Thing& thing : things) {
        if (auto above = make_directories(root + thing.path, nullptr); !above) return above;
        if (auto made = make_thing(root, thing, program); !made) return made;
    }
    return success();
}

// Not tried: the code 0 tells it from a daemon that is gone.
Error reason(const Error& error) { return Error{error.message, 0, {}}; }

}  // namespace

KernelRun::KernelRun(control::Client& client, ActorProgram program, Scratch scratch)
    : observer_(std::make_unique<Observer>(client)), program_(std::move(program)), scratch_(std::move(scratch)), things_(std::make_unique<HostThings>(program_.bytes)) {}

Result<KernelRun> KernelRun::make(control::Client& client) {
    auto program = ActorProgram::read();
    if (!program) return program.error();
    auto scratch = Scratch::make();
    if (!scratch) return scratch.error();
    if (::mkdir((scratch->directory() + "/mount").c_str(), 0755) != 0) return errno_error("cannot make " + scratch->directory() + "/mount");
    return KernelRun(client, std::move(*program), std::move(*scratch));
}

Result<KernelOutcome> KernelRun::run(RunningPolicy& policy, const std::vector<policy::Scenario>& scenarios, const std::vector<policy::Rule>& rules, const Progress& progress) {
    KernelOutcome outcome;
    std::string by_itself;
    for (const policy::Rule& rule : rules)
        if (rule.mode == policy::Mode::kOn && rule.automatic && !rule.automatic->dry_run) by_itself = rule.policy + "/" + rule.id;
    for (std::size_t i = 0; i < scenarios.size(); i++) {
        const policy::Scenario& scenario = scenarios[i];
        progress(i, scenario);
        // it might kill what acts before it could tell, and what started it
        const auto fired = Endings::asked()     ? Result<Fired>(Error{"somebody asked for the end", 0, {}})
                           : !by_itself.empty() ? Result<Fired>(Error{by_itself + " responds by itself: give it dry-run", 0, {}})
                                                : attempt(policy, scenario, rules);
        if (!fired && fired.error().code != 0) return fired.error();
        if (!fired) {
            outcome.not_tried.push_back({scenario.name, scenario.where, fired.error().message});
        } else if (auto failure = policy::compare(scenario, *fired, rules)) {
            outcome.failures.push_back(std::move(*failure));
        }
    }
    return outcome;
}

Result<Fired> KernelRun::attempt(RunningPolicy& policy, const policy::Scenario& scenario, const std::vector<policy::Rule>& rules) {
    const bool is_contained = scenario.act.subject == QUELL_SUBJECT_CONTAINER;
    const auto staging = stage(scenario, rules, is_contained ? kMountPlace : scratch_.directory() + "/mount");
    if (!staging) return staging.error();
    const auto lost = observer_->lost();
    if (!lost) return Error{lost.error().message, EPIPE, {}};
    pids_ = {::getpid()};
    auto fired = is_contained ? in_container(scenario, *staging) : on_host(policy, scenario, *staging);
    if (auto back = take_back(policy); !back) return Error{back.error().message, EPIPE, {}};
    if (auto forgotten = observer_->forget(pids_); !forgotten) return Error{forgotten.error().message, EPIPE, {}};
    if (!fired || std::ranges::equal(*fired, scenario.fires)) return fired;
    const auto now = observer_->lost();
    if (now && *now != *lost) return Error{"the kernel side had no room for an incident", 0, {}};
    return fired;
}

Result<Fd> KernelRun::put_all(const Staging& staging) {
    Fd listener;
    for (const std::string& path : staging.fresh)
        if (auto free = things_->clear(path); !free) return free.error();
    for (std::size_t i = 0; i < staging.things.size(); i++) {
        const Thing& thing = staging.things[i];
        if (staging.listens && i + 1 == staging.things.size()) {
            auto held = things_->listen(thing);
            if (!held) return held;
            listener = std::move(*held);
        } else if (auto put = things_->put(thing); !put) {
            return put.error();
        }
    }
    return listener;
}

Result<Fired> KernelRun::on_host(RunningPolicy& policy, const policy::Scenario& scenario, const Staging& staging) {
    auto listener = put_all(staging);
    if (!listener && listener.error().code == EPERM) {
        // a rule that denies is about us, too
        if (auto back = policy.put_back(); !back) return Error{back.error().message, EPIPE, {}};
        (void)things_->take_back();
        listener = put_all(staging);
        if (auto applied = policy.apply(); !applied) return Error{applied.error().message, EPIPE, {}};
    }
    if (!listener) return reason(listener.error());
    auto actor = ActorProcess::start(staging, {}, program_);
    if (!actor) return reason(actor.error());
    return acted(scenario, *actor);
}

Status KernelRun::take_back(RunningPolicy& policy) {
    if (things_->take_back()) return success();
    if (auto back = policy.put_back(); !back) return back;
    const bool is_done = things_->take_back();
    if (auto applied = policy.apply(); !applied) return applied;
    return is_done ? success() : Status(Error{"what a scenario needed was not put back", 0, {}});
}

Result<Fired> KernelRun::in_container(const policy::Scenario& scenario, const Staging& staging) {
    const auto place = ContainerPlace::make(scratch_);
    if (!place) return reason(place.error());
    ActorProcess::Where where{.container = &*place};
    std::vector<Thing> lower = {{.path = "/proc", .type = 4, .mode = 0755}, {.path = kMountPlace, .type = 4, .mode = 0755}};
    for (const Thing& thing : staging.things) {
        if (staging.listens && &thing == &staging.things.back()) where.listener = &thing;
        else (thing.is_intact ? lower : where.upper).push_back(thing);
    }
    if (auto made = make_all(place->lower(), lower, program_.bytes); !made) return reason(made.error());
    std::vector<std::string> names = staging.fresh;
    if (where.listener != nullptr) names.push_back(where.listener->path);
    for (const std::string& path : names)
        if (auto above = make_directories(place->lower() + path, nullptr); !above) return reason(above.error());
    auto actor = ActorProcess::start(staging, where, program_);
    if (!actor) return reason(actor.error());
    auto fired = acted(scenario, *actor);
    // before its cgroup goes, and with it what waits
    (void)observer_->forget(pids_);
    return fired;
}

Result<Fired> KernelRun::acted(const policy::Scenario& scenario, ActorProcess& actor) {
    const auto ready = actor.wait_ready();
    pids_ = actor.pids();
    if (!ready) return reason(ready.error());
    // of getting ready: what comes now is the operation's
    if (auto forgotten = observer_->forget(pids_); !forgotten) return Error{forgotten.error().message, EPIPE, {}};
    const auto error = actor.act();
    pids_ = actor.pids();
    if (!error) return reason(error.error());
    return observe(scenario, actor.pid(), *error);
}

Result<Fired> KernelRun::observe(const policy::Scenario& scenario, pid_t who, int error) {
    const auto until = boottime_ns() + kGraceNs;
    unsigned same = 0;
    Fired fired;
    while (same < kSameAnswers) {
        const bool is_last = boottime_ns() >= until;
        // what could not be armed is decided already
        auto told = observer_->fired(who, scenario.act.operation, is_last);
        if (!told) return Error{told.error().message, EPIPE, {}};
        fired = std::move(*told);
        if (is_last) break;
        same = std::ranges::equal(fired, scenario.fires) ? same + 1 : 0;
        if (same == 0) ::usleep(30'000);
    }
    if (fired.empty() && error != 0 && !was_seen(scenario.act.operation, error)) return Error{std::string("the operation ended before a rule could see it: ") + std::strerror(error), 0, {}};
    return fired;
}

std::vector<std::string> KernelRun::clean_up() {
    (void)things_->take_back();
    return things_->left();
}

}  // namespace quell::cli
