/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A match becomes an incident: the containment for it is bound here and now,
 * while the task, the container and the inode are at hand. A repeat is one
 * look-up and two writes.
 */
#pragma once

#define EVENTS_PER_INCIDENT 16 /* so many are told in full, the rest is counted */

__noinline int holds_begin(u32 slot); /* pending/hold.h */
__noinline int rule_denies(u32 slot); /* match/judge.h */

static __always_inline u32 offers_possible(struct quell_pending *entry, struct quell_container *c, u64 container)
{
	u32 offers = 0;

	if (c && container != quell.self_container && !(c->flags & QUELL_CONTAINER_PROTECTED))
		offers |= QUELL_BIT(QUELL_RESPONSE_KILL_CONTAINER) | QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER) |
			  QUELL_BIT(QUELL_RESPONSE_STOP_CONTAINER) | QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK) |
			  QUELL_BIT(QUELL_RESPONSE_DENY_WRITE);
	for (int i = 0; i < CHAIN_MARKED; i++)
		if (entry->chain[i].actor)
			offers |= QUELL_BIT(QUELL_RESPONSE_KILL_PROCESS);
	if ((entry->object_flags & QUELL_OBJECT_FILE) && !(entry->object_flags & QUELL_OBJECT_LAST_LINK))
		offers |= QUELL_BIT(QUELL_RESPONSE_QUARANTINE_FILE);
	/* evidence hits nobody: also of what is protected, and of a file whose last name goes */
	if (entry->object_flags & QUELL_OBJECT_FILE)
		offers |= QUELL_BIT(QUELL_RESPONSE_ACQUIRE_FILE);
	if (container || entry->chain_count)
		offers |= QUELL_BIT(QUELL_RESPONSE_CAPTURE);
	if ((entry->object_flags & (QUELL_OBJECT_FILE | QUELL_OBJECT_ACTOR)) && !(entry->object_flags & QUELL_OBJECT_LAST_LINK) &&
	    (!container || (offers & QUELL_BIT(QUELL_RESPONSE_KILL_CONTAINER))))
		offers |= QUELL_BIT(QUELL_RESPONSE_DENY_EXEC);
	return offers;
}

/* Binds the directory that the object is in, also where the object is not there yet. A function of its own for the sake of the stack. */
__noinline int place_bind(u32 slot)
{
	struct work *work = WORK(slot);
	u64 entry = work->query.entry;
	u64 parent = entry ? read_pointer(entry + offset_of(dentry, d_parent)) : 0;

	if (parent && file_facts(read_pointer(parent + offset_of(dentry, d_inode)), &work->facts))
		work->entry_new.place = work->facts.key;
	return 0;
}

/*
 * Binds the object to work->entry_new. `may_stay`: whether it loses its last name is not known yet. A function of its own for
 * the sake of the stack.
 */
__noinline int object_bind(u32 slot, u32 may_stay)
{
	struct work *work = WORK(slot);
	struct quell_pending *entry = &work->entry_new;
	u64 inode = read_pointer(work->query.entry + offset_of(dentry, d_inode));
	struct file_facts *facts = &work->facts;
	u32 links = 0;
	u16 mode = 0;

	if (!inode)
		return 0;
	bpf_probe_read_kernel_str(entry->name, sizeof(entry->name),
				  (void *)read_pointer(work->query.entry + offset_of(dentry, d_name.name)));
	read_kernel(mode, inode + offset_of(inode, i_mode));
	read_kernel(links, inode + offset_of(inode, i_nlink));
	read_kernel(entry->inode, inode + offset_of(inode, i_ino));
	file_facts(inode, facts);
	entry->file = facts->key;
	entry->upper_root = facts->upper_root;
	entry->device = facts->device;
	entry->overlay_device = facts->overlay_device;
	entry->object_flags = facts->flags;
	/* seen at its mounting, unless that was before the load */
	if (facts->upper_root.inode)
		overlay_owned(inode, work->query.container, BPF_NOEXIST);
	if (facts->known && (mode & S_IFMT_BITS) == S_IFREG_BITS)
		entry->object_flags |= QUELL_OBJECT_FILE;
	if (lies_in_root_of(facts, work->query.container))
		entry->object_flags |= QUELL_OBJECT_OWN;
	if (work->op.number == QUELL_OP_DELETE && links <= 1 && !may_stay)
		entry->object_flags |= QUELL_OBJECT_LAST_LINK;
	return 1;
}

/* What has no path has no object: then what could be denied is the executable of who acts. */
__noinline int actor_file_bind(u32 slot)
{
	struct work *work = WORK(slot);
	struct quell_pending *entry = &work->entry_new;
	struct file_facts *facts = &work->facts;
	u64 mm = read_pointer(bpf_get_current_task() + offset_of(task_struct, mm));
	u64 file = mm ? read_pointer(mm + offset_of(mm_struct, exe_file)) : 0;
	u64 inode = file ? read_pointer(file + offset_of(file, f_inode)) : 0;

	if (work->query.entry || !inode || !file_facts(inode, facts))
		return 0;
	read_kernel(entry->inode, inode + offset_of(inode, i_ino));
	entry->file = facts->key;
	entry->upper_root = facts->upper_root;
	entry->device = facts->device;
	entry->overlay_device = facts->overlay_device;
	entry->object_flags = facts->flags | QUELL_OBJECT_ACTOR;
	if (lies_in_root_of(facts, work->query.container))
		entry->object_flags |= QUELL_OBJECT_OWN;
	return 1;
}

/* What the event repeats of the entry. */
static __always_inline void event_of(struct quell_event *event, struct quell_pending_key *key,
				     struct quell_pending *entry, u64 hits, u32 flags)
{
	event->incident = QUELL_WORD_INCIDENT(entry->word);
	event->rule = key->rule;
	event->key = *key;
	event->hits = hits;
	event->flags = flags;
	event->offers = entry->offers;
	event->severity = entry->severity;
	event->object_flags = entry->object_flags;
	event->chain_count = entry->chain_count;
	event->file = entry->file;
	for (int i = 0; i < QUELL_CHAIN_MAX; i++)
		event->chain[i] = entry->chain[i];
}

/*
 * A removal that is not refused, so far: where it takes the last name of the file that the entry has bound, nothing is left
 * to quarantine. A function of its own for the sake of the stack.
 */
__noinline int object_removed(u32 slot)
{
	struct work *work = WORK(slot);
	struct quell_pending *entry = bpf_map_lookup_elem(&pending, &work->key);
	u64 inode = read_pointer(work->query.entry + offset_of(dentry, d_inode));
	struct file_facts *facts = &work->facts;
	u32 links = 0;

	if (work->verdict || !entry || !inode || !(entry->object_flags & QUELL_OBJECT_FILE))
		return 0;
	read_kernel(links, inode + offset_of(inode, i_nlink));
	if (links > 1 || !file_facts(inode, facts))
		return 0;
	/* copied up since the event, it is the same one */
	if (same_file(&entry->file, &facts->key) || same_file(&entry->file, &facts->before)) {
		__sync_fetch_and_or(&entry->object_flags, QUELL_OBJECT_LAST_LINK);
		work->entry_new.object_flags |= QUELL_OBJECT_LAST_LINK;
	}
	return 0;
}

#define CHANGES                                                                                                          \
	(QUELL_OP_BIT(QUELL_OP_DELETE) | QUELL_OP_BIT(QUELL_OP_RENAME) | QUELL_OP_BIT(QUELL_OP_TRUNCATE) |              \
	 QUELL_OP_BIT(QUELL_OP_LINK) | QUELL_OP_BIT(QUELL_OP_OPEN_WRITE) | QUELL_OP_BIT(QUELL_OP_CREATE) |              \
	 QUELL_OP_BIT(QUELL_OP_CHMOD) | QUELL_OP_BIT(QUELL_OP_CHOWN) | QUELL_OP_BIT(QUELL_OP_SETXATTR) |                \
	 QUELL_OP_BIT(QUELL_OP_SYMLINK))

/*
 * Is what happens itself what is denied from here on? Its hook has let it pass, but it has more steps: on an overlay the rest of
 * a change would be refused, and who executes a file be killed for the map that is. It is refused as a whole.
 */
static __always_inline int denies_itself(struct operation *op, u32 begun)
{
	if ((begun & QUELL_BIT(QUELL_RESPONSE_DENY_WRITE)) && (CHANGES & QUELL_OP_BIT(op->number)))
		return 1;
	return (begun & QUELL_BIT(QUELL_RESPONSE_DENY_EXEC)) &&
	       (op->hook == QUELL_HOOK_bprm_check_security || op->hook == QUELL_HOOK_mmap_file);
}

/* What an incident wants in force from this event on. A function of its own for the sake of the stack. */
__noinline int holds_first(u32 slot)
{
	struct work *work = WORK(slot);

	if (denies_itself(&work->op, holds_begin(slot)))
		rule_denies(slot);
	return work->op.number == QUELL_OP_DELETE ? object_removed(slot) : 0;
}

/* 1: it was one more of a waiting incident; 0: a new one is needed; -1: try the next turn. */
static __always_inline int pending_repeat(u32 slot, struct quell_pending_key *key, u64 now)
{
	struct work *work = WORK(slot);
	struct quell_pending *entry = bpf_map_lookup_elem(&pending, key);
	u64 hits;
	int meets;

	if (!entry)
		return 0;
	meets = pending_meets(slot, key, entry, now);
	if (meets <= 0)
		return meets;
	hits = __sync_fetch_and_add(&entry->hits, 1) + 1;
	entry->last_ns = now;
	doubt_repeats(work, entry);
	count(QUELL_COUNTER_REPEATS);
	if (entry->wanted) /* its doubt may have ended, or there is room by now */
		holds_first(slot);
	else if (work->op.number == QUELL_OP_DELETE)
		object_removed(slot);
	if (hits <= EVENTS_PER_INCIDENT) {
		event_of(&work->event, key, entry, hits, 0);
		event_report(slot);
	}
	return 1;
}

/* Fills work->entry_new. A function of its own for the sake of the stack. */
__noinline int pending_prepare(u32 slot, u32 index)
{
	struct work *work = WORK(slot);
	struct quell_pending *entry = &work->entry_new;
	struct quell_rule_key key = { .index = index, .half = work->half };
	struct quell_rule *rule = policy_find(&rules, key.half, &key);
	u64 container = work->query.container, incident;
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;

	if (!rule)
		return 0;
	entry->first_ns = entry->last_ns = bpf_ktime_get_boot_ns();
	entry->deadline_ns = entry->first_ns + rule->expires_ns;
	entry->hits = 1;
	entry->generation = quell.generation;
	entry->severity = rule->severity;
	entry->operation = work->op.number;
	entry->hook = work->op.hook;
	detail_fill(&entry->detail, &work->op);
	if (work->doubt) {
		entry->doubts[0] = work->doubts[0];
		entry->doubts[1] = work->doubts[1];
	}
	chain_bind(entry, bpf_get_current_task_btf(), container, c);
	entry->offers = rule->offers & quell.enabled_offers & offers_possible(entry, c, container);
	entry->wanted = c ? rule->wanted : 0;
	incident = __sync_fetch_and_add(&quell.next_incident, 1);
	entry->word = QUELL_WORD(incident, first_state(entry->offers | (entry->wanted & quell.enabled_offers), quell.armed));
	return 1;
}

__noinline int pending_note(u32 slot, u32 index)
{
	struct work *work = WORK(slot);
	struct quell_rule_key rule_key = { .index = index, .half = work->half };
	struct quell_rule *rule = policy_find(&rules, rule_key.half, &rule_key);
	u64 container = work->query.container, now = bpf_ktime_get_boot_ns();
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;
	struct quell_pending_key *key = &work->key;
	int repeat = -1, error;
	u32 lack, wanted;

	if (!rule || work->op.hook >= QUELL_HOOK_COUNT)
		return 0;
	if (container && !c) { /* its record is gone, and nobody would give its room back */
		count(QUELL_COUNTER_HOME_NOT_READY);
		return 0;
	}
	__sync_fetch_and_add(&quell.matched[work->op.hook], 1);
	key->container = container;
	key->rule = rule->id;
	wanted = rule->wanted;
	actor_of(key, bpf_get_current_task_btf(), container, c);
	for (u32 turn = 0; turn < QUELL_TURNS_MAX; turn++) {
		key->turn = turn;
		repeat = pending_repeat(slot, key, now);
		if (repeat >= 0)
			break;
	}
	if (repeat < 0) { /* each turn is held by what is enforced: there is no entry for one more */
		count(QUELL_COUNTER_PENDING_SUBJECT);
		if (work->op.number == QUELL_OP_DELETE)
			object_removed(slot);
	}
	if (repeat)
		return 0;
	lack = budget_take(c);
	if (lack != BUDGET_TAKEN && budget_reclaim(now))
		lack = budget_take(c);
	if (lack != BUDGET_TAKEN) {
		count(lack & 63);
		if (c)
			__sync_fetch_and_add(&c->refused, 1);
		return 0;
	}
	__builtin_memset(&work->entry_new, 0, sizeof(work->entry_new));
	place_bind(slot);
	object_bind(slot, (c && !work->doubt && (wanted & quell.enabled_offers & quell.armed & QUELL_BIT(QUELL_RESPONSE_DENY_WRITE))) ||
				  work->verdict);
	actor_file_bind(slot);
	pending_prepare(slot, index);
	error = pending_add(key, &work->entry_new);
	if (error) {
		/* another CPU made it first: this is a repeat of that one */
		budget_return(container);
		if (pending_repeat(slot, key, now) != 1)
			count(QUELL_COUNTER_PENDING_FULL);
		return 0;
	}
	if (wanted)
		holds_first(slot);
	event_of(&work->event, key, &work->entry_new, 1, QUELL_EVENT_FIRST);
	event_report(slot);
	return 0;
}
