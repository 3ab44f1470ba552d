// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/emit.h"

#include <algorithm>
#include <array>

#include "kern/abi.h"
#include "policy/format/spell.h"
#include "policy/import/falco/translate/texts.h"
#include "policy/limits.h"
#include "user/base/escape.h"

namespace quell::policy::falco {
namespace {

constexpr std::size_t kColumns = 120;
constexpr std::string_view kContainer = "container.";

// Keys that stand below `where`; the others stand below `match`.
bool is_subject(std::string_view key) {
    static constexpr std::array<std::string_view, 10> kKeys = {"exe", "parent", "ancestor", "uid", "gid", "loginuid", "terminal", "exe-intact", "first-process", "holds"};
    return key.starts_with(kContainer) || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

class RuleWriter {
public:
    std::string text;
    std::uint32_t line_count = 0;

    void line(std::size_t indent, std::string_view what) {
        // the first line of an entry of a list has its dash in the indentation
        std::string begin(indent, ' ');
        if (is_item_) begin.replace(begin.size() - 2, 2, "- ");
        is_item_ = false;
        text += begin + std::string(what) + "\n";
        line_count++;
    }
    void item() { is_item_ = true; }

    void list(std::size_t indent, std::string_view key, const std::vector<std::string>& values) {
        std::string flow = std::string(key) + ": [";
        for (const std::string& value : values) flow += (flow.ends_with('[') ? "" : ", ") + value;
        if (indent + flow.size() < kColumns) return line(indent, flow + "]");
        line(indent, std::string(key) + ":");
        for (const std::string& value : values) line(indent + 2, "- " + value);
    }

    void entry(std::size_t indent, std::string_view key, const Entry& entry) {
        if (is_yes_no(entry)) return line(indent, std::string(key) + ": " + entry.values[0]);
        // values of one condition are bounded: a second list is not needed where one of the first holds
        list(indent, key, entry.values);
    }

    // Entries that share no key.
    void entries(std::size_t indent, const std::vector<const Entry*>& all) {
        bool has_container = false;
        for (const Entry* one : all) {
            if (one->key.starts_with(kContainer)) {
                if (!has_container) line(indent, "container:");
                has_container = true;
                entry(indent + 2, std::string_view(one->key).substr(kContainer.size()), *one);
            }
        }
        for (const Entry* one : all)
            if (!one->key.starts_with(kContainer)) entry(indent, one->key, *one);
    }

    // A map with `not` and `all` where they are needed.
    void clause(std::size_t indent, std::vector<const Entry*> all) {
        const Entry arguments = all_arguments(all);
        if (!arguments.values.empty()) all.push_back(&arguments);
        std::vector<const Entry*> first, more, negated;
        for (const Entry* one : all) {
            const auto same = [&](const Entry* earlier) { return earlier->key == one->key; };
            if (one->negated)
                negated.push_back(one);
            else if (std::any_of(first.begin(), first.end(), same))
                more.push_back(one);
            else
                first.push_back(one);
        }
        entries(indent, first);
        if (!more.empty()) {
            line(indent, "all:");
            for (const Entry* one : more) {
                item();
                entries(indent + 4, {one});
            }
        }
        if (negated.empty()) return;
        line(indent, "not:");
        entries(indent + 2, negated);
    }

private:
    // Takes out what stands alone in its list, if there are several such.
    static Entry all_arguments(std::vector<const Entry*>& all) {
        const auto is_alone = [](const Entry* one) { return one->key == "arguments" && !one->negated && one->values.size() == 1; };
        Entry result{"all-arguments", false, {}};
        if (std::count_if(all.begin(), all.end(), is_alone) < 2) return result;
        for (const Entry* one : all)
            if (is_alone(one)) result.values.push_back(one->values[0]);
        std::erase_if(all, is_alone);
        return result;
    }

    bool is_item_ = false;
};

std::vector<const Entry*> of_place(const Clause& clause, bool subject) {
    std::vector<const Entry*> all;
    for (const Entry& entry : clause)
        if (is_subject(entry.key) == subject) all.push_back(&entry);
    return all;
}

// The kernel asks a bounded list at once.
std::vector<Clause> split(const Clause& exception) {
    if (exception.size() != 1 || exception[0].values.size() <= kMaxValuesPerCondition) return {exception};
    std::vector<Clause> parts;
    const auto& values = exception[0].values;
    for (std::size_t at = 0; at < values.size(); at += kMaxValuesPerCondition) {
        const auto end = std::min(at + kMaxValuesPerCondition, values.size());
        parts.push_back({{exception[0].key, exception[0].negated, {values.begin() + static_cast<std::ptrdiff_t>(at), values.begin() + static_cast<std::ptrdiff_t>(end)}}});
    }
    return parts;
}

void description(RuleWriter& writer, std::size_t indent, const std::string& text) {
    const std::vector<std::string> lines = fold(text, 78);
    if (lines.empty()) return writer.line(indent, "description: " + spell(text, false, true));
    writer.line(indent, "description: >-");
    for (const std::string& line : lines) writer.line(indent + 2, line);
}

void comment(RuleWriter& writer, std::size_t indent, const std::string& text) {
    const std::string shown = escape_cut(text, 1'000);
    for (const std::string& line : fold(shown, 100)) writer.line(indent, "# " + line);
}

std::string_view subject_word(std::uint32_t subjects) {
    if (subjects == QUELL_SUBJECT_HOST) return "host";
    return subjects == QUELL_SUBJECT_CONTAINER ? "container" : "any";
}

void rule(RuleWriter& writer, const EmittedRule& rule) {
    constexpr std::size_t kIndent = 6;
    for (const std::string& remark : rule.remarks) comment(writer, kIndent - 2, remark);
    writer.item();
    writer.line(kIndent, "id: " + rule.id);
    writer.line(kIndent, "name: " + spell(rule.name, false, true));
    description(writer, kIndent, rule.description);
    writer.line(kIndent, "severity: " + std::string(rule.severity));
    std::vector<std::string> tags;
    for (const std::string& tag : rule.tags) tags.push_back(spelt(tag));
    if (!tags.empty()) writer.list(kIndent, "tags", tags);
    if (rule.is_off) writer.line(kIndent, "mode: \"off\"");
    writer.list(kIndent, "on", rule.draft.operations);
    writer.line(kIndent, "where:");
    writer.line(kIndent + 2, "subject: " + std::string(subject_word(rule.draft.subjects)));
    writer.clause(kIndent + 2, of_place(rule.draft.conditions, true));
    if (const auto object = of_place(rule.draft.conditions, false); !object.empty()) {
        writer.line(kIndent, "match:");
        writer.clause(kIndent + 2, object);
    }
    if (rule.draft.exceptions.empty()) return;
    writer.line(kIndent, "except:");
    for (const Clause& exception : rule.draft.exceptions)
        for (const Clause& part : split(exception)) {
            std::vector<const Entry*> all;
            for (const Entry& entry : part) all.push_back(&entry);
            writer.item();
            writer.clause(kIndent + 4, all);
        }
}

}  // namespace

PolicyText emit_policy(std::string_view name, std::string_view origin, const std::vector<EmittedRule>& rules) {
    RuleWriter writer;
    PolicyText policy;
    comment(writer, 0, "Made by `quell policy import --from falco` of " + escape(origin) + ".");
    writer.line(0, "apiVersion: quell/v1");
    writer.line(0, "kind: Policy");
    writer.line(0, "metadata:");
    writer.line(2, "name: " + std::string(name));
    description(writer, 2, "Rules of Falco, imported from " + escape_cut(origin, 400) + ".");
    writer.line(0, "spec:");
    writer.line(2, "rules:");
    for (const EmittedRule& one : rules) {
        policy.lines.push_back(writer.line_count + 1);
        rule(writer, one);
    }
    policy.text = std::move(writer.text);
    return policy;
}

}  // namespace quell::policy::falco
