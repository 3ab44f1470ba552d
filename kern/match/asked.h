/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which conditions speak of the paths of executables and of the object: looked up only after a rule matched, and only what
 * its conditions need. A path says nothing about content in a container, where anyone may copy anything over it: there, only
 * a file of an image's lower layer is intact, untouched.
 */
#pragma once

/* The executable of a process, an address that may be read only with care: of another process it can go at any time. */
static __always_inline u64 exe_of(u64 task)
{
	u64 memory = read_pointer(task + offset_of(task_struct, mm)), file, dentry;

	if (!memory)
		return 0;
	file = read_pointer(memory + offset_of(mm_struct, exe_file));
	if (!file)
		return 0;
	dentry = read_pointer(file + offset_of(file, f_path.dentry));
	/* still there: what was read in between was the process's */
	if (read_pointer(memory + offset_of(mm_struct, exe_file)) != file ||
	    read_pointer(task + offset_of(task_struct, mm)) != memory)
		return 0;
	return dentry;
}

static __always_inline u64 current_exe(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return (u64)BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
}

/* Is what a path in that view leads to what was put there by the host's owner or the image? */
static __always_inline int is_intact(u64 inode, u64 container)
{
	u32 links = 0;

	if (!inode)
		return 0;
	read_kernel(links, inode + offset_of(inode, i_nlink));
	if (!links)
		return 0;
	if (!container)
		return 1;
	return superblock_magic(inode) == OVERLAYFS_MAGIC && quell.overlay.known && !overlay_upper(inode);
}

/* Its sets are those, up to the first 0. */
static __always_inline void asked_take(struct work *work, u32 which, const u64 *sets)
{
	which &= ASKED_MAX - 1;
	work->sets_of[which] = sets[0];
	if (sets[0])
		for (int i = 1; i < ASKED_SETS; i++)
			work->more_of[which][i - 1] = sets[i];
}

/* Finds the conditions at an entry's path, for work->sets_of[which]. */
static __always_inline void asked_find(u32 slot, u64 entry, u32 which)
{
	struct work *work = WORK(slot);

	if (!entry || read_head(&work->head, entry))
		return;
	/* kept there over the call: so deep down the stack is short */
	work->asked_for.directory = work->query.directory;
	work->asked_for.root_kind = work->query.root_kind;
	work->asked_for.which = which & (ASKED_MAX - 1);
	work->name = hash_name(&work->head, entry);
	work->name_text = head_text(&work->head);
	work->asked[0] = 0;
	work->query.directory = work->head.parent;
	work->query.root_kind = work->query.container ? QUELL_NODE_ASK_CONTAINER : QUELL_NODE_ASK_HOST;
	resolve(slot, JUDGE_ASKED);
	work = WORK(slot);
	which = work->asked_for.which;
	work->query.directory = work->asked_for.directory;
	work->query.root_kind = work->asked_for.root_kind;
	asked_take(work, which, work->asked);
}

/* Non-zero: nothing was kept of this execution, as of a container's first one. */
static __always_inline int execution_recall(struct work *work)
{
	struct execution *kept = bpf_task_storage_get(&executions, bpf_get_current_task_btf(), 0, 0);

	if (!kept || kept->epoch != work->query.anchors.epoch)
		return 1;
	asked_take(work, 0, kept->exe_sets);
	work->intact |= kept->intact;
	return 0;
}

__noinline int execution_store(u32 slot)
{
	struct work *work = WORK(slot);
	struct execution *kept = bpf_task_storage_get(&executions, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!kept) {
		count(QUELL_COUNTER_TASK_STORAGE);
		return 0;
	}
	kept->exe_sets[0] = work->sets_of[0];
	for (int i = 1; i < ASKED_SETS; i++)
		kept->exe_sets[i] = work->more_of[0][i - 1];
	kept->intact = work->intact & 1;
	kept->epoch = work->query.anchors.epoch;
	return 0;
}

/* The executable of the process, or of the `above`th one above it. Non-zero: there is none so far up. */
__noinline int asked_find_exe(u32 slot, u32 above)
{
	struct task_struct *current_task = bpf_get_current_task_btf();
	u64 task = (u64)current_task, exe;

	if (!above && WORK(slot)->op.number == QUELL_OP_EXEC && (WORK(slot)->op.texts & TEXTS_RESULT) && !execution_recall(WORK(slot)))
		return 0;

	for (int i = 0; i < ANCESTORS_MAX; i++) {
		if (i >= above)
			break;
		task = read_pointer(task + offset_of(task_struct, real_parent));
	}
	if (!task)
		return 1;
	exe = above ? exe_of(task) : current_exe();
	if (!exe)
		return 0;
	if (is_intact(read_pointer(exe + offset_of(dentry, d_inode)), WORK(slot)->query.container))
		WORK(slot)->intact |= 1u << (above & 31);
	asked_find(slot, exe, above);
	return 0;
}

__noinline int asked_find_object(u32 slot)
{
	asked_find(slot, WORK(slot)->op.entry, ASKED_OBJECT);
	return 0;
}

__noinline int asked_find_target(u32 slot)
{
	u64 exe = exe_of(WORK(slot)->op.target);

	if (exe)
		asked_find(slot, exe, ASKED_TARGET);
	return 0;
}

_Static_assert(sizeof(((struct work *)0)->below) >= NODE_NAME_MAX, "a cgroup's name is read there");

/* One cgroup up, which is at work->asked_for.directory. */
static long cgroup_up_one(u32 i, struct slot_context *x)
{
	struct work *work = WORK(x->slot);
	u64 node = work->asked_for.directory, name = read_pointer(node + offset_of(kernfs_node, name));
	u64 parent = read_pointer(node + KERNFS_PARENT);
	u32 n = work->above_count & (WALK_MAX - 1);
	long size;

	if (!parent) {
		work->asked_for.directory = 0;
		return 1;
	}
	size = bpf_probe_read_kernel_str(work->below, NODE_NAME_MAX, (void *)name);
	if (size <= 1)
		return 1;
	work->above[n] = hash_long_name(address_of(work->below), (u32)size - 1);
	work->above_text[n] = NAME_TEXT(name, size - 1);
	work->above_count = n + 1;
	work->asked_for.directory = parent;
	return n + 1 >= WALK_MAX;
}

/* The path of the process's cgroup. Its names are the kernel's own, and stay while it is in there. */
__noinline int asked_find_cgroup(u32 slot)
{
	struct slot_context x = { .slot = slot };
	struct work *work = WORK(slot);
	u64 state;
	u32 n;

	work->asked_for.directory = address_of(bpf_get_current_task_btf()->cgroups->dfl_cgrp->kn);
	work->above_count = 0;
	bpf_loop(WALK_MAX, cgroup_up_one, &x, 0);
	n = work->above_count;
	if (work->asked_for.directory) {
		count(QUELL_COUNTER_WALK_OVERFLOW);
		return 0;
	}
	if (!n)
		return 0;
	state = trie_descend(slot, root_state(QUELL_NODE_ASK_CGROUP | work->half), n, 1, 1);
	work = WORK(slot);
	work->name = work->above[0];
	work->name_text = work->above_text[0];
	work->asked[0] = 0;
	collect_asked(slot, work, state);
	asked_take(WORK(slot), ASKED_CGROUP, WORK(slot)->asked);
	return 0;
}

/* Read anew each time: what is kept over a call is stack, of which the programs have little. */
#define NEEDED(what) (*(volatile u32 *)&WORK(slot)->needs & QUELL_NEED_##what)

/* All that the conditions of the rules in question need, in the program's own frame: deeper is too deep. */
static __always_inline void asked_gather(u32 slot)
{
	if (NEEDED(EXE))
		asked_find_exe(slot, 0);
	if (NEEDED(PARENT))
		asked_find_exe(slot, 1);
	if (NEEDED(ANCESTORS))
		for (u32 above = 2; above <= ANCESTORS_MAX; above++)
			if (asked_find_exe(slot, above))
				break;
	if (NEEDED(OBJECT))
		asked_find_object(slot);
	if (NEEDED(TARGET))
		asked_find_target(slot);
	if (NEEDED(CGROUP))
		asked_find_cgroup(slot);
}
