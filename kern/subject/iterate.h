/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks over all tasks and cgroups, asked for by user space: what ran before
 * the first load, whom a containment would hit, who survived it.
 */
#pragma once

#define ANCESTRY_MAX 4096 /* who forks a ladder pays a process for each rung */

struct ascent {
	u64 task;
	u64 start_ns;
	u32 pid;
	u32 met;
};

static long ascend(u32 i, struct ascent *a)
{
	u64 start = 0, parent;
	u32 pid = 0;

	read_kernel(pid, a->task + offset_of(task_struct, tgid));
	if (pid == a->pid) {
		read_kernel(start, read_pointer(a->task + offset_of(task_struct, group_leader)) + offset_of(task_struct, start_boottime));
		a->met = start == a->start_ns;
		return 1;
	}
	parent = read_pointer(a->task + offset_of(task_struct, real_parent));
	if (!parent || parent == a->task)
		return 1;
	a->task = parent;
	return 0;
}

static __always_inline int descends_from(u64 task, u32 pid, u64 start_ns)
{
	struct ascent a = { .task = task, .start_ns = start_ns, .pid = pid };

	a.met = zero;
	bpf_loop(ANCESTRY_MAX, ascend, &a, 0);
	return a.met;
}

/* The number that a task has where it lives: 1 is a namespace's first. */
static __always_inline u32 pid_in_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = 0, inner = 0;

	read_kernel(level, (u64)pid + offset_of(pid, level));
	read_kernel(inner, (u64)pid + offset_of(pid, numbers) + level * (u32)bpf_core_type_size(struct upid));
	return level ? inner : 0;
}

static __always_inline int bears_mark(struct quell_task *tag, u64 actor)
{
	for (int i = 0; i < QUELL_TASK_ACTORS; i++)
		if (tag->actors[i] == actor)
			return 1;
	return 0;
}

/* Marks a task made before the detection that bound its ancestor. */
static __always_inline void mark_descendant(struct task_struct *task, u64 actor)
{
	struct quell_task first = {}, *tag = task_find(task);

	first.actors[0] = actor;
	if (!tag)
		tag = task_create(task, &first);
	if (!tag || bears_mark(tag, actor)) {
		if (tag)
			__sync_fetch_and_add(&quell.query.marked, 1);
		return;
	}
	for (int i = 0; i < QUELL_TASK_ACTORS; i++)
		if (__sync_val_compare_and_swap(&tag->actors[i], 0, actor) == 0) {
			__sync_fetch_and_add(&quell.query.marked, 1);
			return;
		}
	count(QUELL_COUNTER_TASK_STORAGE);
}

/* A container that ran before the first load: its namespace may have changed since. */
static __always_inline void container_found(struct task_struct *task)
{
	u64 root = (u64)BPF_CORE_READ(task, fs, root.dentry), ns = (u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
	u64 container = container_of_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id));
	struct quell_container *c;

	if (!root || root == quell.host_root || !ns || !container)
		return;
	c = bpf_map_lookup_elem(&containers, &container);
	if (!c)
		return;
	/* numbers wrap: the first one that is met need not be its init */
	if (!c->init_pid || (task->pid == task->tgid && pid_in_namespace(task) == 1)) {
		c->init_pid = BPF_CORE_READ(task, tgid);
		c->init_start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	}
	if (__sync_val_compare_and_swap(&c->home_state, QUELL_HOME_NONE, QUELL_HOME_RECORDING) != QUELL_HOME_NONE)
		return;
	overlay_owned((u64)BPF_CORE_READ(task, fs, root.dentry, d_inode), container, BPF_ANY);
	struct home_request r = { .container = container, .mount_ns = ns, .root_dentry = root,
				  .root_mount = (u64)BPF_CORE_READ(task, fs, root.mnt) - offset_of(mount, mnt) };

	home_record_settled(&r);
	__sync_val_compare_and_swap(&c->home_state, QUELL_HOME_RECORDING, QUELL_HOME_READY);
}

/*
 * An exiting task whose cgroup counts nobody any more has left that cgroup, late in its end: nothing of it runs. The first
 * process of a container may stay like that while it waits for those that it takes along.
 */
static __always_inline int task_has_ended(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	int here;

	if (!(task->flags & PF_EXITING_BIT))
		return 0;
	if (bpf_core_field_exists(struct cgroup___before, nr_populated_csets))
		here = BPF_CORE_READ((struct cgroup___before *)cgroup, nr_populated_csets);
	else
		here = BPF_CORE_READ((struct cgroup_subsys_state___populated *)&cgroup->self, nr_populated_csets);
	return !here && !BPF_CORE_READ(cgroup, nr_populated_domain_children) &&
	       !BPF_CORE_READ(cgroup, nr_populated_threaded_children);
}

/* Anchor, so that the structure is in the object's BTF. */
struct quell_held_file *quell_held_file_anchor;

_Static_assert(__builtin_offsetof(struct file_facts, key) == 0 &&
	       __builtin_offsetof(struct file_facts, before) == sizeof(struct quell_file_key), "told as they lie");

/* As quell_held_file, in two pieces for the sake of the stack. */
static __always_inline void file_held(struct bpf_iter__task_file *ctx, struct file *file)
{
	struct file_facts facts = {};
	u32 head[2] = { ctx->fd };

	head[1] = file_facts((u64)BPF_CORE_READ(file, f_inode), &facts);
	bpf_seq_write(ctx->meta->seq, head, sizeof(head));
	bpf_seq_write(ctx->meta->seq, &facts, 2 * sizeof(struct quell_file_key));
}

static struct file_facts listed_facts; /* one daemon asks, and once at a time */

/* The file as it was when it was bound, or as it was copied up since. */
static __always_inline int executes(struct task_struct *task, struct quell_file_key *executable)
{
	u64 inode = (u64)BPF_CORE_READ(task, mm, exe_file, f_inode);
	struct file_facts *facts = &listed_facts;

	return inode && file_facts(inode, facts) && (same_file(&facts->key, executable) || same_file(&facts->before, executable));
}

static __always_inline void task_listed(struct bpf_iter__task *ctx, struct task_struct *task)
{
	struct quell_task *tag = task_find(task);
	struct quell_task_ref ref = {};
	u64 container = container_of_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id));
	int wanted = quell.query.container && container == quell.query.container;

	if (tag && quell.query.container && (tag->flags & QUELL_TASK_AWAY) && tag->home == quell.query.container)
		wanted = 1;
	if (tag && quell.query.actor && bears_mark(tag, quell.query.actor))
		wanted = 1;
	/* asked for alone: beside a container or a mark it would be left over from a daemon that was killed, and be hit with them */
	if (quell.query.pid && !quell.query.container && !quell.query.actor && task->tgid == quell.query.pid && !is_protected(task->tgid, task->start_boottime, task->flags)) {
		quell.query.home = tag && (tag->flags & QUELL_TASK_AWAY) ? tag->home : container;
		wanted = 1;
	}
	if (quell.query.executable.file.inode)
		wanted = (wanted || !quell.query.container) && executes(task, &quell.query.executable);
	if (!wanted || task_has_ended(task))
		return;
	ref.pid = task->tgid;
	ref.start_ns = task->start_boottime;
	ref.uid = BPF_CORE_READ(task, cred, uid.val);
	ref.actor = tag ? tag->actors[0] : 0;
	bpf_probe_read_kernel(ref.comm, sizeof(ref.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &ref, sizeof(ref));
}
