// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/races/racer/race.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

namespace quell::races {
namespace {

// A change does not wait for its turn among those it races against: it comes in the middle of what they do.
void go_first() {
    const sched_param first = {.sched_priority = 1};
    (void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

}  // namespace

Tally run_race(const Race& race, const Globals& globals) {
    Tally tally;
    std::atomic<unsigned long> sequence = 0;  // odd while a change is under way; 0: out
    std::atomic<bool> over = false;
    std::atomic<unsigned long> inside = 0, outside = 0;  // the tally's, for who changes
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        go_first();
        std::mt19937 random(7);
        const auto too_few = [&] { return !race.always && std::min(inside.load(), outside.load()) < race.enough; };
        for (unsigned i = 0; i < race.changes || i % 2 != 0 || (too_few() && i < 10 * race.changes); i++) {
            sequence++;
            if (!race.change(i % 2 == 0)) break;
            sequence++;
            tally.changes++;
            std::this_thread::sleep_for(std::chrono::microseconds(random() % race.pause_us));
        }
        over = true;
    });
    for (const auto& one : race.noise)
        threads.emplace_back([&] {
            while (!over) one();
        });
    for (unsigned n = 0; !over; n++) {
        race.prepare(n);
        const auto before = sequence.load();
        const auto matched = globals.matched(race.hook);
        const bool worked = race.operate(n);
        const auto matches = globals.matched(race.hook) - matched;
        const auto after = sequence.load();
        const bool between = before != after || before % 2;
        if (!worked) {
            tally.failed++;
        } else if (matches > 1 && !(between && race.change_matches)) {
            tally.odd++;
        } else if (race.always) {
            tally.in++;
            tally.missed += matches != 1;
        } else if (between) {
            tally.between++;
        } else if (before / 2 % 2) {
            tally.in = ++inside;
            tally.missed += matches != 1;
        } else {
            tally.out = ++outside;
            tally.false_alarms += matches != 0;
        }
    }
    for (auto& thread : threads) thread.join();
    return tally;
}

int report(const Tally& t) {
    std::printf("{\"changes\":%lu,\"in\":%lu,\"out\":%lu,\"between\":%lu,\"missed\":%lu,\"false_alarms\":%lu,\"odd\":%lu,\"failed\":%lu}\n", t.changes, t.in,
                t.out, t.between, t.missed, t.false_alarms, t.odd, t.failed);
    return 0;
}

}  // namespace quell::races
