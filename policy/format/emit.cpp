// SPDX-License-Identifier: Apache-2.0
#include "policy/format/emit.h"

#include <algorithm>

#include "policy/format/spell.h"

namespace quell::policy {
namespace {

constexpr std::size_t kStep = 2;

class Emitter {
public:
    Emitter(std::string_view text, const Layout& layout) : text_(text), offsets_(text), layout_(layout) {}

    std::string run(const Node& root) {
        value(root, 1, 0, false);
        flush(text_.size() + 1, 0);
        return std::move(out_);
    }

private:
    using Style = Scalar::Style;

    [[nodiscard]] std::size_t begin(const Node& node) const { return offsets_.of(node.where); }
    [[nodiscard]] const Scalar& scalar(const Node& node) const { return layout_.scalars.at(begin(node)); }
    // 0: it is written as a block.
    [[nodiscard]] std::size_t flow_end(const Node& node) const {
        if (node.type == Node::Type::kText) return 0;
        const auto found = layout_.collections.find(begin(node));
        return found == layout_.collections.end() ? 0 : found->second;
    }

    // ---- on one line ----

    [[nodiscard]] std::string one_line(const Node& node, bool flow) const {
        if (node.type == Node::Type::kText) return spell(node.text, flow, scalar(node).style == Style::kPlain);
        std::string inside;
        for (const Node& item : node.items) inside += (inside.empty() ? "" : ", ") + one_line(item, true);
        for (const Entry& entry : node.entries)
            inside += (inside.empty() ? "" : ", ") + one_line(entry.key, true) + ": " + one_line(entry.value, true);
        return node.type == Node::Type::kList ? "[" + inside + "]" : "{" + inside + "}";
    }

    [[nodiscard]] bool is_empty(const Node& node) const { return node.items.empty() && node.entries.empty(); }

    // Whether the node is written behind its key or dash. `column`: where it would begin.
    [[nodiscard]] bool stays_on_line(const Node& node, std::size_t column) const {
        if (node.type == Node::Type::kText || is_empty(node)) return true;
        const std::size_t end = flow_end(node);
        if (end == 0) return false;
        const auto inside = std::lower_bound(layout_.comments.begin(), layout_.comments.end(), begin(node),
                                             [](const Comment& comment, std::size_t start) { return comment.begin < start; });
        if (inside != layout_.comments.end() && inside->begin < end) return false;
        const std::string line = one_line(node, false);
        return column + characters(line, line.size()) <= kLineColumns;
    }

    // ---- comments and blank lines ----

    void line_start(std::size_t source_begin, std::size_t indent) {
        if (blank_before(source_begin) && !out_.empty() && !no_blank_) out_ += '\n';
        no_blank_ = false;
        out_.append(indent, ' ');
    }

    // Whether the line above is empty.
    [[nodiscard]] bool blank_before(std::size_t at) const {
        const std::size_t line = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
        if (line == std::string_view::npos) return false;
        const std::size_t above = line == 0 ? std::string_view::npos : text_.rfind('\n', line - 1);
        const std::size_t first = above == std::string_view::npos ? 0 : above + 1;
        return text_.substr(first, line - first).find_first_not_of(' ') == std::string_view::npos;
    }

    void own_line(const Comment& comment, std::size_t indent) {
        line_start(comment.begin, indent);
        out_ += comment.text + "\n";
        next_++;
    }

    // Comments that stand before `limit`, each on a line of its own.
    void flush(std::size_t limit, std::size_t indent) {
        while (next_ < layout_.comments.size() && layout_.comments[next_].begin < limit) own_line(layout_.comments[next_], indent);
    }

    // What stands behind the last entry of a collection and is as far in as
    // its entries, in `column`, belongs to it, not to what comes next.
    void close(const Node& node, std::size_t column, std::size_t last, std::size_t indent) {
        if (const std::size_t end = flow_end(node); end != 0) return flush(end, indent);
        const auto after = layout_.scalars.lower_bound(last);
        const std::size_t limit = after == layout_.scalars.end() ? text_.size() + 1 : after->first;
        while (next_ < layout_.comments.size() && layout_.comments[next_].begin < limit && layout_.comments[next_].column + 1 >= column)
            own_line(layout_.comments[next_], indent);
    }

    // Ends a line; a comment that follows `end` on its line goes behind it.
    void line_end(std::size_t end) {
        if (next_ < layout_.comments.size()) {
            const Comment& comment = layout_.comments[next_];
            const auto after = layout_.scalars.lower_bound(end);
            const bool is_ours = comment.begin >= end && (after == layout_.scalars.end() || comment.begin < after->first);
            if (is_ours && text_.substr(end, comment.begin - end).find('\n') == std::string_view::npos) {
                out_ += "  " + comment.text;
                next_++;
            }
        }
        out_ += '\n';
    }

    // ---- values ----

    // Up to where comments must be out before the line that `node` begins is written.
    [[nodiscard]] std::size_t limit(const Node& node, std::size_t column) const {
        if (stays_on_line(node, column)) return begin(node);
        if (!node.items.empty()) return limit(node.items.front(), column + kStep);
        return limit(node.entries.front(), column);
    }
    [[nodiscard]] std::size_t limit(const Entry& entry, std::size_t indent) const {
        return stays_on_line(entry.value, value_column(entry, indent)) ? begin(entry.value) : begin(entry.key);
    }
    [[nodiscard]] std::size_t value_column(const Entry& entry, std::size_t indent) const {
        const std::string key = one_line(entry.key, true);
        return indent + characters(key, key.size()) + 2;
    }

    // Behind a key or dash, on its line. `indent`: of that line's content. Returns where it ends.
    std::size_t on_line(const Node& node, std::size_t indent) {
        if (node.type != Node::Type::kText) {
            out_ += one_line(node, false);
            const std::size_t end = flow_end(node);
            line_end(end);
            return end;
        }
        const Scalar& found = scalar(node);
        if (found.style == Style::kBlock) {
            block(found, indent + kStep);
        } else {
            text(node, found, indent);
        }
        return found.end;
    }

    void text(const Node& node, const Scalar& found, std::size_t indent) {
        const std::string line = spell(node.text, false, found.style == Style::kPlain);
        const bool was_broken = text_.substr(found.begin, found.end - found.begin).find('\n') != std::string_view::npos;
        const std::size_t column = out_.size() - (out_.rfind('\n') + 1);
        std::vector<std::string> lines;
        if (was_broken && column + characters(line, line.size()) > kLineColumns) lines = fold(node.text, kFoldColumns - std::min(indent + kStep, kFoldColumns / 2));
        if (lines.empty()) {
            out_ += line;
            return line_end(found.end);
        }
        out_ += ">-";
        line_end(found.end);
        for (const std::string& part : lines) out_ += std::string(indent + kStep, ' ') + part + "\n";
    }

    // As it was, moved to `indent`: its line breaks are the author's.
    void block(const Scalar& found, std::size_t indent) {
        out_ += text_[found.begin];
        if (found.explicit_indent) out_ += static_cast<char>('0' + kStep);
        if (found.chomp != '\0') out_ += found.chomp;
        line_end(found.header);
        std::size_t at = std::min(text_.find('\n', found.header), text_.size() - 1) + 1;
        while (at < found.end) {
            const std::size_t end = std::min(text_.find('\n', at), text_.size());
            const std::string_view line = text_.substr(at, end - at);
            if (line.size() > found.indent) out_ += std::string(indent, ' ') + std::string(line.substr(found.indent));
            out_ += '\n';
            at = end + 1;
        }
        no_blank_ = found.chomp == '+';  // it would be one of the text
    }

    // A collection as a block, or a root that is none. `inline_first`: its first
    // line has begun already, behind a dash. `column`: see close(). Returns where
    // the last scalar of it ends.
    std::size_t value(const Node& node, std::size_t column, std::size_t indent, bool inline_first) {
        if (is_empty(node) && node.type != Node::Type::kText) {
            if (!inline_first) line_start(begin(node), indent);
            return on_line(node, indent);
        }
        std::size_t last = begin(node);
        bool first = inline_first;
        for (const Node& item : node.items) {
            if (!first) {
                flush(limit(item, indent + kStep), indent);
                line_start(begin(item), indent);
            }
            first = false;
            out_ += "- ";
            last = stays_on_line(item, indent + kStep) ? on_line(item, indent) : value(item, item.where.column, indent + kStep, true);
        }
        for (const Entry& entry : node.entries) {
            if (!first) {
                flush(limit(entry, indent), indent);
                line_start(begin(entry.key), indent);
            }
            first = false;
            last = this->entry(entry, indent);
        }
        close(node, column, last, indent);
        return last;
    }

    std::size_t entry(const Entry& entry, std::size_t indent) {
        out_ += one_line(entry.key, true) + ":";
        if (stays_on_line(entry.value, value_column(entry, indent))) {
            out_ += ' ';
            return on_line(entry.value, indent);
        }
        line_end(scalar(entry.key).end);
        no_blank_ = true;
        // A list may begin in its key's own column: what stands there behind it is not the list's.
        return value(entry.value, std::max(entry.value.where.column, entry.key.where.column + 1), indent + kStep, false);
    }

    std::string_view text_;
    Offsets offsets_;
    const Layout& layout_;
    std::string out_;
    std::size_t next_ = 0;   // of the comments
    bool no_blank_ = false;  // behind the line before: a key whose value follows, or a text that keeps its line ends
};

}  // namespace

std::string emit(std::string_view text, const Node& root, const Layout& layout) { return Emitter(text, layout).run(root); }

}  // namespace quell::policy
