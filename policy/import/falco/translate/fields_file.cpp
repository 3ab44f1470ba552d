// SPDX-License-Identifier: Apache-2.0
// fd.* of files: the path of what is acted on.
#include <algorithm>
#include <array>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

using Kind = Act::Kind;

constexpr std::string_view kUnixConnect = "unix-connect";
constexpr const char* kApart = "of a connection, its addresses and ports are asked one by one";

// Falco knows a descriptor's name; where a call has none, people mean the path that it is about.
std::vector<Note> descriptor_notes(const Question& question) {
    const std::string_view event = question.act.event;
    if (question.act.operation == kUnixConnect) return {{Change::kOther, "of a unix socket its path is asked for; Falco's name of it begins with addresses"}};
    const bool has_descriptor = event.starts_with("open") || event == "creat" || event.starts_with("f") || question.act.operation.starts_with("open-") || event.starts_with("mmap");
    if (has_descriptor) return {};
    return {{Change::kWider, "of " + std::string(event) + " the path that it is about is taken for fd.name"}};
}

// "10.0.0.1:4000->10.0.0.2:80" has no other bytes than these.
bool is_of_addresses(const Glob& glob) {
    constexpr std::string_view kBytes = "0123456789abcdefABCDEF.:->";
    return std::all_of(glob.begin(), glob.end(), [&](const Piece& piece) { return piece.kind != Piece::Kind::kByte || kBytes.find(piece.text) != std::string_view::npos; });
}

// ":443" at the end of such a name, or anywhere in it: ports of the server.
std::optional<std::vector<std::string>> ports_of(const Glob& glob) {
    const bool is_open = glob.size() > 1 && glob.back().kind == Piece::Kind::kStar;
    const auto text = begins_with_star(glob) ? plain_text(Glob(glob.begin() + 1, glob.end() - (is_open ? 1 : 0))) : std::nullopt;
    constexpr std::uint32_t kMostPort = 65'535;
    constexpr std::size_t kMostDigits = 5;
    if (!text || text->size() < 2 || text->size() > 1 + kMostDigits || (*text)[0] != ':' || (*text)[1] == '0') return std::nullopt;
    std::uint32_t first = 0;
    for (const char c : text->substr(1)) {
        if (c < '0' || c > '9') return std::nullopt;
        first = 10 * first + static_cast<std::uint32_t>(c - '0');
    }
    std::vector<std::string> ports;
    for (std::uint32_t more = 0; first <= kMostPort && (more == 0 || is_open); first *= 10, more = 10 * more + 9)
        ports.push_back(more == 0 ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(std::min(first + more, kMostPort)));
    return ports;
}

// The name of a unix socket that is connected to is what unix-connect sees.
Said of_connection(const Question& question) {
    if (question.check.op == Operator::kExists) return always();
    const auto globs = globs_of(question.check);
    if (question.act.operation == "socket" || !globs) return unsaid(kApart, Said::Need::kPositive);
    std::vector<std::string> ports;
    std::vector<Note> notes;
    for (const Glob& glob : *globs) {
        // an exception for it would have to hold of what `connect` sees of unix sockets, too
        if (question.act.operation == "connect" && !is_of_addresses(glob) && !question.wants_less) continue;
        const auto some = ports_of(glob);
        if (!some) return unsaid(kApart, Said::Need::kPositive);
        ports.insert(ports.end(), some->begin(), some->end());
        if (some->size() > 1 && notes.empty()) notes.push_back({Change::kNarrower, "of a connection's name, only the server's port is asked for"});
    }
    return says("port", std::move(ports), std::move(notes));
}

using Maker = Paths (*)(const Glob&);

Said named(const Question& question, Maker maker) {
    if (question.act.kind == Kind::kNetwork) return of_connection(question);
    if (question.act.kind == Kind::kStream) return unsaid("what a standard stream is called is not known", Said::Need::kPositive);
    if (question.act.kind != Kind::kFile || (question.act.operation == kUnixConnect && maker != paths_of)) return never();
    if (question.check.op == Operator::kExists) return always();
    const auto asked = without_basename(question.check);
    const auto globs = globs_of(asked ? *asked : question.check);
    if (!globs || (asked && maker == paths_directly_in)) return operator_unread(question);
    std::vector<Paths> all;
    for (const Glob& glob : *globs)
        if (question.act.operation != kUnixConnect || !is_of_addresses(glob)) all.push_back(asked ? paths_named(glob) : maker(glob));
    if (all.empty() && !globs->empty()) return never();
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

constexpr const char* kNotSeen = "what goes over a connection is not seen";

bool has(const std::vector<std::string>& words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

Said type(const Question& question, std::string_view) {
    if (question.check.op == Operator::kExists) return always();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    const bool is_letter = question.check.left.field == "fd.typechar";
    std::vector<std::string> families, types;
    std::vector<Note> notes;
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
            if (question.act.operation == kUnixConnect) return constant(has(families, "unix"));
            if (takes_any_descriptor(question.act) && !families.empty()) {
                if (!is_file && types.empty()) return unsaid(kNotSeen, Said::Need::kPositive);
                notes.push_back({Change::kNarrower, kNotSeen});
            }
            if (is_file) return always(std::move(notes));  // whatever open opens
            return says("type", std::move(types), std::move(notes));
        case Kind::kNetwork: return says("family", std::move(families));
        case Kind::kStream: return families.empty() ? never() : always({{Change::kWider, "any socket counts, not only one of the network"}});
        default: return never();
    }
}

constexpr std::array kSocketFamilies = {WordPair{"ip", "inet"}, WordPair{"ip", "inet6"}, WordPair{"unix", "unix"}};

Said socket_family(const Question& question, std::string_view) {
    if (question.act.kind == Kind::kNetwork) return say_words(question, "family", kSocketFamilies);
    const auto globs = globs_of(question.check);
    if (question.act.operation == kUnixConnect && globs) return constant(std::any_of(globs->begin(), globs->end(), [](const Glob& glob) { return wild_matches(glob, "unix"); }));
    return takes_any_descriptor(question.act) ? unsaid(kNotSeen, Said::Need::kPositive) : never();
}

// Whether a file of a container was written in it. `layer`: the one that is asked for.
Said layer(const Question& question, std::string_view layer) {
    const auto truth = truth_of(question.check);
    if (!truth) return operator_unread(question);
    if (question.act.kind != Kind::kFile || !question.in_container) return constant(!*truth);
    if (question.act.operation == "create" || question.act.operation == kUnixConnect) return unsaid("it is known of a file that is there");
    const bool is_upper = layer == "upper";
    return says("intact", {is_upper == *truth ? "false" : "true"}, {{*truth ? Change::kWider : Change::kNarrower, std::string(is_upper ? kCountsAsNew : kCountsAsImage)}});
}

}  // namespace

std::vector<FieldSayer> file_fields() {
    return {
        {"fd.name", name, ""},         {"fd.directory", directory, ""}, {"fd.filename", filename, ""}, {"fd.nameraw", raw_name, ""},
        {"fs.path.nameraw", raw_name, ""}, {"fs.path.sourceraw", raw_name, ""}, {"fs.path.targetraw", raw_name, ""},
        {"fd.type", type, ""},         {"fd.typechar", type, ""},          {"fd.sockfamily", socket_family, ""},
        {"fd.is_upper_layer", layer, "upper"}, {"fd.is_lower_layer", layer, "lower"},
    };
}

}  // namespace quell::policy::falco
