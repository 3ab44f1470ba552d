/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who acted: the process and its ancestors inside the subject, and the marks
 * that bind them for kill-process. A mark is a number on the group leader
 * that children inherit; a reused pid cannot bear it.
 */
#pragma once

/*
 * The task's mark, made when it is first bound: one for all detections, or a
 * supervisor that lives through many would run out of places, and leave none
 * to its children. 0 when its ancestors' marks fill all of them: then they are
 * what binds it.
 */
static __noinline u64 actor_mark(struct task_struct *leader)
{
	struct quell_task *tag = task_find(leader);
	u64 actor, other;

	if (tag && tag->own)
		return tag->own;
	if (!tag)
		tag = task_create(leader, 0); /* without a mark it says nothing: no need for its value at once */
	if (!tag)
		return 0;
	actor = __sync_fetch_and_add(&quell.next_actor, 1);
	for (int i = 0; i < QUELL_TASK_ACTORS; i++) {
		if (tag->actors[i] || __sync_val_compare_and_swap(&tag->actors[i], 0, actor))
			continue;
		other = __sync_val_compare_and_swap(&tag->own, 0, actor);
		return other ? other : actor;
	}
	count(QUELL_COUNTER_TASK_STORAGE);
	return 0;
}

/* The container a group leader acts for: also of one that left its cgroup. */
static __always_inline u64 container_of_leader(struct task_struct *leader)
{
	if (away_test(leader->tgid)) {
		struct quell_task *tag = task_find(leader);

		if (tag && (tag->flags & QUELL_TASK_AWAY))
			return tag->home;
	}
	return container_of_cgroup(task_cgroup_id(leader));
}

#define CHAIN_MARKED 4 /* nearest ancestors that are bound; further ones are told only */

/*
 * Fills entry->chain: 0 is the acting process, then its ancestors while they
 * are of the same subject, up to and with the container's init. Marks those
 * that may be killed.
 */
static __always_inline void chain_bind(struct quell_pending *entry, struct task_struct *task, u64 container,
				       struct quell_container *c)
{
	struct task_struct *leader = task->group_leader;
	u32 n = 0;

	for (int i = 0; i < QUELL_CHAIN_MAX; i++) {
		struct quell_task_ref *ref = &entry->chain[i];

		if (!leader)
			break;
		u32 pid = leader->tgid;
		u64 start = leader->start_boottime;

		if (i && container_of_leader(leader) != container)
			break;
		ref->pid = pid;
		ref->start_ns = start;
		ref->uid = leader->cred->uid.val;
		ref->actor = 0;
		bpf_probe_read_kernel(ref->comm, sizeof(ref->comm), leader->comm);
		n = i + 1;
		int is_init = c && pid == c->init_pid && start == c->init_start_ns;

		if (i < CHAIN_MARKED && !is_init && !is_protected(pid, start, leader->flags))
			ref->actor = actor_mark(leader);
		if (is_init || pid <= 1)
			break;
		struct task_struct *parent = leader->real_parent;

		leader = parent ? parent->group_leader : 0;
	}
	entry->chain_count = n;
}

/* Whose repeats are one incident: the parent inside the subject, else the process itself. */
static __always_inline void actor_of(struct quell_pending_key *key, struct task_struct *task, u64 container,
				     struct quell_container *c)
{
	struct task_struct *self = task->group_leader, *parent = self->real_parent;
	struct task_struct *chosen = self;

	key->actor_pid = self->tgid;
	key->actor_start_ns = self->start_boottime;
	if (!parent)
		return;
	chosen = parent->group_leader;
	if (!chosen)
		return;
	u32 pid = chosen->tgid;
	u64 start = chosen->start_boottime;

	if (pid <= 1 || (c && pid == c->init_pid && start == c->init_start_ns) ||
	    container_of_leader(chosen) != container)
		return;
	key->actor_pid = pid;
	key->actor_start_ns = start;
}
