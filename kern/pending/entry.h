/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a detection meets in the place of its incident: an entry that waits,
 * one that holds, or one that is over and makes room.
 */
#pragma once

__noinline int holds_ended(u32 slot); /* pending/hold.h */

/* Responses that hold an object, which has a record of its own (enforce/held_objects.h). */
#define HELD_OBJECTS (QUELL_BIT(QUELL_RESPONSE_DENY_WRITE) | QUELL_BIT(QUELL_RESPONSE_DENY_EXEC))

/* What only reads needs no hook, and waits for none. `armed`: responses whose hooks are attached. */
static __always_inline u32 first_state(u32 offers, u32 armed)
{
	return offers & ~(armed | QUELL_RESPONSES_EVIDENCE) ? QUELL_STATE_ARMING : QUELL_STATE_PENDING;
}

/* Something of it is in force, or may be: a failed one that was approved can still be undone. */
static __always_inline int may_hold(u32 state, struct quell_pending *entry)
{
	return state == QUELL_STATE_APPROVED || state == QUELL_STATE_ENFORCING ||
	       (state == QUELL_STATE_FAILED && entry->approved_ns);
}

/* Somebody is frozen by it, who is to go on when it is over: without the entry nobody would know. FORGET removes it. */
static __always_inline int is_kept(u32 state, struct quell_pending *entry)
{
	return may_hold(state, entry) || (!waits(state) && (entry->held & QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER)));
}

/* Removes an entry that is over: whoever takes its word, and nobody else, or the one that came after it would go. */
static __always_inline int pending_bury(struct quell_pending_key *key, struct quell_pending *entry, u64 word)
{
	if (QUELL_WORD_STATE(word) == QUELL_STATE_NONE ||
	    __sync_val_compare_and_swap(&entry->word, word, word & ~255ull) != word)
		return -1;
	bpf_map_delete_elem(&pending, key);
	return 0;
}

static long pending_clear_one(void *map, struct quell_pending_key *key, struct quell_pending *entry, u64 *unused)
{
	struct quell_pending_key copy = *key;
	u64 word = entry->word;

	/* of what holds an object the record would be nobody's: it goes with a repeat, or when the daemon forgets it */
	if (!waits(QUELL_WORD_STATE(word)) && !is_kept(QUELL_WORD_STATE(word), entry) && !(entry->held & HELD_OBJECTS))
		pending_bury(&copy, entry, word);
	return 0;
}

/* Removes every entry that is over. What was told of them is in the ring, or counted there. */
static __noinline int pending_clear(void)
{
	u64 unused = 0;

	bpf_for_each_map_elem(&pending, pending_clear_one, &unused, 0);
	return 0;
}

/* Of the one under work->key. 1: it waits, and this is a repeat; 0: it was over, and is removed; -1: it holds, or another removes it. */
static __always_inline int pending_meets(u32 slot, struct quell_pending_key *key, struct quell_pending *entry, u64 now)
{
	u64 word = entry->word;

	if (is_kept(QUELL_WORD_STATE(word), entry))
		return -1;
	if (waits(QUELL_WORD_STATE(word)) && now > entry->deadline_ns) {
		pending_leave(key, entry, QUELL_COMMAND_EXPIRE);
		word = entry->word;
	}
	if (!waits(QUELL_WORD_STATE(word)) && (entry->held & HELD_OBJECTS))
		holds_ended(slot);
	if (!waits(QUELL_WORD_STATE(word)))
		return is_kept(QUELL_WORD_STATE(word), entry) ? -1 : pending_bury(key, entry, word);
	return 1;
}
