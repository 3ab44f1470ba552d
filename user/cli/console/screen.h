// SPDX-License-Identifier: Apache-2.0
// Screen: the terminal, by ncurses, which no other file knows. One at a time
// in a process, on one thread.
#pragma once

#include <memory>
#include <optional>

#include "user/base/result.h"
#include "user/cli/console/grid.h"
#include "user/cli/console/keys.h"

struct screen;  // of ncurses

namespace quell::cli::console {

class Screen {
public:
    // Takes the terminal. Errors, for a person: its type is not known, or cannot place a cursor.
    [[nodiscard]] static Result<std::unique_ptr<Screen>> open(bool wants_colours);
    ~Screen();  // gives it back as it was
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    struct Size {
        std::size_t columns;
        std::size_t rows;
    };
    // Asks the terminal; what it has drawn is drawn anew when it has changed.
    [[nodiscard]] Size size();
    // Only cells that differ from the last frame are written.
    void show(const Grid& grid);
    // Writes everything with the next frame: something else has written to the terminal.
    void redraw();
    // What was typed next; nothing when nothing is. Waits at most some 50 ms, for the rest of a key that sends several bytes.
    [[nodiscard]] std::optional<Key> next_key();
    // Drops what was typed and not read yet.
    void drop_typed();
    // Gives the terminal back, stops this process as the shell expects, and takes it again when it goes on.
    void suspend();

private:
    Screen(::screen* terminal, bool has_colours) : terminal_(terminal), has_colours_(has_colours) {}

    ::screen* terminal_;
    bool has_colours_;
    std::optional<Grid> shown_;
};

}  // namespace quell::cli::console
