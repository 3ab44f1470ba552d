/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lsm/bprm_committed_creds: where a container's life begins. A task that a
 * runtime put into its cgroup is the host's until it executes with a root
 * that is not the host's; the first one records the container's home mounts
 * and is its init.
 */
#pragma once

/* Returns whether it does so here. */
static __always_inline int container_begins(struct quell_container *c, u64 container, struct task_struct *task)
{
	struct home_request r = {
		.container = container,
		.mount_ns = (u64)task->nsproxy->mnt_ns,
		.root_dentry = (u64)task->fs->root.dentry,
		.root_mount = (u64)task->fs->root.mnt - offset_of(mount, mnt),
	};

	if (__sync_val_compare_and_swap(&c->home_state, QUELL_HOME_NONE, QUELL_HOME_RECORDING) != QUELL_HOME_NONE)
		return 0;
	c->init_pid = task->tgid;
	c->init_start_ns = task->group_leader->start_boottime;
	overlay_owned(read_pointer(r.root_dentry + offset_of(dentry, d_inode)), container, BPF_ANY);
	home_record_settled(&r);
	__sync_val_compare_and_swap(&c->home_state, QUELL_HOME_RECORDING, QUELL_HOME_READY);
	return 1;
}

static __always_inline int home_is_ready(u64 container)
{
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

	return c && c->home_state == QUELL_HOME_READY;
}

/* Whom a task will belong to once it has executed what it is about to, see task_executed. */
static __always_inline u64 subject_becoming(struct task_struct *task)
{
	struct quell_task *tag;
	u64 container;

	if ((u64)task->fs->root.dentry == quell.host_root)
		return subject_of(task);
	container = current_cgroup_container();
	if (!container)
		return subject_of(task);
	tag = task_find(task);
	return tag && (tag->flags & QUELL_TASK_AWAY) && tag->home ? tag->home : container;
}

/* Returns the container that begins with it, 0 if none does. */
static __noinline u64 task_executed(struct task_struct *task)
{
	struct quell_container *c;
	struct quell_task *tag;
	u64 container;
	int begins = 0;

	if ((u64)task->fs->root.dentry == quell.host_root)
		return 0;
	container = current_cgroup_container();
	if (!container)
		return 0;
	tag = task_find(task);
	if (tag && (tag->flags & QUELL_TASK_AWAY) && tag->home)
		return 0; /* already some container's */
	c = bpf_map_lookup_elem(&containers, &container);
	if (c)
		begins = container_begins(c, container, task);
	if (tag && (tag->flags & QUELL_TASK_AWAY))
		tag->home = container;
	return begins ? container : 0;
}
