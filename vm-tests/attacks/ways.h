// SPDX-License-Identifier: Apache-2.0
// Ways to a file that a watcher of path names would lose sight of.
#pragma once

struct way {
    const char *name;
    // Takes it. The paths of what lies below `top` begin with `prefix` from then on, `whole` or without that of `top`.
    int (*enter)(const char *top, char *prefix);
    int whole;
    int joins;  // the namespace that everybody sees, so nothing can be done apart
};

extern const struct way kWays[];
extern const unsigned kWayCount;

const struct way *find_way(const char *name);
// Enters; `paths` (of `count`, some may be null) become what they are there.
int take_way(const struct way *way, const char **paths, int count);
// A mount namespace of one's own, from which nothing goes to the others.
int private_namespace(void);
