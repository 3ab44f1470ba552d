// SPDX-License-Identifier: Apache-2.0
// What each key does on each page: one table, which the model obeys, `?`
// shows and docs/man/quell.1 repeats (Agree.ConsoleKeys). Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace quell::cli::console {

struct Key {
    enum class Code : std::uint8_t {
        None, Character, Enter, Escape, Tab, BackTab, Backspace, Up, Down, Left, Right, PageUp, PageDown, Home, End, Help, Interrupt, Redraw, ClearLine, F2
    };
    Code code = Code::None;
    char32_t character = 0;  // of Character
    bool operator==(const Key&) const = default;
};

enum class Page : std::uint8_t { List, Filter, Detail, Decide, Options, Bulk, History, Status, Help };
inline constexpr std::size_t kPages = 9;
inline constexpr std::array<std::string_view, kPages> kPageTitles = {"incidents", "filter", "incident", "decision", "options", "approval of the marked", "history", "status", "help"};

enum class Action : std::uint8_t {
    None, Up, Down, PageUp, PageDown, First, Last, Open, Filter, ClearFilter, NextSort, Reverse, ToggleDecided, History, Status, Help, Quit, Back, Redraw,
    NextOffer, PreviousOffer, Approve, Reject, Undo, Reload, EndFilter, DropFilter, NextField, EnterField, EraseLast, EraseField,
    Mark, MarkAll, Unmark, Extend, Assign, Note, Options, Toggle, Respond
};

struct Binding {
    Page page;
    Action action;
    std::array<Key, 3> keys;
    std::string_view shown;  // how the keys are written
    std::string_view help;
    std::string_view hint;  // in the last row; "": not there
};

// In the order in which they are shown.
[[nodiscard]] std::span<const Binding> bindings();

// None where the key does nothing, or, on a page where text is typed, is text.
[[nodiscard]] Action action_of(Page page, Key key);

// Pages on which characters are text (of the options: on those rows that are typed).
[[nodiscard]] constexpr bool is_typing(Page page) { return page == Page::Filter || page == Page::Decide || page == Page::Options || page == Page::Bulk; }

}  // namespace quell::cli::console
