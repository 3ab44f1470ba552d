// SPDX-License-Identifier: Apache-2.0
// The page of one incident: what happened, who, when, what can be done.
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/console/lines.h"
#include "user/cli/incident_text.h"

namespace quell::cli::console {

namespace {

using control::integer_member;
using control::member;
using control::string_member;
using control::true_member;

constexpr std::size_t kAncestryMax = 64;
constexpr std::size_t kMomentsMax = 200;
constexpr std::size_t kOffersMax = 32;
constexpr std::size_t kNotesMax = 16;

std::string known(std::string text) { return text.empty() ? "unknown" : text; }

class IncidentLines {
public:
    IncidentLines(const Json& incident, const Layout& layout) : incident_(incident), layout_(layout) {}

    void summary() {
        const std::string severity = text_of(incident_, "severity"), state = text_of(incident_, "state");
        add("severity", severity, {severity_tone(severity), true});
        add("state", state, {state_tone(state), true});
        if (const std::string doubt = text_of(incident_, "doubt"); !doubt.empty()) add("doubt", doubt, {Tone::Warning});
        for (const Json& hold : member(incident_, "while_pending")) add("held", hold_text(hold));
        std::string tags;
        for (const Json& tag : member(incident_, "tags"))
            if (tag.is_string() && tags.size() < 512) tags += " " + safe(tag.get<std::string>());
        add("rule", text_of(incident_, "policy") + "/" + text_of(incident_, "rule") + ", generation " + number(incident_, "generation") + (tags.empty() ? "" : "," + tags));
        add("operation", text_of(incident_, "operation") + ", hook " + text_of(incident_, "hook") + ", " + text_of(incident_, "verdict"));
        add("events", number(incident_, "count") + ", last " + moment("last"));
        if (waits(state))
            add("deadline", moment("deadline") + ", " + s_text(std::max<std::int64_t>(0, integer_member(incident_, "time_left_s"))) + " left");
        if (const std::string response = text_of(incident_, "response"); !response.empty()) add("response", response);
        if (member(incident_, "decided_by").is_object()) add("decided by", who_text(member(incident_, "decided_by")));
        if (const std::string reason = text_of(incident_, "reason"); !reason.empty()) add("reason", reason);
        if (const std::string note = text_of(incident_, "note"); !note.empty()) add("note", note);
        if (const std::string whose = text_of(incident_, "assigned_to"); !whose.empty()) add("assigned to", whose);
        if (const Json& first = member(incident_, "first_approval"); first.is_object()) first_of_two(first, state);
        notes();
    }

    void what() {
        const Json& file = member(incident_, "file");
        const std::string object = text_of(incident_, "object");
        if (!file.is_object()) {
            if (!object.empty()) add("object", object);
            return;
        }
        add("file", known(text_of(file, "path")) + " (" + text_of(file, "path_is") + (true_member(file, "exists") ? ")" : "), gone"));
        if (const std::string renamed = text_of(file, "renamed_to"); !renamed.empty()) add("renamed to", renamed);
        add("inode", number(file, "inode") + ", generation " + number(file, "generation") + ", device " + text_of(file, "device") + ", layer " + text_of(file, "layer"));
    }

    void who() {
        add_title(lines_, "Subject");
        const Json& container = member(incident_, "container");
        if (!container.is_object()) {
            add("subject", known(text_of(incident_, "subject")));
        } else {
            add("container", known(text_of(container, "name")) + (true_member(container, "alive") ? "" : ", gone"));
            add("pod", known(text_of(container, "pod")) + ", namespace " + known(text_of(container, "namespace")));
            add("image", known(text_of(container, "image")));
            add("id", known(text_of(container, "id")));
            add("cgroup", known(text_of(container, "cgroup")) + " (" + known(text_of(container, "runtime")) + ")");
        }
        const Json& process = member(incident_, "process");
        if (!process.is_object()) return;
        add("executable", known(text_of(incident_, "executable")));
        std::string arguments;
        for (const Json& one : member(incident_, "arguments"))
            if (one.is_string() && arguments.size() < 16'384) arguments += (arguments.empty() ? "" : " ") + safe(one.get<std::string>());
        add("arguments", known(arguments));
        if (true_member(incident_, "arguments_unseen")) add("", "cut: there were more arguments, or more environment, than rules see");
        tree(process);
    }

    // From the oldest that is known down to who acted.
    void tree(const Json& process) {
        add_title(lines_, "Ancestry");
        std::vector<const Json*> chain{&process};
        for (const Json& one : member(incident_, "ancestry"))
            if (chain.size() < kAncestryMax) chain.push_back(&one);
        const std::string_view branch = layout_.charset == Charset::Ascii ? "`- " : "└─ ";
        for (std::size_t depth = 0; depth < chain.size(); depth++) {
            const Json& one = *chain[chain.size() - 1 - depth];
            // Deeper than the screen is wide nothing could be read.
            const std::size_t indent = 2 + 3 * std::min<std::size_t>(depth == 0 ? 0 : depth - 1, 12);
            const bool acted = depth + 1 == chain.size();
            Line line;
            line.indent = line.text_at = indent;
            line.text = (depth == 0 ? "" : std::string(branch)) + process_text(one);
            line.look.bold = acted;
            line.look.dim = !acted && !true_member(one, "alive");
            lines_.push_back(std::move(line));
        }
    }

    void time_line(const Json& rows) {
        add_title(lines_, "Time line");
        if (!rows.is_array()) return add("", "asking the daemon");
        const std::size_t count = std::min(rows.size(), kMomentsMax);
        for (std::size_t i = count; i-- > 0;) moment_of(rows[i]);
        if (count == 0) add("", "no rows");
    }

    void offers(std::size_t chosen, const Json& previews) {
        const Json& all = member(incident_, "offers");
        if (!all.is_array() || all.empty()) return;
        add_title(lines_, "Offers");
        for (std::size_t i = 0; i < std::min(all.size(), kOffersMax); i++) {
            const Json& offer = all[i];
            const bool is_available = true_member(offer, "available");
            Line line;
            line.offer = i;
            line.text_at = 2;
            line.text = (i == chosen ? "> " : "  ") + text_of(offer, "response") + (is_available ? "" : ": not offered, " + known(text_of(offer, "reason")));
            line.look = {Tone::Plain, is_available, !is_available, i == chosen};
            lines_.push_back(std::move(line));
            if (!is_available) continue;
            add_needs(lines_, preview_of(previews, string_member(offer, "response")), layout_);
            for (Line& one : offer_lines(offer, layout_)) lines_.push_back(std::move(one));
        }
    }

    [[nodiscard]] std::vector<Line> take() { return std::move(lines_); }

private:
    void first_of_two(const Json& first, std::string_view state) {
        add("first of two", who_text(member(first, "who")) + ", " + text_of(first, "response") + "@" + text_of(first, "digest") + ", " + moment_text(string_member(first, "since"), layout_.utc));
        if (const std::string reason = text_of(first, "reason"); !reason.empty()) add("", "\"" + reason + "\"");
        if (waits(state)) add("", "nothing is contained yet: another person, not root, has to approve the same", {Tone::Warning});
    }

    void notes() {
        std::size_t count = 0;
        for (const Json& note : member(incident_, "notes")) {
            if (count++ == kNotesMax) break;
            add("noted", moment_text(string_member(note, "time"), layout_.utc) + "  " + text_of(note, "user") + ": " + text_of(note, "text"));
        }
    }

    static bool waits(std::string_view state) { return state == "pending" || state == "arming"; }
    static std::string number(const Json& object, std::string_view name) { return std::to_string(integer_member(object, name)); }
    [[nodiscard]] std::string moment(std::string_view name) const { return moment_text(string_member(incident_, name), layout_.utc); }
    void add(std::string label, const std::string& text, Look look = {}) { add_line(lines_, layout_, 2, std::move(label), text, look); }

    // How long the step took that ended with this row.
    static std::string step_text(const Json& row, std::string_view action) {
        const std::string_view name = action == "approved" ? "detected_to_approved_us" : action == "flipped" ? "approved_to_flipped_us" : "flipped_to_last_gone_us";
        const Json& us = member(member(row, "latency"), name);
        return us.is_number_integer() ? " +" + us_text(us.get<std::int64_t>()) : "";
    }

    void moment_of(const Json& row) {
        const std::string action = text_of(row, "action");
        std::string text = moment_text(string_member(row, "time"), layout_.utc) + "  " + action + step_text(row, action);
        if (const std::string response = text_of(row, "response"); !response.empty()) text += "  " + response;
        if (const std::string result = text_of(row, "result"); !result.empty() && result != action) text += "  " + result;
        if (member(row, "who").is_object()) text += "  by " + who_text(member(row, "who"));
        if (const std::string reason = text_of(row, "reason"); !reason.empty()) text += "  \"" + reason + "\"";
        if (const std::string detail = text_of(row, "detail"); !detail.empty()) text += "  " + detail;
        add("", text, {state_tone(action) == Tone::Warning ? Tone::Plain : state_tone(action)});
    }

    const Json& incident_;
    const Layout& layout_;
    std::vector<Line> lines_;
};

}  // namespace

std::vector<Line> incident_lines(const Json& incident, const Json& previews, const Json& rows, std::size_t chosen, const Layout& layout) {
    IncidentLines made(incident, layout);
    made.summary();
    made.what();
    made.offers(chosen, previews);
    made.time_line(rows);
    made.who();
    return made.take();
}

std::vector<Line> decision_lines(const Json& incident, const Layout& layout) {
    IncidentLines made(incident, layout);
    made.summary();
    made.what();
    return made.take();
}

}  // namespace quell::cli::console
