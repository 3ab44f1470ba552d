/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room for pending entries: 64 a subject, 1,024 in all, the last 256 only for
 * a subject that has none. Nobody's flood takes another's place. What has
 * expired is cleared when room is short, at most once a second.
 */
#pragma once

static u64 reclaimed_ns;

static __always_inline u64 budget_count(struct quell_container *c, s64 delta)
{
	if (c)
		return __sync_fetch_and_add(&c->pending, delta);
	return __sync_fetch_and_add(&quell.pending_host, delta);
}

static __always_inline void budget_return(u64 container)
{
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;

	if (!container || c)
		budget_count(c, -1);
	__sync_fetch_and_add(&quell.pending_total, -1);
}

#define BUDGET_TAKEN QUELL_COUNTER_COUNT

/* BUDGET_TAKEN, or what stands for the lack of room. */
static __always_inline u32 budget_take(struct quell_container *c)
{
	u64 mine = budget_count(c, 1), all;

	if (mine >= QUELL_PENDING_PER_SUBJECT) {
		budget_count(c, -1);
		return QUELL_COUNTER_PENDING_SUBJECT;
	}
	all = __sync_fetch_and_add(&quell.pending_total, 1);
	if (all >= QUELL_PENDING_MAX || (mine && all >= QUELL_PENDING_MAX - QUELL_PENDING_RESERVED)) {
		__sync_fetch_and_add(&quell.pending_total, -1);
		budget_count(c, -1);
		return QUELL_COUNTER_PENDING_FULL;
	}
	return BUDGET_TAKEN;
}

static __always_inline int waits(u32 state)
{
	return state == QUELL_STATE_ARMING || state == QUELL_STATE_PENDING;
}

static __always_inline int holds(u32 state)
{
	return state == QUELL_STATE_APPROVED || state == QUELL_STATE_ENFORCING;
}

/* By what the kernel side sees itself: leaves a waiting state for another, once. */
static __always_inline int pending_leave(struct quell_pending_key *key, struct quell_pending *entry, u32 command)
{
	u64 word = entry->word, next;
	u32 row = transition_row(QUELL_WORD_STATE(word), command);

	next = (word & ~255ull) | ROW_TO(row);
	if (!(ROW_EFFECTS(row) & QUELL_FREES) || __sync_val_compare_and_swap(&entry->word, word, next) != word)
		return 0;
	budget_return(key->container);
	notice_send(key, next);
	return 1;
}

/* The same of what is in force: what it contained goes with its target. */
static __always_inline void pending_lose(struct quell_pending_key *key, struct quell_pending *entry)
{
	u64 word = entry->word, next;
	u32 row = transition_row(QUELL_WORD_STATE(word), QUELL_COMMAND_LOSE);

	next = (word & ~255ull) | ROW_TO(row);
	if ((ROW_EFFECTS(row) & QUELL_RELEASES) && __sync_val_compare_and_swap(&entry->word, word, next) == word)
		notice_send(key, next);
}

struct reclaim {
	u64 now;
};

static long reclaim_one(void *map, struct quell_pending_key *key, struct quell_pending *entry, struct reclaim *r)
{
	struct quell_pending_key copy = *key;

	if (entry->deadline_ns < r->now)
		pending_leave(&copy, entry, QUELL_COMMAND_EXPIRE);
	return 0;
}

static __noinline int budget_reclaim(u64 now)
{
	struct reclaim r = { .now = now };
	u64 last = reclaimed_ns;

	if (now - last < 1000000000ull || __sync_val_compare_and_swap(&reclaimed_ns, last, now) != last)
		return 0;
	bpf_for_each_map_elem(&pending, reclaim_one, &r, 0);
	return 1;
}

struct vanish {
	u64 container;
	u64 paused; /* incident, 0: none */
};

static long vanish_one(void *map, struct quell_pending_key *key, struct quell_pending *entry, struct vanish *v)
{
	struct quell_pending_key copy = *key;

	if (copy.container != v->container)
		return 0;
	pending_leave(&copy, entry, QUELL_COMMAND_LOSE);
	if (v->paused && QUELL_WORD_INCIDENT(entry->word) == v->paused)
		pending_lose(&copy, entry);
	return 0;
}

/* cgroup_rmdir: what waited for a decision on that container has lost its target, and so has what holds it frozen. */
static __noinline int pending_vanish(u64 container, u64 paused)
{
	struct vanish v = { .container = container, .paused = paused };

	bpf_for_each_map_elem(&pending, vanish_one, &v, 0);
	return 0;
}
