// SPDX-License-Identifier: Apache-2.0
#include "spelling.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "policy/check/conditions.h"
#include "policy/check/never.h"
#include "policy/describe/rule_keys.h"
#include "policy/document/node.h"
#include "policy/limits.h"
#include "random_policy.h"

namespace quell::policy::test {
namespace {

unsigned below(std::mt19937& random, std::size_t bound) { return static_cast<unsigned>(random() % bound); }

// Not everything: as an exception it would leave nothing.
void narrow(std::vector<Pattern>& patterns) {
    normalise(patterns);
    std::erase_if(patterns, [](const Pattern& a) { return a.base == "/" && a.kind == Pattern::Kind::kCover; });
    if (patterns.empty()) patterns.push_back({Pattern::Kind::kStar, "/a", {}});
}

constexpr std::array kTitles = {"Plain", "a: b", "x #y", "it's", "[v], {w}", "yes", "12", "~", "Ünïcode – 日本", "say \"it\"", "back\\slash", "- dash", "tail:", "a,b", "#c", "null", "\"", "? q", "+? q", "a?", "%d", "on", "1e3", "0x1f", "a  b", "@x", "--- y", "... z", "it's \"both\""};
constexpr std::array kDescriptions = {
    "One line.", "Two lines\nof text.\n", "With a blank\n\nline, # and: [odd] {signs}", "  begins with blanks\nthen not", "Many newlines\n\n\n", "- like a list\n- of two\n",
    "A text that is so long that it does not fit on one line of the file however it is turned, and it has neither a line break nor two blanks in a row, it's only long.",
    "key: value\n# no comment\n", "trailing blanks  \nhere\n", "a\n  deeper\nb\n", "It's \"quoted\" \\ back"};

Node text(std::string value) {
    Node node;
    node.type = Node::Type::kText;
    node.text = std::move(value);
    return node;
}

Node list(const std::vector<std::string>& values) {
    Node node;
    node.type = Node::Type::kList;
    for (const std::string& value : values) node.items.push_back(text(value));
    return node;
}

Node map() {
    Node node;
    node.type = Node::Type::kMap;
    return node;
}

void put(Node& to, const std::string& key, Node value) {
    const std::size_t dot = key.find('.');
    if (dot == std::string::npos) return to.entries.push_back(Entry{text(key), std::move(value)});
    const std::string outer = key.substr(0, dot);
    const auto found = std::find_if(to.entries.begin(), to.entries.end(), [&](const Entry& entry) { return entry.key.text == outer; });
    Entry& entry = found != to.entries.end() ? *found : to.entries.emplace_back(Entry{text(outer), map()});
    put(entry.value, key.substr(dot + 1), std::move(value));
}

std::vector<std::string> values_of(const Condition& condition) {
    std::vector<std::string> values;
    for (const Pattern& path : condition.paths) values.push_back(path.text());
    for (const Network& network : condition.networks) values.push_back(network.text());
    for (const std::string& name : condition.names) values.push_back(name);
    for (const Range& range : condition.ranges) {
        Condition one = condition;
        one.negated = false;
        one.ranges = {range};
        const std::string said = one.text();
        values.push_back(said.substr(said.find_first_of(" ") + 1));
        if (values.back().front() == '[') values.back() = values.back().substr(1, values.back().size() - 2);
    }
    return values;
}

// A text by itself, or {at: N, is: TEXT}.
Node text_patterns(const Condition& condition) {
    Node values = list({});
    for (const TextPattern& pattern : condition.texts) {
        Node one = text(pattern.glob);
        if (pattern.at) {
            Node placed = map();
            put(placed, "at", text(std::to_string(*pattern.at)));
            put(placed, "is", std::move(one));
            one = std::move(placed);
        }
        values.items.push_back(std::move(one));
    }
    return values;
}

// Nodes of `group` that stand at `place`, below `prefix`.
void put_conditions(Node& to, const std::string& prefix, const Group& group, std::optional<FieldPlace> place, std::mt19937& random) {
    for (const Condition& condition : group) {
        const FieldRow& row = kFieldRows[condition.field];
        if (place && row.place != *place) continue;
        Node value = row.kind == FieldKind::kYesNo ? text(values_of(condition).front()) : row.kind == FieldKind::kTexts ? text_patterns(condition) : list(values_of(condition));
        std::shuffle(value.items.begin(), value.items.end(), random);
        put(to, prefix + (condition.negated ? "not." : "") + std::string(row.word), std::move(value));
    }
}

// A list of paths may be one entry, or several.
void put_exceptions(Node& to, const Rule& rule, std::mt19937& random) {
    Node exceptions;
    exceptions.type = Node::Type::kList;
    for (const Group& group : rule.exceptions) {
        std::vector<Group> parts{group};
        const bool is_plain = group.size() == 1 && !group[0].negated && group[0].paths.size() > 1;
        if (is_plain && below(random, 2) == 0) {
            parts.push_back(group);
            parts[0][0].paths.resize(1);
            parts[1][0].paths.erase(parts[1][0].paths.begin());
        }
        for (const Group& part : parts) put_conditions(exceptions.items.emplace_back(map()), "", part, std::nullopt, random);
    }
    std::shuffle(exceptions.items.begin(), exceptions.items.end(), random);
    if (!exceptions.items.empty()) put(to, "except", std::move(exceptions));
}

// Only what a policy can say, and what the check lets pass.
void speakable(Group& group, bool is_exception, std::uint32_t subjects) {
    std::set<std::pair<std::uint32_t, bool>> seen;
    std::erase_if(group, [&](const Condition& one) {
        if (QUELL_FIELD_IS_IDENTITY(one.field) && subjects == QUELL_SUBJECT_HOST) return true;
        return (one.field == QUELL_FIELD_PATH && (is_exception || !one.negated)) || !seen.emplace(one.field, one.negated).second;
    });
    for (Condition& one : group) {
        const FieldKind kind = kFieldRows[one.field].kind;
        if (kind == FieldKind::kPaths) narrow(one.paths);
        if (kind == FieldKind::kBits) one.ranges = {{04000, 0}};
        if (kind == FieldKind::kOpenFlags) one.ranges = {{01000, 0}};
        if (kind == FieldKind::kMountFlags) one.ranges = {{4096, 0}};
        if (kind == FieldKind::kYesNo) one.ranges = {{1, 1}};
    }
    normalise(group);
}

bool leaves_nothing(const Rule& rule, const Group& exception) {
    static const Source nowhere{};
    const SourceText text(nowhere);
    Findings findings(std::span(&text, 1));
    Rule alone = rule;
    alone.exceptions = {exception};
    guard_shadowed(alone, findings);
    return findings.has_errors();
}

// The document that says the rule, from its keys in words.
Node rule_node(const Rule& rule, std::mt19937& random) {
    Node node = map();
    put(node, "id", text(rule.id));
    bool offers = false;
    for (const KeyValue& one : key_values(rule)) {
        if (one.key == "respond.offer") offers = !one.values.empty();
        if (one.values.empty() || (one.key == "respond.expires" && !offers)) continue;
        if (one.key == "respond.automatic.dry-run" && !rule.automatic) continue;
        if (one.is_default && one.key != "respond.offer" && below(random, 2) == 0) continue;
        Node value = one.shape == KeyShape::kText ? text(one.values.front()) : list(one.values);
        if (one.shape == KeyShape::kSet) std::shuffle(value.items.begin(), value.items.end(), random);
        if (one.key == "where" || one.key == "match" || one.key == "except") continue;
        put(node, std::string(one.key), std::move(value));
    }
    put_conditions(node, "where.", rule.conditions, FieldPlace::kSubject, random);
    put_conditions(node, "match.", rule.conditions, FieldPlace::kObject, random);
    put_exceptions(node, rule, random);
    if (below(random, 2) == 0) put(node, "description", text(kDescriptions[below(random, kDescriptions.size())]));
    std::shuffle(node.entries.begin(), node.entries.end(), random);
    return node;
}

// Gives some values of rules, and some of what they ask, a name.
class Namer {
public:
    explicit Namer(std::mt19937& random) : random_(random) {}

    void rule(Node& node) {
        for (Entry& part : node.entries) {
            if (part.key.text == "where" || part.key.text == "match") name_part(part.value, part.key.text);
            if (part.key.text == "on" || part.key.text == "tags") name_values(part.value);
        }
    }
    void put_into(Node& root) {
        if (!lists_.entries.empty()) put(root, "spec.lists", std::move(lists_));
        if (!macros_.entries.empty()) put(root, "spec.macros", std::move(macros_));
    }

private:
    void name_values(Node& values) {
        if (values.type != Node::Type::kList || below(random_, 4) != 0) return;
        const std::string name = "l" + std::to_string(lists_.entries.size());
        Node reference = map(), own = list({});
        put(reference, "list", text(name));
        // some of them, in a list of its own; of those that stay none is named as well
        const std::size_t split = below(random_, values.items.size());
        own.items.assign(values.items.begin() + static_cast<std::ptrdiff_t>(split), values.items.end());
        values.items.resize(split);
        values.items.push_back(std::move(reference));
        put(lists_, name, std::move(own));
    }

    // `path` below `match` stays: it finds the rule.
    void name_part(Node& part, const std::string& place) {
        for (Entry& entry : part.entries) name_values(entry.value);
        const bool is_moved = below(random_, 3) == 0;
        const auto first = std::partition(part.entries.begin(), part.entries.end(),
                                          [&](const Entry& entry) { return !is_moved || entry.key.text == "path" || entry.key.text == "subject"; });
        if (first == part.entries.end()) return;
        const std::string name = "m" + std::to_string(macros_.entries.size());
        Node body = map();
        body.entries.assign(std::make_move_iterator(first), std::make_move_iterator(part.entries.end()));
        part.entries.erase(first, part.entries.end());
        Node macro = map();
        put(macro, place, std::move(body));
        put(macros_, name, std::move(macro));
        put(part, "use", list({name}));
    }

    std::mt19937& random_;
    Node lists_ = map();
    Node macros_ = map();
};

class Speller {
public:
    explicit Speller(std::mt19937& random) : random_(random) {}

    Spelling run(const Node& root) {
        noise();
        if (chance(6)) {
            out_ += "---";
            end_line();
        }
        block(root, 0, false);
        noise();
        if (chance(5)) {  // a second noise at once would not know how deep one may be behind a block of text
            out_ += "...\n";
            noise();
        }
        if (chance(4)) {
            std::string dos;
            for (const char c : out_) dos += c == '\n' ? "\r\n" : std::string(1, c);
            out_ = std::move(dos);
        }
        return {std::move(out_), comments_};
    }

private:
    static constexpr unsigned kDeepest = 10;

    bool chance(unsigned one_in) { return below(random_, one_in) == 0; }
    std::string blanks(unsigned least, unsigned most) { return std::string(least + below(random_, most - least + 1), ' '); }
    std::string comment() {
        static constexpr std::array kNoise = {"", " it's", " \"open", " a: b, [c", " # more", "  "};
        return "#" + blanks(0, 2) + mark(comments_++) + kNoise[below(random_, kNoise.size())];
    }
    void end_line() { out_ += (chance(5) ? blanks(1, 3) + comment() : blanks(0, 1)) + "\n"; }
    // What may stand between any two lines of blocks.
    void noise() {
        while (chance(5)) out_ += chance(2) ? blanks(0, std::min(deepest_, 3u)) + "\n" : blanks(0, deepest_) + comment() + "\n";
        deepest_ = kDeepest;
    }

    void block(const Node& node, unsigned indent, bool begun) {
        for (const Entry& entry : node.entries) {
            if (!begun) {
                noise();
                out_ += std::string(indent, ' ');
            }
            begun = false;
            out_ += scalar(entry.key.text, true) + ":";
            value(entry.value, indent, true);
        }
        for (const Node& item : node.items) {
            if (!begun) {
                noise();
                out_ += std::string(indent, ' ');
            }
            begun = false;
            out_ += "-";
            value(item, indent, false);
        }
    }

    // Behind a key's colon or a dash.
    void value(const Node& node, unsigned indent, bool of_map) {
        if (node.type == Node::Type::kText) {
            out_ += blanks(1, 2);
            if (of_map && (node.text.size() > 60 || node.text.find('\n') != std::string::npos)) return long_text(node.text, indent);
            out_ += scalar(node.text, false);
            return end_line();
        }
        if (chance(3) || (node.items.empty() && node.entries.empty())) {
            out_ += blanks(1, 2);
            flow(node, indent + 1, chance(2));
            return end_line();
        }
        if (!of_map && chance(2)) {
            const std::string gap = blanks(1, 3);
            out_ += gap;
            return block(node, indent + 1 + static_cast<unsigned>(gap.size()), true);
        }
        end_line();
        block(node, indent + (of_map && node.type == Node::Type::kList ? below(random_, 4) : 1 + below(random_, 4)), false);
    }

    // Broken lines are at least `indent` in.
    void flow(const Node& node, unsigned indent, bool broken) {
        const bool is_list = node.type == Node::Type::kList;
        const auto gap = [&] {
            if (!broken || !chance(2)) return out_ += blanks(0, 1), void();
            end_line();
            while (chance(4)) out_ += chance(2) ? "\n" : blanks(0, 6) + comment() + "\n";
            out_ += std::string(indent, ' ') + blanks(0, 4);
        };
        out_ += is_list ? '[' : '{';
        bool first = true;
        for (const Node& item : node.items) {
            if (!std::exchange(first, false)) out_ += ',';
            gap();
            if (item.type == Node::Type::kText) out_ += scalar(item.text, true);
            else flow(item, indent, broken);
            gap();
        }
        for (const Entry& entry : node.entries) {
            if (!std::exchange(first, false)) out_ += ',';
            gap();
            out_ += scalar(entry.key.text, true) + ": ";
            if (entry.value.type == Node::Type::kText) out_ += scalar(entry.value.text, true);
            else flow(entry.value, indent, broken);
            gap();
        }
        out_ += is_list ? ']' : '}';
    }

    std::string scalar(const std::string& value, bool flow) {
        const bool is_plain = !value.empty() && value.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/*-._") == std::string::npos &&
                              value.front() != '*' && value.front() != '-' && value.front() != '.' && value != "null" && value != "Null" && value != "NULL";
        const bool fits_block = !flow && !value.empty() && value.find_first_of("\n:#'\"") == std::string::npos && std::isalpha(static_cast<unsigned char>(value.front())) != 0 && value.back() != ' ' && value != "null";
        if ((is_plain || fits_block) && !chance(3)) return value;
        if (value.find('\n') == std::string::npos && chance(2)) {
            std::string quoted = "'";
            for (const char c : value) quoted += c == '\'' ? std::string("''") : std::string(1, c);
            return quoted + "'";
        }
        std::string quoted = "\"";
        for (const char c : value) quoted += c == '\n' ? std::string("\\n") : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        return quoted + "\"";
    }

    // A literal block where it can be said so, else quotes over several lines.
    void long_text(const std::string& value, unsigned indent) {
        const std::size_t body = value.find_last_not_of('\n') + 1;
        const std::size_t breaks = value.size() - body;
        if (chance(2) && value.find('\n') != std::string::npos) {
            const unsigned deeper = 1 + below(random_, 5);
            out_ += "|";
            if (value.front() == ' ' || chance(4)) out_ += static_cast<char>('0' + deeper);
            out_ += breaks == 0 ? "-" : breaks == 1 ? "" : "+";
            end_line();
            std::string line;
            for (const char c : value.substr(0, body) + "\n") {
                if (c != '\n') {
                    line += c;
                    continue;
                }
                out_ += (line.empty() ? "" : std::string(indent + deeper, ' ')) + line + "\n";
                line.clear();
            }
            for (std::size_t i = 1; i < breaks; i++) out_ += "\n";
            deepest_ = indent;
            return;
        }
        if (value.find('\n') == std::string::npos && value.find('"') == std::string::npos && value.find('\\') == std::string::npos) {
            const bool quoted = value.find(": ") != std::string::npos || chance(2);
            if (quoted) out_ += '"';
            for (const char c : value) out_ += c == ' ' && chance(6) ? "\n" + std::string(indent + 1, ' ') : std::string(1, c);
            if (quoted) out_ += '"';
            return end_line();
        }
        out_ += scalar(value, true);
        end_line();
    }

    std::mt19937& random_;
    std::string out_;
    unsigned comments_ = 0;
    unsigned deepest_ = kDeepest;  // further in, a comment would be part of the text before it
};

}  // namespace

Checked random_rules(std::mt19937& random) {
    Checked checked = random_policy(random);
    for (Rule& rule : checked.rules) {
        if (!rule.paths.empty()) narrow(rule.paths);
        speakable(rule.conditions, false, rule.subjects);
        for (Group& group : rule.exceptions) speakable(group, true, rule.subjects);
        std::erase_if(rule.exceptions, [](const Group& group) { return group.empty(); });
        normalise(rule.exceptions);
        std::erase_if(rule.exceptions, [&](const Group& group) { return leaves_nothing(rule, group); });
        if (below(random, 4) == 0) rule.mode = static_cast<Mode>(below(random, 3));
        rule.name = below(random, 3) == 0 ? rule.id : kTitles[below(random, kTitles.size())];
        for (unsigned left = below(random, 4); left > 0; left--) rule.tags.emplace_back(kTitles[below(random, kTitles.size())]);
        std::sort(rule.tags.begin(), rule.tags.end());
        rule.tags.erase(std::unique(rule.tags.begin(), rule.tags.end()), rule.tags.end());
        rule.expires_ns = kDefaultExpiresNs;
        if (below(random, 2) == 0) continue;
        rule.offers = {QUELL_RESPONSE_KILL_PROCESS};
        if (rule.subjects & QUELL_SUBJECT_CONTAINER) rule.offers.insert(rule.offers.begin() + below(random, 2), QUELL_RESPONSE_KILL_CONTAINER);
        if (rule.subjects & QUELL_SUBJECT_CONTAINER && below(random, 2) == 0) {
            rule.offers.push_back(QUELL_RESPONSE_ISOLATE_NETWORK);
            if (below(random, 2) == 0) rule.follow_ns = (1 + below(random, 100)) * 60 * kSecond;
        }
        if (below(random, 2) == 0) rule.automatic = Automatic{rule.offers.front(), 1 + below(random, kMaxAutomaticPerHour), below(random, 2) == 0};
        rule.two_persons = !rule.automatic && below(random, 2) == 0;
        rule.reason_required = below(random, 2) == 0;
        rule.expires_ns = (1 + below(random, 100)) * (below(random, 2) == 0 ? 1 : 60) * kSecond;
    }
    return checked;
}

Spelling random_spelling(const Checked& checked, std::mt19937& random) {
    Node root = map();
    put(root, "apiVersion", text("quell/v1"));
    put(root, "kind", text("Policy"));
    put(root, "metadata.name", text(checked.rules.front().policy));
    if (below(random, 2) == 0) put(root, "metadata.description", text(kDescriptions[below(random, kDescriptions.size())]));
    Node rules;
    rules.type = Node::Type::kList;
    for (const Rule& rule : checked.rules) rules.items.push_back(rule_node(rule, random));
    Namer namer(random);
    if (below(random, 2) == 0)
        for (Node& rule : rules.items) namer.rule(rule);
    std::shuffle(rules.items.begin(), rules.items.end(), random);
    put(root, "spec.rules", std::move(rules));
    namer.put_into(root);
    std::shuffle(root.entries.begin(), root.entries.end(), random);
    return Speller(random).run(root);
}

std::string mark(unsigned number) { return "<" + std::to_string(number) + ">"; }

}  // namespace quell::policy::test
