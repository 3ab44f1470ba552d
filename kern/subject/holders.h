/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds a file: its descriptors and its maps, of every process, asked for
 * by user space. What is mapped already no hook takes away.
 */
#pragma once

/* brings the structure into the object's BTF, as quell_notice_anchor does */
struct quell_holder *quell_holder_anchor;

static struct file_facts held_facts; /* asked for one at a time */

/* As the process sees it: what it maps of an overlay's file is the layer's, opened behind it (compat.h, FMODE_BACKING). */
static __always_inline u64 inode_as_opened(u64 file)
{
	u64 entry = read_pointer(file + offset_of(file, f_path.dentry));
	u32 mode = 0;

	read_kernel(mode, file + offset_of(file, f_mode));
	if ((mode & FMODE_BACKING_BIT) && bpf_core_field_exists(struct backing_file, user_path))
		entry = read_pointer(file + offset_of(backing_file, user_path.dentry));
	return entry ? read_pointer(entry + offset_of(dentry, d_inode)) : 0;
}

static __always_inline int is_sought(u64 file)
{
	u64 inode = inode_as_opened(file), number = 0;
	u32 links = 0;

	if (!inode)
		return 0;
	read_kernel(number, inode + offset_of(inode, i_ino));
	/* the low half: an overlay may keep something of its own in the upper one */
	if ((u32)number != (u32)quell.sought.file.inode && (u32)number != (u32)quell.sought_inode)
		return 0;
	if (!file_facts(inode, &held_facts))
		return 0;
	if (same_file(&held_facts.key, &quell.sought))
		return 1;
	/* bound as the image's, and copied up since; one of several names was made a file of its own, and need not be it */
	if (!held_facts.before.file.inode || !same_file(&held_facts.before, &quell.sought))
		return 0;
	read_kernel(links, overlay_lower(inode) + offset_of(inode, i_nlink));
	return links <= 1;
}

static __always_inline void holder_told(struct seq_file *to, u64 task, u32 how)
{
	u64 leader = read_pointer(task + offset_of(task_struct, group_leader)), cred = read_pointer(task + offset_of(task_struct, cred));
	struct quell_holder out = { .how = how };

	if (!leader)
		return;
	read_kernel(out.task.pid, task + offset_of(task_struct, tgid));
	read_kernel(out.task.start_ns, leader + offset_of(task_struct, start_boottime));
	read_kernel(out.task.uid, cred + offset_of(cred, uid.val));
	bpf_probe_read_kernel(out.task.comm, sizeof(out.task.comm), (void *)(leader + offset_of(task_struct, comm)));
	bpf_seq_write(to, &out, sizeof(out));
}
