// SPDX-License-Identifier: Apache-2.0
// What is done to a file, and to those beside it. -1 and errno, or 0.
#pragma once

// The second path: what `everyway all` makes it.
enum other {
    OTHER_NONE,
    OTHER_BESIDE,      // another file in the same directory
    OTHER_NEW,         // a fresh name in it
    OTHER_OUTSIDE,     // a fresh name in the directory above
    OTHER_DIRECTORY,   // an empty directory; the first path is the watched one
    OTHER_FILE,        // a file beside the directory
    OTHER_ABOVE,       // an empty directory; the first path is the one above the watched one
    OTHER_MOUNTPOINT,  // none; the first path is the watched directory
};

struct operation {
    const char *name;
    int (*run)(const char *file, const char *other);
    int every;  // part of "all"
    enum other other;
    int by_ring;  // io_uring has it
    int apart;    // in a mount namespace of its own, entered before the way
};

extern const struct operation kOperations[];
extern const unsigned kOperationCount;

const struct operation *find_operation(const char *name);
int takes_other(const struct operation *operation);
