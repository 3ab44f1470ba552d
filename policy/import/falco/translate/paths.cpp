// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/paths.h"

#include <algorithm>

#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

using Kind = Piece::Kind;
using Names = std::vector<std::string>;  // components of a pattern of ours

// Of one pattern: each star inside a name doubles them.
constexpr std::size_t kMostPaths = 8;
constexpr std::ptrdiff_t kMostInnerStars = 3;
constexpr std::size_t kCommandBytes = 15;  // TASK_COMM_LEN without its NUL

bool is_star(const Piece& piece) { return piece.kind == Kind::kStar; }
bool is_slash(const Piece& piece) { return piece.kind == Kind::kByte && piece.text == "/"; }

std::vector<Glob> split(const Glob& glob) {
    std::vector<Glob> names(1);
    for (const Piece& piece : glob) {
        if (is_slash(piece))
            names.emplace_back();
        else
            names.back().push_back(piece);
    }
    return names;
}

void append(std::vector<Names>& all, const std::vector<Names>& choices) {
    std::vector<Names> more;
    for (const Names& one : all)
        for (const Names& choice : choices) {
            more.push_back(one);
            more.back().insert(more.back().end(), choice.begin(), choice.end());
        }
    all = std::move(more);
}

// What a name with stars in it may be once these pass over slashes.
std::vector<Names> forms_of(const Glob& name, bool is_last) {
    Names before;
    Glob rest = name;
    if (is_star(rest.front())) before = {"**"};  // **/*x is *x too
    std::vector<Names> forms{before};
    Glob part;
    for (std::size_t i = 0; i < rest.size(); i++) {
        part.push_back(rest[i]);
        if (!is_star(rest[i]) || i == 0 || i + 1 == rest.size()) continue;
        // a star inside: x*y, or x*/**/*y
        std::vector<Names> more;
        const Glob behind(rest.begin() + static_cast<std::ptrdiff_t>(i) + 1, rest.end());
        for (const Names& end : forms_of(joined(star(), behind), is_last)) {
            Names apart = before;
            apart.push_back(glob_text(part));
            apart.insert(apart.end(), end.begin(), end.end());
            more.push_back(std::move(apart));
        }
        for (const Names& end : forms_of(behind, is_last)) {
            Names together = before;
            together.push_back(glob_text(part) + end.front());
            together.insert(together.end(), end.begin() + 1, end.end());
            more.push_back(std::move(together));
        }
        return more;
    }
    forms[0].push_back(glob_text(rest));
    if (rest.size() > 1 && is_star(rest.back())) {
        Names deeper = forms[0];
        deeper.push_back("**");
        // in front of another name ** may stand for none
        if (!is_last) return {deeper};
        forms.push_back(std::move(deeper));
    }
    return forms;
}

bool is_impossible(const std::string& name) { return name.empty() || name == "." || name == ".." || name.size() > kMaxComponentBytes; }

std::string written(const Names& names, bool& has_globs) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); i++) {
        if (names[i] == "**" && i > 0 && names[i - 1] == "**") continue;
        const bool is_end = i + 1 == names.size() && (names[i] == "*" || names[i] == "**");
        has_globs = has_globs || (!is_end && names[i].find_first_of("*?[]{}\\") != std::string::npos);
        text += "/" + names[i];
    }
    return text.starts_with("/**/") ? text.substr(1) : text;
}

void add(Paths& to, Paths more) {
    for (std::string& pattern : more.patterns)
        if (std::find(to.patterns.begin(), to.patterns.end(), pattern) == to.patterns.end()) to.patterns.push_back(std::move(pattern));
    to.is_cut = to.is_cut || more.is_cut;
    to.has_globs = to.has_globs || more.has_globs;
}

}  // namespace

Paths paths_of(const Glob& glob) {
    Paths paths;
    if (glob.empty()) return paths;
    const bool leading = is_star(glob[0]);
    if (!leading && !is_slash(glob[0])) {
        paths.is_cut = glob[0].kind != Kind::kByte;
        return paths;
    }
    for (const Piece& piece : glob) paths.is_cut = paths.is_cut || piece.kind == Kind::kAny || piece.text.starts_with("[!");
    const std::vector<Glob> names = split(leading ? glob : Glob(glob.begin() + 1, glob.end()));
    if (names.size() > kMaxComponents) return paths;
    std::vector<Names> all{Names{}};
    for (std::size_t i = 0; i < names.size(); i++) {
        const bool is_last = i + 1 == names.size();
        if (names[i].empty()) return {};  // two slashes, or one at the end
        const bool is_costly = std::count_if(names[i].begin(), names[i].end(), [](const Piece& piece) { return is_star(piece); }) > kMostInnerStars;
        paths.is_cut = paths.is_cut || is_costly;
        if (is_costly)
            append(all, {{glob_text(names[i])}});
        else if (names[i] == star())
            append(all, {is_last || (leading && i == 0) ? Names{"**"} : Names{"*", "**"}});
        else
            append(all, forms_of(names[i], is_last));
        if (all.size() <= kMostPaths) continue;
        all.resize(1);
        paths.is_cut = true;
    }
    for (const Names& one : all) {
        if (std::any_of(one.begin(), one.end(), is_impossible)) continue;
        const std::string pattern = written(one, paths.has_globs);
        if (pattern.size() <= kMaxPathBytes) paths.patterns.push_back(pattern);
    }
    return paths;
}

Paths paths_named(const Glob& name) {
    if (std::any_of(name.begin(), name.end(), is_slash)) return {};
    return paths_of(joined(joined(star(), literal("/")), within_name(name)));
}

Paths paths_directly_in(const Glob& directory) {
    if (directory == literal("/")) return paths_of(joined(directory, within_name(star())));
    return paths_of(joined(directory, within_name(joined(literal("/"), star()))));
}

Paths paths_at_or_below(const Glob& path) {
    Glob name = within_name(path);
    if (name.size() > 1 && is_slash(name.back())) name.pop_back();
    if (name == literal("/")) return paths_of(joined(name, star()));
    Paths paths = paths_of(name);
    add(paths, paths_of(joined(joined(name, literal("/")), star())));
    return paths;
}

Paths paths_of_command(const Glob& command) {
    const auto text = plain_text(command);
    if (text && text->size() == kCommandBytes) return paths_named(joined(command, star()));
    return paths_named(command);
}

}  // namespace quell::policy::falco
