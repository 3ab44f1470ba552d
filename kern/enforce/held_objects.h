/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects that are denied to a container while nobody has decided: a directory, below which it may not write, or a file, which
 * it may not execute. A record is no incident's: the first that waits and wants it makes it (pending/hold.h), and it holds until
 * the last one has ended, or its deadline is over. What is approved of the same object has a record of its own beside it.
 */
#pragma once

#define HOLD_DYING 1
#define HOLD_ANY (~0ull) /* one was approved, and what follows is not over yet */
#define HOLD_TRIES 8

static __always_inline int same_object(struct quell_pending *one, struct quell_pending *other, u32 response)
{
	return response == QUELL_RESPONSE_DENY_WRITE ? same_file(&one->place, &other->place) : same_file(&one->file, &other->file);
}

static __always_inline void hold_key_of(struct quell_hold_key *key, struct quell_pending *p, u64 container, u32 response)
{
	if (response == QUELL_RESPONSE_DENY_WRITE)
		key->file = p->place;
	else
		key->file = p->file;
	key->container = container;
	key->response = response;
	key->reserved = 0;
}

/* Is there an object at all? What loses its last name with the event is executed no more, but by who has it open. */
static __always_inline int has_object(struct quell_pending *p, u32 response)
{
	if (response == QUELL_RESPONSE_DENY_WRITE)
		return p->place.file.inode != 0;
	return p->file.file.inode && (p->object_flags & (QUELL_OBJECT_FILE | QUELL_OBJECT_ACTOR)) &&
	       !(p->object_flags & QUELL_OBJECT_LAST_LINK);
}

/* Is it in force? The caller's key is whole. */
static __always_inline int object_held(struct quell_hold_key *key)
{
	u64 *until = bpf_map_lookup_elem(&held_objects, key);

	return until && *(volatile u64 *)until > bpf_ktime_get_boot_ns();
}

/* In front of the hooks: as a container whose writes are denied, and as a file that is. */
static __always_inline void hold_count(u32 response, int by)
{
	if (response == QUELL_RESPONSE_DENY_WRITE)
		__sync_fetch_and_add(&quell.write_denied, by);
	__sync_fetch_and_add(&quell.contained_files, by);
	__sync_fetch_and_add(&quell.held_objects, by);
}

static __always_inline void hold_drop(struct quell_hold_key *key)
{
	u32 response = key->response;

	if (!bpf_map_delete_elem(&held_objects, key))
		hold_count(response, -1);
}

/* It is to hold until then at least. */
static __always_inline void hold_raise(struct quell_hold_key *key, u64 until_ns)
{
	u64 *until = bpf_map_lookup_elem(&held_objects, key);

	for (int i = 0; until && i < HOLD_TRIES; i++) {
		u64 seen = *(volatile u64 *)until;

		if (seen >= until_ns || __sync_val_compare_and_swap(until, seen, until_ns) == seen)
			return;
	}
}

/* `seen_as`: the object's number as processes see it. 0 also where it is there already. Errors: ESRCH, ENOSPC. */
static __noinline int hold_make(struct quell_hold_key *key, u64 until_ns, u64 seen_as)
{
	u64 container = key->container;
	u32 response = key->response;
	int error = bpf_map_update_elem(&held_objects, key, &until_ns, BPF_NOEXIST);

	if (error == -EEXIST) {
		hold_raise(key, until_ns);
		return 0;
	}
	if (error) {
		count(QUELL_COUNTER_HOLDS_FULL);
		return -ENOSPC;
	}
	contained_filter_add(key->file.file.inode);
	if (response == QUELL_RESPONSE_DENY_WRITE)
		write_denied_filter_add(container);
	else
		contained_filter_add(seen_as);
	hold_count(response, 1);
	/* removed in this moment: nobody else would take it back */
	if (bpf_map_lookup_elem(&containers, &container))
		return 0;
	hold_drop(key);
	return -ESRCH;
}

/*
 * A quarantine refuses what a hold of deny-exec does, from its flip on, and its file may be told by another key afterwards
 * (file_adopt): it holds nothing beside.
 */
static __always_inline int hold_is_covered(struct quell_pending *p, u32 response)
{
	return response == QUELL_RESPONSE_DENY_EXEC && p->response == QUELL_RESPONSE_QUARANTINE_FILE;
}

/* Who holds the object of an entry, in its container: those who wait, and those of whom what was approved is not in force yet. */
struct object_holder {
	struct quell_pending *of;
	u64 container;
	u64 now;
	u64 until; /* out: the latest; 0: nobody does */
	u32 response;
	u32 reserved;
};

static long object_holder_one(void *map, struct quell_pending_key *key, struct quell_pending *p, struct object_holder *h)
{
	u32 state = QUELL_WORD_STATE(p->word), response = h->response;
	u64 until;

	if (key->container != h->container || !(p->held & QUELL_BIT(response)) || !same_object(h->of, p, response))
		return 0;
	if (waits(state) && p->deadline_ns > h->now)
		until = p->deadline_ns;
	else if (state != QUELL_STATE_ENFORCING && may_hold(state, p) && !hold_is_covered(p, response))
		until = HOLD_ANY;
	else
		return 0;
	if (until > h->until)
		h->until = until;
	return 0;
}

/*
 * One that held it has ended: it holds as long as others want, else it goes. Who comes meanwhile says so before he looks for
 * the record, so that whoever has shortened or removed it looks for him once more.
 */
static __always_inline int hold_settle_as(struct quell_hold_key *key, struct quell_pending *p)
{
	struct object_holder h = { .of = p, .container = key->container, .response = key->response };
	u64 *until = bpf_map_lookup_elem(&held_objects, key), seen = HOLD_DYING;
	int i;

	for (i = 0; until && i < HOLD_TRIES; i++) {
		seen = *(volatile u64 *)until;
		if (seen == HOLD_DYING) /* another is at it */
			return 0;
		h.until = zero;
		h.now = bpf_ktime_get_boot_ns();
		bpf_for_each_map_elem(&pending, object_holder_one, &h, 0);
		if (__sync_val_compare_and_swap(until, seen, h.until ? h.until : HOLD_DYING) == seen)
			break;
	}
	if (!until || i == HOLD_TRIES)
		return 0;
	if (!h.until)
		hold_drop(key);
	h.until = zero;
	bpf_for_each_map_elem(&pending, object_holder_one, &h, 0);
	return h.until ? hold_make(key, h.until, p->inode) : 0;
}

/* The key is in a map: beneath an event there is no room for it on the stack. */
static __noinline int hold_settle_event(struct quell_hold_key *key, struct quell_pending *p)
{
	return hold_settle_as(key, p);
}

/* The key is here, and no caller's, which the verifier of 7.2 takes for dead after the callbacks. */
static __noinline int hold_settle(struct quell_pending *p, u64 container, u32 response)
{
	struct quell_hold_key key;

	hold_key_of(&key, p, container, response);
	return hold_settle_as(&key, p);
}

/* A frame of its own, for the key. */
static __noinline int hold_longer(struct quell_pending *p, u64 container, u32 response, u64 until_ns)
{
	struct quell_hold_key key;

	hold_key_of(&key, p, container, response);
	hold_raise(&key, until_ns);
	return 0;
}

/* What the entry holds is held until then at least; 0: by others alone, from now on. */
static __always_inline void hold_move(struct quell_pending *p, u64 container, u32 response, u64 until_ns)
{
	if (!(p->held & QUELL_BIT(response)) || (until_ns == HOLD_ANY && hold_is_covered(p, response)))
		return;
	if (until_ns)
		hold_longer(p, container, response, until_ns);
	else
		hold_settle(p, container, response);
}

static __noinline int holds_move(struct quell_pending *p, u64 container, u64 until_ns)
{
	hold_move(p, container, QUELL_RESPONSE_DENY_WRITE, until_ns);
	hold_move(p, container, QUELL_RESPONSE_DENY_EXEC, until_ns);
	return 0;
}

struct objects_end {
	u64 container;
};

static long objects_end_one(void *map, struct quell_hold_key *key, u64 *until, struct objects_end *end)
{
	struct quell_hold_key copy = *key;

	if (copy.container == end->container)
		hold_drop(&copy);
	return 0;
}

/* The container has ended, and nobody of it is left. */
static __noinline int objects_end(u64 container)
{
	struct objects_end end = { .container = container };

	if (quell.held_objects)
		bpf_for_each_map_elem(&held_objects, objects_end_one, &end, 0);
	return 0;
}
