// SPDX-License-Identifier: Apache-2.0
#include "policy/format/format.h"

#include <algorithm>

#include "policy/document/parse.h"
#include "policy/format/emit.h"
#include "policy/format/layout.h"
#include "policy/policy.h"

namespace quell::policy {
namespace {

// A text with its tree and layout; not to be moved, as they point into it.
struct Read {
    explicit Read(std::string given) : source{"", std::move(given)} {}

    Result<Layout> lay_out_it() {
        const SourceText text(source);
        Findings findings(std::span(&text, 1));
        root = parse(text, 0, findings);
        if (!root) return Error{"it cannot be read", EINVAL, {}};
        return lay_out(source.text, *root);
    }

    Source source;
    std::optional<Node> root;
};

bool same(const Node& a, const Node& b) {
    const auto same_entry = [](const Entry& x, const Entry& y) { return same(x.key, y.key) && same(x.value, y.value); };
    return a.type == b.type && a.text == b.text && std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
           std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), same_entry);
}

bool same_comments(const Layout& a, const Layout& b) {
    return std::equal(a.comments.begin(), a.comments.end(), b.comments.begin(), b.comments.end(),
                      [](const Comment& x, const Comment& y) { return x.text == y.text; });
}

std::string without_carriage_returns(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++)
        if (text[i] != '\r' || !text.substr(i + 1).starts_with('\n')) out += text[i];
    return out;
}

std::string digest_of(const Source& source) {
    const CompileResult result = compile(std::span(&source, 1), Options{.allow_empty = true, .is_part = true});
    return result.image ? result.image->digest : std::string{};
}

Error unsafe() {
    return Error{"it cannot be formatted: the result would not mean the same", EINVAL, "nothing was changed; this is a defect of Quell, please report the file"};
}

}  // namespace

Formatted format(const Source& source) {
    Formatted result;
    CompileResult compiled = compile(std::span(&source, 1), Options{.allow_empty = true, .is_part = true});
    result.findings = std::move(compiled.findings);
    if (!compiled.image) return result;
    const auto refuse = [&](Error why) {
        result.refusal = std::move(why);
        return result;
    };
    Read before(without_carriage_returns(source.text));
    if (before.source.text.find('\r') != std::string::npos) return refuse(Error{"it has a carriage return inside of a line", EINVAL, "remove it"});
    const Result<Layout> layout = before.lay_out_it();
    if (!layout) return refuse(layout.error());
    Read after(emit(before.source.text, *before.root, *layout));
    const Result<Layout> check = after.lay_out_it();
    if (!check || !same(*before.root, *after.root) || !same_comments(*layout, *check) || digest_of(after.source) != compiled.image->digest)
        return refuse(unsafe());
    result.text = std::move(after.source.text);
    return result;
}

}  // namespace quell::policy
