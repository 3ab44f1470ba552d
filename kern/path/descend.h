/* SPDX-License-Identifier: GPL-2.0-only */
/* Down from a state by names that were collected upwards, and what the states reached say. */
#pragma once

struct descent {
	struct work *work;
	u64 state;
	u32 left;
	u32 above; /* which names: above the mountpoint, or below it */
	u32 stop;  /* components left alone at the end: 1 keeps the entry's own name */
	u32 reserved;
};

static long descend_one(u32 i, struct descent *d)
{
	struct work *work = d->work;
	u32 left = d->left;
	u64 state = d->state, name;

	if (left <= d->stop || !work)
		return 1;
	left--;
	d->left = left;
	if (!STATE_NODE(state) && STATE_WILD(state) < QUELL_WILD_STAY) {
		u32 cover = STATE_COVER(state);

		d->state = STATE(cover ? QUELL_DIR_ALL : 0, 0, cover) | wild_stay(state);
		return 1;
	}
	left &= WALK_MAX - 1;
	name = d->above ? work->above[left] : work->below[left];
	d->state = trie_step(work, state, name);
	if (STATE_WILD(state) < QUELL_WILD_STAY) {
		d->state |= wild_stay(state);
	} else {
		work->wild.state = STATE_WILD(state);
		work->wild.name = name;
		work->wild.text = d->above ? work->above_text[left] : work->below_text[left];
		wild_step(work);
		if (work->wild.result == WILD_UNKNOWN) { /* as one that is too deep: told, and not remembered */
			d->state |= QUELL_DIR_OVERFLOW;
			count(QUELL_COUNTER_WALK_OVERFLOW);
			return 1;
		}
		d->state |= wild_state(work->wild.result);
	}
	return 0;
}

/* `left` components down from `state`, the last collected first, but for the first `stop`. */
__noinline u64 trie_descend(u32 slot, u64 state, u32 left, u32 above, u32 stop)
{
	struct descent d = { .work = WORK(slot), .state = state, .left = left, .above = above, .stop = stop };

	if (left <= stop)
		return state;
	bpf_loop(WALK_MAX, descend_one, &d, 0);
	return d.state;
}

/* What was found of one entry, to the sets that are judged. */
__noinline int sets_take(u32 slot)
{
	struct work *work = WORK(slot);

#pragma clang loop unroll(disable)
	for (int i = 0; i < FOUND_MAX; i++) {
		if (i >= work->found_count)
			break;
		set_add(work, work->found[i & (FOUND_MAX - 1)]);
	}
	return 0;
}

__noinline int collect_entry_set(u32 slot, u64 state)
{
	struct work *work = WORK(slot);

	entry_sets(slot, work->name, work->name_text, state);
	sets_take(slot);
	return 0;
}

/* Conditions at the first place of an entry that has some. */
static __always_inline void collect_asked(u32 slot, struct work *work, u64 state)
{
	if (work->asked[0])
		return;
	entry_sets(slot, work->name, work->name_text, state);
	for (int i = 0; i < ASKED_SETS; i++)
		work->asked[i] = i < work->found_count ? work->found[i] : 0;
	if (work->found_count > ASKED_SETS)
		count(QUELL_COUNTER_RULES_OVERFLOW);
}

/* Rules on what lies in or below a directory, or on the directory as part of a covered tree. */
__noinline int collect_place_sets(u32 slot, u64 state)
{
	struct work *work = WORK(slot);
	u32 node = STATE_NODE(state), cover = STATE_COVER(state);

	if (node)
		set_add(work, edge_set(node, QUELL_EDGE_BELOW, 0));
	if (cover)
		set_add(work, edge_set(cover, QUELL_EDGE_COVER, 0));
	return 0;
}
