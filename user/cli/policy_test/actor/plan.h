// SPDX-License-Identifier: Apache-2.0
// What `quell policy test --kernel` tells the actor: one structure in memory
// that both share, since the actor is a static program without any library,
// and must not open a file of its own in a container.
#pragma once

#include <cstdint>

namespace quell::act {

// The descriptors that an actor inherits; far above those that a scenario speaks of.
enum Descriptor : int {
    kPlanFd = 200,      // struct Plan, mapped
    kNeutralFd = 201,   // the actor's own program in memory: whoever runs it has an executable without a path
    kGoFd = 202,        // a byte: do it. The end: whoever asked is gone
    kReportFd = 203,    // struct Report
    kTerminalFd = 204,  // a terminal, where one is asked for
    kListenerFd = 205,  // of a socket that is connected to; only kept
    kLastFd = kListenerFd,
    kWaitsFd = 206,     // of the process that is acted on, for a moment: there it says that it waits
};

// Above who acts: as many as rules ask for, so that nobody else's parent is met.
inline constexpr unsigned kAbove = 8;
inline constexpr unsigned kStages = 1 + kAbove + 1;
inline constexpr unsigned kPathSize = 4096, kTextsSize = 65536;

struct Texts {
    std::uint32_t count;
    char bytes[kTextsSize];  // one after the other, each with its end
};

struct Plan {
    std::uint32_t operation;           // QUELL_OP_…
    std::uint32_t numbers[64];         // by QUELL_FIELD_…
    std::uint64_t capabilities;        // effective while it acts
    char executables[kStages][kPathSize];  // the outermost first; "": none that has a path. The last one acts
    char path[kPathSize];              // of the object
    char other[kPathSize];             // a name, or a directory, beside it
    char target[kPathSize];            // executable of the process that is acted on
    char link_target[kPathSize];
    std::uint8_t is_six;               // the address
    std::uint8_t has_address;
    std::uint8_t address[16];
    std::uint8_t in_container;
    Texts arguments, environment;
};

// As name of the program: its stage follows. What is executed as an object has whatever name the scenario says.
inline constexpr const char* kActorName = "quell-actor";

struct Report {
    enum Kind : std::int32_t {
        kBegun,   // a process of the scenario: its pid
        kReady,   // who acts waits for the word
        kDone,    // it did; `error` is what it got
        kFailed,  // it could not be arranged: `step`, and `error`
    };
    Kind kind;
    std::int32_t pid;
    std::int32_t error;
    char step[52];
};

}  // namespace quell::act
