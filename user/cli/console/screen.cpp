// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/screen.h"

// Its macros have names such as timeout, clear and move.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <ncursesw/curses.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace quell::cli::console {

namespace {

constexpr int kEscapeWaitMs = 50;
constexpr std::size_t kSideMax = 1'000;  // a terminal that says it is larger is not drawn to its end

constexpr std::array kToneColours = {-1, COLOR_GREEN, COLOR_YELLOW, COLOR_RED, COLOR_CYAN};

attr_t attributes_of(const Look& look, bool has_colours) {
    attr_t attributes = A_NORMAL;
    if (look.bold || (!has_colours && look.tone == Tone::Bad)) attributes |= A_BOLD;
    if (look.dim) attributes |= A_DIM;
    if (look.reverse) attributes |= A_REVERSE;
    if (!has_colours && look.tone == Tone::Accent) attributes |= A_UNDERLINE;
    return attributes;
}

Key key_of_code(wint_t code) {
    switch (code) {
        case KEY_UP: return {Key::Code::Up};
        case KEY_DOWN: return {Key::Code::Down};
        case KEY_LEFT: return {Key::Code::Left};
        case KEY_RIGHT: return {Key::Code::Right};
        case KEY_PPAGE: return {Key::Code::PageUp};
        case KEY_NPAGE: return {Key::Code::PageDown};
        case KEY_HOME: return {Key::Code::Home};
        case KEY_END: return {Key::Code::End};
        case KEY_ENTER: return {Key::Code::Enter};
        case KEY_BACKSPACE: return {Key::Code::Backspace};
        case KEY_BTAB: return {Key::Code::BackTab};
        case KEY_F(1): return {Key::Code::Help};
        case KEY_F(2): return {Key::Code::F2};
        default: return {};
    }
}

Key key_of_character(wint_t character) {
    switch (character) {
        case '\r':
        case '\n': return {Key::Code::Enter};
        case '\t': return {Key::Code::Tab};
        case 0x03: return {Key::Code::Interrupt};
        case 0x08:
        case 0x7f: return {Key::Code::Backspace};
        case 0x0c: return {Key::Code::Redraw};
        case 0x0f: return {Key::Code::F2};
        case 0x15: return {Key::Code::ClearLine};
        case 0x1b: return {Key::Code::Escape};
        default: break;
    }
    if (character < 0x20) return {};
    return {Key::Code::Character, static_cast<char32_t>(character)};
}

bool has_capability(const char* name) {
    const char* const text = tigetstr(name);
    return text != nullptr && text != reinterpret_cast<const char*>(-1) && *text != '\0';
}

}  // namespace

Result<std::unique_ptr<Screen>> Screen::open(bool wants_colours) {
    set_escdelay(kEscapeWaitMs);
    SCREEN* const made = newterm(nullptr, stdout, stdin);
    if (made == nullptr) return Error{"the terminal's type (TERM) is not known", 0, {}};
    if (!has_capability("cup") || !has_capability("clear")) {
        endwin();
        delscreen(made);
        return Error{"the terminal (TERM) cannot place its cursor", 0, {}};
    }
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, false);
    keypad(stdscr, true);
    nodelay(stdscr, true);
    const bool has = wants_colours && has_colors() && start_color() == OK;
    if (has) {
        use_default_colors();
        for (std::size_t i = 1; i < kToneColours.size(); i++) init_pair(static_cast<short>(i), static_cast<short>(kToneColours[i]), -1);
    }
    return std::unique_ptr<Screen>(new Screen(made, has));
}

Screen::~Screen() {
    endwin();
    delscreen(terminal_);
}

Screen::Size Screen::size() {
    winsize now{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_col == 0 || now.ws_row == 0)
        now.ws_col = static_cast<unsigned short>(COLS), now.ws_row = static_cast<unsigned short>(LINES);
    const int columns = static_cast<int>(std::min<std::size_t>(now.ws_col, kSideMax)), rows = static_cast<int>(std::min<std::size_t>(now.ws_row, kSideMax));
    if (columns != COLS || rows != LINES) {
        resizeterm(rows, columns);
        redraw();
    }
    return {static_cast<std::size_t>(columns), static_cast<std::size_t>(rows)};
}

void Screen::redraw() {
    shown_.reset();
    clearok(stdscr, true);
}

void Screen::show(const Grid& grid) {
    const bool is_same_size = shown_ && shown_->columns() == grid.columns() && shown_->rows() == grid.rows();
    if (!is_same_size) werase(stdscr);
    for (std::size_t y = 0; y < grid.rows(); y++)
        for (std::size_t x = 0; x < grid.columns(); x++) {
            const Cell& cell = grid.at(x, y);
            const bool is_half = cell.characters[0] == 0;
            // A wide character is written with its left half, and again when only the right one differs.
            const bool is_wide = x + 1 < grid.columns() && grid.at(x + 1, y).characters[0] == 0;
            if (is_half || (is_same_size && cell == shown_->at(x, y) && (!is_wide || grid.at(x + 1, y) == shown_->at(x + 1, y)))) continue;
            std::array<wchar_t, kCellCharacters + 1> text{};
            for (std::size_t i = 0; i < kCellCharacters; i++) text[i] = static_cast<wchar_t>(cell.characters[i]);
            cchar_t one{};
            const short pair = has_colours_ ? static_cast<short>(cell.look.tone) : short{0};
            if (setcchar(&one, text.data(), attributes_of(cell.look, has_colours_), pair, nullptr) == OK)
                mvwadd_wch(stdscr, static_cast<int>(y), static_cast<int>(x), &one);
        }
    const Grid::Place* const cursor = grid.cursor();
    curs_set(cursor != nullptr ? 1 : 0);
    if (cursor != nullptr) wmove(stdscr, static_cast<int>(cursor->y), static_cast<int>(cursor->x));
    wrefresh(stdscr);
    shown_ = grid;
}

std::optional<Key> Screen::next_key() {
    wint_t got = 0;
    switch (wget_wch(stdscr, &got)) {
        case KEY_CODE_YES: return key_of_code(got);
        case OK: return key_of_character(got);
        default: return std::nullopt;
    }
}

void Screen::drop_typed() { flushinp(); }

void Screen::suspend() {
    endwin();
    struct sigaction by_default{}, ours{};
    by_default.sa_handler = SIG_DFL;
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &by_default, &ours);
    raise(SIGTSTP);  // stops when it is unblocked: the line below ends when somebody has continued us
    sigprocmask(SIG_UNBLOCK, &stop, &before);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    sigaction(SIGTSTP, &ours, nullptr);
    redraw();
}

}  // namespace quell::cli::console
