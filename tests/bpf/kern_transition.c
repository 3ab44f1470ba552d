// SPDX-License-Identifier: Apache-2.0
// The kernel's transition code compiled for this machine, with small bounds,
// so that each of them is met. See transition_machine.h for what is asked.
#include <linux/types.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#define __BPF__ 1
#undef __always_inline
#define __always_inline inline __attribute__((always_inline, unused))
#define __noinline __attribute__((noinline, unused))
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wcast-function-type"
#include "kern/abi.h"
#include "tests/bpf/transition_machine.h"

// as kern/compat.h has them
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define E2BIG 7
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ETIME 62
#define EOPNOTSUPP 95
#define EALREADY 114

#include "tests/bpf/native_maps.h"

#undef QUELL_PENDING_MAX
#undef QUELL_PENDING_PER_SUBJECT
#undef QUELL_PENDING_RESERVED
#define QUELL_PENDING_MAX MACHINE_PENDING_MAX
#define QUELL_PENDING_PER_SUBJECT MACHINE_PENDING_PER_SUBJECT
#define QUELL_PENDING_RESERVED MACHINE_PENDING_RESERVED

NATIVE_MAP(pending, MACHINE_ENTRIES, struct quell_pending_key, struct quell_pending);
NATIVE_MAP(containers, MACHINE_CONTAINERS, u64, struct quell_container);
NATIVE_MAP(contained_actors, MACHINE_HELD, u64, u64);
NATIVE_MAP(contained_files, MACHINE_HELD, struct quell_file_key, struct quell_file_entry);
NATIVE_MAP(isolations, MACHINE_HELD, u64, struct quell_isolation);
NATIVE_MAP(write_denials, MACHINE_HELD, u64, struct quell_write_denial);
NATIVE_MAP(denied_executables, MACHINE_HELD, struct quell_executable_key, struct quell_executable);
NATIVE_MAP(held_objects, MACHINE_HELD_OBJECTS, struct quell_hold_key, u64);

// of kern/types.h what holds_begin() looks at; one for what runs, one for what another CPU does meanwhile
static struct work {
    struct quell_pending_key key;
    struct quell_hold_key hold_key;
} works[2];
static u32 works_busy;
#define WORK(slot) (&works[(slot) & 1])

static struct quell_globals quell;
static volatile u32 zero;
static u64 clock_ns;
static int caller_descends;
static u64 notices;
#define CONTAINED_BITS (1u << 16)
static u64 contained_filter[CONTAINED_BITS / 64];
#define WRITE_DENIED_BITS (1u << 12)
static u64 write_denied_filter[WRITE_DENIED_BITS / 64];

static u64 bpf_ktime_get_boot_ns(void) {
    between();
    return clock_ns;
}
static void *bpf_get_current_task(void) { return 0; }
static int descends_from(u64 task, u32 pid, u64 start_ns) { return caller_descends; }
static u64 count(u32 counter) { return __sync_fetch_and_add(&quell.counters[counter], 1); }
static void notice_send(struct quell_pending_key *key, u64 word) { notices++; }
static void isolated_filter_add(u64 container) {}
static int same_file(struct quell_file_key *one, struct quell_file_key *other) { return !memcmp(one, other, sizeof(*one)); }
static long bpf_probe_read_kernel(void *to, u32 size, const void *from) {
    memcpy(to, from, size);
    return 0;
}

#include "kern/pending/table.h"
#include "kern/subject/hold.h"
#include "kern/pending/budget.h"
#include "kern/pending/entry.h"
#include "kern/enforce/held_files.h"
#include "kern/enforce/held_executables.h"
#include "kern/enforce/isolation.h"
#include "kern/enforce/denial.h"
#include "kern/enforce/held_objects.h"
#include "kern/pending/hold.h"
#include "kern/pending/transition.h"

void machine_reset(void) {
    memset(&quell, 0, sizeof(quell));
    quell.next_incident = 1;
    quell.enabled_offers = ~0u;
    reclaimed_ns = notices = 0;
    clock_ns = 10000000000ull;
    caller_descends = 0;
    native_map_clear(&pending);
    native_map_clear(&containers);
    native_map_clear(&contained_actors);
    native_map_clear(&contained_files);
    native_map_clear(&isolations);
    native_map_clear(&write_denials);
    native_map_clear(&denied_executables);
    native_map_clear(&held_objects);
}

void machine_clock(u64 now_ns) { clock_ns = now_ns; }
void machine_caller(int descends) { caller_descends = descends; }

s32 machine_transition(struct quell_transition *t) {
    t->error = transition(t);
    return t->error;
}

int machine_container(u64 id, u32 flags) {
    struct quell_container c = {.flags = flags};

    return (int)bpf_map_update_elem(&containers, &id, &c, BPF_NOEXIST);
}

// container_forget in kern/hooks/life.h, as far as containments go
void machine_container_ends(u64 id) {
    struct quell_container *c = bpf_map_lookup_elem(&containers, &id);

    if (!c) return;
    c->home_state = QUELL_HOME_DEAD;
    if (c->pending || c->paused) pending_vanish(id, c->paused);
    container_ends(c);
    bpf_map_delete_elem(&containers, &id);
    isolation_ends(id);
    denial_ends(id);
    executables_end(id);
    objects_end(id);
}

void machine_file_ends(const struct quell_file_key *file) {
    struct quell_file_key key = *file;
    struct quell_file_entry *entry = bpf_map_lookup_elem(&contained_files, &key);

    if (entry) file_gone(&key, entry);
}

// network_refuse in kern/enforce/network.h, as far as the record goes
int machine_network(u64 container) {
    struct quell_isolation *isolation = bpf_map_lookup_elem(&isolations, &container);

    if (isolation && isolation->until_ns && clock_ns > isolation->until_ns) {
        isolation_settle(container);
        isolation = bpf_map_lookup_elem(&isolations, &container);
    }
    return isolation != 0;
}

static void machine_holds(u32 slot, struct quell_pending_key *key, struct quell_pending *made) {
    WORK(slot)->key = *key;
    if (made->wanted) holds_begin(slot);
}

// pending_note in kern/pending/note.h, as far as places, room and what is held go
static int detect(u32 slot, struct quell_pending_key *key, struct quell_pending *made, u32 armed) {
    u64 container = key->container;
    struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;
    int meets = -1;
    long error;
    u32 lack;

    quell.armed = armed;
    if (container && !c) return MACHINE_NOTHING;
    for (u32 turn = 0; turn < QUELL_TURNS_MAX && meets < 0; turn++) {
        struct quell_pending *entry;

        key->turn = turn;
        entry = bpf_map_lookup_elem(&pending, key);
        WORK(slot)->key = *key;
        meets = entry ? pending_meets(slot, key, entry, clock_ns) : 0;
    }
    if (meets > 0) machine_holds(slot, key, made);
    if (meets) return meets < 0 ? MACHINE_NOTHING : MACHINE_REPEAT;
    lack = budget_take(c);
    if (lack != BUDGET_TAKEN && budget_reclaim(clock_ns)) lack = budget_take(c);
    if (lack != BUDGET_TAKEN) return MACHINE_NO_ROOM;
    made->word = QUELL_WORD(__sync_fetch_and_add(&quell.next_incident, 1),
                            first_state(made->offers | made->wanted, armed));
    error = pending_add(key, made);
    if (!error) {
        machine_holds(slot, key, made);
        return MACHINE_NEW;
    }
    budget_return(container);
    return MACHINE_NO_ROOM;
}

int machine_detect(struct quell_pending_key *key, struct quell_pending *made, u32 armed) {
    int done = detect(works_busy++, key, made, armed);

    works_busy--;
    return done;
}

int machine_entry(u32 at, struct quell_pending_key *key, struct quell_pending *entry) {
    if (at >= MACHINE_ENTRIES || !pending.used[at]) return 0;
    memcpy(key, pending.keys + at * pending.key_size, sizeof(*key));
    memcpy(entry, native_value(&pending, at), sizeof(*entry));
    return 1;
}

int machine_find_container(u64 id, struct quell_container *container) {
    int at = native_find(&containers, &id);

    if (at >= 0) memcpy(container, native_value(&containers, (u32)at), sizeof(*container));
    return at >= 0;
}

u64 machine_actor(u64 actor) {
    int at = native_find(&contained_actors, &actor);

    return at < 0 ? 0 : *(u64 *)native_value(&contained_actors, (u32)at);
}

u64 machine_file(const struct quell_file_key *file) {
    int at = native_find(&contained_files, file);

    return at < 0 ? 0 : ((struct quell_file_entry *)native_value(&contained_files, (u32)at))->incident;
}

int machine_isolation(u64 container, struct quell_isolation *isolation) {
    int at = native_find(&isolations, &container);

    if (at >= 0) memcpy(isolation, native_value(&isolations, (u32)at), sizeof(*isolation));
    return at >= 0;
}

u64 machine_denial(u64 container) {
    int at = native_find(&write_denials, &container);

    return at < 0 ? 0 : ((struct quell_write_denial *)native_value(&write_denials, (u32)at))->incident;
}

u64 machine_executable(const struct quell_executable_key *executable) {
    int at = native_find(&denied_executables, executable);

    return at < 0 ? 0 : ((struct quell_executable *)native_value(&denied_executables, (u32)at))->incident;
}

u64 machine_held_object(const struct quell_hold_key *key) {
    int at = native_find(&held_objects, key);

    return at < 0 ? 0 : *(u64 *)native_value(&held_objects, (u32)at);
}

void machine_count(struct machine_totals *totals) {
    totals->held_objects = totals->held_places = 0;
    for (u32 at = 0; at < MACHINE_HELD_OBJECTS; at++) {
        if (!held_objects.used[at]) continue;
        totals->held_objects++;
        totals->held_places += ((struct quell_hold_key *)(held_objects.keys + at * held_objects.key_size))->response == QUELL_RESPONSE_DENY_WRITE;
    }
    totals->holding = quell.held_objects;
    totals->subjects = quell.contained_subjects;
    totals->files = quell.contained_files;
    totals->waiting = quell.pending_total;
    totals->host = quell.pending_host;
    totals->actors = MACHINE_HELD - contained_actors.free_count;
    totals->held_files = MACHINE_HELD - contained_files.free_count;
    totals->isolated = quell.isolated;
    totals->isolations = MACHINE_HELD - isolations.free_count;
    totals->write_denied = quell.write_denied;
    totals->denials = MACHINE_HELD - write_denials.free_count;
    totals->executables = MACHINE_HELD - denied_executables.free_count;
    totals->notices = notices;
}
