/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every change of state that somebody asks for, in one program: it checks,
 * swaps the whole word once, writes who did it into the entry, and makes the
 * containment effective or takes it back. A stale request finds another word
 * and is inert. Works from its pin, with or without a daemon.
 *
 * Errors: ENOENT no entry; EBUSY another word (see `seen`); EINVAL no such
 * transition; ETIME expired; EPERM the caller is inside the target; EACCES the
 * target is protected; EOPNOTSUPP not offered; ESRCH the target is gone;
 * ENOSPC no room; EEXIST that file is contained already, or the network cut; EALREADY it is in
 * doubt no more.
 */
#pragma once

/* From each state, the states that may be asked for. */
static __always_inline u32 transitions_from(u32 from)
{
	switch (from) {
	case QUELL_STATE_ARMING:
		return QUELL_BIT(QUELL_STATE_PENDING) | QUELL_BIT(QUELL_STATE_REJECTED) |
		       QUELL_BIT(QUELL_STATE_EXPIRED) | QUELL_BIT(QUELL_STATE_FAILED);
	case QUELL_STATE_PENDING:
		return QUELL_BIT(QUELL_STATE_APPROVED) | QUELL_BIT(QUELL_STATE_REJECTED) |
		       QUELL_BIT(QUELL_STATE_EXPIRED) | QUELL_BIT(QUELL_STATE_GONE);
	case QUELL_STATE_APPROVED:
		return QUELL_BIT(QUELL_STATE_ENFORCING) | QUELL_BIT(QUELL_STATE_DONE) | QUELL_BIT(QUELL_STATE_FAILED) |
		       QUELL_BIT(QUELL_STATE_GONE) | QUELL_BIT(QUELL_STATE_UNDONE);
	case QUELL_STATE_ENFORCING:
		return QUELL_BIT(QUELL_STATE_DONE) | QUELL_BIT(QUELL_STATE_FAILED) | QUELL_BIT(QUELL_STATE_GONE) |
		       QUELL_BIT(QUELL_STATE_UNDONE);
	}
	if (from == QUELL_STATE_NONE)
		return 0; /* somebody is in the middle of it */
	if (from == QUELL_STATE_FAILED)
		return QUELL_BIT(QUELL_STATE_UNDONE) | QUELL_BIT(QUELL_STATE_NONE);
	/* what is over may be forgotten */
	return QUELL_BIT(QUELL_STATE_NONE);
}

/* What is decided about a target by who is inside of it. */
static __always_inline int decided_from_inside(struct quell_transition *t)
{
	return t->key.container && t->approver_container == t->key.container &&
	       (t->to == QUELL_STATE_APPROVED || t->to == QUELL_STATE_REJECTED || t->to == QUELL_STATE_UNDONE);
}

/* Who asks is quelld: a process that it descends from is not to be killed with its descendants. */
static __always_inline int kill_would_meet_caller(struct quell_task_ref *target)
{
	return descends_from((u64)bpf_get_current_task(), target->pid, target->start_ns);
}

static __always_inline int approval_refused(struct quell_transition *t, struct quell_pending *p, u64 now)
{
	u64 container = t->key.container;

	if (now > p->deadline_ns)
		return -ETIME;
	if (t->response >= QUELL_RESPONSE_COUNT || !(p->offers & QUELL_BIT(t->response)))
		return -EOPNOTSUPP;
	if (t->response == QUELL_RESPONSE_KILL_CONTAINER) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

		if (!c)
			return -ESRCH;
		if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) {
			count(QUELL_COUNTER_PROTECTED);
			return -EACCES;
		}
	} else if (t->response == QUELL_RESPONSE_KILL_PROCESS) {
		struct quell_task_ref *target = &p->chain[t->target & (QUELL_CHAIN_MAX - 1)];

		if (t->target >= QUELL_CHAIN_MAX || !target->actor)
			return -EACCES;
		if (kill_would_meet_caller(target)) {
			count(QUELL_COUNTER_PROTECTED);
			return -EACCES;
		}
	} else if (t->response == QUELL_RESPONSE_ISOLATE_NETWORK) {
		return isolation_refused(t);
	} else if (p->object_flags & QUELL_OBJECT_LAST_LINK) {
		return -ESRCH;
	} else if (bpf_map_lookup_elem(&contained_files, &p->file)) {
		return -EEXIST;
	}
	return 0;
}

static __always_inline int file_contain(struct quell_transition *t, struct quell_pending *p)
{
	struct quell_file_entry entry = {
		.incident = t->incident, .pending = t->key, .upper_root = p->upper_root,
		.device = p->device, .overlay_device = p->overlay_device,
	};

	if (bpf_map_update_elem(&contained_files, &p->file, &entry, BPF_NOEXIST)) {
		count(QUELL_COUNTER_FILES_FULL);
		return -ENOSPC;
	}
	contained_filter_add(p->file.file.inode);
	contained_filter_add(p->inode);
	if (p->file.scope.inode)
		contained_filter_add(p->file.scope.inode); /* for layer_removed */
	__sync_fetch_and_add(&quell.contained_files, 1);
	return 0;
}

/* With another incident's enforced on it already, the newest holds it, and it is counted once. */
static __always_inline int container_contain(u64 container, u64 incident)
{
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

	if (!c)
		return -ESRCH;
	if (!__sync_lock_test_and_set(&c->contained, incident))
		__sync_fetch_and_add(&quell.contained_subjects, 1);
	/* removed in this moment: its place may be another's already, which is not meant */
	if (bpf_map_lookup_elem(&containers, &container) == c)
		return 0;
	container_release(c, incident);
	return -ESRCH;
}

/* The word in front of the hooks moves last: until then nothing is refused. */
static __always_inline int contain(struct quell_transition *t, struct quell_pending *p)
{
	u64 container = t->key.container, incident = t->incident;

	if (p->response == QUELL_RESPONSE_KILL_CONTAINER) {
		return container_contain(container, incident);
	}
	if (p->response == QUELL_RESPONSE_KILL_PROCESS) {
		u64 actor = p->chain[p->target & (QUELL_CHAIN_MAX - 1)].actor, *by;

		if (bpf_map_update_elem(&contained_actors, &actor, &incident, BPF_NOEXIST)) {
			/* bound by another incident too: the newest holds it */
			by = bpf_map_lookup_elem(&contained_actors, &actor);
			if (!by)
				return -ENOSPC;
			*by = incident;
			return 0;
		}
		__sync_fetch_and_add(&quell.contained_subjects, 1);
		return 0;
	}
	if (p->response == QUELL_RESPONSE_ISOLATE_NETWORK)
		return isolation_contain(t);
	return file_contain(t, p);
}

/* Whom one incident leaves may be held by an earlier one, too: a kill that failed goes on refusing. */
struct heir {
	u64 leaving;   /* incident */
	u64 container;
	u64 actor;     /* 0: the container is meant */
	u64 incident;  /* that holds it still, 0: none */
};

static long heir_one(void *map, struct quell_pending_key *key, struct quell_pending *entry, struct heir *h)
{
	u64 word = entry->word, container = key->container;

	if (QUELL_WORD_INCIDENT(word) == h->leaving || !may_hold(QUELL_WORD_STATE(word), entry))
		return 0;
	if (h->actor ? entry->response != QUELL_RESPONSE_KILL_PROCESS ||
			       entry->chain[entry->target & (QUELL_CHAIN_MAX - 1)].actor != h->actor
		     : entry->response != QUELL_RESPONSE_KILL_CONTAINER || container != h->container)
		return 0;
	h->incident = QUELL_WORD_INCIDENT(word);
	return 1;
}

static __always_inline u64 heir_of(u64 leaving, u64 container, u64 actor)
{
	struct heir h = { .leaving = leaving, .container = container, .actor = actor };

	h.incident = zero;
	bpf_for_each_map_elem(&pending, heir_one, &h, 0);
	return h.incident;
}

/* Takes back what this incident contains, and nothing else: a failed one may contain nothing. */
static __always_inline void release(struct quell_transition *t, struct quell_pending *p)
{
	u64 container = t->key.container, incident = t->incident, heir;

	if (p->response == QUELL_RESPONSE_KILL_CONTAINER) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

		if (!c || c->contained != incident)
			return;
		heir = heir_of(incident, container, 0);
		if (heir)
			__sync_val_compare_and_swap(&c->contained, incident, heir);
		else
			container_release(c, incident);
	} else if (p->response == QUELL_RESPONSE_KILL_PROCESS) {
		u64 actor = p->chain[p->target & (QUELL_CHAIN_MAX - 1)].actor;
		u64 *by = bpf_map_lookup_elem(&contained_actors, &actor);

		if (!by || *by != incident)
			return;
		heir = heir_of(incident, 0, actor);
		if (heir)
			*by = heir;
		else if (!bpf_map_delete_elem(&contained_actors, &actor))
			__sync_fetch_and_add(&quell.contained_subjects, -1);
	} else if (p->response == QUELL_RESPONSE_ISOLATE_NETWORK) {
		isolation_release(container, incident);
	} else {
		struct quell_file_entry *file = bpf_map_lookup_elem(&contained_files, &p->file);

		if (file && file->incident == incident && !bpf_map_delete_elem(&contained_files, &p->file))
			__sync_fetch_and_add(&quell.contained_files, -1);
	}
}

/* A failed kill keeps refusing: the operator was told, and decides. */
static __always_inline int ends(u32 state)
{
	return state == QUELL_STATE_DONE || state == QUELL_STATE_GONE || state == QUELL_STATE_UNDONE;
}

/* Who the container is is known, and so is whether the rule held. 1: the rest is a transition like any other. */
static __always_inline int doubt_ends(struct quell_transition *t, struct quell_pending *p)
{
	u64 seen = p->word;

	if (!waits(t->from) || (t->to != t->from && t->to != QUELL_STATE_REJECTED))
		return -EINVAL;
	if (seen != QUELL_WORD(t->incident, t->from)) {
		t->seen = seen;
		return -EBUSY;
	}
	if (!(p->doubts[0] | p->doubts[1])) /* by a repeat that was sure */
		return -EALREADY;
	if (t->to == QUELL_STATE_REJECTED) {
		p->doubt_flags = QUELL_DOUBT_WITHDRAWN;
		return 1;
	}
	p->doubts[0] = p->doubts[1] = 0;
	return 0;
}

static __always_inline int transition(struct quell_transition *t)
{
	struct quell_pending_key key = t->key;
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &key);
	u64 now = bpf_ktime_get_boot_ns(), expected = QUELL_WORD(t->incident, t->from), seen;
	int error, releases;

	if (!p)
		return -ENOENT;
	if (t->doubt) {
		error = doubt_ends(t, p);
		if (error <= 0)
			return error;
	}
	if (t->from >= QUELL_STATE_COUNT || t->to >= QUELL_STATE_COUNT ||
	    !(transitions_from(t->from) & QUELL_BIT(t->to)))
		return -EINVAL;
	if (t->to == QUELL_STATE_EXPIRED && now <= p->deadline_ns)
		return -EINVAL;
	seen = p->word;
	if (seen == expected && decided_from_inside(t))
		return -EPERM;
	if (seen == expected && t->to == QUELL_STATE_APPROVED) {
		error = approval_refused(t, p, now);
		if (error)
			return error;
	}
	releases = (holds(t->from) && ends(t->to)) || (t->from == QUELL_STATE_FAILED && p->approved_ns);
	/* NONE while it is taken back: an entry that is over may be replaced by a repeat, and then be another's */
	seen = __sync_val_compare_and_swap(&p->word, expected, QUELL_WORD(t->incident, releases ? QUELL_STATE_NONE : t->to));
	if (seen != expected) {
		t->seen = seen;
		return -EBUSY;
	}
	t->time_ns = now;
	if (waits(t->from) && !waits(t->to))
		budget_return(key.container);
	if (t->to == QUELL_STATE_APPROVED) {
		p->response = t->response;
		p->target = t->target;
		p->approver_uid = t->approver_uid;
		p->approver_loginuid = t->approver_loginuid;
		p->request = t->request;
		p->approved_ns = now;
		error = contain(t, p);
		if (error) {
			p->approved_ns = 0; /* nothing of it is in force */
			__sync_val_compare_and_swap(&p->word, QUELL_WORD(t->incident, QUELL_STATE_APPROVED),
						    QUELL_WORD(t->incident, error == -ESRCH ? QUELL_STATE_GONE : QUELL_STATE_FAILED));
		}
		return error;
	}
	if (releases) {
		release(t, p);
		*(volatile u64 *)&p->word = QUELL_WORD(t->incident, t->to);
	}
	if (t->to == QUELL_STATE_NONE)
		bpf_map_delete_elem(&pending, &key);
	return 0;
}
