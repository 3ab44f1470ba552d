// SPDX-License-Identifier: Apache-2.0
// Ways that begin before a containment and act after it.
#pragma once

// old-WHAT: opens FILE, or maps it, makes PREFIX.ready, waits for PREFIX.go, and acts. -1 and errno, or 0.
int held(const char *how, const char *file, const char *prefix);

// The first thread ends, the second one removes FILE and stays: does not return.
int leader_exits(const char *file);
