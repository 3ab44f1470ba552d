// SPDX-License-Identifier: Apache-2.0
// One operation every 5 ms until it fails: whoever is contained meanwhile is
// met in the middle of it. -1 and errno.
#pragma once

int repeat_fork(void);
int repeat_exec(char **argv);
int repeat_open(const char *file);
int repeat_read(const char *file);  // without a pause
int repeat_unlink(const char *prefix);
