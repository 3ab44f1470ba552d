/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a rule wants in force while nobody has decided: put there at the event
 * itself, or when the last doubt that stood against it has ended, by a repeat.
 * It is lifted with the incident's end (transitions.def), and by itself when
 * the deadline is over, unless another incident holds it still.
 *
 * A further response: a bit of QUELL_HOLDABLE, a branch in hold_begins() and
 * in holds_lift(), and in HELD_HERE if it takes no daemon. One that is about
 * an object is in HELD_OBJECTS (entry.h) and in holds_ended(), too.
 */
#pragma once

/* Put in force here. Of the others the daemon does it, and asks for it to be noted (HOLD). */
#define HELD_HERE (QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK) | HELD_OBJECTS)

/* Ended in this moment, nobody else would lift what was begun. */
static __always_inline int holds_on(u64 word, u64 now_word, struct quell_pending *p)
{
	u32 state = QUELL_WORD_STATE(now_word);

	return QUELL_WORD_INCIDENT(word) == QUELL_WORD_INCIDENT(now_word) && (waits(state) || may_hold(state, p));
}

/*
 * First said, then done: whoever lifts it in this moment looks once more when it is gone. `object`: room for what is held.
 * Returns HOLD_ENDED when the incident has ended in this moment: what was begun is to be settled.
 * Errors: ESRCH the container is gone, or it is the host; EACCES it is protected; EINVAL it has no such object; ENOSPC no room.
 */
#define HOLD_ENDED 1
static __always_inline int hold_begins(struct quell_pending_key *key, struct quell_pending *p, u32 response,
				       struct quell_hold_key *object)
{
	u64 container = key->container, word = p->word;
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;
	int error = 0;

	if (!c)
		return -ESRCH;
	if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED))
		return -EACCES;
	__sync_fetch_and_or(&p->held, QUELL_BIT(response));
	if (response == QUELL_RESPONSE_ISOLATE_NETWORK) {
		error = isolation_hold(container, p->deadline_ns);
	} else if (HELD_OBJECTS & QUELL_BIT(response)) {
		hold_key_of(object, p, container, response);
		error = has_object(p, response) ? hold_make(object, p->deadline_ns, p->inode) : -EINVAL;
	}
	if (error) {
		__sync_fetch_and_and(&p->held, ~QUELL_BIT(response));
		return error;
	}
	if (holds_on(word, *(volatile u64 *)&p->word, p))
		return 0;
	if (HELD_OBJECTS & QUELL_BIT(response))
		return HOLD_ENDED;
	isolation_settle(container);
	return 0;
}

/* The same for who asks. A frame of its own, for the key; to settle takes another one, so that is the caller's. */
static __noinline int hold_asked(struct quell_pending_key *key, struct quell_pending *p, u32 response)
{
	struct quell_hold_key object = {};

	if (response >= QUELL_RESPONSE_COUNT)
		return -EOPNOTSUPP;
	return hold_begins(key, p, response, &object);
}

/* Its incident does not hold it any more. */
static __always_inline void holds_lift(u64 container, struct quell_pending *p)
{
	if (!container)
		return;
	if (quell.isolated)
		isolation_settle(container);
	if (quell.held_objects && (p->held & HELD_OBJECTS))
		holds_move(p, container, 0);
}

/* The incident under work->key is over and about to be removed here, before the daemon has lifted what it held. */
__noinline int holds_ended(u32 slot)
{
	struct work *work = WORK(slot);
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &work->key);

	if (!p)
		return 0;
	if (p->held & QUELL_BIT(QUELL_RESPONSE_DENY_WRITE)) {
		hold_key_of(&work->hold_key, p, work->key.container, QUELL_RESPONSE_DENY_WRITE);
		hold_settle_event(&work->hold_key, p);
	}
	if (p->held & QUELL_BIT(QUELL_RESPONSE_DENY_EXEC)) {
		hold_key_of(&work->hold_key, p, work->key.container, QUELL_RESPONSE_DENY_EXEC);
		hold_settle_event(&work->hold_key, p);
	}
	return 0;
}

/*
 * Of the incident under work->key. Nothing is done on a perhaps, nor said to be in force whose hooks are not attached. Returns
 * a mask of the responses whose objects are held from here on. A function of its own for the sake of the stack.
 */
__noinline int holds_begin(u32 slot)
{
	struct work *work = WORK(slot);
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &work->key);
	u32 wanted;

	if (!p || (p->doubts[0] | p->doubts[1]))
		return 0;
	wanted = p->wanted & ~p->held & HELD_HERE & quell.enabled_offers & quell.armed;
	if (wanted & QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK))
		hold_begins(&work->key, p, QUELL_RESPONSE_ISOLATE_NETWORK, &work->hold_key);
	if ((wanted & QUELL_BIT(QUELL_RESPONSE_DENY_WRITE)) &&
	    hold_begins(&work->key, p, QUELL_RESPONSE_DENY_WRITE, &work->hold_key) == HOLD_ENDED)
		hold_settle_event(&work->hold_key, p);
	if ((wanted & QUELL_BIT(QUELL_RESPONSE_DENY_EXEC)) &&
	    hold_begins(&work->key, p, QUELL_RESPONSE_DENY_EXEC, &work->hold_key) == HOLD_ENDED)
		hold_settle_event(&work->hold_key, p);
	return p->held & wanted & HELD_OBJECTS;
}

/* HOLD of one that waits: 0, or why it is not to be. */
static __always_inline int hold_refused(struct quell_transition *t, struct quell_pending *p)
{
	u32 response = t->response;

	if (response >= QUELL_RESPONSE_COUNT || !(p->wanted & QUELL_HOLDABLE & quell.enabled_offers & QUELL_BIT(response)) ||
	    (p->doubts[0] | p->doubts[1]))
		return -EOPNOTSUPP;
	return p->held & QUELL_BIT(response) ? -EALREADY : 0;
}
