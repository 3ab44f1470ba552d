// SPDX-License-Identifier: Apache-2.0
// Random conditions, asked of random events: by an evaluator of Falco's
// language that knows nothing of ours, and by the reference matcher, of what
// the condition was translated to. Which of them may fire alone is what the
// translation says of itself.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "falco_support.h"
#include "policy/check/check.h"
#include "policy/import/falco/import.h"
#include "policy/reference/match.h"
#include "random_below.h"

namespace quell::policy::falco::test {
namespace {

using Random = std::mt19937;

template <std::size_t N>
std::string one_of(Random& random, const std::array<const char*, N>& words) {
    return words[below(random, N)];
}

constexpr std::array kPaths = {"/a", "/a/x", "/a/xy", "/a/b/x", "/a/b/.z", "/ab/x", "/b/x", "/b/c/d/x", "/b/long-name-of-a-p"};
constexpr std::array kTexts = {"/a", "/a/", "/a/x", "/a/b", "/b/", "/", "x", "/x", "b/x", ".z", "xy"};
constexpr std::array kGlobs = {"/a/*", "/*/x", "/b/*x", "/a*", "*x", "*/b/*", "/?/x", "/[ab]/x*", "/a/*/x"};
constexpr std::array kNames = {"x", "xy", "d", "long-name-of-a-", "z"};
constexpr std::array kWords = {"-c", "-x", "a", "b", "run /a", "a b", "-c a", "/b/x"};
constexpr std::array kLineTexts = {"-c", "-x", "a", "b", "'-c a'", "'a b'", "' -c'", "'a '", "/b/", "x", "'x -c'", "'x -c a'", "'run /a b'", "'d -x'", "'-c a b'", "'x '"};
constexpr std::array kEvents = {"open", "openat", "unlink", "chmod", "execve"};

// Calls that are not told from one another.
constexpr std::array kTypes = {"open, openat", "unlink, unlinkat", "chmod, fchmod, fchmodat", "execve", "unlink"};

struct Event {
    std::string type;
    bool reads = false, writes = false;
    bool in_container = false;
    std::string path;
    std::vector<std::string> executables;  // before an execve; its parent, …
    std::vector<bool> intact;
    std::int64_t uid = 0, login = 0;
    bool has_terminal = false;
    std::vector<std::string> argv;  // of the program that begins, or that acts
};

Event random_event(Random& random) {
    Event event;
    event.type = one_of(random, kEvents);
    const std::size_t mode = 1 + below(random, 3);
    event.reads = event.type.starts_with("open") && (mode & 1) != 0;
    event.writes = event.type.starts_with("open") && (mode & 2) != 0;
    event.in_container = below(random, 2) == 0;
    event.path = one_of(random, kPaths);
    for (std::size_t left = 2 + below(random, 10); left > 0; left--) {
        event.executables.push_back(one_of(random, kPaths));
        event.intact.push_back(!event.in_container || below(random, 4) != 0);
    }
    event.uid = static_cast<std::int64_t>(below(random, 3)) * 500;
    event.login = static_cast<std::int64_t>(below(random, 3)) * 500 - (below(random, 3) == 0 ? 1 : 0);
    if (event.login < 0 || event.login % 500 != 0) event.login = -1;
    event.has_terminal = below(random, 2) == 0;
    const std::string& program = event.type == "execve" ? event.path : event.executables[0];
    event.argv = {below(random, 2) == 0 ? program : program.substr(program.rfind('/') + 1)};
    for (std::size_t left = below(random, below(random, 4) == 0 ? 11 : 4); left > 0; left--) event.argv.push_back(one_of(random, kWords));
    return event;
}

std::string base(const std::string& path) { return path.substr(path.rfind('/') + 1); }
std::string command(const std::string& path) { return base(path).substr(0, 15); }

// The values that a field has; none where the event has no such field.
std::vector<std::string> values_of(const std::string& field, const Event& event) {
    const bool is_open = event.type.starts_with("open"), is_exec = event.type == "execve";
    const std::string& self = is_exec ? event.path : event.executables[0];
    const auto truth = [](bool value) { return std::vector<std::string>{value ? "true" : "false"}; };
    if (field == "evt.type") return {event.type};
    if (field == "evt.is_open_read") return truth(event.reads);
    if (field == "evt.is_open_write") return truth(event.writes);
    if (field == "evt.arg.flags") return is_open ? std::vector<std::string>{event.reads && event.writes ? "O_RDWR" : event.writes ? "O_WRONLY" : "O_RDONLY"} : std::vector<std::string>{};
    if (field == "evt.rawres") return {"0"};
    if (field == "evt.num") return {"77"};
    if (field == "fd.name") return is_open ? std::vector{event.path} : std::vector<std::string>{};
    if (field == "fd.filename") return is_open ? std::vector{base(event.path)} : std::vector<std::string>{};
    if (field == "fd.directory") {
        const std::string directory = event.path.substr(0, event.path.rfind('/'));
        return is_open ? std::vector{directory.empty() ? "/" : directory} : std::vector<std::string>{};
    }
    if (field == "evt.arg.path") return event.type == "unlink" ? std::vector{event.path} : std::vector<std::string>{};
    if (field == "evt.arg.filename") return event.type == "chmod" || is_exec ? std::vector{event.path} : std::vector<std::string>{};
    if (field == "proc.exepath") return {self};
    if (field == "proc.name") return {command(self)};
    if (field == "proc.exeline" || field == "proc.args" || field == "proc.cmdline") {
        std::string line = field == "proc.args" ? "" : field == "proc.exeline" ? event.argv[0] : command(self);
        for (std::size_t i = 1; i < event.argv.size(); i++) line += (i > 1 || field != "proc.args" ? " " : "") + event.argv[i];
        return {line};
    }
    if (field == "proc.pexepath") return {event.executables[1]};
    if (field == "proc.pname") return {command(event.executables[1])};
    if (field == "proc.aexepath") return {event.executables.begin() + 1, event.executables.end()};
    if (field == "user.uid") return {std::to_string(event.uid)};
    if (field == "user.loginuid") return {std::to_string(event.login)};
    if (field == "proc.tty") return {event.has_terminal ? "34816" : "0"};
    if (field == "container.id") return {event.in_container ? "3ad7b26ded6d" : "host"};
    ADD_FAILURE() << field;
    return {};
}

bool fnmatches(std::string_view glob, std::string_view text) {
    if (glob.empty()) return text.empty();
    if (glob[0] == '*') return fnmatches(glob.substr(1), text) || (!text.empty() && fnmatches(glob, text.substr(1)));
    if (text.empty()) return false;
    if (glob[0] == '?') return fnmatches(glob.substr(1), text.substr(1));
    if (glob[0] == '[') {
        const std::size_t end = glob.find(']');
        return glob.substr(1, end - 1).find(text[0]) != std::string_view::npos && fnmatches(glob.substr(end + 1), text.substr(1));
    }
    return glob[0] == text[0] && fnmatches(glob.substr(1), text.substr(1));
}

bool compares(Operator op, const std::string& value, const std::string& with) {
    switch (op) {
        case Operator::kEqual:
        case Operator::kIn: return value == with;
        case Operator::kNotEqual: return value != with;
        case Operator::kContains: return value.find(with) != std::string::npos;
        case Operator::kStartswith: return value.starts_with(with);
        case Operator::kEndswith: return value.ends_with(with);
        case Operator::kGlob: return fnmatches(with, value);
        case Operator::kPmatch: return value == with || value.starts_with(with.ends_with('/') ? with : with + "/");
        case Operator::kLess: return std::stoll(value) < std::stoll(with);
        case Operator::kLessEqual: return std::stoll(value) <= std::stoll(with);
        case Operator::kGreater: return std::stoll(value) > std::stoll(with);
        case Operator::kGreaterEqual: return std::stoll(value) >= std::stoll(with);
        default: ADD_FAILURE(); return false;
    }
}

bool holds(const Check& check, const Event& event) {
    const std::string field = check.left.argument && check.left.field == "evt.arg" ? "evt.arg." + *check.left.argument : check.left.field;
    for (const std::string& value : values_of(field, event)) {
        if (check.op == Operator::kExists) return true;
        for (const Value& with : check.values)
            if (compares(check.op, value, with.text)) return true;
    }
    return false;
}

bool holds(const Expression& tree, const Event& event) {
    if (tree.check != nullptr) return holds(*tree.check, event);
    if (tree.kind == Expression::Kind::kNot) return !holds(*tree.children[0], event);
    for (const ExpressionPtr& child : tree.children)
        if (holds(*child, event) != (tree.kind == Expression::Kind::kAnd)) return tree.kind != Expression::Kind::kAnd;
    return tree.kind == Expression::Kind::kAnd;
}

// What our hooks see of the event.
std::vector<reference::Act> acts_of(const Event& event) {
    reference::Act act;
    act.subject = event.in_container ? QUELL_SUBJECT_CONTAINER : QUELL_SUBJECT_HOST;
    act.path = event.path;
    for (std::size_t i = 0; i < event.executables.size(); i++) act.executables.push_back({event.executables[i], event.intact[i]});
    act.numbers[QUELL_FIELD_UID] = static_cast<std::uint32_t>(event.uid);
    act.numbers[QUELL_FIELD_LOGINUID] = static_cast<std::uint32_t>(event.login);
    act.numbers[QUELL_FIELD_TERMINAL] = event.has_terminal ? 1 : 0;
    act.numbers[QUELL_FIELD_TYPE] = 8;
    act.arguments = event.argv;
    std::vector<reference::Act> acts;
    const auto add = [&](std::uint32_t operation) {
        acts.push_back(act);
        acts.back().operation = operation;
    };
    if (event.reads) add(QUELL_OP_OPEN_READ);
    if (event.writes) add(QUELL_OP_OPEN_WRITE);
    if (event.type == "unlink") add(QUELL_OP_DELETE);
    if (event.type == "chmod") add(QUELL_OP_CHMOD);
    if (event.type == "execve") add(QUELL_OP_EXEC);
    return acts;
}

std::string random_path_check(Random& random, const std::string& field) {
    switch (below(random, 6)) {
        case 0: return field + " = " + one_of(random, kPaths);
        case 1: return field + " in (" + one_of(random, kPaths) + ", " + one_of(random, kPaths) + ")";
        case 2: return field + (below(random, 2) == 0 ? " startswith " : " startswith ") + one_of(random, std::array{"/a/", "/b/", "/", "/a", "/b/c/"});
        case 3: return field + " pmatch (" + one_of(random, std::array{"/a", "/b/c", "/ab", "/a/b"}) + ")";
        case 4: return field + (below(random, 2) == 0 ? " contains " : " endswith ") + one_of(random, kTexts);
        default: return field + " glob '" + one_of(random, kGlobs) + "'";
    }
}

std::string random_line_check(Random& random) {
    const std::string field = one_of(random, std::array{"proc.args", "proc.args", "proc.cmdline", "proc.cmdline", "proc.exeline"});
    const std::string op = one_of(random, std::array{"contains", "contains", "startswith", "endswith", "="});
    if (below(random, 6) == 0) return field + " in (" + one_of(random, kLineTexts) + ", " + one_of(random, kLineTexts) + ")";
    return field + " " + op + " " + one_of(random, kLineTexts);
}

std::string random_check(Random& random) {
    switch (below(random, 20)) {
        case 16:
        case 17:
        case 18: return random_line_check(random);
        case 19: return "evt.arg.flags contains " + one_of(random, std::array{"O_RDONLY", "O_WRONLY", "O_RDWR"});
        case 0: return "evt.is_open_write = true";
        case 1: return "evt.is_open_read = true";
        case 2: return "container.id != host";
        case 3: return one_of(random, std::array{"proc.tty != 0", "proc.tty = 0"});
        case 4: return "user.uid " + one_of(random, std::array{"=", "!=", ">=", "<"}) + " " + one_of(random, std::array{"0", "500", "1000"});
        case 5: return "user.loginuid " + one_of(random, std::array{"=", "!=", ">="}) + " " + one_of(random, std::array{"-1", "0", "500"});
        case 6: return "fd.directory in (/a, " + one_of(random, std::array{"/a/b", "/b", "/b/c/d"}) + ")";
        case 7: return "proc.exepath " + one_of(random, std::array{"=", "!="}) + " " + one_of(random, kPaths);
        case 8: return random_path_check(random, "proc.pexepath");
        case 9: return "proc.aexepath in (" + one_of(random, kPaths) + ")";
        case 10: return "evt.arg.path startswith /a/";
        case 11: return "evt.num = 0";
        case 12: return below(random, 2) == 0 ? "proc.name in (" + one_of(random, kNames) + ", " + one_of(random, kNames) + ")" : "fd.filename = " + one_of(random, kNames);
        default: return random_path_check(random, "fd.name");
    }
}

std::string random_condition(Random& random, unsigned depth) {
    if (depth == 0 || below(random, 4) == 0) return random_check(random);
    std::string text;
    for (std::size_t i = 0, count = 1 + below(random, 3); i < count; i++) {
        if (i > 0) text += below(random, 3) != 0 ? " and " : " or ";
        if (below(random, 3) == 0) text += "not ";
        text += "(" + random_condition(random, depth - 1) + ")";
    }
    return text;
}

struct Ours {
    std::vector<policy::Rule> rules;
    std::string text;
};

Ours rules_of(const Imported& imported) {
    Ours ours;
    std::vector<Source> sources;
    for (const ImportedFile& file : imported.files) {
        sources.push_back({file.name + ".yaml", file.text});
        ours.text += file.text;
    }
    const std::vector<SourceText> texts(sources.begin(), sources.end());
    Findings findings(texts);
    ours.rules = check(texts, {.allow_empty = true}, findings).rules;
    EXPECT_FALSE(findings.has_errors()) << ours.text << summary(findings.take());
    return ours;
}

std::string describe(const Event& event) {
    std::string text = event.type + " " + event.path + (event.in_container ? " in a container" : " on the host") + (event.reads ? " read" : "") + (event.writes ? " write" : "") +
                       " uid " + std::to_string(event.uid) + " login " + std::to_string(event.login) + (event.has_terminal ? " terminal" : "");
    for (const std::string& argument : event.argv) text += " '" + argument + "'";
    for (std::size_t i = 0; i < event.executables.size(); i++) text += " " + event.executables[i] + (event.intact[i] ? "" : "(changed)");
    return text;
}

TEST(FalcoTranslateDifferential, EventsOfFalcoAndOurs) {
    Random random(20261127);
    std::size_t out = 0, exact = 0, by_falco = 0, by_both = 0;
    constexpr unsigned kRounds = 2'000, kEventsEach = 60;
    for (unsigned round = 0; round < kRounds; round++) {
        const std::string types = below(random, 5) == 0 ? "" : "evt.type in (" + one_of(random, kTypes) + ", " + one_of(random, kTypes) + ") and ";
        const std::string file = falco::test::rule(types + "(" + random_condition(random, 2) + ")");
        const std::vector<Source> sources{{"r.yaml", file}};
        const Imported imported = import_rules(sources);
        ASSERT_EQ(imported.rules.size(), 1u) << file << summary(imported.findings);
        const ImportedRule& told = imported.rules[0];
        if (told.outcome == Fidelity::kNot) continue;
        out++;
        exact += told.outcome == Fidelity::kExact ? 1 : 0;
        const auto has = [&](Change change) { return std::any_of(told.notes.begin(), told.notes.end(), [&](const Note& note) { return note.change == change; }); };
        const bool is_wider = has(Change::kWider), is_narrower = has(Change::kNarrower);
        const Ours ours = rules_of(imported);
        const ExpressionPtr condition = read(file).rules.rules[0].condition;
        for (unsigned i = 0; i < kEventsEach; i++) {
            const Event event = random_event(random);
            const bool falco = holds(*condition, event);
            bool fires = false;
            for (const reference::Act& act : acts_of(event)) fires = fires || !reference::matches(ours.rules, act).empty();
            by_falco += falco ? 1 : 0;
            by_both += falco && fires ? 1 : 0;
            if (!is_narrower) {
                ASSERT_LE(falco, fires) << file << describe(event) << "\n" << ours.text;
            }
            if (!is_wider) {
                ASSERT_LE(fires, falco) << file << describe(event) << "\n" << ours.text;
            }
        }
    }
    // a test in which nothing is translated, or nothing fires, would prove nothing
    EXPECT_GT(out, kRounds / 4);
    EXPECT_GT(exact, kRounds / 20);
    EXPECT_GT(by_falco, out * kEventsEach / 50);
    EXPECT_GT(by_both, by_falco / 2);
}

}  // namespace
}  // namespace quell::policy::falco::test
