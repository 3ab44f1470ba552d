// SPDX-License-Identifier: Apache-2.0
// yaml-cpp's event interface is used, not its tree: every value passes the
// bounds before it is kept, the parser's recursion ends with the first value
// that is too deep, and duplicate keys are still there to be seen.
#include "policy/document/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "policy/limits.h"

namespace quell::policy {
namespace {

// Ends the parsing; its finding is already made.
struct Stop {};

class Builder final : public YAML::EventHandler {
public:
    Builder(std::uint32_t index, std::size_t max_documents, Findings& findings)
        : index_(index), max_documents_(max_documents), findings_(findings) {}

    [[nodiscard]] std::vector<Node> take() { return std::move(roots_); }

    // yaml-cpp can hand out empty documents for ever without reading on (a
    // file that begins with a comma): one too many must end it.
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ <= max_documents_) return;
        if (max_documents_ == 1) stop(Code::kQ1007, mark, "a second document begins here", "one policy a file");
        stop(Code::kQ1007, mark, "the file holds more than " + std::to_string(max_documents_) + " documents", "split it");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(Node::Type::kNull, mark, "", anchor)); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        Node node = make(Node::Type::kText, mark, tag, anchor);
        // yaml-cpp makes one byte of the escapes \N and \_, which is no character of UTF-8
        if (!is_utf8(value)) stop(Code::kQ1002, mark, "an escape in this text stands for no UTF-8 character", "write \\u0085 for \\N and \\u00a0 for \\_, or the character itself");
        node.text = value;
        // A quoted text is marked with its quotes. Width cannot be known for folded text.
        node.where.width = static_cast<std::uint32_t>(value.size()) + (tag == "!" ? 2 : 0);
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(Node::Type::kList, mark, tag, anchor), mark);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(Node::Type::kMap, mark, tag, anchor), mark);
    }
    void OnMapEnd() override { close(); }

private:
    struct Level {
        Node node;
        std::optional<Node> key;  // read, its value not yet
        std::unordered_set<std::string> keys;
    };

    [[nodiscard]] Location place(const YAML::Mark& mark) const {
        return {index_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1), 1};
    }
    [[noreturn]] void stop(Code code, const YAML::Mark& mark, std::string message, std::string hint) {
        findings_.add(code, place(mark), std::move(message), std::move(hint));
        throw Stop{};
    }
    [[noreturn]] void refuse_anchor(const YAML::Mark& mark) {
        stop(Code::kQ1008, mark, "anchors and aliases are not allowed", "write the values out");
    }
    Node make(Node::Type type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != 0) refuse_anchor(mark);
        // "?" is a plain value, "!" a quoted one; anything else was written by the author
        if (!tag.empty() && tag != "?" && tag != "!")
            stop(Code::kQ1009, mark, "the tag " + in_quotes(tag) + " has no meaning here", "remove it");
        if (++values_ > kMaxValues)
            stop(Code::kQ1012, mark, "the file holds more than " + std::to_string(kMaxValues) + " values", "split it");
        Node node;
        node.type = type;
        node.where = place(mark);
        return node;
    }
    void open(Node node, const YAML::Mark& mark) {
        if (levels_.size() >= kMaxDepth)
            stop(Code::kQ1006, mark, "nested more than " + std::to_string(kMaxDepth) + " levels deep", "");
        levels_.push_back(Level{std::move(node), std::nullopt, {}});
    }
    void close() {
        Node node = std::move(levels_.back().node);
        levels_.pop_back();
        add(std::move(node));
    }
    void add(Node node) {
        if (levels_.empty()) {
            if (node.type != Node::Type::kNull) roots_.push_back(std::move(node));
            return;
        }
        Level& level = levels_.back();
        if (level.node.type == Node::Type::kList) {
            if (level.node.items.size() >= kMaxListEntries) too_long(node);
            level.node.items.push_back(std::move(node));
        } else if (!level.key) {
            level.key = std::move(node);
        } else {
            if (level.node.entries.size() >= kMaxListEntries) too_long(node);
            add_entry(level, std::move(*level.key), std::move(node));
            level.key.reset();
        }
    }
    [[noreturn]] void too_long(const Node& node) {
        findings_.add(Code::kQ1012, node.where,
                      "a list or map with more than " + std::to_string(kMaxListEntries) + " entries", "split it");
        throw Stop{};
    }
    void add_entry(Level& level, Node key, Node value) {
        if (key.type != Node::Type::kText) {
            findings_.add(Code::kQ1103, key.where, "a key must be text, this is " + std::string(type_word(key.type)));
        } else if (!level.keys.insert(key.text).second) {
            findings_.add(Code::kQ1011, key.where, "the key " + in_quotes(key.text) + " stands twice in this map",
                          "keep one of them", key.text);
        } else {
            // yaml-cpp places a value that is missing at whatever comes next
            if (value.type == Node::Type::kNull) value.where = key.where;
            level.node.entries.push_back(Entry{std::move(key), std::move(value)});
        }
    }

    std::uint32_t index_;
    std::size_t max_documents_;
    Findings& findings_;
    std::vector<Node> roots_;
    std::vector<Level> levels_;
    std::size_t values_ = 0;
    std::size_t documents_ = 0;
};

// yaml-cpp names no place for some errors, and one past the end for others.
Location error_place(const SourceText& source, std::uint32_t index, const YAML::Mark& mark) {
    if (mark.is_null()) return {index, 1, 1, 1};
    const auto lines = static_cast<std::uint32_t>(source.lines());
    const std::uint32_t line = std::clamp(static_cast<std::uint32_t>(std::max(mark.line, 0) + 1), 1u, lines);
    return {index, line, static_cast<std::uint32_t>(std::max(mark.column, 0) + 1), 1};
}

}  // namespace

std::optional<std::vector<Node>> parse_documents(const SourceText& source, std::uint32_t index, const Dialect& dialect,
                                                 Findings& findings) {
    if (!scan(source, index, dialect, findings)) return std::nullopt;
    Builder builder(index, dialect.max_documents, findings);
    try {
        std::istringstream stream{std::string(source.text())};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Stop&) {
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        findings.add(Code::kQ1005, error_place(source, index, error.mark), "not YAML: " + error.msg,
                     "look for a missing space, quote or bracket here or a line above");
        return std::nullopt;
    } catch (const std::exception& error) {
        // yaml-cpp lets a few of the standard library's through (std::stoi in a directive)
        findings.add(Code::kQ1005, {index, 0, 0, 0}, std::string("not YAML: ") + error.what());
        return std::nullopt;
    }
    return builder.take();
}

std::optional<Node> parse(const SourceText& source, std::uint32_t index, Findings& findings) {
    std::optional<std::vector<Node>> roots = parse_documents(source, index, Dialect{}, findings);
    if (!roots) return std::nullopt;
    if (roots->empty()) {
        findings.add(Code::kQ1010, {index, 0, 0, 0}, "the file holds no policy", "remove it, or write a policy into it");
        return std::nullopt;
    }
    return std::move(roots->front());
}

}  // namespace quell::policy
