// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/read.h"

#include <algorithm>
#include <array>

#include "policy/document/parse.h"
#include "policy/import/falco/cursor.h"
#include "policy/import/falco/read_rule.h"
#include "policy/import/falco/values.h"

namespace quell::policy::falco {
namespace {

constexpr Dialect kDialect{kMaxFalcoFileBytes, kMaxFalcoLineBytes, kMaxFalcoDocuments, true};
constexpr std::array<std::string_view, 4> kListKeys = {"list", "items", "append", "override"};
constexpr std::array<std::string_view, 4> kMacroKeys = {"macro", "condition", "append", "override"};
constexpr std::array<std::string_view, 3> kPluginKeys = {"name", "version", "alternatives"};

bool is_macro_name(std::string_view name) {
    Cursor cursor(name);
    return !cursor.identifier().empty() && cursor.at_end() && name.size() <= kMaxFalcoNameBytes;
}

bool is_list_name(std::string_view name) {
    Cursor cursor(name);
    return !cursor.bare().empty() && cursor.at_end() && name.size() <= kMaxFalcoNameBytes;
}

// Digits, or three groups of them with dots between and anything behind a - or +.
bool is_version(std::string_view text, bool number_will_do) {
    text = text.substr(0, text.find_first_of("-+"));
    std::size_t groups = 0;
    for (std::size_t at = 0; at <= text.size(); groups++) {
        const std::size_t end = std::min(text.find('.', at), text.size());
        const std::string_view group = text.substr(at, end - at);
        if (group.empty() || group.size() > 9 || group.find_first_not_of("0123456789") != std::string_view::npos) return false;
        at = end + 1;
    }
    return groups == 3 || (groups == 1 && number_will_do);
}

// `append: true`, or `override` with the one key that a list or macro has.
bool read_append(ItemReader& reader, std::string_view key) {
    const Overrides overrides = read_overrides(reader, std::array{key}, std::array{key});
    const bool append = read_append_flag(reader, overrides);
    return append || !overrides.append.empty();
}

class Reader {
public:
    Reader(const Lines& lines, Findings& findings) : lines_(lines), findings_(findings) {}

    void document(const Node& root) {
        if (root.type != Node::Type::kList) {
            findings_.add(Code::kQ2001, root.where,
                          "the file must be a list of items, this is " + std::string(type_word(root.type)),
                          "each item begins with '- '");
            return;
        }
        for (const Node& node : root.items) item(node);
    }

    std::vector<Item> take() { return std::move(items_); }

private:
    void item(const Node& node) {
        if (node.type == Node::Type::kNull) return;  // as Falco does
        if (node.type != Node::Type::kMap) {
            findings_.add(Code::kQ2001, node.where, "an item must be a map, this is " + std::string(type_word(node.type)),
                          "write '- list:', '- macro:' or '- rule:'", node.text);
            return;
        }
        // The first of these keys that it has says what it is: Falco's order.
        ItemReader reader(node, lines_, findings_);
        if (reader.has("required_engine_version"))
            engine(reader);
        else if (reader.has("required_plugin_versions"))
            plugins(reader);
        else if (reader.has("list"))
            list(reader);
        else if (reader.has("macro"))
            macro(reader);
        else if (reader.has("rule"))
            rule(reader);
        else
            findings_.add(Code::kQ2002, node.where, "the item is none that Falco knows", "it is left out");
    }

    void engine(ItemReader& reader) {
        add(reader, Requirement{"", version(reader, "required_engine_version", true), reader.where("required_engine_version")});
    }

    void plugins(ItemReader& reader) {
        const Node& list = *reader.node().find("required_plugin_versions");
        if (list.type != Node::Type::kList) {
            reader.fail(Code::kQ1103, list.where, "required_plugin_versions must be a list");
            return;
        }
        for (const Node& node : list.items) {
            if (node.type != Node::Type::kMap) {
                reader.fail(Code::kQ1103, node.where, "a plugin's version must be a map with name and version");
                continue;
            }
            ItemReader plugin(node, lines_, findings_);
            plugin.warn_unknown(kPluginKeys);
            std::string name = plugin.text("name");
            add(plugin, Requirement{std::move(name), version(plugin, "version", false), node.where});
        }
    }

    static std::string version(ItemReader& reader, std::string_view key, bool number_will_do) {
        std::string text = reader.text(key);
        if (!text.empty() && !is_version(text, number_will_do))
            reader.fail(Code::kQ2011, reader.where(key), in_quotes(text) + " is not a version", "write it as 0.31.0", text);
        return text;
    }

    void list(ItemReader& reader) {
        ListItem made;
        made.where = reader.where("list");
        made.name = reader.text("list");
        if (!made.name.empty() && !is_list_name(made.name))
            reader.fail(Code::kQ2004, made.where, in_quotes(made.name) + " is no name for a list",
                        "no blanks, quotes, parentheses, commas or equals signs", made.name);
        made.items = reader.items("items");
        made.append = read_append(reader, "items");
        reader.warn_unknown(kListKeys);
        add(reader, std::move(made));
    }

    void macro(ItemReader& reader) {
        MacroItem made;
        made.where = reader.where("macro");
        made.name = reader.text("macro");
        if (!made.name.empty() && !is_macro_name(made.name))
            reader.fail(Code::kQ2004, made.where, in_quotes(made.name) + " is no name for a macro",
                        "letters, digits and underscores", made.name);
        made.condition = reader.placed("condition");
        made.append = read_append(reader, "condition");
        reader.warn_unknown(kMacroKeys);
        add(reader, std::move(made));
    }

    void rule(ItemReader& reader) {
        RuleItem made = read_rule(reader);
        add(reader, std::move(made));
    }

    template <typename T>
    void add(const ItemReader& reader, T made) {
        if (!reader.failed()) items_.emplace_back(std::move(made));
    }

    const Lines& lines_;
    Findings& findings_;
    std::vector<Item> items_;
};

}  // namespace

std::vector<Item> read_items(const SourceText& source, std::uint32_t index, Findings& findings) {
    const std::optional<std::vector<Node>> roots = parse_documents(source, index, kDialect, findings);
    if (!roots) return {};
    const Lines lines(source.text());
    Reader reader(lines, findings);
    for (const Node& root : *roots) reader.document(root);
    return reader.take();
}

}  // namespace quell::policy::falco
