/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An incident that somebody asks for, without an event: whom and what is meant
 * was looked up by user space and is bound here. From then on it is one like
 * any other: it waits, is approved by its digest, expires.
 *
 * Errors: ESRCH no such container; EACCES what is meant is protected;
 * EOPNOTSUPP that response cannot hold there, or is switched off; EINVAL terms
 * beyond their bounds; ENOSPC no room. Whoever floods a subject with events
 * takes no room from those who answer: only the whole is bounded here.
 */
#pragma once

#define REQUEST_TERM_MAX_NS QUELL_EXTEND_MAX_NS

/* One daemon asks, on one thread. */
static struct quell_pending requested;

static __always_inline int request_chain(struct quell_pending *entry)
{
	if (entry->chain_count > QUELL_CHAIN_MAX)
		return -EINVAL;
	for (int i = 0; i < QUELL_CHAIN_MAX; i++) {
		struct quell_task_ref *ref = &entry->chain[i];

		if (i >= (int)entry->chain_count || is_protected(ref->pid, ref->start_ns, 0))
			ref->actor = 0;
		if (ref->actor == QUELL_ACTOR_NEW)
			ref->actor = __sync_fetch_and_add(&quell.next_actor, 1);
	}
	return 0;
}

static __always_inline int request_room(struct quell_container *c)
{
	budget_count(c, 1);
	if (__sync_fetch_and_add(&quell.pending_total, 1) < QUELL_PENDING_MAX)
		return 0;
	__sync_fetch_and_add(&quell.pending_total, -1);
	budget_count(c, -1);
	count(QUELL_COUNTER_PENDING_FULL);
	return -ENOSPC;
}

static __always_inline int request(struct quell_request *r)
{
	struct quell_pending_key key = { .rule = QUELL_RULE_MANUAL, .container = r->key.container };
	u64 container = key.container, now = bpf_ktime_get_boot_ns(), incident;
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;
	struct quell_pending *entry = &requested;
	u32 possible;
	int error;

	if (container && !c)
		return -ESRCH;
	if (!r->entry.deadline_ns || r->entry.deadline_ns > REQUEST_TERM_MAX_NS)
		return -EINVAL;
	__builtin_memcpy(entry, &r->entry, sizeof(*entry));
	error = request_chain(entry);
	if (error)
		return error;
	possible = offers_possible(entry, c, container);
	if (c && (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) && !(entry->offers & possible)) {
		count(QUELL_COUNTER_PROTECTED);
		return -EACCES;
	}
	entry->offers &= possible & quell.enabled_offers;
	if (!entry->offers)
		return -EOPNOTSUPP;
	entry->first_ns = entry->last_ns = now;
	entry->deadline_ns += now;
	entry->hits = 0;
	entry->approved_ns = 0;
	entry->request = entry->beside = 0;
	entry->generation = quell.generation;
	entry->doubts[0] = entry->doubts[1] = 0;
	entry->doubt_flags = entry->contains = 0;
	entry->wanted = entry->held = 0;
	error = request_room(c);
	if (error)
		return error;
	incident = __sync_fetch_and_add(&quell.next_incident, 1);
	key.turn = (u32)incident; /* each is an incident of its own */
	entry->word = QUELL_WORD(incident, first_state(entry->offers, quell.armed));
	error = pending_add(&key, entry);
	if (error) { /* of what is in force */
		budget_return(container);
		count(QUELL_COUNTER_PENDING_FULL);
		return -ENOSPC;
	}
	r->key = key;
	return 0;
}

/* brings the structure into the object's BTF, as quell_notice_anchor does */
struct quell_open_file *quell_open_file_anchor;

static struct file_facts told_facts; /* as above: one daemon asks, on one thread */

/* The object of a request, from a descriptor that the daemon has open. */
static __always_inline void file_told(struct bpf_iter__task_file *ctx, struct file *file)
{
	u64 inode = (u64)BPF_CORE_READ(file, f_inode), dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
	struct file_facts *facts = &told_facts;
	struct quell_open_file out = {};
	u16 mode = 0;
	u32 links = 0;

	if (!inode || !dentry)
		return;
	file_facts(inode, facts);
	out.file = facts->key;
	out.upper_root = facts->upper_root;
	out.device = facts->device;
	out.overlay_device = facts->overlay_device;
	out.object_flags = facts->flags;
	read_kernel(out.inode, inode + offset_of(inode, i_ino));
	read_kernel(mode, inode + offset_of(inode, i_mode));
	read_kernel(links, inode + offset_of(inode, i_nlink));
	out.mode = mode;
	if (facts->known && links)
		out.object_flags |= QUELL_OBJECT_LASTS;
	if (facts->known && links && (mode & S_IFMT_BITS) == S_IFREG_BITS)
		out.object_flags |= QUELL_OBJECT_FILE;
	bpf_probe_read_kernel_str(out.name, sizeof(out.name), (void *)read_pointer(dentry + offset_of(dentry, d_name.name)));
	if (facts->upper_root.inode)
		overlay_owned(inode, quell.query.container, BPF_NOEXIST);
	if (lies_in_root_of(facts, quell.query.container))
		out.object_flags |= QUELL_OBJECT_OWN;
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
}
