// SPDX-License-Identifier: Apache-2.0
// Every way to a file, and some that a quarantine leaves. Static, so that it
// runs in any container.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include "../writes/rounds.h"

#define PAGE 4096
#define DATA at(w->place, "data")        // the file
#define KEPT at(w->place, "kept")        // its other name
#define PROGRAM at(w->place, "program")  // a second one, which nobody has open for writing
#define OTHER at(w->place, "other")      // one that nobody asks about
#define FRESH at(w->place, "fresh")      // a free name

// What it has open before anything is quarantined.
struct writer {
    const char *place;
    int old, reads, path, locked, sink, source, program, program_path, top, pipe[2], flags, has_handle;
    char *shared, *later;  // maps of the file: one that is writable, one that would become so
    union {
        struct file_handle head;
        char room[sizeof(struct file_handle) + 128];
    } handle;
};

// By a name, of whatever kind; on what is open or mapped; and what is not refused.
extern const struct way kByName[], kOnDescriptors[], kLeft[];

// What an open, or a call that moves one byte, has come to.
int opened(int fd);
int moved(long n);
int made(const char *file);
// /proc/self/fd/N; good until the next call.
const char *link_of(int fd);
// In a child of its own: its errno.
int apart(int (*act)(struct writer *w), struct writer *w);
// Its user's lock of one byte: F_RDLCK, F_WRLCK or F_UNLCK, by `command`.
int lock_byte(int fd, int command, short type, off_t at);
