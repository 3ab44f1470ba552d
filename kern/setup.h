/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loader and the daemon ask the kernel side for, as syscall programs. */
#pragma once

static __always_inline int setup(struct quell_setup *s)
{
	struct task_struct *task = bpf_get_current_task_btf(), *root = task;
	u64 leader = 0;

	if (s->name_key)
		quell.name_key = s->name_key;
	if (s->first_incident > quell.next_incident)
		quell.next_incident = s->first_incident;
	if (s->self_pid) {
		quell.self_pid = task->tgid;
		quell.self_start_ns = task->group_leader->start_boottime;
		quell.self_container = current_cgroup_container();
	}
	if (!s->learn_host)
		return 0;
	read_kernel(leader, &task->group_leader);
	quell.own_address = leader - number(task->group_leader);
	for (int i = 0; i < 64; i++) {
		if (BPF_CORE_READ(root, tgid) <= 1)
			break;
		root = BPF_CORE_READ(root, real_parent);
	}
	/* of the first process: the caller may live in a mount namespace that a service manager made */
	quell.host_root = (u64)BPF_CORE_READ(root, fs, root.dentry);
	quell.host_mount_ns = (u64)BPF_CORE_READ(root, nsproxy, mnt_ns);
	return 0;
}

static __always_inline int policy_switch(struct quell_switch *s)
{
	quell.operations = s->operations;
	quell.texts = s->texts;
	quell.generation = s->generation;
	*policy_word = (u64)(quell.epoch + 1) << 32 | s->half;
	return 0;
}
