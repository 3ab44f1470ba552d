// SPDX-License-Identifier: Apache-2.0
// container.* and k8s.*: where it acts.
#include <algorithm>

#include "policy/import/falco/translate/fields.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

constexpr std::string_view kHost = "host";

Said id(const Question& question, std::string_view) {
    const Check& check = question.check;
    if (check.op == Operator::kExists) return always();
    const auto globs = globs_of(check);
    if (!globs) return operator_unread(question);
    const bool holds = std::any_of(globs->begin(), globs->end(), [](const Glob& glob) { return wild_matches(glob, kHost); });
    if (!question.in_container) return constant(holds);
    const bool is_other = std::any_of(check.values.begin(), check.values.end(), [](const Value& value) { return value.text != kHost && !value.text.empty(); });
    return is_other ? unsaid("containers' ids are not known beforehand", Said::Need::kPositive) : never();
}

// What a container is called knows stars, and no other pieces.
std::optional<std::string> called(const Glob& glob) {
    std::string text;
    for (const Piece& piece : glob) {
        const bool is_star = piece.kind == Piece::Kind::kStar || piece.kind == Piece::Kind::kName;
        if (!is_star && (piece.kind != Piece::Kind::kByte || piece.text == "*")) return std::nullopt;
        text += is_star ? "*" : piece.text;
    }
    return text.find("**") == std::string::npos ? std::optional(spelt(text)) : std::nullopt;
}

Said says_called(std::string_view key, const std::vector<Glob>& globs) {
    std::vector<std::string> values;
    for (const Glob& glob : globs) {
        if (glob.empty()) continue;
        const auto value = called(glob);
        if (!value) return unsaid("of what a container is called only stars can be left open");
        values.push_back(*value);
    }
    return says(key, std::move(values));
}

Said texts(const Question& question, std::string_view key) {
    if (question.check.op == Operator::kExists) return constant(question.in_container);
    if (!question.in_container) return never();
    const auto globs = globs_of(question.check);
    return globs ? says_called(key, *globs) : operator_unread(question);
}

// Falco gives the host that name.
Said name(const Question& question, std::string_view key) {
    if (question.in_container || question.check.op == Operator::kExists) return texts(question, key);
    return id(question, key);
}

// An image without its tag and digest.
Said repository(const Question& question, std::string_view key) {
    if (question.check.op == Operator::kExists) return constant(question.in_container);
    if (!question.in_container) return never();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<Glob> all;
    for (const Glob& glob : *globs) {
        if (glob.empty()) continue;
        all.push_back(glob);
        if (glob.back().kind == Piece::Kind::kStar) continue;
        for (const std::string_view behind : {":", "@"}) all.push_back(joined(joined(glob, literal(behind)), star()));
    }
    return says_called(key, all);
}

Said tag(const Question& question, std::string_view key) {
    if (!question.in_container) return never();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<Glob> all;
    for (const Glob& glob : *globs) all.push_back(joined(joined(star(), literal(":")), glob));
    return says_called(key, all);
}

// container.label[NAME]. Ours are NAME=value.
Said label(const Question& question, std::string_view key) {
    if (!question.in_container) return never();
    const auto& name = question.check.left.argument;
    if (!name) return unsaid("it names no label");
    const Glob before = literal(*name + "=");
    if (question.check.op == Operator::kExists) return says_called(key, {joined(before, star())});
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<Glob> all;
    for (const Glob& glob : *globs) all.push_back(joined(before, glob));
    return says_called(key, all);
}

// All of them in one text, "name:value, name:value": what is looked for in it is within one of them.
Said labels(const Question& question, std::string_view key) {
    if (!question.in_container) return never();
    const auto globs = globs_of(question.check);
    if (question.check.op != Operator::kContains || !globs) return operator_unread(question);
    const Glob equals = literal("=");
    std::vector<Glob> all;
    for (const Glob& glob : *globs) {
        const auto is_byte = [](char c) { return [c](const Piece& piece) { return piece.kind == Piece::Kind::kByte && piece.text[0] == c; }; };
        if (std::any_of(glob.begin(), glob.end(), is_byte(','))) return unsaid("labels are asked for one by one");
        // in a name, from a name into a value, or in a value
        const auto colon = std::find_if(glob.begin(), glob.end(), is_byte(':'));
        if (colon == glob.end()) all.push_back(joined(joined(glob, equals), star()));
        for (auto at = colon; at != glob.end(); at = std::find_if(at + 1, glob.end(), is_byte(':')))
            all.push_back(joined(joined(Glob(glob.begin(), at), equals), Glob(at + 1, glob.end())));
        all.push_back(joined(joined(star(), equals), glob));
    }
    return says_called(key, all);
}

// Of a privileged container, root holds all capabilities.
Said privileged(const Question& question, std::string_view key) {
    const auto truth = truth_of(question.check);
    if (!truth) return operator_unread(question);
    if (!question.in_container) return constant(!*truth);
    Said said = says(key, {"sys-admin"}, {{Change::kOther, "a container counts as privileged where the process holds CAP_SYS_ADMIN"}});
    if (!*truth) said.any[0][0].negated = true;
    return said;
}

}  // namespace

std::vector<FieldSayer> container_fields() {
    return {
        {"container.id", id, ""},
        {"container.name", name, "container.name"},
        {"container.image", texts, "container.image"},
        {"container.image.repository", repository, "container.image"},
        {"container.image.tag", tag, "container.image"},
        {"container.label", label, "container.labels"},
        {"container.labels", labels, "container.labels"},
        {"container.privileged", privileged, "holds"},
        {"k8s.ns.name", texts, "container.namespace"},
        {"k8s.pod.name", texts, "container.pod"},
    };
}

}  // namespace quell::policy::falco
