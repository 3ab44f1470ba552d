// SPDX-License-Identifier: Apache-2.0
// A race: one thread changes what an operation must be judged by, another
// operates. An operation that began after a change had returned and ended
// before the next was called has one right answer; in between either will do.
#pragma once

#include <functional>
#include <vector>

#include "vm-tests/races/racer/globals.h"

namespace quell::races {

struct Race {
    unsigned changes;  // at least; ten times as many where a slow machine has seen less than `enough` operations of a kind by then
    unsigned enough = 0;
    std::function<bool(bool in)> change;    // makes the operation one that matches, or one that does not; false ends the race
    std::function<void(unsigned)> prepare;  // before operation n, not judged
    std::function<bool(unsigned)> operate;  // operation n, on an object of its own; false: it did not work
    quell_hook hook;
    std::vector<std::function<void()>> noise;  // each repeated by a thread of its own; must not match
    unsigned pause_us = 600;                   // between two changes, at most
    bool change_matches = false;               // the change is a match of the hook itself
    bool always = false;                       // the operation matches whatever the change: also in between
};

struct Tally {
    unsigned long changes = 0, in = 0, out = 0, between = 0, missed = 0, false_alarms = 0, odd = 0, failed = 0;
};

[[nodiscard]] Tally run_race(const Race& race, const Globals& globals);
// As one line of JSON; the exit status for it.
int report(const Tally& tally);

}  // namespace quell::races
