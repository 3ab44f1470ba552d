// SPDX-License-Identifier: Apache-2.0
#include "user/cli/status_text.h"

#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"

namespace quell::cli {

namespace {

using control::CanaryResult;
using control::DaemonState;
using control::integer_member;
using control::member;
using control::StatusSnapshot;

constexpr std::array kCounterWords = {
#define COUNTER(name, loud, text) std::string_view{#name},
#include "kern/counters.def"
#undef COUNTER
};
static_assert(kCounterWords.size() <= control::kPageCounters);
static_assert(kHookWords.size() <= 64, "one word of the status page");

constexpr std::array<std::string_view, 4> kDaemonStateWords = {"starting", "ready", "blind", "stopping"};
constexpr std::array<std::string_view, 3> kCanaryWords = {"unknown", "denied", "not-denied"};

std::string since(std::uint64_t time_ns) {
    if (time_ns == 0) return "never";
    const std::uint64_t now = boottime_ns();
    return s_text(static_cast<std::int64_t>((now > time_ns ? now - time_ns : 0) / static_cast<std::uint64_t>(kNsPerSecond))) + " ago";
}

std::string lower(std::string_view word) {
    std::string out;
    for (const char c : word) out += c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return out;
}

std::string line(std::string_view label, const std::string& text) {
    if (text.empty()) return std::string(label) + "\n";
    return std::string(label) + std::string(label.size() < 12 ? 12 - label.size() : 1, ' ') + text + "\n";
}

std::string number(const Json& status, std::string_view name) { return std::to_string(integer_member(status, name)); }

}  // namespace

std::string status_text(const Json& status, const Invocation& invocation) {
    const Terminal& out = invocation.out;
    const std::string state = text_of(status, "state");
    const bool is_good = state == "ready" || state == "enforcing";
    std::string text = line("state", out.paint(is_good ? Colour::Green : Colour::Red, state));
    for (const Json& warning : member(status, "warnings"))
        if (warning.is_string()) text += line("warning", out.paint(Colour::Yellow, safe(warning.get<std::string>())));
    text += line("daemon", "quelld " + text_of(status, "version") + ", pid " + number(status, "pid") + ", since " +
                               show_time(control::string_member(status, "since"), invocation.utc));
    text += line("kernel", text_of(status, "kernel"));
    text += line("canary", text_of(status, "canary") + ", tried " + show_time(control::string_member(status, "canary_checked"), invocation.utc));
    text += line("policy", "generation " + number(status, "generation") + ", " + number(status, "policies") + " policies, " + number(status, "rules") + " rules");
    text += line("containers", number(status, "containers"));
    text += line("pending", number(status, "pending") + (integer_member(status, "pending") == 0 ? " (nothing waits for a decision)" : "") +
                                (integer_member(status, "arming") != 0 ? ", " + number(status, "arming") + " arming" : ""));
    text += line("enforcing", number(status, "enforcing") +
                                  (integer_member(status, "approved") != 0 ? ", " + number(status, "approved") + " approved and not proven" : ""));
    std::size_t attached = 0;
    const Json& hooks = member(status, "hooks");
    for (const Json& hook : hooks) attached += control::true_member(hook, "attached");
    text += line("hooks", std::to_string(attached) + " of " + std::to_string(hooks.size()) + " attached (the others are not needed now)");
    for (const Json& hook : hooks) {
        if (!control::true_member(hook, "attached")) continue;
        const std::int64_t denied = integer_member(hook, "denied");
        text += "  " + text_of(hook, "name") + " (" + text_of(hook, "role") + ")" + (denied != 0 ? ", refused " + std::to_string(denied) : "") + "\n";
    }
    std::string counters;
    for (const Json& counter : member(status, "counters"))
        if (const auto value = integer_member(counter, "value"); value != 0) counters += "  " + text_of(counter, "name") + " " + std::to_string(value) + "\n";
    return text + line("counters", counters.empty() ? "all 0" : "") + counters;
}

namespace {

// What can be said of the kernel when only the page speaks: it needs no daemon, but nobody has tried it since.
std::string enforcement_text(const StatusSnapshot& page) {
    switch (page.canary) {
        case control::CanaryResult::Denied: return "; the kernel enforced " + since(page.canary_ns) + ", which needs no daemon";
        case control::CanaryResult::NotDenied: return "; blind: the kernel did not enforce " + since(page.canary_ns);
        case control::CanaryResult::Unknown: break;
    }
    return "; whether the kernel enforces is not known";
}

}  // namespace

std::string silence_text(const StatusSnapshot& page) {
    char state = 0;
    const std::uint64_t start = control::process_start(page.pid, &state);
    const std::string pid = " (pid " + std::to_string(page.pid) + ")";
    if (start == 0 || start != page.start) return "quelld is not running: heartbeat " + since(page.heartbeat_ns) + enforcement_text(page);
    const bool is_stopped = state == 'T' || state == 't';
    return std::string("daemon does not answer, it is ") + (is_stopped ? "stopped" : "hung") + pid + ": heartbeat " + since(page.heartbeat_ns) +
           enforcement_text(page);
}

std::string page_text(const StatusSnapshot& page) {
    std::string text = line("state", std::string(word_at(kDaemonStateWords, static_cast<std::size_t>(page.state))) + " when it last wrote");
    text += line("canary", std::string(word_at(kCanaryWords, static_cast<std::size_t>(page.canary))) + ", tried " + since(page.canary_ns));
    text += line("policy", "generation " + std::to_string(page.generation) + ", " + std::to_string(page.policies) + " policies, " + std::to_string(page.rules) + " rules");
    text += line("containers", std::to_string(page.containers));
    text += line("pending", std::to_string(page.pending) + (page.arming != 0 ? ", " + std::to_string(page.arming) + " arming" : ""));
    text += line("enforcing", std::to_string(page.enforcing) + (page.approved != 0 ? ", " + std::to_string(page.approved) + " approved and not proven" : "") +
                                  " when it last wrote");
    std::string hooks;
    for (std::size_t i = 0; i < kHookWords.size(); i++)
        if (page.hooks >> i & 1) hooks += (hooks.empty() ? "" : " ") + std::string(kHookWords[i]);
    text += line("hooks", hooks.empty() ? "none attached" : hooks);
    std::string counters;
    for (std::size_t i = 0; i < kCounterWords.size(); i++)
        if (page.counters[i] != 0) counters += "  " + lower(kCounterWords[i]) + " " + std::to_string(page.counters[i]) + "\n";
    text += line("counters", counters.empty() ? "all 0" : "") + counters;
    for (const std::uint64_t word : page.incidents)
        if (word != 0) text += line("incident", id_text(QUELL_WORD_INCIDENT(word)) + " " + std::string(word_at(kStateWords, QUELL_WORD_STATE(word))));
    return text;
}

Json page_json(const StatusSnapshot& page) {
    Json hooks = Json::array();
    for (std::size_t i = 0; i < kHookWords.size(); i++)
        if (page.hooks >> i & 1) hooks.push_back(kHookWords[i]);
    Json counters = Json::array();
    for (std::size_t i = 0; i < kCounterWords.size(); i++) counters.push_back({{"name", lower(kCounterWords[i])}, {"value", page.counters[i]}});
    Json incidents = Json::array();
    for (const std::uint64_t word : page.incidents)
        if (word != 0) incidents.push_back({{"id", id_text(QUELL_WORD_INCIDENT(word))}, {"state", word_at(kStateWords, QUELL_WORD_STATE(word))}});
    const std::uint64_t now = boottime_ns();
    return {{"pid", page.pid},
            {"heartbeat_age_s", (now > page.heartbeat_ns ? now - page.heartbeat_ns : 0) / static_cast<std::uint64_t>(kNsPerSecond)},
            {"state", word_at(kDaemonStateWords, static_cast<std::size_t>(page.state))},
            {"canary", word_at(kCanaryWords, static_cast<std::size_t>(page.canary))},
            {"generation", page.generation},
            {"policies", page.policies},
            {"rules", page.rules},
            {"containers", page.containers},
            {"arming", page.arming},
            {"pending", page.pending},
            {"approved", page.approved},
            {"enforcing", page.enforcing},
            {"hooks", hooks},
            {"counters", counters},
            {"incidents", incidents}};
}

}  // namespace quell::cli
