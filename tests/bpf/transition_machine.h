/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel side's state machine as a library: kern/pending/ compiled for
 * this machine (kern_transition.c), with what a hook does when it detects, a
 * container that ends, a file that goes. One thread.
 */
#pragma once

#include "kern/abi.h"

/* small, so that a random walk meets every bound */
#define MACHINE_PENDING_MAX 7
#define MACHINE_PENDING_PER_SUBJECT 4
#define MACHINE_PENDING_RESERVED 2
#define MACHINE_ENTRIES 14
#define MACHINE_CONTAINERS 4
#define MACHINE_HELD 1
#define MACHINE_HELD_OBJECTS 3

#ifdef __cplusplus
extern "C" {
#endif

enum machine_detected { MACHINE_NOTHING, MACHINE_REPEAT, MACHINE_NEW, MACHINE_NO_ROOM };

struct machine_totals {
    quell_u64 subjects, files, waiting, host, actors, held_files, notices;
    quell_u64 isolated, isolations, write_denied, denials; /* words in front, and records */
    quell_u64 executables; /* records; they count in `files` */
    quell_u64 holding, held_objects, held_places; /* word in front, records, and those of them that count in `write_denied` */
};

/* What another CPU does between two steps; null: nothing. Must not call itself. */
extern void (*quell_test_between)(void);

void machine_reset(void);
void machine_clock(quell_u64 now_ns);
void machine_caller(int descends); /* who asks descends from whom a kill-process would hit */
quell_s32 machine_transition(struct quell_transition *t);
int machine_container(quell_u64 id, quell_u32 flags);
void machine_container_ends(quell_u64 id);
void machine_file_ends(const struct quell_file_key *file);
/* Sets key->turn, and made->word of a new one. `armed`: responses whose hooks are attached. */
int machine_detect(struct quell_pending_key *key, struct quell_pending *made, quell_u32 armed);
/* Somebody of it uses the network: whether a record cuts it. */
int machine_network(quell_u64 container);
/* By place in the map; 0: it is empty. */
int machine_entry(quell_u32 at, struct quell_pending_key *key, struct quell_pending *entry);
int machine_find_container(quell_u64 id, struct quell_container *container);
/* The incident that holds it, 0: none. */
quell_u64 machine_actor(quell_u64 actor);
quell_u64 machine_file(const struct quell_file_key *file);
/* 0: there is no record. */
int machine_isolation(quell_u64 container, struct quell_isolation *isolation);
quell_u64 machine_denial(quell_u64 container);
quell_u64 machine_executable(const struct quell_executable_key *executable);
/* The time until which it is held, 0: there is no record. */
quell_u64 machine_held_object(const struct quell_hold_key *key);
void machine_count(struct machine_totals *totals);

#ifdef __cplusplus
}
#endif
