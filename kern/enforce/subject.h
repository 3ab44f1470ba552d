/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing what a contained subject does. In front of it every hook tests one
 * word; this runs only while something is contained.
 */
#pragma once

/* Is current of a contained container, by lineage or by cgroup, or of a contained lineage? */
static __always_inline u64 contained_by(struct task_struct *task)
{
	u64 logical = subject_of(task), physical = current_cgroup_container();
	struct quell_container *c;
	struct quell_task *tag;

	if (logical) {
		c = bpf_map_lookup_elem(&containers, &logical);
		if (c && c->contained)
			return c->contained;
	}
	if (physical && physical != logical) {
		c = bpf_map_lookup_elem(&containers, &physical);
		if (c && c->contained)
			return c->contained;
	}
	tag = task_find(task->group_leader);
	if (!tag)
		return 0;
	for (int i = 0; i < QUELL_TASK_ACTORS; i++) {
		u64 actor = tag->actors[i], *incident;

		if (!actor)
			break;
		incident = bpf_map_lookup_elem(&contained_actors, &actor);
		if (incident)
			return *incident;
	}
	return 0;
}

/* The verdict for current at a hook: -EPERM, and its end, when it is contained. */
static __noinline int subject_refuse(u32 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (hook >= QUELL_HOOK_COUNT || is_protected(task->tgid, task->group_leader->start_boottime, task->flags))
		return 0;
	if (!contained_by(task))
		return 0;
	__sync_fetch_and_add(&quell.denied[hook], 1);
	if (bpf_send_signal(9) == 0)
		count(QUELL_COUNTER_KILL_SIGNALS);
	return -EPERM;
}

static __always_inline int subject_verdict(u32 hook)
{
	return quell.contained_subjects ? subject_refuse(hook) : 0;
}
