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

/* An entry that is over is removed by whoever takes its word, and by nobody else, or the one that came after it would go. */
static __always_inline int pending_taken(struct quell_pending *entry, u64 word)
{
	return QUELL_WORD_STATE(word) != QUELL_STATE_NONE &&
	       __sync_val_compare_and_swap(&entry->word, word, word & ~255ull) == word;
}

struct clearing {
	u32 held; /* responses of which those that had one in force stay */
	u32 reserved;
};

static long pending_clear_one(void *map, struct quell_pending_key *key, struct quell_pending *entry, struct clearing *clearing)
{
	struct quell_pending_key copy = *key;
	u64 word = entry->word;

	if (!waits(QUELL_WORD_STATE(word)) && !is_kept(QUELL_WORD_STATE(word), entry) && !(entry->held & clearing->held) &&
	    pending_taken(entry, word))
		bpf_map_delete_elem(&pending, &copy);
	return 0;
}

/*
 * Removes every entry that is over. What was told of them is in the ring, or counted there. `held`: without those that held
 * one of these, whose record would be nobody's: over its deadline it refuses nothing, but has its room until its container ends.
 */
static __noinline int pending_clear(u32 held)
{
	struct clearing clearing = { .held = held };

	bpf_for_each_map_elem(&pending, pending_clear_one, &clearing, 0);
	return 0;
}

/* A new entry. With no daemon to clear the map it may be full of what is over. */
static __always_inline int pending_add(struct quell_pending_key *key, struct quell_pending *entry)
{
	int error = bpf_map_update_elem(&pending, key, entry, BPF_NOEXIST);

	if (error && error != -EEXIST) {
		pending_clear(HELD_OBJECTS);
		error = bpf_map_update_elem(&pending, key, entry, BPF_NOEXIST);
	}
	if (error && error != -EEXIST) { /* it is told, whatever it costs */
		pending_clear(0);
		error = bpf_map_update_elem(&pending, key, entry, BPF_NOEXIST);
	}
	return error;
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
	if (waits(QUELL_WORD_STATE(word)))
		return 1;
	if (is_kept(QUELL_WORD_STATE(word), entry) || !pending_taken(entry, word))
		return -1;
	if (entry->held & HELD_OBJECTS) /* taken, it is nobody else's until it is removed */
		holds_ended(slot);
	bpf_map_delete_elem(&pending, key);
	return 0;
}
