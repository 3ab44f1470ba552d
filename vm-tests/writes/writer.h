// SPDX-License-Identifier: Apache-2.0
// Every way to change what lies below a directory, and some that change
// nothing there. Static, so that it runs in any container.
#pragma once

#include "rounds.h"

// What a writer has open before anything is denied.
struct writer {
    const char *place, *outside;  // directories of one file system
    int old, reads, directory, source, pipe[2];
    char *shared, *later;  // maps: one that is writable, one that would become so
};
int writer_open(struct writer *w);
// Takes its mounts away.
void writer_end(struct writer *w);

extern const struct way kWays[];
