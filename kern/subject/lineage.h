/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which container a task belongs to. Its cgroup says so, unless a tag on its
 * group leader says otherwise: made before a move out of or into a container,
 * copied to children, changed only by the exec that makes a joining task the
 * container's own. Ordinary forks store nothing. Births and moves are both seen
 * in css_set_move_task, under one lock. Each order below closes a race that
 * lost tasks: read the cgroup first, then the tag; create a tag with its value
 * in it; look again when creating fails.
 */
#pragma once

/* Never to be hit: PID 1, kernel threads, Quell. */
static __always_inline int is_protected(u32 pid, u64 start_ns, u32 flags)
{
	return pid <= 1 || (flags & PF_KTHREAD_BIT) || (pid == quell.self_pid && start_ns == quell.self_start_ns);
}

static __always_inline u64 task_cgroup_id(struct task_struct *task)
{
	return task->cgroups->dfl_cgrp->kn->id;
}

static __always_inline void away_set(u32 pid)
{
	if (pid < AWAY_TASKS)
		__sync_fetch_and_or(&away_bits[pid >> 6], 1ull << (pid & 63));
}

static __always_inline int away_test(u32 pid)
{
	return pid < AWAY_TASKS && (away_bits[pid >> 6] >> (pid & 63)) & 1;
}

static __always_inline void away_clear(u32 pid)
{
	if (pid < AWAY_TASKS)
		__sync_fetch_and_and(&away_bits[pid >> 6], ~(1ull << (pid & 63)));
}

static __always_inline struct quell_task *task_find(struct task_struct *leader)
{
	return bpf_task_storage_get(&tasks, leader, 0, 0);
}

static __always_inline struct quell_task *task_create(struct task_struct *leader, struct quell_task *first)
{
	struct quell_task *tag = bpf_task_storage_get(&tasks, leader, first, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!tag) /* two created at once, and one was told to try again */
		tag = bpf_task_storage_get(&tasks, leader, 0, 0);
	if (!tag)
		count(QUELL_COUNTER_TASK_STORAGE);
	return tag;
}

/*
 * Somebody of the container is, or will be, where its cgroup is not: it may outlive the cgroup. If that is another
 * container, a runtime lives in this one, and somebody else made the cgroup for it: systemd does.
 */
static __always_inline void container_left(u64 home, u64 there)
{
	struct quell_container *c = home && home != there ? bpf_map_lookup_elem(&containers, &home) : 0;
	u32 flags = QUELL_CONTAINER_LEFT | (there ? QUELL_CONTAINER_PROTECTED : 0);

	if (c && (c->flags & flags) != flags)
		__sync_fetch_and_or(&c->flags, flags);
}

/*
 * Non-zero: it was not away before, whoever made it. Another CPU may give a task its tag for a mark at any moment (actor.h,
 * iterate.h), also between a look that finds none and the creating, which returns that one then, without the value asked for.
 */
static __always_inline int tag_send_away(struct quell_task *tag, u64 home)
{
	if (tag->flags & QUELL_TASK_AWAY)
		return 0;
	tag->home = home;
	__sync_fetch_and_or(&tag->flags, QUELL_TASK_AWAY); /* who sees it finds the home */
	return 1;
}

/* Returns the container that it belongs to. */
static __always_inline u64 task_send_away(struct task_struct *leader, u64 home)
{
	struct quell_task first = { .home = home, .flags = QUELL_TASK_AWAY };
	struct quell_task *tag = task_create(leader, &first);

	if (tag) {
		tag_send_away(tag, home);
		home = tag->home;
	}
	away_set(leader->tgid);
	return home;
}

/* Before the task, one of a process that moves as a whole, is in its new cgroup. */
static __always_inline void task_moves(struct task_struct *task, struct cgroup *from, struct cgroup *to)
{
	u64 there = container_of_cgroup(to->kn->id), here = container_of_cgroup(from->kn->id);

	if (there != here)
		container_left(task_send_away(task->group_leader, here), there);
	if (there && is_protected(task->tgid, task->group_leader->start_boottime, task->flags))
		container_protect(there); /* for good: whether it gets there and stays is not followed */
}

/* To the marks that a task bears. */
static __always_inline void marks_add(struct quell_task *tag, struct quell_task *more)
{
	for (int i = 0; i < QUELL_TASK_ACTORS; i++)
		for (int j = 0; j < QUELL_TASK_ACTORS && more->actors[i]; j++) {
			u64 other = __sync_val_compare_and_swap(&tag->actors[j], 0, more->actors[i]);

			if (!other || other == more->actors[i])
				break;
		}
}

/*
 * Of a fork, before the child can run or be moved. Current is its parent, which is not moved meanwhile: moves happen
 * under the lock under which this is called.
 */
static __always_inline void task_born(struct task_struct *child, struct cgroup *to)
{
	struct task_struct *current_task = bpf_get_current_task_btf();
	struct cgroup *cgroup = current_task->cgroups->dfl_cgrp;
	struct quell_task *parent, *tag;
	struct quell_task first = {};
	u64 there, home;

	if (child->pid != child->tgid)
		return; /* a thread: the leader's tag counts */
	if (away_test(child->tgid))
		away_clear(child->tgid); /* an earlier task's of that number */
	parent = task_find(current_task->group_leader);
	if (!parent && to == cgroup)
		return;
	there = container_of_cgroup(to->kn->id);
	home = parent && (parent->flags & QUELL_TASK_AWAY) ? parent->home : container_of_cgroup(cgroup->kn->id);
	if (parent)
		for (int i = 0; i < QUELL_TASK_ACTORS; i++)
			first.actors[i] = parent->actors[i];
	if (there == home && !first.actors[0])
		return;
	first.home = home;
	first.flags = QUELL_TASK_AWAY;
	container_left(home, there);
	tag = task_create(child, &first);
	if (!tag)
		return;
	if (tag_send_away(tag, home))
		marks_add(tag, &first);
	away_set(child->tgid);
}

/* lsm/bprm_check_security: a thread's exec makes it the leader; its tag must be there before */
static __noinline int task_pin_for_exec(struct task_struct *task)
{
	struct quell_task first = {}, *leader;
	u64 here;

	if (task->pid == task->tgid)
		return 0;
	here = current_cgroup_container();
	leader = task_find(task->group_leader);
	if (leader)
		first = *leader;
	if (!(first.flags & QUELL_TASK_AWAY))
		first.home = here;
	first.flags |= QUELL_TASK_AWAY; /* always: a move between here and the exec tags only the old leader */
	struct quell_task *tag = task_create(task, &first);

	if (tag)
		*tag = first;
	away_set(task->tgid);
	return 0;
}

/* Of the cgroup that the key was made of: the task may be moved in this moment. */
static __noinline u64 view_miss(u64 key, u64 id)
{
	u64 container = container_of_cgroup(id);
	struct dir_slot *slot = &view_cache[(key * MIX_A) >> 54];

	if (!container && quell.counters[QUELL_COUNTER_MEMBERS_FULL]) {
		container = current_container_by_ancestors();
		if (bpf_get_current_cgroup_id() != id)
			return container;
	}
	slot->check = key ^ container;
	slot->state = container;
	return container;
}

/* The container a task acts for, 0: the host, and whether it may be another's than its cgroup's. Called for current only. */
static __always_inline u64 subject_and_away(struct task_struct *task, int *away)
{
	struct cgroup *cgroup = task->cgroups->dfl_cgrp;
	u64 key = number(cgroup) | 1, container;
	u32 tgid = task->tgid;
	struct dir_slot *slot;

	/* The cgroup first: a move tags before it moves. No clobber of memory: what the caller has read stays read. */
	asm volatile("" : "+w"(tgid) : "r"(cgroup));
	*away = away_test(tgid);
	if (*away) {
		struct quell_task *tag = task_find(task->group_leader);

		if (tag && (tag->flags & QUELL_TASK_AWAY))
			return tag->home;
	}
	slot = &view_cache[(key * MIX_A) >> 54];
	container = slot->state;
	if ((slot->check ^ container) != key)
		container = view_miss(key, cgroup->kn->id);
	return container;
}

/*
 * The same for the hottest hooks, which only want to know that it is nobody they are about: false where more is to be asked
 * than where the task is.
 */
static __always_inline int subject_at_once(u64 *container)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 key = number(task->cgroups->dfl_cgrp) | 1;
	u32 tgid = task->tgid;
	struct dir_slot *slot;

	asm volatile("" : "+w"(tgid) : "r"(key)); /* the cgroup first, as above */
	if (away_test(tgid))
		return 0;
	slot = &view_cache[(key * MIX_A) >> 54];
	*container = slot->state;
	return (slot->check ^ *container) == key;
}

static __always_inline u64 subject_of(struct task_struct *task)
{
	int away;

	return subject_and_away(task, &away);
}

/*
 * tp_btf/cgroup_mkdir: somebody inside a container made one outside of it: a runtime lives there, as on a node in a
 * container. Its monitor makes them from a cgroup of its own, which is no container's: its lineage counts too.
 */
static __always_inline void runtime_seen(void)
{
	container_protect(current_cgroup_container());
	container_protect(subject_of(bpf_get_current_task_btf()));
}

/* A cgroup's address may be that of an earlier one. */
static __always_inline void view_forget(struct cgroup *cgroup)
{
	u64 key = number(cgroup) | 1;
	struct dir_slot *slot = &view_cache[(key * MIX_A) >> 54];

	slot->check = 0;
	slot->state = 0;
}
