// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/metrics.h"

namespace quell::notifier {
namespace {

using control::integer_member;
using control::member;
using control::string_member;

class Text {
public:
    // Before its samples, once.
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) + "\n";
    }
    void sample(std::int64_t value) { text_ += name_ + " " + std::to_string(value) + "\n"; }
    void sample(std::string_view label, std::string_view label_value, std::int64_t value) {
        text_ += name_ + "{" + std::string(label) + "=\"" + quoted(label_value) + "\"} " + std::to_string(value) + "\n";
    }
    void one(std::string_view name, std::string_view type, std::string_view help, std::int64_t value) {
        family(name, type, help);
        sample(value);
    }
    void add(const std::string& text) { text_ += text; }
    static std::string quoted(std::string_view value) {
        std::string out;
        for (const char c : value) {
            if (c == '\\' || c == '"') out += '\\';
            if (c == '\n') out += "\\n";
            else out += c;
        }
        return out;
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string name_, text_;
};

constexpr std::string_view kGauge = "gauge", kCounter = "counter";

void daemon_numbers(Text& text, const Json& status) {
    text.family("quell_info", kGauge, "Versions of the daemon and of the kernel.");
    text.add("quell_info{version=\"" + Text::quoted(string_member(status, "version")) + "\",kernel=\"" + Text::quoted(string_member(status, "kernel")) + "\"} 1\n");
    text.one("quell_ready", kGauge, "1: the canary was denied, what is enforced holds.", string_member(status, "state") == "ready" ? 1 : 0);
    text.family("quell_state", kGauge, "The state of the daemon, 1 for the one that it is in.");
    for (const char* state : {"ready", "blind", "starting", "stopping"}) text.sample("state", state, string_member(status, "state") == state ? 1 : 0);
    text.one("quell_warnings", kGauge, "Warnings of quell status.", static_cast<std::int64_t>(member(status, "warnings").size()));
    text.one("quell_policy_generation", kGauge, "Generation of the policy in force.", integer_member(status, "generation"));
    text.one("quell_policies", kGauge, "Policies that are loaded.", integer_member(status, "policies"));
    text.one("quell_rules", kGauge, "Rules that are loaded.", integer_member(status, "rules"));
    text.one("quell_containers", kGauge, "Containers that are recognised.", integer_member(status, "containers"));
    text.one("quell_incidents_pending", kGauge, "Incidents that wait for a decision.", integer_member(status, "pending"));
    text.one("quell_incidents_arming", kGauge, "Incidents whose hooks are being attached.", integer_member(status, "arming"));
    text.one("quell_incidents_approved", kGauge, "Containments that are flipped and not proven to hold.", integer_member(status, "approved"));
    text.one("quell_enforcing", kGauge, "Containments that hold.", integer_member(status, "enforcing"));
    const Json& hooks = member(status, "hooks");
    text.family("quell_hook_attached", kGauge, "1: the hook is attached.");
    for (const auto& hook : hooks) text.sample("hook", string_member(hook, "name"), control::true_member(hook, "attached") ? 1 : 0);
    text.family("quell_operations_matched_total", kCounter, "Operations that a rule matched at the hook, since the load.");
    for (const auto& hook : hooks) text.sample("hook", string_member(hook, "name"), integer_member(hook, "matched"));
    text.family("quell_operations_denied_total", kCounter, "Operations that the hook refused, since the load.");
    for (const auto& hook : hooks) text.sample("hook", string_member(hook, "name"), integer_member(hook, "denied"));
    text.family("quell_counted_total", kCounter, "Counters of the kernel side, since the load.");
    for (const auto& counter : member(status, "counters")) text.sample("counter", string_member(counter, "name"), integer_member(counter, "value"));
}

void own_numbers(Text& text, const OwnNumbers& own) {
    const auto of_each = [&](std::string_view name, std::string_view type, std::string_view help, std::uint64_t TargetCounts::*value) {
        text.family(name, type, help);
        for (const auto& [target, counts] : own.targets) text.sample("target", target, static_cast<std::int64_t>(counts.*value));
    };
    text.one("quell_notifier_connected", kGauge, "1: the notifier hears the daemon.", own.connected ? 1 : 0);
    text.one("quell_notifier_history_row", kGauge, "The row of the history up to which it was read.", static_cast<std::int64_t>(own.cursor));
    text.one("quell_notifier_rows_missed_total", kCounter, "Rows that were removed from the history before they were read.", static_cast<std::int64_t>(own.missed));
    text.one("quell_notifier_queue_limit", kGauge, "Messages that may wait for a target.", static_cast<std::int64_t>(own.queue_max));
    of_each("quell_notifier_queue_length", kGauge, "Messages that wait for the target.", &TargetCounts::waiting);
    of_each("quell_notifier_messages_sent_total", kCounter, "Messages that the target took.", &TargetCounts::sent);
    of_each("quell_notifier_messages_refused_total", kCounter, "Messages that the target will never take.", &TargetCounts::refused);
    of_each("quell_notifier_messages_dropped_total", kCounter, "Messages that found no room in the queue.", &TargetCounts::dropped);
    of_each("quell_notifier_attempts_failed_total", kCounter, "Attempts at which the target took nothing.", &TargetCounts::failed);
    text.family("quell_notifier_last_sent_timestamp_seconds", kGauge, "When the target took a message last, 0: not since the start.");
    for (const auto& [target, when] : own.last_sent_s) text.sample("target", target, when);
}

}  // namespace

std::string metrics_text(const std::optional<Json>& status, const OwnNumbers& own) {
    Text text;
    text.one("quell_up", kGauge, "1: the daemon answers.", status ? 1 : 0);
    if (status) daemon_numbers(text, *status);
    own_numbers(text, own);
    return text.take();
}

}  // namespace quell::notifier
