// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/fields.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "policy/import/falco/translate/name_forms.h"
#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

const std::map<std::string_view, FieldSayer>& table() {
    static const auto kTable = [] {
        std::map<std::string_view, FieldSayer> all;
        for (const auto& part : {event_fields(), argument_fields(), process_fields(), line_fields(), file_fields(), network_fields(), container_fields()})
            for (const FieldSayer& row : part) all.emplace(row.field, row);
        return all;
    }();
    return kTable;
}

// -1 is what the kernel writes as 4294967295.
std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const bool is_hex = text.starts_with("0x");
    if (is_hex) text.remove_prefix(2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string range_text(std::uint64_t first, std::uint64_t last) {
    return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

}  // namespace

Said say(const Question& question) {
    const auto row = table().find(field_name(question.check.left));
    const std::string& field = question.check.left.field;
    const bool is_of_container = field.starts_with("container.") || field.starts_with("k8s.");
    if (row == table().end() && is_of_container && !question.in_container) return never();  // the host has none of it
    if (row == table().end()) return unsaid("no hook shows it");
    if (question.check.right) return unsaid("it is compared with another field");
    if (question.check.op == Operator::kPmatch && !question.check.left.transformers.empty()) return operator_unread(question);
    return row->second.say(question, row->second.key);
}

Said say_paths(const Question& question, std::string_view key, const std::vector<Paths>& all, std::vector<Note> notes) {
    std::vector<std::string> values;
    const auto note = [&](const Note& one) {
        if (std::find(notes.begin(), notes.end(), one) == notes.end()) notes.push_back(one);
    };
    const bool has_all = question.language.knows("any pattern in a name");
    for (const Paths& paths : all) {
        if (paths.has_globs && !question.language.knows("path globs")) return not_yet("path globs");
        if (paths.is_cut) note({Change::kNarrower, "a star or `?` inside a name does not stand for slashes"});
        for (const std::string& pattern : paths.patterns) {
            NameForms forms{{pattern}, {}};
            if (!has_all && needs_forms(pattern)) forms = name_forms(pattern, question.wants_less);
            if (forms.patterns.empty() && !question.wants_less) return unsaid("of a name only its beginning and its end can be asked for");
            if (forms.patterns.empty()) note({Change::kNarrower, "`?` and sets of bytes in a name cannot be asked for"});
            for (const Note& one : forms.notes) note(one);
            for (const std::string& form : forms.patterns) {
                std::string value = spelt(form);
                if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
            }
        }
    }
    return says(key, std::move(values), std::move(notes));
}

Said say_numbers(const Question& question, std::string_view key, std::uint32_t most) {
    constexpr std::int64_t kLargest = std::int64_t{1} << 62;
    constexpr const char* kNone = "4294967295";  // -1, which is below all others
    const bool has_none = most == kMostWithNone;
    const Check& check = question.check;
    std::vector<std::string> values;
    for (const Value& value : check.values) {
        const auto number = number_of(value.text);
        if (!number) return unsaid("its value is no number");
        const auto most_signed = static_cast<std::int64_t>(most);
        if (check.op == Operator::kEqual || check.op == Operator::kIn) {
            if (*number == -1)
                values.push_back(kNone);
            else if (*number >= 0 && *number <= most_signed)
                values.push_back(std::to_string(*number));
        } else if (check.op == Operator::kLess || check.op == Operator::kLessEqual) {
            if (*number > kLargest || *number < -kLargest) return unsaid("its value is no number of that kind");
            const std::int64_t last = std::min(*number - (check.op == Operator::kLess ? 1 : 0), most_signed);
            if (last >= 0) values.push_back(range_text(0, static_cast<std::uint64_t>(last)));
            if (has_none && last >= -1) values.push_back(kNone);
        } else if (check.op == Operator::kGreater || check.op == Operator::kGreaterEqual) {
            if (*number > kLargest || *number < -kLargest) return unsaid("its value is no number of that kind");
            const std::int64_t first = *number + (check.op == Operator::kGreater ? 1 : 0);
            if (first <= most_signed) values.push_back(range_text(static_cast<std::uint64_t>(std::max<std::int64_t>(first, 0)), most));
            if (has_none && first <= -1) values.push_back(kNone);
        } else {
            return operator_unread(question);
        }
    }
    if (check.op == Operator::kExists) return always();
    return says(key, std::move(values));
}

Said say_words(const Question& question, std::string_view key, std::span<const WordPair> words) {
    if (question.check.op == Operator::kExists) return always();
    const auto globs = globs_of(question.check);
    if (!globs) return operator_unread(question);
    std::vector<std::string> values;
    for (const WordPair& word : words) {
        const bool holds = std::any_of(globs->begin(), globs->end(), [&](const Glob& glob) { return wild_matches(glob, word.falco); });
        if (holds && std::find(values.begin(), values.end(), word.ours) == values.end()) values.emplace_back(word.ours);
    }
    if (values.empty() && !globs->empty()) return unsaid("there is no word for " + question.check.values[0].text);
    return says(key, std::move(values));
}

std::optional<bool> truth_of(const Check& check) {
    if (check.op == Operator::kExists) return true;
    if ((check.op != Operator::kEqual && check.op != Operator::kIn) || check.values.size() != 1) return std::nullopt;
    const std::string& text = check.values[0].text;
    if (text == "true" || text == "yes" || text == "1" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "no" || text == "0" || text == "False" || text == "FALSE") return false;
    return std::nullopt;
}

Said operator_unread(const Question& question) {
    return unsaid("its operator " + std::string(operator_word(question.check.op)) + " cannot be said");
}

}  // namespace quell::policy::falco
