// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/keys.h"

#include <algorithm>

namespace quell::cli::console {

namespace {

using enum Key::Code;

constexpr Key letter(char32_t character) { return {Character, character}; }
constexpr Key code(Key::Code one) { return {one, 0}; }

// What moves on every page where nothing is typed.
#define MOVES(page, what)                                                                                              \
    {page, Action::Up, {code(Up), letter('k')}, "Up, k", what " above", ""},                                          \
    {page, Action::Down, {code(Down), letter('j')}, "Down, j", what " below", ""},                                    \
    {page, Action::PageUp, {code(PageUp), letter('b')}, "PgUp, b", "a page up", ""},                                  \
    {page, Action::PageDown, {code(PageDown), letter(' ')}, "PgDn, Space", "a page down", ""},                        \
    {page, Action::First, {code(Home), letter('g')}, "Home, g", "to the start", ""},                                  \
    {page, Action::Last, {code(End), letter('G')}, "End, G", "to the end", ""}
#define EVERYWHERE(page)                                                                                               \
    {page, Action::Help, {letter('?'), code(Help)}, "?, F1", "the keys of this page", "help"},                        \
    {page, Action::Redraw, {code(Redraw)}, "Ctrl-L", "draw the screen anew", ""}
#define BACK(page, where) {page, Action::Back, {code(Escape), letter('q'), code(Left)}, "Esc, q, Left", "back to " where, "back"}
#define LEAVE(page) {page, Action::Quit, {code(Interrupt)}, "Ctrl-C", "leave the console", ""}

constexpr auto kBindings = std::to_array<Binding>({
    MOVES(Page::List, "the incident"),
    {Page::List, Action::Open, {code(Enter), code(Right)}, "Enter, Right", "open the chosen incident", "open"},
    {Page::List, Action::Filter, {letter('/')}, "/", "filter: type words over id, rule, name, subject, state and severity", "filter"},
    {Page::List, Action::ClearFilter, {code(Escape)}, "Esc", "show all again: no filter", ""},
    {Page::List, Action::NextSort, {letter('s')}, "s", "sort by the next of: newest, severity, state, rule", ""},
    {Page::List, Action::Reverse, {letter('r')}, "r", "turn the order round", ""},
    {Page::List, Action::ToggleDecided, {letter('d')}, "d", "also those that are decided, or not", ""},
    {Page::List, Action::Mark, {letter('m')}, "m", "mark the chosen incident, or not; and on to the one below", "mark"},
    {Page::List, Action::MarkAll, {letter('M')}, "M", "mark all that are shown and wait, or none of them", ""},
    {Page::List, Action::Unmark, {letter('c')}, "c", "no marks", ""},
    {Page::List, Action::Approve, {letter('a')}, "a", "approve a response for those that are marked; shows them first", "approve"},
    {Page::List, Action::Respond, {letter('R')}, "R", "respond without an incident; contains nothing yet", ""},
    {Page::List, Action::History, {letter('h')}, "h", "the history", "history"},
    {Page::List, Action::Status, {letter('t')}, "t", "the status: hooks, counters, warnings, policy", "status"},
    EVERYWHERE(Page::List),
    {Page::List, Action::Quit, {letter('q'), code(Interrupt)}, "q, Ctrl-C", "leave the console", "quit"},

    {Page::Filter, Action::EndFilter, {code(Enter)}, "Enter", "keep the filter and go back to the list", "keep"},
    {Page::Filter, Action::DropFilter, {code(Escape), code(Interrupt)}, "Esc, Ctrl-C", "no filter, back to the list", "no filter"},
    {Page::Filter, Action::Up, {code(Up)}, "Up", "the incident above", ""},
    {Page::Filter, Action::Down, {code(Down)}, "Down", "the incident below", ""},
    {Page::Filter, Action::EraseLast, {code(Backspace)}, "Backspace", "erase the last character", ""},
    {Page::Filter, Action::EraseField, {code(ClearLine)}, "Ctrl-U", "erase the text", ""},
    {Page::Filter, Action::Help, {code(Help)}, "F1", "the keys of this page", "help"},
    {Page::Filter, Action::Redraw, {code(Redraw)}, "Ctrl-L", "draw the screen anew", ""},

    MOVES(Page::Detail, "the line"),
    {Page::Detail, Action::NextOffer, {code(Tab), letter('n')}, "Tab, n", "the next offer", "offer"},
    {Page::Detail, Action::PreviousOffer, {code(BackTab), letter('p')}, "Shift-Tab, p", "the offer before", ""},
    {Page::Detail, Action::Approve, {letter('a'), code(Enter)}, "a, Enter", "approve the marked offer: asks for a reason and to confirm", "approve"},
    {Page::Detail, Action::Reject, {letter('x')}, "x", "reject every offer: asks for a reason and to confirm", "reject"},
    {Page::Detail, Action::Undo, {letter('u')}, "u", "take the response back (resume, release, rejoin, allow, delete): asks for a reason and to confirm", "undo"},
    {Page::Detail, Action::Extend, {letter('e')}, "e", "a later deadline: asks how long from now", "extend"},
    {Page::Detail, Action::Assign, {letter('o')}, "o", "whose it is: asks for a user", ""},
    {Page::Detail, Action::Note, {letter('w')}, "w", "write a note", ""},
    {Page::Detail, Action::Respond, {letter('R')}, "R", "respond to what it had bound, once it expired or was rejected", ""},
    {Page::Detail, Action::History, {letter('h')}, "h", "the history of this incident", "history"},
    {Page::Detail, Action::Status, {letter('t')}, "t", "the status", ""},
    {Page::Detail, Action::Reload, {letter('r')}, "r", "ask the daemon again now", ""},
    EVERYWHERE(Page::Detail),
    BACK(Page::Detail, "where it was opened"),
    LEAVE(Page::Detail),

    {Page::Decide, Action::EnterField, {code(Enter)}, "Enter", "the next field; in the last one, with the word that is asked for: decide", "next"},
    {Page::Decide, Action::NextField, {code(Tab), code(BackTab)}, "Tab, Shift-Tab", "the other field", ""},
    {Page::Decide, Action::Options, {code(F2)}, "Ctrl-O, F2", "of an approval: its options, as evidence first, what stays allowed, a pod, break-glass", "options"},
    {Page::Decide, Action::Up, {code(Up)}, "Up", "the line above of what would be hit", ""},
    {Page::Decide, Action::Down, {code(Down)}, "Down", "the line below of what would be hit", ""},
    {Page::Decide, Action::PageUp, {code(PageUp)}, "PgUp", "a page up", ""},
    {Page::Decide, Action::PageDown, {code(PageDown)}, "PgDn", "a page down", "more"},
    {Page::Decide, Action::EraseLast, {code(Backspace)}, "Backspace", "erase the last character", ""},
    {Page::Decide, Action::EraseField, {code(ClearLine)}, "Ctrl-U", "erase the field", ""},
    {Page::Decide, Action::Help, {code(Help)}, "F1", "the keys of this page", "help"},
    {Page::Decide, Action::Redraw, {code(Redraw)}, "Ctrl-L", "draw the screen anew", ""},
    {Page::Decide, Action::Back, {code(Escape), code(Interrupt)}, "Esc, Ctrl-C", "back to the incident; nothing is decided", "cancel"},

    {Page::Options, Action::EnterField, {code(Enter)}, "Enter", "keep them: what would be hit is asked for anew", "keep"},
    {Page::Options, Action::Toggle, {letter(' ')}, "Space", "the chosen option on or off; those with a value are typed", "on, off"},
    {Page::Options, Action::Up, {code(Up), code(BackTab)}, "Up, Shift-Tab", "the option above", ""},
    {Page::Options, Action::Down, {code(Down), code(Tab)}, "Down, Tab", "the option below", "next"},
    {Page::Options, Action::EraseLast, {code(Backspace)}, "Backspace", "erase the last character", ""},
    {Page::Options, Action::EraseField, {code(ClearLine)}, "Ctrl-U", "erase the value", ""},
    {Page::Options, Action::Help, {code(Help)}, "F1", "the keys of this page", "help"},
    {Page::Options, Action::Redraw, {code(Redraw)}, "Ctrl-L", "draw the screen anew", ""},
    {Page::Options, Action::Back, {code(Escape), code(Interrupt)}, "Esc, Ctrl-C", "back to the decision, with the options that it had", "cancel"},

    {Page::Bulk, Action::EnterField, {code(Enter)}, "Enter", "the next field; in the last one, with the word: approve them one by one", "next"},
    {Page::Bulk, Action::NextField, {code(Tab), code(BackTab)}, "Tab, Shift-Tab", "the other field", ""},
    {Page::Bulk, Action::NextOffer, {code(Right)}, "Right", "the next response that is offered for one of them", "response"},
    {Page::Bulk, Action::PreviousOffer, {code(Left)}, "Left", "the response before", ""},
    {Page::Bulk, Action::Up, {code(Up)}, "Up", "the incident above", ""},
    {Page::Bulk, Action::Down, {code(Down)}, "Down", "the incident below; the last row shows the whole of the chosen one", ""},
    {Page::Bulk, Action::PageUp, {code(PageUp)}, "PgUp", "a page up", ""},
    {Page::Bulk, Action::PageDown, {code(PageDown)}, "PgDn", "a page down", "more"},
    {Page::Bulk, Action::EraseLast, {code(Backspace)}, "Backspace", "erase the last character", ""},
    {Page::Bulk, Action::EraseField, {code(ClearLine)}, "Ctrl-U", "erase the field", ""},
    {Page::Bulk, Action::Help, {code(Help)}, "F1", "the keys of this page", "help"},
    {Page::Bulk, Action::Redraw, {code(Redraw)}, "Ctrl-L", "draw the screen anew", ""},
    {Page::Bulk, Action::Back, {code(Escape), code(Interrupt)}, "Esc, Ctrl-C", "back to the list; while it runs: stop behind the one under way", "cancel"},

    MOVES(Page::History, "the row"),
    {Page::History, Action::Open, {code(Enter), code(Right)}, "Enter, Right", "open the incident of the chosen row", "open"},
    {Page::History, Action::Reload, {letter('r')}, "r", "ask the daemon again now", "reload"},
    EVERYWHERE(Page::History),
    BACK(Page::History, "the page before"),
    LEAVE(Page::History),

    MOVES(Page::Status, "the line"),
    {Page::Status, Action::Reload, {letter('r')}, "r", "ask the daemon again now", "reload"},
    EVERYWHERE(Page::Status),
    BACK(Page::Status, "the page before"),
    LEAVE(Page::Status),

    MOVES(Page::Help, "the line"),
    {Page::Help, Action::Redraw, {code(Redraw)}, "Ctrl-L", "draw the screen anew", ""},
    {Page::Help, Action::Back, {code(Escape), letter('q'), letter('?')}, "Esc, q, ?", "back to the page before", "back"},
    LEAVE(Page::Help),
});

}  // namespace

std::span<const Binding> bindings() { return kBindings; }

Action action_of(Page page, Key key) {
    if (key.code == None) return Action::None;
    for (const Binding& one : kBindings)
        if (one.page == page && std::ranges::find(one.keys, key) != one.keys.end()) return one.action;
    return Action::None;
}

}  // namespace quell::cli::console
