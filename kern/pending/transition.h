/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every change of state that somebody asks for, in one program: it checks by
 * the table (transitions.def), swaps the whole word once, writes who did it
 * into the entry, and makes the containment effective or takes it back. A
 * stale request finds another word and is inert. Works from its pin, with or
 * without a daemon.
 *
 * Errors: ENOENT no entry; EBUSY another word (see `seen`); EINVAL no such
 * transition; ETIME expired; EPERM the caller is inside the target; EACCES the
 * target is protected; EOPNOTSUPP not offered; ESRCH the target is gone;
 * ENOSPC no room; EEXIST that file is contained or denied, that container paused
 * already, its network cut, its writes denied; EALREADY it is in doubt no more, or contained already; ERANGE a
 * deadline that is not later, or too far away.
 */
#pragma once

/* Who asks is inside of what is decided about. */
static __always_inline int asked_from_inside(struct quell_transition *t)
{
	return t->key.container && t->approver_container == t->key.container;
}

/* The container as a whole is what it is about. */
static __always_inline int about_container(u32 response)
{
	return response == QUELL_RESPONSE_KILL_CONTAINER || response == QUELL_RESPONSE_PAUSE_CONTAINER ||
	       response == QUELL_RESPONSE_STOP_CONTAINER;
}

/* No process of it may go on: at once, or from the second step on. */
static __always_inline int ends_container(u32 response)
{
	return response == QUELL_RESPONSE_KILL_CONTAINER || response == QUELL_RESPONSE_STOP_CONTAINER;
}

/* Only reads: there is nothing to contain, and nothing to let go. */
static __always_inline int takes_evidence(u32 response)
{
	return response < QUELL_RESPONSE_COUNT && (QUELL_RESPONSES_EVIDENCE & QUELL_BIT(response));
}

/* Who asks is quelld: a process that it descends from is not to be killed with its descendants. */
static __always_inline int kill_would_meet_caller(struct quell_task_ref *target)
{
	return descends_from((u64)bpf_get_current_task(), target->pid, target->start_ns);
}

static __always_inline int approval_refused(struct quell_transition *t, struct quell_pending *p)
{
	u64 container = t->key.container;

	if (t->response >= QUELL_RESPONSE_COUNT || !(p->offers & QUELL_BIT(t->response)))
		return -EOPNOTSUPP;
	if (about_container(t->response)) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

		if (!c)
			return -ESRCH;
		if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) {
			count(QUELL_COUNTER_PROTECTED);
			return -EACCES;
		}
		if (t->response == QUELL_RESPONSE_PAUSE_CONTAINER && c->paused)
			return -EEXIST;
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
	} else if (takes_evidence(t->response)) {
		return 0; /* hits nobody, whoever the target is */
	} else if (t->response == QUELL_RESPONSE_DENY_WRITE) {
		return denial_refused(t, p);
	} else if (t->response == QUELL_RESPONSE_DENY_EXEC) {
		return executable_refused(t, p);
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

/*
 * Is the record, after something was written to it, still the container's? Removed in this moment, its place may be another's
 * already; one that is about to be removed is marked first (container_forget), and takes along what it found after that.
 */
static __always_inline int container_stays(u64 container, struct quell_container *c)
{
	return bpf_map_lookup_elem(&containers, &container) == c && *(volatile u32 *)&c->home_state != QUELL_HOME_DEAD;
}

/* With another incident's enforced on it already, the newest holds it, and it is counted once. */
static __always_inline int container_contain(u64 container, u64 incident)
{
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

	if (!c)
		return -ESRCH;
	if (!__sync_lock_test_and_set(&c->contained, incident))
		__sync_fetch_and_add(&quell.contained_subjects, 1);
	if (container_stays(container, c))
		return 0;
	container_release(c, incident);
	return -ESRCH;
}

/* Noted only: freezing is the daemon's, and a frozen task comes to no hook. */
static __always_inline int container_pause(u64 container, u64 incident)
{
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

	if (!c)
		return -ESRCH;
	if (__sync_val_compare_and_swap(&c->paused, 0, incident))
		return -EEXIST;
	if (container_stays(container, c))
		return 0;
	__sync_val_compare_and_swap(&c->paused, incident, 0);
	return -ESRCH;
}

/* The word in front of the hooks moves last: until then nothing is refused. */
static __always_inline int contain(struct quell_transition *t, struct quell_pending_key *key, struct quell_pending *p)
{
	u64 container = t->key.container, incident = t->incident;

	if (takes_evidence(p->response))
		return 0;
	if (ends_container(p->response))
		return container_contain(container, incident);
	if (p->response == QUELL_RESPONSE_PAUSE_CONTAINER)
		return container_pause(container, incident);
	if (p->response == QUELL_RESPONSE_KILL_PROCESS) {
		u64 actor = p->chain[p->target & (QUELL_CHAIN_MAX - 1)].actor, *by;

		if (bpf_map_update_elem(&contained_actors, &actor, &incident, BPF_NOEXIST)) {
			/* bound by another incident too: the newest holds it */
			by = bpf_map_lookup_elem(&contained_actors, &actor);
			if (!by) {
				count(QUELL_COUNTER_FILES_FULL);
				return -ENOSPC;
			}
			*by = incident;
			return 0;
		}
		__sync_fetch_and_add(&quell.contained_subjects, 1);
		return 0;
	}
	if (p->response == QUELL_RESPONSE_ISOLATE_NETWORK)
		return isolation_contain(t);
	if (p->response == QUELL_RESPONSE_DENY_WRITE)
		return denial_contain(t, p);
	if (p->response == QUELL_RESPONSE_DENY_EXEC)
		return executable_contain(key, t->incident, p);
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
		     : !ends_container(entry->response) || !entry->contains || container != h->container)
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

	if (takes_evidence(p->response))
		return;
	if (p->response == QUELL_RESPONSE_PAUSE_CONTAINER) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

		if (c)
			__sync_val_compare_and_swap(&c->paused, incident, 0);
	} else if (ends_container(p->response)) {
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
	} else if (p->response == QUELL_RESPONSE_DENY_WRITE) {
		denial_release(container, incident);
	} else if (p->response == QUELL_RESPONSE_DENY_EXEC) {
		executable_release(incident);
	} else {
		struct quell_file_entry *file = bpf_map_lookup_elem(&contained_files, &p->file);

		if (file && file->incident == incident && !bpf_map_delete_elem(&contained_files, &p->file))
			__sync_fetch_and_add(&quell.contained_files, -1);
	}
}

/* Who the container is is known, and so is whether the rule held: of a waiting one that it hangs on still. */
static __always_inline int doubt_ends(struct quell_pending *p, u32 command)
{
	if (!(p->doubts[0] | p->doubts[1])) /* by a repeat that was sure */
		return -EALREADY;
	if (command == QUELL_COMMAND_WITHDRAW)
		p->doubt_flags = QUELL_DOUBT_WITHDRAWN;
	else
		p->doubts[0] = p->doubts[1] = 0;
	return 0;
}

/*
 * Moves the deadline, and only onwards. The word stays as it is: that the deadline is this incident's shows in that both are
 * what they were, since no two have the same nanosecond.
 */
static __always_inline int extend(struct quell_transition *t, struct quell_pending *p, u64 expected, u64 now)
{
	u64 before = p->deadline_ns;

	if (t->deadline_ns <= before || t->deadline_ns > now + QUELL_EXTEND_MAX_NS)
		return -ERANGE;
	if (__sync_val_compare_and_swap(&p->word, expected, expected) != expected ||
	    __sync_val_compare_and_swap(&p->deadline_ns, before, t->deadline_ns) != before)
		return -EBUSY;
	return *(volatile u64 *)&p->word == expected ? 0 : -EBUSY; /* over in this moment */
}

/* What only the entry can tell of the command. 0: the rest is as the table says. */
static __always_inline int command_refused(struct quell_transition *t, struct quell_pending *p, u32 command)
{
	switch (command) {
	case QUELL_COMMAND_APPROVE:
		return approval_refused(t, p);
	case QUELL_COMMAND_IDENTIFY:
	case QUELL_COMMAND_WITHDRAW:
		return doubt_ends(p, command);
	case QUELL_COMMAND_HOLD:
		if (waits(t->from))
			return hold_refused(t, p);
		return p->contains || p->response != QUELL_RESPONSE_STOP_CONTAINER ? -EALREADY : 0;
	case QUELL_COMMAND_UNDO: /* of what is done only evidence can be taken back: it is deleted */
		return t->from == QUELL_STATE_DONE && !takes_evidence(p->response) ? -EINVAL : 0;
	}
	return 0;
}

/* It was approved and could not be contained: nothing of it is in force. */
static __always_inline int contain_failed(struct quell_transition *t, struct quell_pending *p, int error)
{
	u32 row = transition_row(QUELL_STATE_APPROVED, error == -ESRCH ? QUELL_COMMAND_LOSE : QUELL_COMMAND_FAIL);
	u64 approved = QUELL_WORD(t->incident, QUELL_STATE_APPROVED), seen;

	p->approved_ns = 0;
	p->contains = 0;
	seen = __sync_val_compare_and_swap(&p->word, approved, QUELL_WORD(t->incident, QUELL_STATE_NONE));
	holds_lift(t->key.container, p);
	if (seen == approved)
		*(volatile u64 *)&p->word = QUELL_WORD(t->incident, ROW_TO(row));
	return error;
}

static __always_inline int transition(struct quell_transition *t)
{
	struct quell_pending_key key = t->key;
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &key);
	u64 now = bpf_ktime_get_boot_ns(), expected = QUELL_WORD(t->incident, t->from), seen;
	u32 command = command_of(t), row = transition_row(t->from, command), effects = ROW_EFFECTS(row);
	int error, taken_back;

	if (!p)
		return -ENOENT;
	if (!row || ROW_TO(row) != t->to)
		return -EINVAL;
	if ((effects & QUELL_LATE) && now <= p->deadline_ns)
		return -EINVAL;
	seen = p->word;
	if (seen != expected) {
		t->seen = seen;
		return -EBUSY;
	}
	if ((effects & QUELL_OUTSIDE) && asked_from_inside(t))
		return -EPERM;
	if ((effects & QUELL_IN_TIME) && now > p->deadline_ns)
		return -ETIME;
	error = command == QUELL_COMMAND_EXTEND ? extend(t, p, expected, now) : command_refused(t, p, command);
	if (error == -EBUSY)
		t->seen = p->word;
	if (error)
		return error;
	/* NONE while it is taken back: an entry that is over may be replaced by a repeat, and then be another's */
	taken_back = (effects & QUELL_RELEASES) || ((effects & QUELL_LIFTS) && waits(t->from) && (p->held & HELD_OBJECTS));
	seen = __sync_val_compare_and_swap(&p->word, expected, QUELL_WORD(t->incident, taken_back ? QUELL_STATE_NONE : t->to));
	if (seen != expected) {
		t->seen = seen;
		return -EBUSY;
	}
	t->time_ns = now;
	if (effects & QUELL_FREES)
		budget_return(key.container);
	if (command == QUELL_COMMAND_APPROVE) {
		p->response = t->response;
		p->target = t->target;
		p->approver_uid = t->approver_uid;
		p->approver_loginuid = t->approver_loginuid;
		p->request = t->request;
		p->beside = t->beside;
		p->approved_ns = now;
		if (p->held & HELD_OBJECTS) /* until that is in force */
			holds_move(p, key.container, HOLD_ANY);
		if (t->response == QUELL_RESPONSE_STOP_CONTAINER) /* its init is asked first: HOLD comes when that time is over */
			return 0;
	}
	if (effects & QUELL_HOLDS) {
		error = hold_asked(&key, p, t->response);
		return error == HOLD_ENDED ? hold_settle(p, key.container, t->response) : error;
	}
	if (command == QUELL_COMMAND_EXTEND && (p->held & HELD_OBJECTS))
		holds_move(p, key.container, t->deadline_ns);
	if (effects & QUELL_CONTAINS) {
		p->contains = 1;
		error = contain(t, &key, p);
		if (error)
			return contain_failed(t, p, error);
		if ((p->held & QUELL_BIT(QUELL_RESPONSE_DENY_EXEC)) && hold_is_covered(p, QUELL_RESPONSE_DENY_EXEC))
			hold_settle(p, key.container, QUELL_RESPONSE_DENY_EXEC);
		return 0;
	}
	if (command == QUELL_COMMAND_FAIL && takes_evidence(p->response)) {
		p->approved_ns = 0; /* nothing of it is in force, as of a flip that contained nothing */
		holds_lift(key.container, p);
	}
	if (effects & QUELL_RELEASES)
		release(t, p);
	if (effects & QUELL_LIFTS)
		holds_lift(key.container, p);
	if (taken_back)
		*(volatile u64 *)&p->word = QUELL_WORD(t->incident, t->to);
	if (effects & QUELL_REMOVES)
		bpf_map_delete_elem(&pending, &key);
	return 0;
}
