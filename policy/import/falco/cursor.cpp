// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/cursor.h"

#include <algorithm>

namespace quell::policy::falco {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kEndOfArgument = " \t\r\n[]\"'";
constexpr std::string_view kEndOfBare = " \t\r\n()\"'=,";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

// What `\c` stands for in a text within `quote`, '\0' if for nothing.
char unescaped(char c, char quote) {
    switch (c) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case ' ':
        case '\\': return '\\';
        case '/': return '/';
        default: return c == quote ? c : '\0';
    }
}

}  // namespace

std::string_view Cursor::take_to(std::size_t end) {
    const std::string_view taken = text_.substr(at_, end - at_);
    at_ = end;
    return taken;
}

std::string_view Cursor::here() const { return text_.substr(at_, text_.find_first_of(kBlanks, at_) - at_); }

bool Cursor::skip_blanks() {
    const std::size_t before = at_;
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
    return at_ != before;
}

bool Cursor::take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    at_++;
    return true;
}

bool Cursor::keyword(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted || is_word(peek(wanted.size()))) return false;
    at_ += wanted.size();
    return true;
}

std::size_t Cursor::identifier_end(std::size_t from) const {
    if (from >= text_.size() || !is_letter(text_[from])) return from;
    while (from < text_.size() && is_word(text_[from])) from++;
    return from;
}

std::string_view Cursor::identifier() { return take_to(identifier_end(at_)); }

std::string_view Cursor::field_name() {
    std::size_t end = identifier_end(at_);
    std::size_t parts = end == at_ ? 0 : 1;
    while (parts > 0 && end < text_.size() && text_[end] == '.') {
        const std::size_t next = identifier_end(end + 1);
        if (next == end + 1) break;
        end = next;
        parts++;
    }
    return parts < 2 ? std::string_view{} : take_to(end);
}

std::string_view Cursor::argument() { return take_to(std::min(text_.find_first_of(kEndOfArgument, at_), text_.size())); }

std::string_view Cursor::number() {
    std::size_t end = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
        end += 2;
        while (end < text_.size() && (is_digit(text_[end]) || is_letter(text_[end]))) end++;
        if (end > at_ + 2) return take_to(end);
        end = at_;
    }
    const auto digits = [&] {
        const std::size_t from = end;
        while (end < text_.size() && is_digit(text_[end])) end++;
        return end > from;
    };
    if (peek() == '+' || peek() == '-') end++;
    if (!digits()) return {};
    if (end < text_.size() && text_[end] == '.') {
        end++;
        (void)digits();
    }
    const std::size_t mantissa = end;
    if (end + 1 < text_.size() && (text_[end] == 'e' || text_[end] == 'E') && (text_[end + 1] == '+' || text_[end + 1] == '-')) {
        end += 2;
        if (!digits()) end = mantissa;
    }
    return take_to(end);
}

std::string_view Cursor::bare() { return take_to(std::min(text_.find_first_of(kEndOfBare, at_), text_.size())); }

std::string_view Cursor::sign() {
    const bool equals = peek(1) == '=';
    switch (peek()) {
        case '=':
        case '<':
        case '>': return take_to(at_ + (equals ? 2 : 1));
        case '!': return equals ? take_to(at_ + 2) : std::string_view{};
        default: return {};
    }
}

Cursor::Quoted Cursor::quoted(std::string& value) {
    const char quote = peek();
    if (quote != '"' && quote != '\'') return Quoted::kNone;
    const std::size_t begin = at_ + 1;
    std::size_t end = begin;
    while (end < text_.size() && (text_[end] != quote || text_[end - 1] == '\\')) end++;
    if (end >= text_.size()) return Quoted::kOpen;
    value.clear();
    for (std::size_t i = begin; i < end; i++) {
        if (text_[i] != '\\') {
            value += text_[i];
            continue;
        }
        const char meant = unescaped(i + 1 < end ? text_[i + 1] : '\0', quote);
        if (meant == '\0') {
            at_ = i;
            return Quoted::kBadEscape;
        }
        value += meant;
        i++;
    }
    at_ = end + 1;
    return Quoted::kTaken;
}

}  // namespace quell::policy::falco
