// SPDX-License-Identifier: Apache-2.0
// yaml-cpp says only where a scalar begins. Its value and the file hold the
// same characters in the same order, apart from blanks, quotes and escapes, so
// walking along both finds every place again, whatever the style.
#include "policy/import/falco/placed_text.h"

#include <algorithm>
#include <limits>

namespace quell::policy::falco {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Walks over the source of one scalar.
class Walk {
public:
    Walk(std::string_view text, std::size_t at) : text_(text), at_(at) {
        const char first = at < text.size() ? text[at] : '\0';
        if (first == '"' || first == '\'') {
            quote_ = first;
            at_++;
        } else if (first == '>' || first == '|') {
            at_ = std::min(text.find('\n', at), text.size());
        }
    }

    // Moves to the next `wanted`, which is no blank; false where something else stands.
    bool find(char wanted) {
        at_ += width_;
        width_ = 1;
        while (at_ < text_.size()) {
            const char here = text_[at_];
            const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            if (is_blank(here)) {
                at_++;
            } else if (quote_ == '"' && here == '\\') {
                if (next == wanted && (wanted == '"' || wanted == '\\' || wanted == '/')) return set_width(2);
                // an escape that stands for a blank, or for the end of a line
                if (next != 'n' && next != 't' && next != ' ' && next != '\n' && next != '\r') return false;
                at_ += 2;
            } else {
                if (quote_ == '\'' && here == '\'') return next == wanted && set_width(2);
                return here == wanted;
            }
        }
        return false;
    }

    [[nodiscard]] std::size_t at() const { return at_; }

private:
    bool set_width(std::size_t width) {
        width_ = width;
        return true;
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t width_ = 0;  // of what was found last
    char quote_ = '\0';
};

}  // namespace

Lines::Lines(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
        starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

std::size_t Lines::offset(std::uint32_t line, std::uint32_t column) const {
    if (line == 0 || line > starts_.size() || column == 0) return text_.size();
    return std::min<std::size_t>(std::size_t{starts_[line - 1]} + column - 1, text_.size());
}

PlacedText::PlacedText(const Node& scalar, const Lines& lines) : text_(scalar.text) {
    runs_.push_back(Run{0, true, scalar.where});
    align(scalar, lines);
}

void PlacedText::align(const Node& scalar, const Lines& lines) {
    const std::string_view source = lines.text();
    std::size_t seen = lines.offset(scalar.where.line, scalar.where.column);  // `here` is its place
    Location here = scalar.where;
    here.width = 0;
    Walk walk(source, seen);
    std::size_t last = std::numeric_limits<std::size_t>::max();  // byte of the text before, and where it stands
    std::size_t last_at = 0;
    for (std::size_t i = 0; i < text_.size(); i++) {
        if (is_blank(text_[i])) continue;
        const bool found = walk.find(text_[i]);
        for (; seen < walk.at() && seen < source.size(); seen++) {
            here.column++;
            if (source[seen] == '\n') {
                here.line++;
                here.column = 1;
            }
        }
        if (!found) {
            runs_.push_back(Run{static_cast<std::uint32_t>(i), true, here});
            return;
        }
        if (walk.at() - last_at != i - last || here.line != runs_.back().where.line || runs_.back().fixed)
            runs_.push_back(Run{static_cast<std::uint32_t>(i), false, here});
        last = i;
        last_at = walk.at();
    }
}

void PlacedText::append(const PlacedText& more) {
    const auto base = static_cast<std::uint32_t>(text_.size());
    text_ += more.text_;
    for (Run run : more.runs_) {
        run.begin += base;
        runs_.push_back(run);
    }
}

void PlacedText::append(std::string_view text, const Location& where) {
    runs_.push_back(Run{static_cast<std::uint32_t>(text_.size()), true, where});
    text_ += text;
}

Location PlacedText::at(std::size_t offset, std::size_t width) const {
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                        [](std::size_t wanted, const Run& run) { return wanted < run.begin; });
    if (after == runs_.begin()) return {};
    const Run& run = *std::prev(after);
    Location where = run.where;
    if (run.fixed) return where;
    where.column += static_cast<std::uint32_t>(offset - run.begin);
    where.width = static_cast<std::uint32_t>(width);
    return where;
}

}  // namespace quell::policy::falco
