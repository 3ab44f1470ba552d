// SPDX-License-Identifier: Apache-2.0
#include "user/cli/incident_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "user/base/time.h"
#include "user/cli/show_time.h"

namespace quell::cli {

namespace {

using control::integer_member;
using control::member;
using control::true_member;

std::string or_unknown(std::string text) { return text.empty() ? "unknown" : text; }

std::string line(std::string_view label, const std::string& text) {
    return "  " + std::string(label) + std::string(label.size() < 12 ? 12 - label.size() : 1, ' ') + text + "\n";
}

// A number from the wire times a unit, without overflow.
std::string scaled(std::int64_t value, std::int64_t unit_ns) {
    const std::int64_t bound = std::numeric_limits<std::int64_t>::max() / unit_ns;
    return duration_text(std::clamp(value, -bound, bound) * unit_ns);
}

std::string process_section(const Json& incident) {
    const Json& process = member(incident, "process");
    if (!process.is_object()) return {};
    std::string out = "Process\n" + line("process", process_text(process));
    out += line("executable", or_unknown(text_of(incident, "executable")));
    std::string arguments;
    for (const Json& one : member(incident, "arguments"))
        if (one.is_string()) arguments += (arguments.empty() ? "" : " ") + safe(one.get<std::string>());
    out += line("arguments", or_unknown(arguments));
    if (true_member(incident, "arguments_unseen")) out += line("", "cut: there were more arguments, or more environment, than rules see");
    std::string label = "ancestry";
    for (const Json& one : member(incident, "ancestry")) {
        out += line(label, process_text(one));
        label.clear();
    }
    return out;
}

std::string container_section(const Json& incident) {
    const Json& container = member(incident, "container");
    if (!container.is_object()) return "Host\n" + line("subject", text_of(incident, "subject"));
    return "Container\n" + line("name", or_unknown(text_of(container, "name"))) + line("pod", or_unknown(text_of(container, "pod"))) +
           line("namespace", or_unknown(text_of(container, "namespace"))) + line("image", or_unknown(text_of(container, "image"))) +
           line("id", or_unknown(text_of(container, "id"))) +
           line("cgroup", or_unknown(text_of(container, "cgroup")) + " (" + or_unknown(text_of(container, "runtime")) + ")") +
           line("alive", true_member(container, "alive") ? "yes" : "gone");
}

std::string file_section(const Json& incident) {
    const Json& file = member(incident, "file");
    const std::string object = text_of(incident, "object");
    if (!file.is_object()) return object.empty() ? object : "Object\n" + line("object", object);
    std::string out = "File\n" + line("path", or_unknown(text_of(file, "path")) + " (" + text_of(file, "path_is") + ")");
    if (const std::string renamed = text_of(file, "renamed_to"); !renamed.empty()) out += line("renamed to", renamed);
    return out + line("inode", std::to_string(integer_member(file, "inode")) + ", generation " + std::to_string(integer_member(file, "generation")) +
                                   ", device " + text_of(file, "device")) +
           line("layer", text_of(file, "layer")) + line("exists", true_member(file, "exists") ? "yes" : "gone");
}

// Who has it open or mapped now.
std::string holders_section(const Json& incident) {
    const Json& holders = member(incident, "holders");
    if (!holders.is_array()) return {};
    const std::int64_t count = integer_member(incident, "holders_count", -1);
    std::string out;
    for (const Json& one : holders) out += "  " + process_text(one) + "\n";
    if (count > static_cast<std::int64_t>(holders.size())) out += "  and " + std::to_string(count - static_cast<std::int64_t>(holders.size())) + " more\n";
    if (count < 0) out += "  others may hold it: there was no time to look at every process\n";
    return out.empty() ? out : "Held by\n" + out;
}

// Running containers that have it in their image, and are refused it with everybody.
std::string users_section(const Json& incident) {
    std::string out;
    for (const Json& one : member(incident, "users"))
        if (one.is_string()) out += "  " + safe(one.get<std::string>()) + "\n";
    return out.empty() ? out : "In the image of\n" + out;
}

std::string offers_section(const Json& incident, const Terminal& out) {
    std::string text;
    const bool is_pending = text_of(incident, "state") == "pending" || text_of(incident, "state") == "arming";
    for (const Json& offer : member(incident, "offers")) {
        const std::string response = text_of(offer, "response");
        if (!true_member(offer, "available")) {
            text += "  " + response + ": not offered, " + or_unknown(text_of(offer, "reason")) + "\n";
            continue;
        }
        text += "  " + out.paint(Colour::Bold, response) + "\n" + offer_text(offer, "    ");
        const std::string digest = text_of(offer, "digest");
        if (is_pending && !digest.empty())
            text += "    approve:   quell approve " + text_of(incident, "id") + "@" + digest + " " + response + " --reason \"…\"\n";
    }
    return text.empty() ? text : "Offers\n" + text;
}

std::string notes_section(const Json& incident, bool utc) {
    std::string out;
    for (const Json& note : member(incident, "notes"))
        out += "  " + show_time(control::string_member(note, "time"), utc) + "  " + or_unknown(text_of(note, "user")) + ": " + text_of(note, "text") + "\n";
    return out.empty() ? out : "Notes\n" + out;
}

std::string decision_section(const Json& incident, bool utc) {
    std::string out;
    if (const std::string response = text_of(incident, "response"); !response.empty()) out += line("response", response);
    if (member(incident, "decided_by").is_object()) out += line("decided by", who_text(member(incident, "decided_by")));
    if (const std::string reason = text_of(incident, "reason"); !reason.empty()) out += line("reason", reason);
    if (member(incident, "latency").is_object()) out += line("latency", latency_text(incident, utc));
    if (const Json& first = member(incident, "first_approval"); first.is_object()) {
        out += line("first of two", who_text(member(first, "who")) + ", " + text_of(first, "response") + "@" + text_of(first, "digest") + ", since " +
                                        show_time(control::string_member(first, "since"), utc));
        if (const std::string reason = text_of(first, "reason"); !reason.empty()) out += line("", "reason: " + reason);
    }
    if (const std::string note = text_of(incident, "note"); !note.empty()) out += line("note", note);
    if (const std::string follow = follow_text(incident, utc); !follow.empty()) out += line("follows", follow);
    return out.empty() ? out : "Decision\n" + out;
}

}  // namespace

// A tenth of the unit is what tells 4.1 ms from 4.9 ms.
std::string us_text(std::int64_t us) {
    if (us < 1000 || us >= 60'000'000) return scaled(us, 1000);
    const std::int64_t unit = us < 1'000'000 ? 1000 : 1'000'000;
    const std::int64_t tenths = us * 10 / unit;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + (unit == 1000 ? "ms" : "s");
}
std::string s_text(std::int64_t s) { return scaled(s, kNsPerSecond); }

std::string hold_text(const Json& hold) {
    const Json& after = member(hold, "after_us");
    const std::string detail = text_of(hold, "detail");
    std::string when;
    if (after.is_number_integer() && text_of(hold, "state") != "lifted")
        when = after.get<std::int64_t>() == 0 ? " from the event on" : " " + us_text(after.get<std::int64_t>()) + " after the event";
    return text_of(hold, "response") + ": " + text_of(hold, "state") + when + (detail.empty() ? "" : ", " + detail);
}

std::string short_s_text(std::int64_t s) {
    const std::string text = s_text(s);
    return text.substr(0, text.find(' '));
}

std::string process_text(const Json& process) {
    const std::string role = text_of(process, "role");
    return std::to_string(integer_member(process, "pid")) + " " + or_unknown(text_of(process, "comm")) + " (uid " +
           std::to_string(integer_member(process, "uid")) + ")" + (role.empty() ? "" : ", " + role) +
           (true_member(process, "alive") ? ", running" : ", gone");
}

std::string who_text(const Json& who) {
    const std::string login = text_of(who, "login_user");
    const std::int64_t login_uid = integer_member(who, "login_uid", -1);
    // A rule: nobody has this uid.
    if (integer_member(who, "uid") == std::numeric_limits<std::uint32_t>::max()) return or_unknown(text_of(who, "user"));
    // The kernel's "nobody logged in": a service, or before the first login.
    const bool has_login = login_uid >= 0 && login_uid != std::numeric_limits<std::uint32_t>::max();
    return or_unknown(text_of(who, "user")) + " (uid " + std::to_string(integer_member(who, "uid")) +
           (has_login ? ", logged in as " + (login.empty() ? "uid" : login) + " " + std::to_string(login_uid) : "") + ")";
}

std::string latency_text(const Json& incident, bool utc) {
    const Json& latency = member(incident, "latency");
    std::string out = "detected " + show_time(control::string_member(incident, "first"), utc);
    const auto step = [&](std::string_view name, std::string_view what) {
        if (const Json& us = member(latency, name); us.is_number_integer()) out += " -> " + std::string(what) + " +" + us_text(us.get<std::int64_t>());
    };
    step("detected_to_approved_us", "approved");
    step("approved_to_flipped_us", "flipped");
    step("flipped_to_last_gone_us", "last process gone");
    return out;
}

std::string offer_follow_text(const Json& offer) {
    if (const std::string why = text_of(offer, "not_followed"); !why.empty()) return "not its workload, though its rule says so: " + why;
    const Json& term = member(offer, "follow_s");
    return term.is_number_integer() ? "its workload, for " + s_text(std::max<std::int64_t>(0, term.get<std::int64_t>())) + " (--no-follow: not this time)" : "";
}

std::string offer_text(const Json& offer, std::string_view indent) {
    const std::string start(indent);
    std::string out;
    if (const std::string target = text_of(offer, "target"); !target.empty()) out += start + "target:    " + target + "\n";
    const std::int64_t count = integer_member(offer, "would_hit_count");
    const Json& hit = member(offer, "would_hit");
    if (hit.is_array() || count > 0) {
        out += start + "would hit: " + std::to_string(count) + (count == 1 ? " process" : " processes") + " now\n";
        for (const Json& one : hit) out += start + "  " + process_text(one) + "\n";
        if (hit.is_array() && count > static_cast<std::int64_t>(hit.size()))
            out += start + "  and " + std::to_string(count - static_cast<std::int64_t>(hit.size())) + " more\n";
    }
    if (const std::string warning = text_of(offer, "warning"); !warning.empty()) out += start + "warning:   " + warning + "\n";
    if (const std::string follows = offer_follow_text(offer); !follows.empty()) out += start + "follows:   " + follows + "\n";
    const std::string undo = text_of(offer, "undo");
    return out + start + "undo:      " + (undo.empty() ? "cannot be undone" : undo) + "\n";
}

std::string parts_text(const Json& reply) {
    std::string out;
    for (const Json& part : member(reply, "parts")) {
        const std::string note = text_of(part, "note");
        out += "  " + text_of(part, "id") + " " + text_of(part, "subject") + ": " + text_of(part, "state") + (note.empty() ? "" : ", " + note) + "\n";
    }
    return out;
}

std::string follow_text(const Json& incident, bool utc) {
    const Json& follow = member(incident, "follow");
    if (!follow.is_object()) return {};
    const std::int64_t times = integer_member(follow, "times");
    std::string paths;
    for (const Json& one : member(follow, "paths"))
        if (one.is_string()) paths += (paths.empty() ? ", by " : ", ") + safe(one.get<std::string>());
    std::string out = text_of(follow, "response") + " of incident " + text_of(follow, "incident") + " follows " + text_of(follow, "workload") + paths + " until " +
                      show_time(control::string_member(follow, "until"), utc) + ", " + s_text(std::max<std::int64_t>(0, integer_member(follow, "time_left_s"))) + " left; it came back " +
                      std::to_string(times) + (times == 1 ? " time" : " times");
    if (const Json& window = member(follow, "longest_window_us"); window.is_number_integer()) out += ", not contained for at most " + us_text(window.get<std::int64_t>());
    std::string incidents;
    for (const Json& one : member(follow, "came_back"))
        if (one.is_string()) incidents += (incidents.empty() ? "" : ", ") + safe(one.get<std::string>());
    return incidents.empty() ? out : out + ": " + incidents;
}

const Json& find_offer(const Json& incident, std::string_view response) {
    static const Json kNothing;
    for (const Json& offer : member(incident, "offers"))
        if (control::string_member(offer, "response") == response) return offer;
    return kNothing;
}

std::string severity_text(const Json& incident, const Terminal& out) {
    const std::string severity = text_of(incident, "severity");
    if (severity == "high" || severity == "critical") return out.paint(Colour::Red, severity);
    return severity == "medium" ? out.paint(Colour::Yellow, severity) : severity;
}

std::string incident_text(const Json& incident, const Invocation& invocation) {
    const auto time = [&](std::string_view name) { return show_time(control::string_member(incident, name), invocation.utc); };
    std::string tags;
    for (const Json& tag : member(incident, "tags"))
        if (tag.is_string()) tags += " " + safe(tag.get<std::string>());
    std::string out = invocation.out.paint(Colour::Bold, "Incident " + text_of(incident, "id") + ": " + text_of(incident, "name")) + "\n";
    out += line("severity", severity_text(incident, invocation.out));
    out += line("state", text_of(incident, "state"));
    if (const std::string whose = text_of(incident, "assigned_to"); !whose.empty()) out += line("assigned to", whose);
    if (const std::string doubt = text_of(incident, "doubt"); !doubt.empty()) out += line("doubt", invocation.out.paint(Colour::Yellow, doubt));
    std::string label = "held";
    for (const Json& hold : member(incident, "while_pending")) out += line(std::exchange(label, ""), hold_text(hold));
    out += line("rule", text_of(incident, "policy") + "/" + text_of(incident, "rule") + ", generation " + std::to_string(integer_member(incident, "generation")) +
                            (tags.empty() ? "" : "," + tags));
    out += line("operation", text_of(incident, "operation") + ", hook " + text_of(incident, "hook") + ", verdict " + text_of(incident, "verdict"));
    out += line("events", std::to_string(integer_member(incident, "count")) + ", first " + time("first") + ", last " + time("last"));
    out += line("age", s_text(integer_member(incident, "age_s")));
    out += line("deadline", time("deadline") + ", " + s_text(std::max<std::int64_t>(0, integer_member(incident, "time_left_s"))) + " left");
    return out + container_section(incident) + process_section(incident) + file_section(incident) + holders_section(incident) + users_section(incident) + offers_section(incident, invocation.out) +
           decision_section(incident, invocation.utc) + notes_section(incident, invocation.utc);
}

}  // namespace quell::cli
