// SPDX-License-Identifier: Apache-2.0
// evt.arg.*: arguments of the calls, by what they mean for each operation.
#include <algorithm>
#include <array>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/open_flags.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// "..", which no path that the kernel found has.
bool has_parent(const Glob& glob) {
    const auto is_point = [](const Piece& piece) { return piece.kind == Piece::Kind::kByte && piece.text == "."; };
    return std::adjacent_find(glob.begin(), glob.end(), [&](const Piece& a, const Piece& b) { return is_point(a) && is_point(b); }) != glob.end();
}

Said path_said(const Question& question, std::vector<Note> notes = {}) {
    if (question.act.operation == "capability") return unsaid("a capability is asked for, not the path", Said::Need::kPositive);
    if (question.act.kind != Act::Kind::kFile && question.act.kind != Act::Kind::kExec) return never();
    if (question.check.op == Operator::kExists) return always();
    std::vector<Paths> all;
    if (question.check.op == Operator::kPmatch) {
        for (const Value& value : question.check.values) all.push_back(paths_at_or_below(literal(value.text)));
        return say_paths(question, "path", all, std::move(notes));
    }
    const auto asked = without_basename(question.check);
    const auto globs = globs_of(asked ? *asked : question.check);
    if (!globs) return operator_unread(question);
    bool is_written = false;
    for (const Glob& glob : *globs) {
        is_written = is_written || (!asked && !glob.empty() && !begins_with_star(glob) && glob[0].text != "/") || has_parent(glob);
        all.push_back(asked ? paths_named(glob) : paths_of(glob));
    }
    // As the caller wrote it: relative, or with links in it.
    if (is_written) return unsaid("a path that is not absolute is not known to a hook", Said::Need::kPositive);
    return say_paths(question, "path", all, std::move(notes));
}

const Note kResolved{Change::kOther, "paths are compared as the kernel sees them, without links and `..`"};

// The only path of the call, by the name that Falco gives it there.
Said path(const Question& question, std::string_view) {
    const std::string field = field_name(question.check.left);
    const std::string_view event = question.act.event, own = question.act.operation;
    const bool is_argument = field.starts_with("evt.arg.");
    if (own == "link" || (is_argument && (own == "rename" || own == "symlink"))) return never();  // they have two, with other names
    if (field == "evt.arg.path" && (own == "chmod" || event.starts_with("open") || event == "creat")) return never();
    if (field == "evt.arg.filename" && own != "chmod" && own != "exec") return never();
    if (field == "evt.arg.dir" && event != "mount") return never();
    if (own == "exec" && field != "evt.arg.filename") return never();
    return path_said(question, {kResolved});
}

Said old_path(const Question& question, std::string_view) {
    const std::string_view own = question.act.operation;
    if (own == "symlink" && field_name(question.check.left) == "fs.path.source") return unsaid("a link's text is no path that a hook knows");
    if (own != "rename" && own != "link") return never();
    return path_said(question, {kResolved});
}

Said new_path(const Question& question, std::string_view) {
    const std::string_view own = question.act.operation;
    if (own != "rename" && own != "create" && own != "symlink" && own != "mount-over") return never();
    std::vector<Note> notes{kResolved};
    if (own == "rename") notes.push_back({Change::kWider, "a rename is seen by the name that goes, too"});
    return path_said(question, std::move(notes));
}

Said target(const Question& question, std::string_view) {
    if (question.act.operation != "symlink") return never();
    if (question.check.op == Operator::kExists) return always();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<std::string> values;
    for (const Glob& glob : *globs) {
        if (glob == star()) return always();
        if (has_controls(glob)) return unsaid("a text with control characters cannot be asked for");
        if (!glob.empty()) values.push_back(text_value(glob));
    }
    return says("target", std::move(values));
}

Said mount_text(const Question& question, std::string_view key) {
    if (question.act.operation != "mount") return unsaid("it is known of a new mount only");
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<std::string> values;
    for (const Glob& glob : *globs) values.push_back(text_value(glob));
    return says(key, std::move(values));
}

// Falco writes flags as A|B: whether it says that `flag` is among them.
bool names_flag(const Check& check, std::string_view flag) {
    return std::any_of(check.values.begin(), check.values.end(), [&](const Value& value) { return value.text.find(flag) != std::string::npos; });
}

Said flags(const Question& question, std::string_view) {
    const Check& check = question.check;
    const std::string_view own = question.act.operation;
    const bool is_contained = is_one_of(operator_word(check.op), {"contains", "icontains", "intersects", "in", "="});
    if (!is_contained) return operator_unread(question);
    if (own == "user-namespace") {
        if (names_flag(check, "CLONE_NEWUSER")) return always();
        return unsaid("only a new user namespace is seen", Said::Need::kPositive);
    }
    if (question.act.event == "rename" || question.act.event == "renameat2" || question.act.event == "unlinkat")
        return names_flag(check, "AT_REMOVEDIR") && question.wants_less ? never() : unsaid(names_flag(check, "AT_REMOVEDIR") ? "rmdir is not seen" : std::string(kUnknownFlags), Said::Need::kPositive);
    if (question.act.kind == Act::Kind::kExec) return begun_flags(question);
    const bool opens = question.act.kind == Act::Kind::kFile && (question.act.event.starts_with("open") || question.act.event == "creat");
    return opens ? open_flags(question) : unsaid(std::string(kUnknownFlags));
}

constexpr std::array kModes = {WordPair{"S_ISUID", "setuid"}, WordPair{"S_ISGID", "setgid"}, WordPair{"S_ISVTX", "sticky"},
                               WordPair{"S_IXUSR", "executable"}, WordPair{"S_IXGRP", "executable"}, WordPair{"S_IXOTH", "executable"},
                               WordPair{"S_IWGRP", "group-writable"}, WordPair{"S_IWOTH", "world-writable"}};

Said mode(const Question& question, std::string_view) {
    if (question.act.operation != "chmod" && question.act.operation != "create") return unsaid("it is known of chmod and create only");
    const Check& check = question.check;
    if (check.op != Operator::kContains && check.op != Operator::kIcontains && check.op != Operator::kIntersects) return operator_unread(question);
    std::vector<std::string> values;
    bool is_part = false;
    for (const WordPair& bit : kModes) {
        if (!names_flag(check, bit.falco)) continue;
        is_part = is_part || bit.ours == "executable";
        if (std::find(values.begin(), values.end(), bit.ours) == values.end()) values.emplace_back(bit.ours);
    }
    if (values.empty()) return unsaid("these permission bits have no word");
    std::vector<Note> notes;
    if (is_part) notes.push_back({Change::kWider, "executable by anybody counts, not only by who is named"});
    return says("new-mode", std::move(values), std::move(notes));
}

constexpr std::array kRequests = {
    WordPair{"PTRACE_TRACEME", "traceme"}, WordPair{"PTRACE_ATTACH", "attach"}, WordPair{"PTRACE_SEIZE", "attach"},
    WordPair{"PTRACE_POKETEXT", "attach"}, WordPair{"PTRACE_POKEDATA", "attach"}, WordPair{"PTRACE_POKEUSR", "attach"},
    WordPair{"PTRACE_PEEKTEXT", "attach"}, WordPair{"PTRACE_PEEKDATA", "attach"}, WordPair{"PTRACE_PEEKUSR", "attach"},
    WordPair{"PTRACE_SETREGS", "attach"}, WordPair{"PTRACE_SETREGSET", "attach"}, WordPair{"PTRACE_GETREGS", "attach"}};

Said request(const Question& question, std::string_view) {
    if (question.act.operation != "ptrace") return never();
    Said said = say_words(question, "trace", kRequests);
    if (said.kind != Said::Kind::kConditions || said.any[0][0].values == std::vector<std::string>{"traceme"}) return said;
    const bool is_attach = question.check.values[0].text == "PTRACE_ATTACH" || question.check.values[0].text == "PTRACE_SEIZE";
    if (!is_attach) said.notes.push_back({Change::kOther, "what is done to a traced process is seen when it is attached to"});
    return said;
}

constexpr std::array kFamilies = {WordPair{"AF_UNIX", "unix"}, WordPair{"AF_LOCAL", "unix"}, WordPair{"AF_INET", "inet"}, WordPair{"AF_INET6", "inet6"},
                                  WordPair{"AF_NETLINK", "netlink"}, WordPair{"AF_PACKET", "packet"}, WordPair{"AF_VSOCK", "vsock"}, WordPair{"AF_XDP", "xdp"}};
constexpr std::array kSocketTypes = {WordPair{"SOCK_STREAM", "stream"}, WordPair{"SOCK_DGRAM", "datagram"}, WordPair{"SOCK_RAW", "raw"},
                                     WordPair{"SOCK_RDM", "rdm"}, WordPair{"SOCK_SEQPACKET", "seqpacket"}, WordPair{"SOCK_PACKET", "packet"},
                                     WordPair{"1", "stream"}, WordPair{"2", "datagram"}, WordPair{"3", "raw"}};

Said domain(const Question& question, std::string_view) {
    return question.act.operation == "socket" ? say_words(question, "family", kFamilies) : never();
}

Said socket_type(const Question& question, std::string_view) {
    if (question.act.operation == "mount") return mount_text(question, "mount-type");
    if (question.act.operation != "socket") return unsaid("it is known of a socket that is made only");
    return say_words(question, "socket-type", kSocketTypes);
}

constexpr std::array kCommands = {WordPair{"BPF_MAP_CREATE", "map-create"}, WordPair{"BPF_PROG_LOAD", "prog-load"}, WordPair{"BPF_OBJ_PIN", "obj-pin"},
                                  WordPair{"BPF_OBJ_GET", "obj-get"}, WordPair{"BPF_PROG_ATTACH", "prog-attach"}, WordPair{"BPF_PROG_DETACH", "prog-detach"},
                                  WordPair{"BPF_BTF_LOAD", "btf-load"}, WordPair{"BPF_LINK_CREATE", "link-create"},
                                  WordPair{"BPF_RAW_TRACEPOINT_OPEN", "raw-tracepoint-open"}};

Said command(const Question& question, std::string_view) {
    return question.act.operation == "bpf" ? say_words(question, "command", kCommands) : never();
}

constexpr std::array kSignals = {WordPair{"SIGHUP", "HUP"}, WordPair{"SIGINT", "INT"}, WordPair{"SIGQUIT", "QUIT"}, WordPair{"SIGILL", "ILL"},
                                 WordPair{"SIGTRAP", "TRAP"}, WordPair{"SIGABRT", "ABRT"}, WordPair{"SIGBUS", "BUS"}, WordPair{"SIGFPE", "FPE"},
                                 WordPair{"SIGKILL", "KILL"}, WordPair{"SIGUSR1", "USR1"}, WordPair{"SIGSEGV", "SEGV"}, WordPair{"SIGUSR2", "USR2"},
                                 WordPair{"SIGPIPE", "PIPE"}, WordPair{"SIGALRM", "ALRM"}, WordPair{"SIGTERM", "TERM"}, WordPair{"SIGCHLD", "CHLD"},
                                 WordPair{"SIGCONT", "CONT"}, WordPair{"SIGSTOP", "STOP"}, WordPair{"SIGTSTP", "TSTP"}, WordPair{"9", "KILL"},
                                 WordPair{"15", "TERM"}, WordPair{"19", "STOP"}};

Said signal(const Question& question, std::string_view) {
    return question.act.operation == "signal" ? say_words(question, "signal", kSignals) : never();
}

Said new_id(const Question& question, std::string_view key) {
    if (question.act.operation == "setuid") {
        if (question.check.values.size() == 1 && question.check.values[0].text == "root") return says(key, {"0"});
        return say_numbers(question, key);
    }
    if (question.act.operation == "chown") return say_numbers(question, key == "new-uid" ? "new-owner" : "new-group");
    return unsaid("it is known of setuid and chown only");
}

Said protection(const Question& question, std::string_view) {
    if (question.act.operation != "mmap-exec") return unsaid("it is known of a mapping only");
    return names_flag(question.check, "PROT_EXEC") ? always() : unsaid("only that it is executable is known");
}

}  // namespace

std::vector<FieldSayer> argument_fields() {
    return {
        {"evt.arg.path", path, ""},      {"evt.arg.name", path, ""},       {"evt.arg.pathname", path, ""}, {"evt.arg.filename", path, ""},
        {"evt.arg.dir", path, ""},       {"fs.path.name", path, ""},       {"evt.abspath", path, ""},
        {"evt.abspath.src", old_path, ""}, {"evt.abspath.dst", new_path, ""},
        {"evt.arg.oldpath", old_path, ""}, {"fs.path.source", old_path, ""}, {"evt.arg.newpath", new_path, ""},
        {"evt.arg.linkpath", new_path, ""}, {"fs.path.target", new_path, ""}, {"evt.arg.target", target, ""},
        {"evt.arg.dev", mount_text, "mount-source"}, {"evt.arg.type", socket_type, ""}, {"evt.arg.flags", flags, ""},
        {"evt.arg.mode", mode, ""},      {"evt.arg.request", request, ""}, {"evt.arg.domain", domain, ""},
        {"evt.arg.cmd", command, ""},    {"evt.arg.sig", signal, ""},      {"evt.arg.signal", signal, ""},
        {"evt.arg.uid", new_id, "new-uid"}, {"evt.arg.euid", new_id, "new-uid"}, {"evt.arg.gid", new_id, "new-gid"},
        {"evt.arg.prot", protection, ""},
    };
}

}  // namespace quell::policy::falco
