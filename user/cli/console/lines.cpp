// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/lines.h"

#include <cstdio>

#include "user/base/time.h"
#include "user/cli/ask.h"
#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"

namespace quell::cli::console {

namespace {

constexpr std::size_t kLabelColumns = 13;
constexpr std::size_t kStatusListMax = 1'000;
constexpr std::size_t kRulesTextMax = 16'384;
constexpr std::size_t kPolicyNameMax = 24;  // as a label, beside which its rules stand

}  // namespace

void add_title(std::vector<Line>& lines, std::string title) {
    if (!lines.empty()) lines.emplace_back();
    Line line;
    line.text = std::move(title);
    line.look = {Tone::Accent, true};
    lines.push_back(std::move(line));
}

void add_line(std::vector<Line>& lines, const Layout& layout, std::size_t indent, std::string label, std::string_view text, Look look, std::size_t most) {
    const std::size_t at = label.empty() ? indent : indent + std::max(kLabelColumns, label.size() + 1);
    const std::size_t room = layout.columns > at + 16 ? layout.columns - at : 16;
    bool is_first = true;
    for (std::string& part : wrap(text, room, most, layout.charset)) {
        Line line;
        line.indent = indent;
        if (is_first) line.label = std::move(label);
        line.text = std::move(part);
        line.look = look;
        line.text_at = at;
        lines.push_back(std::move(line));
        is_first = false;
    }
}

std::string moment_text(std::string_view time, bool utc) {
    const auto wall = parse_time(time);
    if (!wall) return safe(time);
    std::string text = utc ? utc_text(*wall) : local_text(*wall);
    if (utc) text[10] = ' ';
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03u", static_cast<unsigned>(*wall % kNsPerSecond / 1'000'000) % 1000);
    return text.substr(0, 19) + fraction;
}

Tone severity_tone(std::string_view severity) {
    if (severity == "critical" || severity == "high") return Tone::Bad;
    return severity == "medium" ? Tone::Warning : Tone::Plain;
}

Tone state_tone(std::string_view state) {
    if (state == "done" || state == "enforcing") return Tone::Good;
    if (state == "failed" || state == "approved") return Tone::Bad;
    return state == "pending" || state == "arming" ? Tone::Warning : Tone::Plain;
}

std::vector<Line> offer_lines(const Json& offer, const Layout& layout) {
    std::vector<Line> lines;
    const auto add = [&](std::string label, const std::string& text) { add_line(lines, layout, 4, std::move(label), text.empty() ? "unknown" : text); };
    add("target", text_of(offer, "target"));
    const std::int64_t count = control::integer_member(offer, "would_hit_count");
    const Json& hit = control::member(offer, "would_hit");
    const std::size_t listed = hit.is_array() ? std::min(hit.size(), kStatusListMax) : 0;
    if (hit.is_array() || count > 0) add("would hit", std::to_string(count) + (count == 1 ? " process now" : " processes now"));
    for (std::size_t i = 0; i < listed; i++) add_line(lines, layout, 6, {}, process_text(hit[i]));
    if (hit.is_array() && count > static_cast<std::int64_t>(listed)) add_line(lines, layout, 6, {}, "and " + std::to_string(count - static_cast<std::int64_t>(listed)) + " more");
    if (const std::string follows = offer_follow_text(offer); !follows.empty()) add("follows", follows);
    const std::string undo = text_of(offer, "undo");
    add_line(lines, layout, 4, "undo", undo.empty() ? "cannot be undone" : undo, {undo.empty() ? Tone::Warning : Tone::Plain});
    if (const std::string digest = text_of(offer, "digest"); !digest.empty()) add("digest", digest);
    return lines;
}

std::vector<Line> status_lines(const Json& status, const Json& policies, const Layout& layout) {
    using control::integer_member;
    using control::member;
    std::vector<Line> lines;
    const auto number = [&](std::string_view name) { return std::to_string(integer_member(status, name)); };
    const auto add = [&](std::string label, const std::string& text, Tone tone = Tone::Plain) { add_line(lines, layout, 2, std::move(label), text, {tone}); };
    if (!status.is_object()) {
        add("", "asking the daemon");
        return lines;
    }
    const std::string state = text_of(status, "state");
    const std::string canary = text_of(status, "canary");
    add_title(lines, "Daemon");
    add("state", state, state == "ready" || state == "enforcing" ? Tone::Good : Tone::Bad);
    for (const Json& warning : member(status, "warnings"))
        if (warning.is_string() && lines.size() < kStatusListMax) add("warning", safe(warning.get<std::string>()), Tone::Warning);
    add("daemon", "quelld " + text_of(status, "version") + ", pid " + number("pid") + ", since " + moment_text(control::string_member(status, "since"), layout.utc));
    add("kernel", text_of(status, "kernel"));
    add("canary", canary + ", tried " + moment_text(control::string_member(status, "canary_checked"), layout.utc), canary == "denied" ? Tone::Good : Tone::Bad);
    add("containers", number("containers"));
    add("pending", number("pending") + (integer_member(status, "arming") != 0 ? ", " + number("arming") + " arming" : ""));
    add("enforcing", number("enforcing") + (integer_member(status, "approved") != 0 ? ", " + number("approved") + " approved and not proven" : ""));
    add_title(lines, "Policy");
    add("generation", number("generation") + ", " + number("policies") + " policies, " + number("rules") + " rules");
    const Json& loaded = member(policies, "policies");
    for (const Json& policy : loaded) {
        if (lines.size() > kStatusListMax) break;
        std::string ids;
        for (const Json& id : member(policy, "rule_ids"))
            if (id.is_string() && ids.size() < kRulesTextMax) ids += (ids.empty() ? "" : ", ") + safe(id.get<std::string>());
        add_line(lines, layout, 2, fit(text_of(policy, "name"), kPolicyNameMax), ids.empty() ? "no rules" : ids, {}, kStatusListMax);
    }
    std::vector<std::string> attached;
    const Json& hooks = member(status, "hooks");
    for (const Json& hook : hooks)
        if (control::true_member(hook, "attached") && attached.size() < kStatusListMax)
            attached.push_back(text_of(hook, "name") + " (" + text_of(hook, "role") + "), matched " + std::to_string(integer_member(hook, "matched")) + ", refused " +
                               std::to_string(integer_member(hook, "denied")));
    add_title(lines, "Hooks: " + std::to_string(attached.size()) + " of " + std::to_string(hooks.size()) + " attached (the others are not needed now)");
    for (const std::string& hook : attached) add("", hook);
    add_title(lines, "Counters");
    const std::size_t before = lines.size();
    for (const Json& counter : member(status, "counters"))
        if (const auto value = integer_member(counter, "value"); value != 0 && lines.size() < 3 * kStatusListMax) add("", text_of(counter, "name") + " " + std::to_string(value));
    if (lines.size() == before) add("", "all 0");
    return lines;
}

std::vector<Line> help_lines(Page page, const Layout& layout) {
    std::vector<Line> lines;
    add_title(lines, "Keys: " + std::string(kPageTitles[static_cast<std::size_t>(page)]));
    for (const Binding& one : bindings())
        if (one.page == page) add_line(lines, layout, 2, std::string(one.shown), one.help);
    lines.emplace_back();
    add_line(lines, layout, 2, "Ctrl-Z", "stop the console and go to the shell; fg returns");
    return lines;
}

}  // namespace quell::cli::console
