// SPDX-License-Identifier: Apache-2.0
#include "policy/format/layout.h"

#include <algorithm>

namespace quell::policy {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

std::size_t line_end(std::string_view text, std::size_t at) { return std::min(text.find('\n', at), text.size()); }

// The content of a block scalar: lines at least as far in as `indent`, and blank ones between them.
class BlockReader {
public:
    BlockReader(std::string_view text, Scalar& scalar, std::size_t parent) : text_(text), scalar_(scalar), parent_(parent) {}

    // False where the header says something else.
    bool read() {
        std::size_t at = scalar_.begin + 1;
        for (; at < text_.size() && text_[at] != '\n' && text_[at] != ' '; at++) {
            if (text_[at] == '-' || text_[at] == '+') {
                scalar_.chomp = text_[at];
            } else if (text_[at] >= '1' && text_[at] <= '9') {
                scalar_.indent = parent_ + static_cast<std::size_t>(text_[at] - '0');
                scalar_.explicit_indent = true;
            } else {
                return false;
            }
        }
        scalar_.header = at;
        content(std::min(line_end(text_, at) + 1, text_.size()));
        return true;
    }

private:
    void content(std::size_t at) {
        scalar_.end = at;
        while (at < text_.size()) {
            const std::size_t end = line_end(text_, at);
            const std::size_t blanks = std::min(text_.find_first_not_of(' ', at), end) - at;
            const bool is_blank = at + blanks == end && (scalar_.indent == 0 || blanks <= scalar_.indent);
            if (!is_blank && scalar_.indent == 0) {
                if (blanks <= parent_ && !(parent_ == 0 && blanks > 0)) return;  // no content at all
                scalar_.indent = blanks;
            }
            if (!is_blank && blanks < scalar_.indent) return;
            at = std::min(end + 1, text_.size());
            // blank lines at its end are part of it only where they are kept
            if (!is_blank || scalar_.chomp == '+') scalar_.end = at;
        }
    }

    std::string_view text_;
    Scalar& scalar_;
    std::size_t parent_;
};

class Scanner {
public:
    Scanner(std::string_view text, const Node& root) : text_(text), offsets_(text) { collect(root, 0); }

    Result<Layout> run() {
        std::vector<std::size_t> open;
        auto next = layout_.scalars.begin();
        std::size_t at = 0;
        while (at < text_.size()) {
            if (next != layout_.scalars.end() && next->first <= at) {
                if (next->first < at || !find_end(next->second)) return refuse(at);
                at = (next++)->second.end;
                continue;
            }
            switch (text_[at]) {
                case '[':
                case '{': open.push_back(at); break;
                case ']':
                case '}':
                    if (open.empty()) return refuse(at);
                    layout_.collections.emplace(open.back(), at + 1);
                    open.pop_back();
                    break;
                case '#': at = comment(at); continue;
                case '.':
                    if ((at != 0 && text_[at - 1] != '\n') || !text_.substr(at).starts_with("...")) return refuse(at);
                    at += 2;
                    break;
                case ' ': case '\n': case '-': case ':': case ',': case '?': break;
                default: return refuse(at);
            }
            at++;
        }
        if (next != layout_.scalars.end() || !open.empty()) return refuse(text_.size());
        std::sort(layout_.comments.begin(), layout_.comments.end(), [](const Comment& a, const Comment& b) { return a.begin < b.begin; });
        return std::move(layout_);
    }

private:
    void collect(const Node& node, std::size_t parent) {
        if (node.type == Node::Type::kText) {
            const std::size_t begin = offsets_.of(node.where);
            layout_.scalars[begin] = Scalar{.node = &node, .begin = begin};
            parents_[begin] = parent;
        }
        const std::size_t column = node.where.column - 1;
        for (const Node& item : node.items) collect(item, column);
        for (const Entry& entry : node.entries) {
            collect(entry.key, column);
            collect(entry.value, column);
        }
    }

    bool find_end(Scalar& scalar) {
        switch (text_[scalar.begin]) {
            case '\'':
            case '"': return quoted(scalar);
            case '|':
            case '>':
                scalar.style = Scalar::Style::kBlock;
                if (!BlockReader(text_, scalar, parents_[scalar.begin]).read()) return false;
                return header_comment(scalar);
            default: return plain(scalar);
        }
    }

    bool quoted(Scalar& scalar) {
        scalar.style = Scalar::Style::kQuoted;
        const char quote = text_[scalar.begin];
        for (std::size_t at = scalar.begin + 1; at < text_.size(); at++) {
            if (quote == '"' && text_[at] == '\\') {
                at++;
            } else if (text_[at] == quote) {
                if (quote == '\'' && text_.substr(at + 1).starts_with('\'')) {
                    at++;
                    continue;
                }
                scalar.end = at + 1;
                return true;
            }
        }
        return false;
    }

    // Between the header and the end of its line there may be a comment, and nothing else.
    bool header_comment(const Scalar& scalar) {
        const std::size_t end = line_end(text_, scalar.header);
        const std::size_t at = text_.find_first_not_of(' ', scalar.header);
        if (at >= end) return true;
        if (text_[at] != '#') return false;
        (void)comment(at);
        return true;
    }

    // A plain scalar ends where its value does: the value is found again in
    // the text, with each line break in it folded as YAML does.
    bool plain(Scalar& scalar) const {
        const std::string& value = scalar.node->text;
        std::size_t at = scalar.begin;
        for (std::size_t i = 0; i < value.size();) {
            const std::size_t word = std::min(text_.find_first_not_of(" \n", at), text_.size());
            const std::string_view gap = text_.substr(at, word - at);
            const auto breaks = static_cast<std::size_t>(std::count(gap.begin(), gap.end(), '\n'));
            const std::string folded = breaks == 0 ? std::string(gap) : breaks == 1 ? " " : std::string(breaks - 1, '\n');
            if (std::string_view(value).substr(i, folded.size()) != folded) return false;
            i += folded.size();
            at = word;
            if (i < value.size() && (at >= text_.size() || text_[at] != value[i])) return false;
            if (i < value.size()) {
                i++;
                at++;
            }
        }
        scalar.end = at;
        return at > scalar.begin;
    }

    std::size_t comment(std::size_t at) {
        const std::size_t end = line_end(text_, at);
        std::string text(text_.substr(at, end - at));
        text.erase(text.find_last_not_of(' ') + 1);
        const std::size_t before = at == 0 ? kNone : text_.rfind('\n', at - 1);
        layout_.comments.push_back(Comment{at, before == kNone ? at : at - before - 1, std::move(text)});
        return end;
    }

    Result<Layout> refuse(std::size_t at) const {
        return Error{"line " + std::to_string(offsets_.line_of(at)) + " holds YAML that cannot be formatted", EINVAL,
                     "write it more simply: no directives, no tags, no anchors"};
    }

    std::string_view text_;
    Offsets offsets_;
    Layout layout_;
    std::map<std::size_t, std::size_t> parents_;  // column of the collection that a scalar is in
};

}  // namespace

Offsets::Offsets(std::string_view text) {
    lines_.push_back(0);
    for (std::size_t at = text.find('\n'); at != kNone; at = text.find('\n', at + 1)) lines_.push_back(at + 1);
}

std::size_t Offsets::line_of(std::size_t offset) const {
    return static_cast<std::size_t>(std::upper_bound(lines_.begin(), lines_.end(), offset) - lines_.begin());
}

Result<Layout> lay_out(std::string_view text, const Node& root) { return Scanner(text, root).run(); }

}  // namespace quell::policy
