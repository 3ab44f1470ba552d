// SPDX-License-Identifier: Apache-2.0
// The system calls an operation is made of, as the way that was taken has
// them: from a directory's descriptor, or by io_uring.
#pragma once

// A descriptor that relative paths begin at; AT_FDCWD when the way has none.
extern int reach_at;
// Non-zero: io_uring does what it can do.
extern int reach_by_ring;

int reach_unlink(const char *file);
int reach_rename(const char *from, const char *to, unsigned flags);
int reach_link(const char *from, const char *to);
int reach_open(const char *file, int flags);  // a descriptor, or -1
// The same path for a call that takes no descriptor; valid until the second call after it.
const char *reach_path(const char *path);
