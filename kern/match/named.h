/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who a container is, as user space said: of each identity that conditions ask for, whether it holds. What it has not said is
 * not known, and neither is its opposite. A rule that hangs on that is told, and noted as in doubt, with which conditions
 * were not known; it refuses nothing. User space judges the doubt once it knows (user/daemon/doubts.cpp).
 */
#pragma once

/* In the order that makes "and" the lesser and "or" the greater of two. */
enum truth {
	TRUTH_FAILS,
	TRUTH_UNKNOWN,
	TRUTH_HOLDS,
};

static __always_inline u32 named_truth(struct work *work, u32 identity)
{
	struct quell_named_key key = { .container = work->query.container, .half = work->half };
	u32 word = identity >> 6 & (QUELL_IDENTITIES_MAX / 64 - 1);
	struct quell_named *named;

	if (!key.container)
		return TRUTH_FAILS; /* the host has no name */
	named = bpf_map_lookup_elem(&named_containers, &key);
	if (!named || !(named->known[word] >> (identity & 63) & 1))
		return TRUTH_UNKNOWN;
	return named->holds[word] >> (identity & 63) & 1 ? TRUTH_HOLDS : TRUTH_FAILS;
}

/* The nth condition of the rule is not known. Kept apart until its group has ended, which may fail without it. */
static __always_inline void doubt_add(struct work *work, u32 n, u32 is_first)
{
	if (is_first) {
		work->doubts[0] = work->doubts[1] = 0;
		work->doubts_of_group[0] = work->doubts_of_group[1] = 0;
	}
	work->doubts_of_group[n >> 6 & 1] |= 1ull << (n & 63);
}

static __always_inline void doubt_group_ends(struct work *work, u32 group)
{
	if (group == TRUTH_UNKNOWN) {
		work->doubts[0] |= work->doubts_of_group[0];
		work->doubts[1] |= work->doubts_of_group[1];
	}
	work->doubts_of_group[0] = work->doubts_of_group[1] = 0;
}

/*
 * A repeat of an incident in doubt. One that hangs on less makes it hang on less, and one that is sure makes it sure; where
 * neither hangs on less than the other, what both hang on is left, and that this is not all of it.
 */
static __always_inline void doubt_repeats(struct work *work, struct quell_pending *entry)
{
	u64 first = 0, second = 0;

	if (!(entry->doubts[0] | entry->doubts[1]))
		return;
	if (work->doubt) {
		first = work->doubts[0];
		second = work->doubts[1];
		if (((entry->doubts[0] & ~first) | (entry->doubts[1] & ~second)) && ((first & ~entry->doubts[0]) | (second & ~entry->doubts[1])))
			entry->doubt_flags = QUELL_DOUBT_MIXED;
	}
	__sync_fetch_and_and(&entry->doubts[0], first);
	__sync_fetch_and_and(&entry->doubts[1], second);
}
