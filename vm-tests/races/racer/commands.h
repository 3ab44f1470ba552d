// SPDX-License-Identifier: Apache-2.0
// What the racer can be asked for. Each takes the words after its name and
// prints one line of JSON.
#pragma once

#include <string>
#include <vector>

#include "vm-tests/races/racer/globals.h"

namespace quell::races {

using Words = std::vector<std::string>;

int race_renames(const Globals& globals, const Words& words);  // DIRECTORY-INSIDE DIRECTORY-OUTSIDE CHANGES [unlink|rename|truncate|open]
int race_names(const Globals& globals, const Words& words);    // WATCHED OTHER CHANGES
int race_mounts(const Globals& globals, const Words& words);   // SOURCE MOUNTPOINT CHANGES [PAUSE-US]
int race_reloads(const Globals& globals, const Words& words);  // both|one CHANGES POLICY-IN POLICY-OUT
int reuse_directories(const Globals& globals, const Words& words);  // INSIDE OUTSIDE ROUNDS [held]
int flood(const Globals& globals, const Words& words);              // FILE PROCESSES MATCHES, by opening it
int many_actors(const Globals& globals, const Words& words);        // DIRECTORY ACTORS MATCHES
int many_writers(const Globals& globals, const Words& words);       // DIRECTORY ACTORS: each DIRECTORY/0/file, DIRECTORY/1/file, ...
int many_readers(const Globals& globals, const Words& words);       // FILE ACTORS: made if it is not there
int fork_and_unlink(const Globals& globals, const Words& words);    // DIRECTORY: until SIGTERM
int interrupted_births(const Globals& globals, const Words& words);  // DIRECTORY BIRTHS PROCS-FD: of the cgroup to go to
int deep(const Globals& globals, const Words& words);               // DIRECTORY LEVELS LENGTH: of a component
int exec_by_threads(const Globals& globals, const Words& words);    // DIRECTORY TIMES: each program is executed by a thread of the last one
int clone_into(const Globals& globals, const Words& words);         // DIRECTORY TIMES CGROUP-FD...
int act(const Globals& globals, const Words& words);                // unlink|truncate FILE [COUNT]: FILE0, FILE1...
int directories(const Globals& globals, const Words& words);        // INSIDE OUTSIDE COUNT: of each
int splice(const Globals& globals, const Words& words);             // UPPER: of the root
int by_handle(const Globals& globals, const Words& words);          // INSIDE OUTSIDE

// Creates a file and removes it.
bool unlink_fresh(const std::string& file);

}  // namespace quell::races
