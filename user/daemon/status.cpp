// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/status.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "user/base/time.h"
#include "user/bpf/hook_table.h"

namespace quell::daemon {
namespace {

using control::Json;

struct CounterRow {
    std::string_view name;
    bool loud;
    std::string_view text;
};

constexpr bool LOUD = true, QUIET = false;
constexpr std::array kCounters = {
#define COUNTER(name, loud, text) CounterRow{#name, loud, text},
#include "kern/counters.def"
#undef COUNTER
};

std::string lower(std::string_view name) {
    std::string text(name);
    for (auto& c : text) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

struct States {
    std::uint64_t arming = 0, pending = 0;
    std::uint64_t approved = 0;  // flipped, and not proven to hold
    std::uint64_t enforcing = 0;
    std::vector<std::uint64_t> newest;
};

// "Enforcing" is said only while the canary is denied.
States count_states(bpf::Engine& engine, const Vitals& vitals) {
    States states;
    for (const auto& [key, value] : engine.pending()) {
        switch (QUELL_WORD_STATE(value.word)) {
            case QUELL_STATE_ARMING: states.arming++; break;
            case QUELL_STATE_PENDING: states.pending++; break;
            case QUELL_STATE_APPROVED: states.approved++; break;
            case QUELL_STATE_ENFORCING: (vitals.canary == Canary::kDenied ? states.enforcing : states.approved)++; break;
        }
        states.newest.push_back(value.word);
    }
    std::ranges::sort(states.newest, std::greater{});
    return states;
}

std::uint64_t shown_word(std::uint64_t word, const Vitals& vitals) {
    return QUELL_WORD(QUELL_WORD_INCIDENT(word), shown_state(static_cast<quell_state>(QUELL_WORD_STATE(word)), vitals));
}

Json hooks_json(bpf::Engine& engine) {
    auto hooks = Json::array();
    for (std::size_t i = 0; i < bpf::kHooks.size(); i++)
        hooks.push_back({{"name", bpf::kHooks[i].name},
                         {"role", bpf::kRoleWords[static_cast<std::size_t>(bpf::kHooks[i].role)]},
                         {"attached", engine.attached(static_cast<quell_hook>(i))},
                         {"matched", engine.globals().matched[i]},
                         {"denied", engine.globals().denied[i]}});
    return hooks;
}

std::string kernel_release() {
    utsname name{};
    return uname(&name) == 0 ? name.release : "unknown";
}

}  // namespace

quell_state shown_state(quell_state state, const Vitals& vitals) {
    return state == QUELL_STATE_ENFORCING && vitals.canary != Canary::kDenied ? QUELL_STATE_APPROVED : state;
}

std::string state_word(const Vitals& vitals) {
    if (vitals.stopping) return "stopping";
    switch (vitals.canary) {
        case Canary::kDenied: return "ready";
        case Canary::kNotDenied: return "blind";
        default: return "starting";
    }
}

Json status_json(bpf::Engine& engine, const Policies& policies, const Vitals& vitals) {
    const auto states = count_states(engine, vitals);
    engine.take_skipped_runs();
    auto counters = Json::array();
    auto warnings = Json::array();
    for (std::size_t i = 0; i < kCounters.size(); i++) {
        const auto value = engine.counter(static_cast<quell_counter>(i));
        counters.push_back({{"name", lower(kCounters[i].name)}, {"value", value}});
        if (kCounters[i].loud && value) warnings.push_back(std::to_string(value) + " " + std::string(kCounters[i].text));
    }
    if (vitals.canary == Canary::kNotDenied)
        warnings.push_back("blind: the canary's removal was not denied; look at /proc/sys/kernel/ftrace_enabled and quell doctor");
    if (vitals.canary == Canary::kUnknown)
        warnings.push_back("the canary could not be tried (" + std::string(kCanaryPath) + "): nothing is approved until it is denied");
    if (!policies.rule_count()) warnings.push_back("no rules are loaded: nothing is watched");
    for (const auto* warning : {&vitals.history_warning, &vitals.policy_warning, &vitals.kept_warning, &vitals.followed_warning, &vitals.groups_warning, &vitals.lost_warning})
        if (!warning->empty()) warnings.push_back(*warning);
    const char* canary[] = {"unknown", "denied", "not-denied"};
    return {{"state", state_word(vitals)},
            {"version", QUELL_VERSION},
            {"kernel", kernel_release()},
            {"pid", getpid()},
            {"since", utc_text(wall_from_boottime(vitals.since_ns))},
            {"canary", canary[static_cast<int>(vitals.canary)]},
            {"canary_checked", utc_text(wall_from_boottime(vitals.canary_ns))},
            {"generation", policies.generation()},
            {"policies", policies.policy_count()},
            {"rules", policies.rule_count()},
            {"hooks", hooks_json(engine)},
            {"containers", engine.containers().size()},
            {"pending", states.pending},
            {"arming", states.arming},
            {"approved", states.approved},
            {"enforcing", states.enforcing},
            {"counters", counters},
            {"warnings", warnings}};
}

control::StatusSnapshot status_snapshot(bpf::Engine& engine, const Policies& policies, const Vitals& vitals) {
    const auto states = count_states(engine, vitals);
    control::StatusSnapshot page;
    page.pid = static_cast<std::uint64_t>(getpid());
    page.start = control::process_start(page.pid);
    page.heartbeat_ns = boottime_ns();
    page.state = vitals.stopping                      ? control::DaemonState::Stopping
                 : vitals.canary == Canary::kDenied    ? control::DaemonState::Ready
                 : vitals.canary == Canary::kNotDenied ? control::DaemonState::Blind
                                                       : control::DaemonState::Starting;
    page.canary = static_cast<control::CanaryResult>(vitals.canary);
    page.canary_ns = vitals.canary_ns;
    page.generation = policies.generation();
    page.policies = policies.policy_count();
    page.rules = policies.rule_count();
    page.containers = engine.containers().size();
    page.hooks = engine.attached_mask();
    page.arming = states.arming;
    page.pending = states.pending;
    page.approved = states.approved;
    page.enforcing = states.enforcing;
    engine.take_skipped_runs();
    for (std::size_t i = 0; i < QUELL_COUNTER_COUNT && i < control::kPageCounters; i++)
        page.counters[i] = engine.counter(static_cast<quell_counter>(i));
    for (std::size_t i = 0; i < states.newest.size() && i < control::kPageIncidents; i++) page.incidents[i] = shown_word(states.newest[i], vitals);
    return page;
}

}  // namespace quell::daemon
