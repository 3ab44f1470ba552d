// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operations.h"
#include "ways.h"

// By this way, in this process, which is not to be used for another one.
int perform(const struct way *way, const struct operation *operation, const char *file, const char *other);

// OPERATION by every way that has it, each time on FILE (made when it is missing, filled when it is empty). One line
// of each: "OPERATION WAY ERRNO".
int everyway(const struct operation *operation, const char *file, const char *other);

// Every operation, by every way, on files of their own below DIRECTORY: OPERATION.WAY. What one operation did by all
// ways has the same parent and comm, the operation's name, and is one incident.
int everyway_all(const char *directory);
