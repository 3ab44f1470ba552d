// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/read_rule.h"

#include <algorithm>
#include <array>

namespace quell::policy::falco {
namespace {

constexpr std::array<std::string_view, 17> kRuleKeys = {
    "rule",     "condition",        "output",         "desc",           "priority",      "tags",
    "source",   "exceptions",       "enabled",        "warn_evttypes",  "skip-if-unknown-filter",
    "append",   "override",         "capture",        "capture_duration", "capture_events", "capture_filesize",
};
constexpr std::array<std::string_view, 5> kAppendable = {"condition", "exceptions", "output", "desc", "tags"};
constexpr std::array<std::string_view, 13> kReplaceable = {
    "condition",     "exceptions",             "output",  "desc",             "tags",           "priority",         "enabled",
    "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration", "capture_events", "capture_filesize",
};

// Those of `keys` that the item has. What Falco captures is of no use here,
// apart from whether: the other keys are only known.
RuleParts read_parts(ItemReader& reader, std::span<const std::string_view> keys, bool changes) {
    const auto wanted = [&](std::string_view key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); };
    RuleParts parts;
    if (wanted("condition")) parts.condition = reader.placed_if("condition");
    if (wanted("output")) parts.output = reader.text_if("output");
    if (wanted("desc")) parts.description = reader.text_if("desc");
    if (wanted("priority")) parts.priority = reader.priority_if("priority");
    if (wanted("tags")) parts.tags = reader.texts_if("tags");
    if (wanted("exceptions") && reader.has("exceptions")) parts.exceptions = read_exceptions(reader, changes);
    if (wanted("enabled")) parts.enabled = reader.flag_if("enabled");
    if (wanted("warn_evttypes")) parts.warn_event_types = reader.flag_if("warn_evttypes");
    if (wanted("skip-if-unknown-filter")) parts.skip_if_unknown_filter = reader.flag_if("skip-if-unknown-filter");
    if (wanted("capture")) parts.capture = reader.flag_if("capture");
    return parts;
}

void check_overrides(ItemReader& reader, const Overrides& overrides) {
    const auto named = [&](std::string_view key) {
        return std::find(overrides.append.begin(), overrides.append.end(), key) != overrides.append.end() ||
               std::find(overrides.replace.begin(), overrides.replace.end(), key) != overrides.replace.end();
    };
    for (const std::string_view key : kReplaceable) {
        if (named(key) && !reader.has(key))
            reader.fail(Code::kQ2006, reader.where("override"),
                        "'override' names '" + std::string(key) + "', which the item does not have",
                        "add '" + std::string(key) + ":'");
        if (!named(key) && reader.has(key))
            reader.fail(Code::kQ2006, reader.where(key),
                        "'override' does not say what becomes of '" + std::string(key) + "'",
                        "write '" + std::string(key) + ": replace' under 'override'");
    }
}

void define(ItemReader& reader, RuleItem& rule) {
    rule.defines = true;
    for (const char* key : {"condition", "output", "desc", "priority"}) (void)reader.required(key);
    rule.replaced = read_parts(reader, kReplaceable, false);
    rule.replaced.source = reader.text_if("source");
}

}  // namespace

Overrides read_overrides(ItemReader& reader, std::span<const std::string_view> appendable,
                         std::span<const std::string_view> replaceable) {
    Overrides overrides;
    const Node* map = reader.node().find("override");
    if (map == nullptr) return overrides;
    overrides.given = map->type != Node::Type::kMap || !map->entries.empty();
    if (map->type != Node::Type::kMap) {
        reader.fail(Code::kQ1103, map->where, "override must be a map, this is " + std::string(type_word(map->type)),
                    "write 'condition: append' or the like");
        return overrides;
    }
    for (const auto& [key, value] : map->entries) {
        const bool append = value.text == "append";
        if (!append && value.text != "replace") {
            reader.fail(Code::kQ1105, value.where, in_quotes(value.text) + " is no way to override",
                        "one of: append, replace", value.text);
            continue;
        }
        const auto& allowed = append ? appendable : replaceable;
        const auto found = std::find(allowed.begin(), allowed.end(), key.text);
        if (found == allowed.end())
            reader.fail(Code::kQ2006, key.where,
                        in_quotes(key.text) + (append ? " cannot be appended to" : " cannot be replaced"), "", key.text);
        else
            (append ? overrides.append : overrides.replace).push_back(*found);
    }
    return overrides;
}

bool read_append_flag(ItemReader& reader, const Overrides& overrides) {
    if (!reader.flag_if("append").value_or(false)) return false;
    if (overrides.given)
        reader.fail(Code::kQ2006, reader.where("append"), "'append' and 'override' cannot stand side by side",
                    "remove 'append'");
    else
        reader.findings().add(Code::kQ2005, reader.where("append"), "'append: true' is deprecated",
                              "write 'condition: append' or the like under 'override'");
    return true;
}

RuleItem read_rule(ItemReader& reader) {
    RuleItem rule;
    rule.where = reader.where("rule");
    rule.name = reader.text("rule");
    const Overrides overrides = read_overrides(reader, kAppendable, kReplaceable);
    const bool append = read_append_flag(reader, overrides);
    reader.warn_unknown(kRuleKeys);
    if (overrides.given) {
        check_overrides(reader, overrides);
        rule.appended = read_parts(reader, overrides.append, true);
        rule.replaced = read_parts(reader, overrides.replace, true);
    } else if (append) {
        // Falco reads nothing else of such an item
        constexpr std::array<std::string_view, 2> kRead = {"condition", "exceptions"};
        rule.appended = read_parts(reader, kRead, true);
        if (!reader.has("condition") && !reader.has("exceptions"))
            reader.fail(Code::kQ1102, rule.where, "a rule that is appended to has neither 'condition' nor 'exceptions'");
    } else if (reader.has("enabled") && !reader.has("condition") && !reader.has("output") && !reader.has("desc") &&
               !reader.has("priority")) {
        rule.replaced.enabled = reader.flag_if("enabled");
        reader.findings().add(Code::kQ2005, reader.where("enabled"), "'enabled' alone is deprecated",
                              "write 'enabled: replace' under 'override'");
    } else {
        define(reader, rule);
    }
    return rule;
}

}  // namespace quell::policy::falco
