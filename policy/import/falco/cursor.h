// SPDX-License-Identifier: Apache-2.0
// Cursor: takes the words of Falco's filter language off a text, one kind at a
// time: which kind may come next only the parser knows. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace quell::policy::falco {

class Cursor {
public:
    // `text` must outlive this.
    explicit Cursor(std::string_view text) : text_(text) {}

    [[nodiscard]] std::size_t at() const { return at_; }
    void back_to(std::size_t at) { at_ = at; }
    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    // Up to the next blank, for messages.
    [[nodiscard]] std::string_view here() const;

    // Whether there was one.
    bool skip_blanks();
    bool take(char wanted);
    // A word that is not the beginning of a longer one.
    bool keyword(std::string_view wanted);

    // Each takes the longest there is, and is empty where there is none.
    std::string_view identifier();   // letter, then letters, digits, underscores
    std::string_view field_name();   // two identifiers or more, with dots between
    std::string_view argument();     // of a field, unquoted
    std::string_view number();       // 12, -1, 1.5e+3, 0x1f
    std::string_view bare();         // a value without quotes
    std::string_view sign();         // = == != < <= > >=

    enum class Quoted { kNone, kTaken, kOpen, kBadEscape };
    // A text in quotes, into `value` without them. Falco's escapes are \b \f \n
    // \r \t \/ \\ and the quote itself; "\ " stands for a backslash there, and
    // a quote behind a backslash never ends the text, not even behind two.
    // After kOpen and kBadEscape the cursor is where the trouble is.
    Quoted quoted(std::string& value);

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    [[nodiscard]] std::size_t identifier_end(std::size_t from) const;
    std::string_view take_to(std::size_t end);

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace quell::policy::falco
