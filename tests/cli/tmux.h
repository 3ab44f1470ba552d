// SPDX-License-Identifier: Apache-2.0
// A real terminal for tests: tmux without a person, typed into and looked at.
#pragma once

#include <string>
#include <vector>

namespace quell::cli {

class Tmux {
public:
    // A server of its own, whose socket is in `directory`; one window that runs `command` through sh.
    Tmux(std::string directory, int columns, int rows, const std::string& command);
    ~Tmux();
    Tmux(const Tmux&) = delete;
    Tmux& operator=(const Tmux&) = delete;

    // Keys by tmux's names: "Enter", "C-z", "PPage"; each waits for nothing.
    void press(const std::vector<std::string>& keys) const;
    void type(const std::string& text) const;  // as it is
    void resize(int columns, int rows) const;

    // What is on the screen, a line each row; blanks at the ends of rows are not there.
    [[nodiscard]] std::string screen() const;
    // With the sequences of colours and attributes.
    [[nodiscard]] std::string coloured() const;
    [[nodiscard]] std::vector<std::string> rows() const;
    // Until the screen has it, or 20 s are over; whether it has.
    [[nodiscard]] bool shows(const std::string& text) const;
    [[nodiscard]] bool shows_no_more(const std::string& text) const;
    // What the window's shell waits for; 0: nothing.
    [[nodiscard]] int child_pid() const;

private:
    [[nodiscard]] std::string run(std::vector<std::string> arguments) const;

    std::string socket_;
};

}  // namespace quell::cli
