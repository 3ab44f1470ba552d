// SPDX-License-Identifier: Apache-2.0
// fd.* of files: the path of what is acted on.
#include <algorithm>
#include <array>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

using Kind = Act::Kind;

// Falco knows a descriptor's name; where a call has none, people mean the path that it is about.
std::vector<Note> descriptor_notes(const Question& question) {
    const std::string_view event = question.act.event;
    const bool has_descriptor = event.starts_with("open") || event == "creat" || event.starts_with("f") || question.act.operation.starts_with("open-") || event.starts_with("mmap");
    if (has_descriptor) return {};
    return {{Change::kWider, "of " + std::string(event) + " the path that it is about is taken for fd.name"}};
}

using Maker = Paths (*)(const Glob&);

Said named(const Question& question, Maker maker) {
    if (question.act.kind == Kind::kNetwork)
        return question.check.op == Operator::kExists ? always() : unsaid("of a connection, its addresses and ports are asked one by one", Said::Need::kPositive);
    if (question.act.kind != Kind::kFile) return never();
    if (question.check.op == Operator::kExists) return always();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<Paths> all;
    for (const Glob& glob : *globs) all.push_back(maker(glob));
    return say_paths(question, "path", all, descriptor_notes(question));
}

Said name(const Question& question, std::string_view) {
    if (question.check.op != Operator::kPmatch || question.act.kind != Kind::kFile) return named(question, paths_of);
    std::vector<Paths> all;
    for (const Value& value : question.check.values) all.push_back(paths_at_or_below(literal(value.text)));
    return say_paths(question, "path", all, descriptor_notes(question));
}

Said directory(const Question& question, std::string_view) {
    if (question.check.op != Operator::kPmatch || question.act.kind != Kind::kFile) return named(question, paths_directly_in);
    std::vector<Paths> all;
    for (const Value& value : question.check.values) all.push_back(paths_of(joined(joined(literal(value.text), literal(value.text.ends_with('/') ? "" : "/")), star())));
    return say_paths(question, "path", all, descriptor_notes(question));
}

Said filename(const Question& question, std::string_view) { return named(question, paths_named); }

// As the caller wrote it.
Said raw_name(const Question& question, std::string_view) {
    const auto& values = question.check.values;
    const bool is_resolved = std::all_of(values.begin(), values.end(), [](const Value& value) { return value.text.starts_with('/') && value.text.find("..") == std::string::npos; });
    if (!is_resolved) return unsaid("a hook sees the path that the kernel found, not the one that was written", Said::Need::kPositive);
    Said said = named(question, paths_of);
    if (said.kind == Said::Kind::kConditions) said.notes.push_back({Change::kOther, "paths are compared as the kernel sees them, without links and `..`"});
    return said;
}

// What a descriptor is, by Falco's word and letter.
struct TypeRow {
    std::string_view word;
    std::string_view letter;
    std::string_view family;  // of a socket
    std::string_view type;    // of a file
};
constexpr std::array kTypes = {
    TypeRow{"file", "f", "", ""},       TypeRow{"directory", "d", "", "directory"}, TypeRow{"ipv4", "4", "inet", ""}, TypeRow{"ipv6", "6", "inet6", ""},
    TypeRow{"unix", "u", "unix", ""},   TypeRow{"pipe", "p", "", "fifo"},           TypeRow{"event", "e", "", ""},    TypeRow{"signalfd", "s", "", ""},
    TypeRow{"eventpoll", "l", "", ""},  TypeRow{"inotify", "i", "", ""},            TypeRow{"timerfd", "t", "", ""},  TypeRow{"netlink", "n", "netlink", ""},
    TypeRow{"bpf", "b", "", ""},        TypeRow{"userfaultfd", "u", "", ""},        TypeRow{"io_uring", "r", "", ""}, TypeRow{"memfd", "m", "", ""}};

Said type(const Question& question, std::string_view) {
    if (question.check.op == Operator::kExists) return always();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    const bool is_letter = question.check.left.field == "fd.typechar";
    std::vector<std::string> families, types;
    bool is_file = false;
    for (const TypeRow& row : kTypes) {
        const auto holds = [&](const Glob& glob) { return wild_matches(glob, is_letter ? row.letter : row.word); };
        if (std::none_of(globs->begin(), globs->end(), holds)) continue;
        is_file = is_file || row.word == "file";
        if (!row.family.empty()) families.emplace_back(row.family);
        if (!row.type.empty()) types.emplace_back(row.type);
    }
    switch (question.act.kind) {
        case Kind::kFile:
            if (is_file) return always();  // whatever open opens
            return says("type", std::move(types));
        case Kind::kNetwork: return says("family", std::move(families));
        case Kind::kStream: return families.empty() ? never() : always({{Change::kWider, "any socket counts, not only one of the network"}});
        default: return never();
    }
}

}  // namespace

std::vector<FieldSayer> file_fields() {
    return {
        {"fd.name", name, ""},         {"fd.directory", directory, ""}, {"fd.filename", filename, ""}, {"fd.nameraw", raw_name, ""},
        {"fs.path.nameraw", raw_name, ""}, {"fs.path.sourceraw", raw_name, ""}, {"fs.path.targetraw", raw_name, ""},
        {"fd.type", type, ""},         {"fd.typechar", type, ""},
    };
}

}  // namespace quell::policy::falco
