// SPDX-License-Identifier: Apache-2.0
// The parts of the actor. One process, no threads, no heap.
#pragma once

#include "user/cli/policy_test/actor/plan.h"

namespace quell::act {

// Ends this process, with the errno, where something cannot be arranged.
[[noreturn]] void give_up(const char* step);
void report(Report::Kind kind, int error, const char* step);

// Everything that the operation needs and that is none itself: descriptors,
// namespaces, another process. As root still (prepare.cpp).
void prepare(const Plan& plan);
// The ids, the capabilities and the descriptors 0 and 1 (become.cpp).
void become(const Plan& plan);
// The operation: 0, or the errno. Does not return from an execution (operations.cpp).
int perform(const Plan& plan);

// Executes `path`, or, where it is "", the program without a path.
[[noreturn]] void run_stage(const char* path, unsigned stage);

// What prepare() leaves for perform().
struct Prepared {
    int fd = -1;
    int process = -1;  // that is acted on
};
extern Prepared prepared;

// A socket address of the plan: its length; 0: there is none of that family.
unsigned socket_address(const Plan& plan, void* address);

}  // namespace quell::act
