/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions by executable, looked up only after a rule matched. A path says
 * nothing about content in a container, where anyone may copy anything over
 * it: there, only a file of an image's lower layer counts, untouched.
 */
#pragma once

static __always_inline u64 current_exe(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return (u64)BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
}

/* Is the executable one whose path can be trusted in that view? */
static __always_inline int exe_counts(u64 dentry, u64 container)
{
	u64 inode = read_pointer(dentry + offset_of(dentry, d_inode));
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

/* Finds the set of rules that except the current executable, 0 if none. */
static __always_inline void exe_find(u32 slot)
{
	struct work *work = WORK(slot);
	u64 exe = current_exe(), directory = work->query.directory;

	if (!exe || !exe_counts(exe, work->query.container) || read_head(&work->head, exe))
		return;
	work->name = hash_name(&work->head, exe);
	work->query.directory = work->head.parent;
	work->query.root_kind = work->query.container ? QUELL_NODE_EXE_CONTAINER : QUELL_NODE_EXE_HOST;
	resolve(slot, JUDGE_EXE);
	work->query.directory = directory;
}

static __always_inline int rule_excepts(struct work *work, u32 rule)
{
	struct quell_except_key key = { .set = work->exe_set, .rule = rule, .half = work->half };

	return work->exe_set && bpf_map_lookup_elem(&excepts, &key);
}
