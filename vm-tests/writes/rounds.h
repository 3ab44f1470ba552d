// SPDX-License-Identifier: Apache-2.0
// Rounds in which a program tries all its ways to a file, each time somebody
// asks: for DIRECTORY/go-N it writes DIRECTORY/result-N, a line for each way:
// name, errno, hook. Ends when there is DIRECTORY/stop.
#pragma once

struct writer;  // who tries: what it has open

struct way {
    const char *name;
    int (*act)(struct writer *w);  // 0, or -1 and errno; leaves everything as it was
    const char *hook;              // that refuses it; null: it is not refused
};

// A name in a directory; good for the next seven calls.
const char *at(const char *directory, const char *name);
// Makes DIRECTORY/NAME, at once with all its text.
void put(const char *directory, const char *name, const char *text);
// Waits for the next round; 0: there is none any more.
int goes_on(const char *directory, int n);
// Says that it is ready; then all rounds. `ways` ends with a null name.
void act_in_rounds(const char *directory, const struct way *ways, struct writer *w);

// A POSIX ACL with one more user, and none; the mode stays 0644.
int set_acl(const char *file);
int remove_acl(const char *file);
