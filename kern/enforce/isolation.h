/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container's isolation from the network as a record: made at the flip, with the terms of who approved it, and removed by an
 * undo or with the container.
 */
#pragma once

/* What a record is made with: it refuses all until the terms are in it. */
static const struct quell_isolation isolation_strict = {};

static __always_inline int isolation_refused(struct quell_transition *t)
{
	u64 container = t->key.container;
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

	if (!c)
		return -ESRCH;
	if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) {
		count(QUELL_COUNTER_PROTECTED);
		return -EACCES;
	}
	if (t->terms.count > QUELL_ALLOWED_MAX)
		return -EINVAL;
	return bpf_map_lookup_elem(&isolations, &container) ? -EEXIST : 0;
}

static __always_inline int isolation_drop(u64 container)
{
	int error = bpf_map_delete_elem(&isolations, &container);

	if (!error)
		__sync_fetch_and_add(&quell.isolated, -1);
	return error;
}

/* The word in front of the hooks moves last. */
static __always_inline int isolation_contain(struct quell_transition *t)
{
	u64 container = t->key.container;
	struct quell_isolation *isolation;

	if (bpf_map_update_elem(&isolations, &container, &isolation_strict, BPF_NOEXIST))
		return -ENOSPC;
	isolated_filter_add(container);
	isolation = bpf_map_lookup_elem(&isolations, &container);
	if (isolation) {
		isolation->incident = t->incident;
		isolation->pending = t->key;
		bpf_probe_read_kernel(&isolation->terms, sizeof(isolation->terms), &t->terms);
	}
	__sync_fetch_and_add(&quell.isolated, 1);
	/* removed in this moment: nobody else would take it back */
	if (bpf_map_lookup_elem(&containers, &container))
		return 0;
	isolation_drop(container);
	return -ESRCH;
}

/* What this incident holds, and nothing else. */
static __always_inline void isolation_release(u64 container, u64 incident)
{
	struct quell_isolation *isolation = bpf_map_lookup_elem(&isolations, &container);

	if (isolation && isolation->incident == incident)
		isolation_drop(container);
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
