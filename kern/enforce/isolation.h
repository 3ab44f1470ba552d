/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container's isolation from the network as a record: made at the flip, with the terms of who approved it, and removed by an
 * undo or with the container. Before that it is made by an incident that waits, where its rule wants it (pending/hold.h): then it
 * is nobody's, allows nothing, and holds until the last such incident has ended or its deadline is over. An approval makes it
 * its own by until_ns, which is swapped: whoever has swapped it last decides.
 */
#pragma once

/* until_ns */
#define ISOLATION_APPROVED 0
#define ISOLATION_DYING 1
#define ISOLATION_UNTIL_ANY (~0ull) /* one was approved, and what follows is not over yet */

/* What a record is made with: it refuses all until the terms are in it. */
static const struct quell_isolation isolation_strict = {};
static const struct quell_isolation isolation_waiting = { .until_ns = ISOLATION_UNTIL_ANY };

static __always_inline int isolation_refused(struct quell_transition *t)
{
	u64 container = t->key.container;
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);
	struct quell_isolation *isolation;

	if (!c)
		return -ESRCH;
	if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) {
		count(QUELL_COUNTER_PROTECTED);
		return -EACCES;
	}
	if (t->terms.count > QUELL_ALLOWED_MAX)
		return -EINVAL;
	isolation = bpf_map_lookup_elem(&isolations, &container);
	return isolation && isolation->until_ns <= ISOLATION_DYING ? -EEXIST : 0;
}

static __always_inline int isolation_drop(u64 container)
{
	int error = bpf_map_delete_elem(&isolations, &container);

	if (!error)
		__sync_fetch_and_add(&quell.isolated, -1);
	return error;
}

/* The record of those who wait becomes an incident's: 0 when somebody is about to remove it, or has changed it. */
static __always_inline int isolation_claim(struct quell_isolation *isolation)
{
	u64 until = isolation->until_ns;

	return until > ISOLATION_DYING && __sync_val_compare_and_swap(&isolation->until_ns, until, ISOLATION_APPROVED) == until;
}

/* Terms that are half there allow nothing that the whole would not: their number comes last. */
static __always_inline void isolation_fill(struct quell_isolation *isolation, struct quell_transition *t)
{
	isolation->incident = t->incident;
	isolation->pending = t->key;
	bpf_probe_read_kernel(&isolation->terms.allowed, sizeof(isolation->terms.allowed), &t->terms.allowed);
	isolation->terms.flags = t->terms.flags;
	*(volatile u32 *)&isolation->terms.count = t->terms.count;
}

/* The word in front of the hooks moves last. */
static __always_inline int isolation_contain(struct quell_transition *t)
{
	u64 container = t->key.container;
	struct quell_isolation *isolation;

	if (bpf_map_update_elem(&isolations, &container, &isolation_strict, BPF_NOEXIST)) {
		/* that of those who wait: from here on it has these terms */
		isolation = bpf_map_lookup_elem(&isolations, &container);
		if (!isolation)
			count(QUELL_COUNTER_FILES_FULL);
		if (!isolation || !isolation_claim(isolation))
			return -ENOSPC;
		isolation_fill(isolation, t);
		return 0;
	}
	isolated_filter_add(container);
	isolation = bpf_map_lookup_elem(&isolations, &container);
	if (isolation)
		isolation_fill(isolation, t);
	__sync_fetch_and_add(&quell.isolated, 1);
	/* removed in this moment: nobody else would take it back */
	if (bpf_map_lookup_elem(&containers, &container))
		return 0;
	isolation_drop(container);
	return -ESRCH;
}

/* Whether an incident holds it while nobody has decided, or until what was decided is done. */
struct isolation_holder {
	u64 container;
	u64 now;
	u64 until; /* out; 0: nobody does */
};

static long isolation_holder_one(void *map, struct quell_pending_key *key, struct quell_pending *p, struct isolation_holder *h)
{
	u32 state = QUELL_WORD_STATE(p->word);

	if (key->container != h->container || !(p->held & QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK)))
		return 0;
	if (waits(state) && p->deadline_ns > h->now)
		h->until = p->deadline_ns;
	else if (state != QUELL_STATE_ENFORCING && may_hold(state, p)) /* what was approved instead is not in force yet */
		h->until = ISOLATION_UNTIL_ANY;
	else
		return 0;
	return 1;
}

/* Until when one of those who wait holds it, 0: none does. */
static __always_inline u64 isolation_holder(u64 container)
{
	struct isolation_holder h = { .container = container, .now = bpf_ktime_get_boot_ns() };

	h.until = zero;
	bpf_for_each_map_elem(&pending, isolation_holder_one, &h, 0);
	return h.until;
}

/* For one that waits. 0 also where it is there already, by whomever. */
static __always_inline int isolation_hold(u64 container, u64 until_ns)
{
	struct quell_isolation *isolation;
	int error = bpf_map_update_elem(&isolations, &container, &isolation_waiting, BPF_NOEXIST);

	if (error == -EEXIST)
		return 0;
	if (error) {
		count(QUELL_COUNTER_HOLDS_FULL);
		return -ENOSPC;
	}
	isolated_filter_add(container);
	__sync_fetch_and_add(&quell.isolated, 1);
	/* removed in this moment: nobody else would take it back */
	if (!bpf_map_lookup_elem(&containers, &container)) {
		isolation_drop(container);
		return -ESRCH;
	}
	isolation = bpf_map_lookup_elem(&isolations, &container);
	if (isolation)
		__sync_val_compare_and_swap(&isolation->until_ns, ISOLATION_UNTIL_ANY, until_ns);
	return 0;
}

/* Gone, and nobody held it: one that came meanwhile found it there, and relies on it. */
static __always_inline void isolation_gone(u64 container)
{
	u64 until;

	isolation_drop(container);
	until = isolation_holder(container);
	if (until)
		isolation_hold(container, until);
}

/* An incident that held it has ended, or a deadline is over: until when those who wait still want it, else it goes. */
__noinline int isolation_settle(u64 container)
{
	struct quell_isolation *isolation = bpf_map_lookup_elem(&isolations, &container);
	u64 seen, until;

	if (!isolation)
		return 0;
	seen = isolation->until_ns;
	if (seen <= ISOLATION_DYING)
		return 0;
	until = isolation_holder(container);
	if (__sync_val_compare_and_swap(&isolation->until_ns, seen, until ? until : ISOLATION_DYING) != seen)
		return 0; /* approved meanwhile, or another is at it */
	if (!until)
		isolation_gone(container);
	return 0;
}

/* What this incident holds, and nothing else. Those who still wait and want it have it as it was for them. */
static __always_inline void isolation_release(u64 container, u64 incident)
{
	struct quell_isolation *isolation = bpf_map_lookup_elem(&isolations, &container);
	u64 until;

	if (!isolation || isolation->incident != incident)
		return;
	until = isolation_holder(container);
	if (!until) {
		isolation_gone(container);
		return;
	}
	*(volatile u32 *)&isolation->terms.count = 0;
	isolation->terms.flags = 0;
	isolation->incident = 0;
	*(volatile u64 *)&isolation->until_ns = until;
}

/* Its container has ended, and nobody of it is left. */
static __noinline int isolation_ends(u64 container)
{
	struct quell_isolation *isolation = quell.isolated ? bpf_map_lookup_elem(&isolations, &container) : 0;
	struct quell_pending_key key;
	struct quell_pending *p;
	u64 word, incident;

	if (!isolation)
		return 0;
	key = isolation->pending;
	incident = isolation->incident;
	if (isolation_drop(container))
		return 0;
	p = bpf_map_lookup_elem(&pending, &key);
	if (!p)
		return 0;
	word = p->word;
	if (QUELL_WORD_INCIDENT(word) == incident && holds(QUELL_WORD_STATE(word)) &&
	    __sync_val_compare_and_swap(&p->word, word, (word & ~255ull) | QUELL_STATE_GONE) == word)
		notice_send(&key, (word & ~255ull) | QUELL_STATE_GONE);
	return 0;
}
