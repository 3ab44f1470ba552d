// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/labels.h"

#include <algorithm>
#include <array>

#include "policy/check/words.h"
#include "policy/import/falco/letters.h"
#include "policy/limits.h"
#include "user/base/escape.h"

namespace quell::policy::falco {
namespace {

constexpr std::string_view kPrefix = "falco-";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Words {
    std::string_view falco;
    std::string_view ours;
};

constexpr std::array<Words, 14> kTactics = {{{"reconnaissance", "TA0043"}, {"resource_development", "TA0042"}, {"initial_access", "TA0001"},
                                             {"execution", "TA0002"}, {"persistence", "TA0003"}, {"privilege_escalation", "TA0004"},
                                             {"defense_evasion", "TA0005"}, {"credential_access", "TA0006"}, {"discovery", "TA0007"},
                                             {"lateral_movement", "TA0008"}, {"collection", "TA0009"}, {"command_and_control", "TA0011"},
                                             {"exfiltration", "TA0010"}, {"impact", "TA0040"}}};

constexpr std::array kFields = {
    Words{"container.id", "container"},          Words{"container.image", "image"},     Words{"container.image.repository", "image"},
    Words{"container.image.tag", "image tag"},   Words{"container.name", "container"},  Words{"evt.type", "operation"},
    Words{"evt.time", "time"},                   Words{"evt.args", "details"},          Words{"fd.directory", "directory"},
    Words{"fd.filename", "file name"},           Words{"fd.name", "object"},            Words{"fd.sip", "server"},
    Words{"fd.sport", "port"},                   Words{"group.gid", "group id"},        Words{"group.name", "group"},
    Words{"k8s.ns.name", "namespace"},           Words{"k8s.pod.name", "pod"},          Words{"proc.aname", "ancestor"},
    Words{"proc.args", "arguments"},             Words{"proc.cmdline", "command line"}, Words{"proc.cwd", "working directory"},
    Words{"proc.exe", "argv[0]"},                Words{"proc.exepath", "executable"},   Words{"proc.name", "process"},
    Words{"proc.pcmdline", "parent's command line"}, Words{"proc.pid", "pid"},          Words{"proc.pname", "parent"},
    Words{"proc.tty", "terminal"},               Words{"user.loginname", "login"},      Words{"user.loginuid", "login id"},
    Words{"user.name", "user"},                  Words{"user.uid", "user id"},
};

std::string field_words(std::string_view field) {
    for (const Words& row : kFields)
        if (row.falco == field) return std::string(row.ours);
    std::string words(field);
    std::replace_if(words.begin(), words.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
    return words;
}

bool is_technique(std::string_view text) {
    if (text.size() < 5 || (text[0] != 'T' && text[0] != 't')) return false;
    const std::string_view number = text.substr(1);
    if (number.size() != 4 && !(number.size() == 8 && number[4] == '.')) return false;
    for (std::size_t i = 0; i < number.size(); i++)
        if (i != 4 && !is_digit(number[i])) return false;
    return true;
}

// One line, printable, at most `most` bytes.
std::string line_of(std::string_view text, std::size_t most) {
    std::string line;
    for (const char c : text) {
        const char plain = c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
        if (plain != ' ' || (!line.empty() && line.back() != ' ')) line += plain;
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    for (std::size_t cut = most;; cut -= cut / 8 + 1) {
        std::string shown = escape_cut(line, cut);
        if (shown.size() <= most) return shown;
        if (cut < 8) return {};
    }
}

void add(std::vector<std::string>& tags, std::string tag) {
    if (tag.empty() || tag.size() > kMaxTagBytes || tags.size() >= kMaxTags) return;
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(std::move(tag));
}

}  // namespace

std::string id_of(std::string_view name, std::size_t room) {
    std::string id;
    for (const char c : name) {
        const char one = lower(c);
        if ((one >= 'a' && one <= 'z') || is_digit(one))
            id += one;
        else if (!id.empty() && id.back() != '-')
            id += '-';
    }
    if (!id.starts_with(kPrefix)) id = std::string(kPrefix) + id;
    id = id.substr(0, kMaxNameBytes - std::min(room, kMaxNameBytes - kPrefix.size()));
    while (id.ends_with('-')) id.pop_back();
    return id == "falco" ? "falco-rule" : id;
}

std::string unique_id(std::string_view name, std::set<std::string>& taken) {
    std::string id = id_of(name);
    for (std::size_t number = 2; !taken.insert(id).second; number++) {
        const std::string suffix = "-" + std::to_string(number);
        id = id_of(name, suffix.size()) + suffix;
    }
    return id;
}

std::string title_of(std::string_view name) {
    std::string title = line_of(name, kMaxTitleBytes);
    return title.empty() ? "Falco rule" : title;
}

std::string_view severity_of(Priority priority) {
    switch (priority) {
        case Priority::kEmergency:
        case Priority::kAlert:
        case Priority::kCritical: return "critical";
        case Priority::kError: return "high";
        case Priority::kWarning: return "medium";
        case Priority::kNotice: return "low";
        case Priority::kInformational:
        case Priority::kDebug: return "info";
    }
    return "info";
}

std::vector<std::string> tags_of(const std::vector<std::string>& tags) {
    std::vector<std::string> result;
    for (const std::string& tag : tags) {
        std::string_view rest = tag;
        for (const std::string_view prefix : {"attack.", "mitre."})
            if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
        if (is_technique(rest)) {
            add(result, "T" + std::string(rest.substr(1)));
            continue;
        }
        add(result, line_of(tag, kMaxTagBytes));
        if (!rest.starts_with("mitre_")) continue;
        for (const Words& tactic : kTactics)
            if (rest.substr(6) == tactic.falco) add(result, std::string(tactic.ours));
    }
    return result;
}

std::string summary_of(std::string_view output) {
    std::string text;
    for (std::size_t i = 0; i < output.size(); i++) {
        if (output[i] != '%') {
            text += output[i];
            continue;
        }
        const auto is_part = [](char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '.'; };
        std::size_t end = i + 1;
        while (end < output.size() && is_part(output[end])) end++;
        std::string_view field = output.substr(i + 1, end - i - 1);
        while (field.ends_with('.')) {
            field.remove_suffix(1);
            end--;
        }
        if (field.empty()) {
            text += '%';
            continue;
        }
        text += "<" + field_words(field);
        if (end < output.size() && output[end] == '[') {
            const std::size_t close = output.find(']', end);
            if (close != std::string_view::npos) {
                text += " " + std::string(output.substr(end + 1, close - end - 1));
                end = close + 1;
            }
        }
        text += ">";
        i = end - 1;
    }
    return text;
}

std::string description_of(const Rule& rule, std::string_view file) {
    constexpr std::size_t kMostOrigin = 700;
    const std::string origin =
        "From Falco's rule " + line_of(rule.name, 200) + ", " + line_of(file, 400) + ":" + std::to_string(rule.where.line) + ".";
    const std::string summary = line_of(summary_of(rule.output), kMaxDescriptionBytes / 3);
    std::string text = line_of(rule.description, kMaxDescriptionBytes - kMaxDescriptionBytes / 3 - kMostOrigin - 32);
    if (!text.empty() && std::string_view(".!?").find(text.back()) == std::string_view::npos) text += ".";
    if (!summary.empty()) text += (text.empty() ? "" : " ") + std::string("Summary: ") + summary + (summary.ends_with('.') ? "" : ".");
    return text + (text.empty() ? "" : " ") + origin;
}

}  // namespace quell::policy::falco
