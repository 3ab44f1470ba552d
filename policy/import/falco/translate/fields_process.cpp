// SPDX-License-Identifier: Apache-2.0
// proc.*, user.*, group.*, thread.*: who acts.
#include <algorithm>
#include <array>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

const Note kName{Change::kOther, "a process is known by its executable's file name, not by a name that it gave itself"};
const Note kFirst{Change::kOther, "what it calls itself (argv[0]) is taken for its executable's path"};
constexpr unsigned kGenerations = 8;

// The program that begins, or the one that acts.
std::string_view self(const Question& question, std::string_view key) {
    return key == "exe" && question.act.kind == Act::Kind::kExec ? "path" : key;
}

// Processes of the runtime, in which a container begins. They have no path in the container.
bool is_runtime(std::string_view name) {
    static constexpr std::array<std::string_view, 12> kRuntimes = {"runc", "docker-runc", "docker-runc-cur", "crun", "conmon", "crio", "containerd",
                                                                   "containerd-shim", "docker-containe", "dockerd", "exe", "youki"};
    return name.starts_with("runc:[") || name.starts_with("containerd-shim") || std::find(kRuntimes.begin(), kRuntimes.end(), name) != kRuntimes.end();
}

const Entry kOutside{"parent", true, {"/**"}};
const Note kOutsideNote{Change::kOther, "a parent outside of the container counts as its runtime"};

Said name_said(const Question& question, std::string_view key) {
    if (question.check.op == Operator::kExists) {
        // "no parent" is said for a runtime's, of which the first process in a container is the child
        if (key == "parent" && question.in_container && question.wants_less) return says("parent", {"/**"}, {kOutsideNote});
        return always();
    }
    std::vector<Glob> globs;
    if (question.check.op == Operator::kPmatch) {
        for (const Value& value : question.check.values) globs.push_back(literal(value.text));
    } else if (auto read = globs_of(question.check)) {
        globs = std::move(*read);
    } else {
        return operator_unread(question);
    }
    std::vector<Note> notes{kName};
    bool by_runtime = false;
    std::vector<Paths> all;
    for (const Glob& glob : globs) {
        const auto text = plain_text(glob);
        if (text && text->empty()) continue;
        if (text && question.in_container && key == "parent" && is_runtime(*text)) {
            by_runtime = true;
            continue;
        }
        if (text && text->find('/') != std::string::npos) {
            notes.push_back({Change::kOther, "no file has the name " + spelt(*text)});
            continue;
        }
        all.push_back(paths_of_command(glob));
    }
    Said said = say_paths(question, key, all, std::move(notes));
    if (!by_runtime) return said;
    if (said.kind == Said::Kind::kUnsaid) return said;
    if (said.kind == Said::Kind::kFalse) said = Said{Said::Kind::kConditions, {}, {kName}, {}, {}};
    said.any.push_back({kOutside});
    said.notes.push_back(kOutsideNote);
    return said;
}

Said name(const Question& question, std::string_view key) { return name_said(question, self(question, key)); }

Said path_of(const Question& question, std::string_view key, std::vector<Note> notes = {}) {
    if (question.check.op == Operator::kExists) return always();
    std::vector<Paths> all;
    if (question.check.op == Operator::kPmatch) {
        for (const Value& value : question.check.values) all.push_back(paths_at_or_below(literal(value.text)));
        return say_paths(question, key, all, std::move(notes));
    }
    const auto asked = without_basename(question.check);
    const auto globs = globs_of(asked ? *asked : question.check);
    if (!globs) return operator_unread(question);
    for (const Glob& glob : *globs) {
        std::string beginning;
        for (const Piece& piece : glob)
            if (piece.kind == Piece::Kind::kByte && beginning.size() < 6) beginning += piece.text;
        if (beginning == "memfd:") return unsaid("a file without a name has no path", Said::Need::kPositive);
        all.push_back(asked ? paths_named(glob) : paths_of(glob));
    }
    return say_paths(question, key, all, std::move(notes));
}

Said path(const Question& question, std::string_view key) { return path_of(question, self(question, key)); }

// proc.exe and its like: argv[0].
Said first_argument(const Question& question, std::string_view key) {
    const auto globs = globs_of(question.check);
    if (!globs) return question.check.op == Operator::kExists ? always() : path(question, key);
    if (key == "exe" && question.act.kind == Act::Kind::kExec) {
        std::vector<std::string> values;
        for (const Glob& glob : *globs) {
            if (glob == star()) return always();
            if (has_controls(glob)) return unsaid("a text with control characters cannot be asked for");
            if (!glob.empty()) values.push_back(placed_value(glob, 0));
        }
        return says("arguments", std::move(values));
    }
    std::vector<Paths> all;
    for (const Glob& glob : *globs) {
        const bool is_path = begins_with_star(glob) || (!glob.empty() && glob[0].text == "/");
        all.push_back(is_path ? paths_of(glob) : paths_named(glob));
    }
    return say_paths(question, key, all, {kFirst});
}

const Note kEight{Change::kNarrower, "of its ancestors the nearest eight are known"};

// proc.aname[N]: one of them; without N any.
Said ancestor(const Question& question, Sayer sayer) {
    const auto& argument = question.check.left.argument;
    if (!argument) {
        Said said = sayer(question, "ancestor");
        said.notes.push_back(kEight);
        return said;
    }
    if (*argument == "0") return sayer(question, "exe");
    if (*argument == "1") return sayer(question, "parent");
    if (question.wants_less) return unsaid("which of the ancestors it is cannot be said");
    if (argument->size() > 1 || (*argument)[0] < '2' || (*argument)[0] > '0' + static_cast<int>(kGenerations)) return unsaid("of its ancestors the nearest eight are known");
    Said said = sayer(question, "ancestor");
    said.notes.push_back({Change::kWider, "any of its eight nearest ancestors may be it"});
    return said;
}

Said ancestor_name(const Question& question, std::string_view) { return ancestor(question, name); }
Said ancestor_path(const Question& question, std::string_view) { return ancestor(question, path); }
Said ancestor_exe(const Question& question, std::string_view) { return ancestor(question, first_argument); }

Said terminal(const Question& question, std::string_view) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return says("terminal", {"true"});
    if (check.values.size() != 1 || check.values[0].text != "0") return unsaid("which terminal it is is not known");
    switch (check.op) {
        case Operator::kEqual:
        case Operator::kIn:
        case Operator::kLessEqual: return says("terminal", {"false"});
        case Operator::kGreater: return says("terminal", {"true"});
        case Operator::kGreaterEqual: return always();
        default: return operator_unread(question);
    }
}

// A truth about the program that begins.
Said begun(const Question& question, std::string_view key, bool value, std::vector<Note> notes) {
    const auto truth = truth_of(question.check);
    if (!truth) return operator_unread(question);
    if (question.act.kind != Act::Kind::kExec) {
        if (key != "intact") return unsaid("it is known at an execution only");
        key = "exe-intact";
    }
    return says(key, {*truth == value ? "true" : "false"}, std::move(notes));
}

Said memfd(const Question& question, std::string_view key) { return begun(question, key, true, {}); }

Said upper_layer(const Question& question, std::string_view key) {
    Said said = begun(question, key, false, {{Change::kWider, std::string(kCountsAsNew)}});
    if (said.kind == Said::Kind::kConditions && question.wants_less) said.notes[0].change = Change::kWider;
    return said;
}

Said lower_layer(const Question& question, std::string_view key) { return begun(question, key, true, {}); }

Said first_process(const Question& question, std::string_view) {
    const Check& check = question.check;
    const bool is_one = check.values.size() == 1 && check.values[0].text == "1" && (check.op == Operator::kEqual || check.op == Operator::kIn);
    if (!is_one) return unsaid("process ids are not known beforehand");
    return question.in_container ? says("first-process", {"true"}) : unsaid("it is known in containers only");
}

constexpr std::array<std::string_view, 41> kCapabilities = {
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable", "net_bind_service",
    "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin",
    "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap", "mac_override",
    "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore"};

Said capability(const Question& question, std::string_view key) {
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<std::string> values;
    for (const std::string_view word : kCapabilities) {
        std::string upper = "CAP_";
        for (const char c : word) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (std::none_of(globs->begin(), globs->end(), [&](const Glob& glob) { return wild_matches(glob, upper); })) continue;
        values.emplace_back(word);
        std::replace(values.back().begin(), values.back().end(), '_', '-');
    }
    if (values.empty()) return unsaid("it is no capability that is known");
    std::vector<Note> notes;
    if (question.check.op == Operator::kEqual || question.check.op == Operator::kIn || question.check.op == Operator::kIntersects)
        notes.push_back({Change::kWider, "other capabilities may be held beside it"});
    return says(key, std::move(values), std::move(notes));
}

Said other_capabilities(const Question& question, std::string_view key) {
    Said said = capability(question, key);
    if (said.kind == Said::Kind::kConditions) said.notes.push_back({Change::kOther, "effective capabilities are asked"});
    return said;
}

// Names that distributions give to system accounts, whose numbers differ.
bool is_system_account(std::string_view name) {
    static constexpr std::array<std::string_view, 30> kNames = {"adm", "apache", "backup", "bin", "daemon", "dbus", "ftp", "games", "gnats", "halt",
                                                                "http", "irc", "list", "lp", "mail", "man", "messagebus", "mysql", "news", "nginx",
                                                                "nobody", "operator", "postgres", "proxy", "shutdown", "sshd", "sync", "sys", "uucp", "www-data"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

Said user_name(const Question& question, std::string_view key) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    if (check.op != Operator::kEqual && check.op != Operator::kIn) return unsaid("names of users are not known to a hook");
    std::vector<std::string> values;
    bool is_range = false;
    for (const Value& value : check.values) {
        if (value.text == "<NA>" || value.text == "N/A" || value.text.empty()) continue;
        if (value.text == "root")
            values.push_back("0");
        else if (!question.wants_less && is_system_account(value.text))
            is_range = true;
        else
            return unsaid("names of users are not known to a hook");
    }
    if (!is_range) return says(key, std::move(values));
    values.insert(values.end(), {"1-999", "65534"});
    return says(key, std::move(values), {{Change::kWider, "any system account counts: names of users are not known to a hook"}});
}

Said number(const Question& question, std::string_view key) { return say_numbers(question, key); }
Said login(const Question& question, std::string_view key) { return say_numbers(question, key, kMostWithNone); }

Said time(const Question&, std::string_view) { return unsaid("a hook does not know how old it is", Said::Need::kAlways); }
Said directory(const Question&, std::string_view) { return unsaid("a hook does not know the working directory", Said::Need::kPositive); }

}  // namespace

std::vector<FieldSayer> process_fields() {
    return {
        {"proc.name", name, "exe"},           {"proc.pname", name, "parent"},         {"proc.aname", ancestor_name, ""},
        {"proc.exepath", path, "exe"},        {"proc.pexepath", path, "parent"},      {"proc.aexepath", ancestor_path, ""},
        {"proc.exe", first_argument, "exe"},  {"proc.pexe", first_argument, "parent"}, {"proc.aexe", ancestor_exe, ""},
        {"proc.tty", terminal, ""},           {"proc.is_exe_from_memfd", memfd, "memfd"}, {"proc.is_exe_upper_layer", upper_layer, "intact"},
        {"proc.is_exe_lower_layer", lower_layer, "intact"}, {"proc.vpid", first_process, ""}, {"thread.vtid", first_process, ""},
        {"proc.duration", time, ""},          {"proc.ppid.duration", time, ""},       {"proc.pid.ts", time, ""},
        {"proc.cwd", directory, ""},          {"proc.pcwd", directory, ""},
        {"thread.cap_effective", capability, "holds"}, {"thread.cap_permitted", other_capabilities, "holds"}, {"thread.cap_inheritable", other_capabilities, "holds"},
        {"user.uid", number, "uid"},          {"user.name", user_name, "uid"},        {"user.loginuid", login, "loginuid"},
        {"user.loginname", user_name, "loginuid"}, {"group.gid", number, "gid"},      {"group.name", user_name, "gid"},
    };
}

}  // namespace quell::policy::falco
