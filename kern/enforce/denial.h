/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * That a container may not write below some places, as a record: made at the flip, with the places of who approved it or that
 * of the event, and removed by an undo or with the container. What it refuses stands in places.h.
 */
#pragma once

/* What a record is made with: it refuses nothing until the places are in it, and the word in front moves behind that. */
static const struct quell_write_denial denial_empty = {};

static __always_inline u32 write_denied_bit(u64 container)
{
	return ((u32)container * 0x9E3779B1u) >> 20;
}

static __always_inline void write_denied_filter_add(u64 container)
{
	u32 bit = write_denied_bit(container);

	__sync_fetch_and_or(&write_denied_filter[(bit >> 6) & (WRITE_DENIED_BITS / 64 - 1)], 1ull << (bit & 63));
}

/* A clear bit is certain. */
static __always_inline int write_denied_may_be(u64 container)
{
	u32 bit = write_denied_bit(container);

	return container && (write_denied_filter[(bit >> 6) & (WRITE_DENIED_BITS / 64 - 1)] >> (bit & 63)) & 1;
}

static __always_inline u64 place_bit(u64 inode)
{
	return 1ull << (((u32)inode * 0x9E3779B1u) >> 26);
}

static __always_inline int denial_refused(struct quell_transition *t, struct quell_pending *p)
{
	u64 container = t->key.container;
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

	if (!c)
		return -ESRCH;
	if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) {
		count(QUELL_COUNTER_PROTECTED);
		return -EACCES;
	}
	if (t->places.count > QUELL_PLACES_MAX || (!t->places.count && !p->place.file.inode))
		return -EINVAL;
	return bpf_map_lookup_elem(&write_denials, &container) ? -EEXIST : 0;
}

/* The word behind the one in front of every hook goes first, and comes last. */
static __always_inline int denial_drop(u64 container)
{
	int error = bpf_map_delete_elem(&write_denials, &container);

	if (!error) {
		__sync_fetch_and_add(&quell.contained_files, -1);
		__sync_fetch_and_add(&quell.write_denied, -1);
	}
	return error;
}

static __always_inline void denial_fill(struct quell_write_denial *denial, struct quell_transition *t, struct quell_pending *p)
{
	denial->incident = t->incident;
	denial->pending = t->key;
	bpf_probe_read_kernel(&denial->places, sizeof(denial->places), &t->places);
	if (!denial->places.count) {
		denial->places.at[0] = p->place;
		denial->places.count = 1;
	}
	for (u32 n = 0; n < QUELL_PLACES_MAX; n++) {
		if (n >= denial->places.count)
			break;
		denial->filter |= place_bit(denial->places.at[n].file.inode);
	}
}

static __always_inline int denial_contain(struct quell_transition *t, struct quell_pending *p)
{
	u64 container = t->key.container;
	struct quell_write_denial *denial;

	if (bpf_map_update_elem(&write_denials, &container, &denial_empty, BPF_NOEXIST)) {
		count(QUELL_COUNTER_FILES_FULL);
		return -ENOSPC;
	}
	write_denied_filter_add(container);
	denial = bpf_map_lookup_elem(&write_denials, &container);
	if (denial)
		denial_fill(denial, t, p);
	__sync_fetch_and_add(&quell.write_denied, 1);
	__sync_fetch_and_add(&quell.contained_files, 1);
	/* removed in this moment: nobody else would take it back */
	if (bpf_map_lookup_elem(&containers, &container))
		return 0;
	denial_drop(container);
	return -ESRCH;
}

/* What this incident holds, and nothing else. */
static __always_inline void denial_release(u64 container, u64 incident)
{
	struct quell_write_denial *denial = bpf_map_lookup_elem(&write_denials, &container);

	if (denial && denial->incident == incident)
		denial_drop(container);
}

/* Its container has ended, and nobody of it is left. */
static __noinline int denial_ends(u64 container)
{
	struct quell_write_denial *denial = quell.write_denied ? bpf_map_lookup_elem(&write_denials, &container) : 0;
	struct quell_pending_key key;
	struct quell_pending *p;
	u64 word, incident;

	if (!denial)
		return 0;
	key = denial->pending;
	incident = denial->incident;
	if (denial_drop(container))
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
