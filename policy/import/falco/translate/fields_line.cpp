// SPDX-License-Identifier: Apache-2.0
// What a program is given when it begins: its arguments, its environment and its standard streams.
#include <algorithm>
#include <array>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/line_text.h"
#include "policy/import/falco/translate/lines.h"

namespace quell::policy::falco {
namespace {

Said not_at_exec(const Question& question) {
    return unsaid(question.act.kind == Act::Kind::kStream ? "arguments are known of the program that begins only" : "arguments are known at an execution only");
}

// Falco's text may hold what no pattern of ours may.
std::vector<Glob> printable(const Question& question, std::vector<Glob> globs, std::vector<Note>& notes) {
    if (std::none_of(globs.begin(), globs.end(), has_controls)) return globs;
    if (question.wants_less) {
        notes.push_back({Change::kNarrower, "a text with control characters cannot be asked for"});
        std::erase_if(globs, has_controls);
    } else {
        notes.push_back({Change::kWider, "where a text has a control character, any byte may stand"});
        for (Glob& glob : globs) glob = without_controls(std::move(glob));
    }
    return globs;
}

Said said_of(const Question& question, Line line) {
    auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<Note> notes;
    ArgumentClauses lines = clauses_of(printable(question, std::move(*globs), notes), line, question.wants_less);
    if (lines.is_always) return always();
    if (!lines.unsaid.empty()) return unsaid(lines.unsaid);
    lines.notes.insert(lines.notes.end(), notes.begin(), notes.end());
    if (lines.any.empty()) return never(std::move(lines.notes));
    return {Said::Kind::kConditions, std::move(lines.any), std::move(lines.notes), {}, {}};
}

Said arguments(const Question& question, std::string_view) {
    if (question.act.kind != Act::Kind::kExec) return not_at_exec(question);
    if (question.check.op == Operator::kExists) return always();  // none are an empty text
    return said_of(question, Line::kArguments);
}

// Of a process that does not execute anything, its command line's first word:
// the name.
Said name_of_line(const Question& question) {
    const auto globs = globs_of(question.check);
    if (question.act.kind == Act::Kind::kStream || !globs) return not_at_exec(question);
    std::vector<Paths> all;
    std::vector<Note> notes{{Change::kOther, "a process is known by its executable's file name, not by a name that it gave itself"}};
    const auto note = [&](Note one) {
        if (std::find(notes.begin(), notes.end(), one) == notes.end()) notes.push_back(std::move(one));
    };
    for (const Glob& glob : *globs) {
        const auto segments = segments_of(glob);
        if (segments.empty() || begins_with_star(glob)) return not_at_exec(question);
        const auto words = words_of(segments[0]);
        const bool is_open = words.size() == 1 && (segments.size() > 1 || ends_with_star(glob));
        if (!is_name(words[0], is_open)) continue;  // no name is like that
        const bool is_whole = is_open && segments.size() == 1;
        if (!is_whole && question.wants_less) {
            note({Change::kNarrower, "an exception by arguments is known at an execution only"});
            continue;
        }
        if (!is_whole) note({Change::kWider, "of who acts its name is asked for, not its arguments"});
        all.push_back(is_open ? paths_named(joined(words[0], star())) : paths_of_command(words[0]));
    }
    if (all.empty() && question.wants_less) return not_at_exec(question);
    return say_paths(question, "exe", all, std::move(notes));
}

// The process's name and its arguments.
Said command_line(const Question& question, std::string_view) {
    if (question.act.kind != Act::Kind::kExec && question.check.op != Operator::kExists) return name_of_line(question);
    return question.check.op == Operator::kExists ? always() : said_of(question, Line::kCommand);
}

// argv[0] and its arguments.
Said whole_line(const Question& question, std::string_view) {
    if (question.act.kind != Act::Kind::kExec) return not_at_exec(question);
    return question.check.op == Operator::kExists ? always() : said_of(question, Line::kWhole);
}

// evt.arg.args has a point behind each argument, where a line has a blank.
Said dotted_line(const Question& question, std::string_view) {
    if (question.act.kind != Act::Kind::kExec) return never();
    const Operator op = question.check.op;
    if (op == Operator::kExists) return always();
    if (op != Operator::kContains && op != Operator::kIcontains) return operator_unread(question);
    auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<std::string> values;
    for (const Glob& glob : *globs) {
        const bool has_point = std::any_of(glob.begin(), glob.end(), [](const Piece& piece) { return piece.text == "."; });
        if (has_point || has_controls(glob)) return unsaid("a point in it may stand for what no argument holds");
        if (glob == star()) return always();
        values.push_back(text_value(glob));
    }
    return says("arguments", std::move(values));
}

// The name of a variable that is asked for by a text in the whole environment, in which blanks stand between NAME=value.
std::optional<Glob> variable_of(Glob glob, bool& is_wider, std::vector<Note>& notes) {
    const auto equals = std::find_if(glob.begin(), glob.end(), [](const Piece& piece) { return piece.kind == Piece::Kind::kByte && piece.text == "="; });
    if (equals != glob.end()) {
        is_wider = is_wider || equals + 1 != glob.end() - 1;  // behind it is more than the star
        glob.erase(equals, glob.end());
    }
    const auto is_blank = [](const Piece& piece) { return piece.kind == Piece::Kind::kByte && piece.text == " "; };
    if (glob.size() > 1 && is_blank(glob[1])) {
        glob.erase(glob.begin(), glob.begin() + 2);
        notes.push_back({Change::kWider, "what has a blank in front of it may be the first variable"});
    }
    const bool is_name = glob.size() > (begins_with_star(glob) ? 1u : 0u) && glob != star();
    if (!is_name || std::any_of(glob.begin(), glob.end(), is_blank) || has_controls(glob)) return std::nullopt;
    return glob;
}

// proc.env[NAME], or a text in all of it. Ours are names.
Said environment(const Question& question, std::string_view key) {
    if (question.act.kind != Act::Kind::kExec) return unsaid("it is known at an execution only");
    const auto& name = question.check.left.argument;
    const Note values{Change::kWider, "of the environment names are known, not values"};
    if (name)
        return says(key, {text_value(literal(*name))}, question.check.op == Operator::kExists ? std::vector<Note>{} : std::vector<Note>{values});
    if (question.check.op == Operator::kExists) return always();
    if (question.check.op != Operator::kContains && question.check.op != Operator::kIcontains) return operator_unread(question);
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<std::string> texts;
    std::vector<Note> notes{{Change::kNarrower, "a text is looked for in the names of the environment only"}};
    bool is_wider = false;
    for (const Glob& glob : *globs) {
        const auto variable = variable_of(glob, is_wider, notes);
        if (!variable) return unsaid(values.text);
        texts.push_back(text_value(*variable));
    }
    if (is_wider) notes.push_back(values);
    return says(key, std::move(texts), std::move(notes));
}

// Falco calls whatever open opens a file.
constexpr std::array kStreamTypes = {WordPair{"file", "file"},   WordPair{"file", "character-device"}, WordPair{"file", "block-device"}, WordPair{"directory", "directory"}, WordPair{"pipe", "fifo"},
                                     WordPair{"ipv4", "socket"}, WordPair{"ipv6", "socket"},           WordPair{"unix", "socket"},       WordPair{"netlink", "socket"}};

Said stream_type(const Question& question, std::string_view key) {
    if (question.act.kind != Act::Kind::kExec) return unsaid("it is known at an execution only");
    Said said = say_words(question, key, kStreamTypes);
    if (said.kind != Said::Kind::kConditions) return said;
    const auto& values = said.any[0][0].values;
    if (std::find(values.begin(), values.end(), "socket") != values.end()) said.notes.push_back({Change::kWider, "any socket counts, not only one of that kind"});
    return said;
}

Said parent_line(const Question&, std::string_view) { return unsaid("arguments are known of the program that begins only"); }

}  // namespace

std::vector<FieldSayer> line_fields() {
    return {
        {"proc.args", arguments, ""},       {"proc.cmdargs", arguments, ""},    {"proc.cmdline", command_line, ""}, {"proc.exeline", whole_line, ""},
        {"proc.pcmdline", parent_line, ""}, {"proc.acmdline", parent_line, ""}, {"proc.pargs", parent_line, ""},    {"evt.arg.args", dotted_line, ""},
        {"proc.env", environment, "environment"},
        {"proc.stdin.type", stream_type, "stdin"}, {"proc.stdout.type", stream_type, "stdout"},
    };
}

}  // namespace quell::policy::falco
