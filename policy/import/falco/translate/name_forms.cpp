// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/name_forms.h"

#include <algorithm>

namespace quell::policy::falco {
namespace {

const Note kInner{Change::kNarrower, "a name is looked for by its beginning or its end, not by what is within it"};
const Note kLetters{Change::kNarrower, "of a name in letters of either case, all are small, all large, or the first is"};
const Note kBetween{Change::kWider, "what stands between a name's beginning and its end is not asked for"};

// Of one pattern: each name's forms multiply them.
constexpr std::size_t kMostForms = 16;

// A byte with its backslash, *, ?, or a set with its brackets.
using Token = std::string;
using Name = std::vector<Token>;

bool is_star(const Token& token) { return token == "*"; }
bool is_set(const Token& token) { return token == "?" || token.starts_with('['); }

Name tokens_of(std::string_view name) {
    Name tokens;
    while (!name.empty()) {
        std::size_t size = 1;
        if (name[0] == '\\') size = 2;
        if (name[0] == '[') size = name.find(']', name.starts_with("[!") ? 3 : 2) + 1;
        tokens.emplace_back(name.substr(0, size));
        name.remove_prefix(std::min(size, name.size()));
    }
    return tokens;
}

std::string text_of(const Name& name) {
    std::string text;
    for (const Token& token : name) text += token;
    return text;
}

// [Aa], as comparisons that ignore case have them.
bool is_letter(const Token& token) {
    return token.size() == 4 && token[0] == '[' && token[1] >= 'A' && token[1] <= 'Z' && token[2] == token[1] - 'A' + 'a';
}

struct Forms {
    std::vector<std::string> names;
    std::vector<Note> notes;

    void add(const Name& name) {
        std::string text = text_of(name);
        if (std::find(names.begin(), names.end(), text) == names.end()) names.push_back(std::move(text));
    }
};

// What it begins and ends with; nothing where that is not even a byte.
bool add_between(Forms& forms, const Name& name) {
    const auto is_open = [](const Token& token) { return is_star(token) || is_set(token); };
    const auto first = std::find_if(name.begin(), name.end(), is_open);
    const auto last = std::find_if(name.rbegin(), name.rend(), is_open).base();
    if (first == name.begin() && last == name.end()) return false;
    Name form(name.begin(), first);
    form.emplace_back("*");
    form.insert(form.end(), last, name.end());
    forms.add(form);
    forms.notes.push_back(kBetween);
    return true;
}

// One of its stars stays, the others stand for nothing.
void add_one_star_each(Forms& forms, const Name& name) {
    const auto stars = std::count_if(name.begin(), name.end(), is_star);
    for (std::ptrdiff_t kept = 0; kept < stars; kept++) {
        Name form;
        std::ptrdiff_t at = 0;
        for (const Token& token : name)
            if (!is_star(token) || at++ == kept) form.push_back(token);
        forms.add(form);
    }
    forms.notes.push_back(kInner);
}

Forms forms_of(const Name& name, bool wants_less) {
    Forms forms;
    const bool has_sets = std::any_of(name.begin(), name.end(), is_set);
    const auto stars = std::count_if(name.begin(), name.end(), is_star);
    const bool is_whole = stars == 1 || text_of(name) == "**";
    if (!has_sets && (stars == 0 || is_whole)) {
        forms.add(name);
        return forms;
    }
    if (!has_sets) {
        if (wants_less || !add_between(forms, name)) add_one_star_each(forms, name);
        return forms;
    }
    if (std::any_of(name.begin(), name.end(), [](const Token& token) { return is_set(token) && !is_letter(token); })) {
        if (!wants_less) add_between(forms, name);
        return forms;  // none: it cannot be said
    }
    forms.notes.push_back(kLetters);
    for (const int written : {0, 1, 2}) {  // all small, all large, the first
        Name form = name;
        bool is_first = true;
        for (Token& token : form) {
            if (!is_letter(token)) continue;
            token = std::string(1, written == 1 || (written == 2 && is_first) ? token[1] : token[2]);
            is_first = false;
        }
        for (std::string& one : forms_of(form, true).names) forms.add({std::move(one)});
    }
    if (stars > 1) forms.notes.push_back(kInner);
    return forms;
}

template <typename Each>
void for_each_name(std::string_view pattern, Each&& each) {
    while (true) {
        const std::size_t end = std::min(pattern.find('/'), pattern.size());
        each(pattern.substr(0, end));
        if (end == pattern.size()) return;
        pattern.remove_prefix(end + 1);
    }
}

}  // namespace

bool needs_forms(std::string_view pattern) {
    bool is_needed = false;
    for_each_name(pattern, [&](std::string_view text) {
        const Name name = tokens_of(text);
        is_needed = is_needed || std::any_of(name.begin(), name.end(), is_set) || (text != "**" && std::count_if(name.begin(), name.end(), is_star) > 1);
    });
    return is_needed;
}

NameForms name_forms(std::string_view pattern, bool wants_less) {
    NameForms result;
    std::vector<std::string> all{""};
    bool is_first = true;
    for_each_name(pattern, [&](std::string_view text) {
        const Forms forms = forms_of(tokens_of(text), wants_less);
        std::vector<std::string> more;
        for (const std::string& before : all)
            for (const std::string& name : text.empty() ? std::vector<std::string>{""} : forms.names)
                if (more.size() < kMostForms) more.push_back(before + (is_first ? "" : "/") + name);
        if (forms.names.size() * all.size() > kMostForms) result.notes.push_back({Change::kNarrower, "it has too many forms"});
        for (const Note& note : forms.notes)
            if (std::find(result.notes.begin(), result.notes.end(), note) == result.notes.end()) result.notes.push_back(note);
        all = std::move(more);
        is_first = false;
    });
    result.patterns = std::move(all);
    return result;
}

}  // namespace quell::policy::falco
