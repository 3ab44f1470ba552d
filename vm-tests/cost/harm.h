// SPDX-License-Identifier: Apache-2.0
// What the processes of harm.c did, in a file that they map. Times are the CPU's own counter, as in a trace by x86-tsc.
#pragma once

#include <stdint.h>

#define HARM_LANES 100
#define HARM_KEPT 1024 /* of each process, the last ones */

enum harm_kind { HARM_OPEN, HARM_EXEC, HARM_FORK, HARM_UNLINK, HARM_CONNECT, HARM_WRITE, HARM_KINDS };

struct deed {
    uint64_t began, ended;
};

// Of one process, whose kind is its number modulo HARM_KINDS.
struct lane {
    uint64_t done;
    struct deed last[HARM_KEPT];
};

struct harm {
    struct lane lanes[HARM_LANES];
};
