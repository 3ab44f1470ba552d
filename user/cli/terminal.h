// SPDX-License-Identifier: Apache-2.0
// What goes to the terminal: safe text, colours, widths. Functions are
// thread-safe; Terminal is for one thread.
#pragma once

#include <string>
#include <string_view>

namespace quell::cli {

enum class Colour { Red, Green, Yellow, Bold };

// Text from the daemon made safe for a terminal once more: nothing but
// printable characters comes out. What is escaped already stays as it is.
[[nodiscard]] std::string safe(std::string_view text);

// Columns that valid, printable UTF-8 takes.
[[nodiscard]] std::size_t width_of(std::string_view text);
// Cut to at most `width` columns; a cut text ends with "…".
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);

class Terminal {
public:
    Terminal();  // looks at standard output, NO_COLOR, COLUMNS

    void print(std::string_view text) const;  // standard output
    // False: not all that was printed since the program began could be written.
    [[nodiscard]] bool flush() const;
    void note(std::string_view text) const;   // standard error, a line "quell: …"
    void prompt(std::string_view text) const;  // standard error, as it is
    [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
    [[nodiscard]] bool colours() const { return colours_; }
    [[nodiscard]] std::size_t columns() const { return columns_; }

private:
    bool colours_ = false;
    std::size_t columns_ = 0;
};

}  // namespace quell::cli
