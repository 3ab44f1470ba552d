/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks that refuse, or end what was refused: attached while a containment needs them (responses.def), or a rule. */
#pragma once

static __always_inline int on_task_alloc(void)
{
	return VERDICT(subject_verdict(QUELL_HOOK_task_alloc));
}

#define MAY_READ_BIT 4 /* alone: nothing is written */

static __always_inline int on_file_permission(struct file *file, int mask)
{
	if (file_access_verdict(file->f_inode, QUELL_HOOK_file_permission, mask == MAY_READ_BIT))
		return -EPERM;
	if ((mask & MAY_WRITE_BIT) && write_held(file, QUELL_HOOK_file_permission))
		return -EPERM;
	return VERDICT(network_file_verdict(file));
}

static __always_inline int on_mmap_file(struct file *file, unsigned long protection, unsigned long flags)
{
	struct dentry *entry;

	if (!file)
		return 0;
	if (anything_contained && (file_verdict(file->f_inode, QUELL_HOOK_mmap_file) ||
				   ((protection & PROT_EXEC_BIT) && executable_verdict(file->f_inode, QUELL_HOOK_mmap_file))))
		return -EPERM;
	if ((protection & PROT_WRITE_BIT) && (flags & MAP_SHARED_BIT) && write_held(file, QUELL_HOOK_mmap_file))
		return -EPERM;
	if (!(protection & PROT_EXEC_BIT) || !WANTED(MMAP_EXEC))
		return 0;
	entry = file->f_path.dentry;
	return VERDICT(judge_entry(entry, entry->d_parent, entry->d_parent->d_inode, entry->d_sb, 0, 0, 0, QUELL_OP_MMAP_EXEC,
			   QUELL_HOOK_mmap_file));
}

static __always_inline int on_file_mprotect(struct vm_area_struct *vma, unsigned long protection)
{
	struct file *file = vma->vm_file;

	if (!file)
		return 0;
	if (anything_contained && (file_verdict(file->f_inode, QUELL_HOOK_file_mprotect) ||
				   ((protection & PROT_EXEC_BIT) && made_executable(vma, file))))
		return -EPERM;
	return (protection & PROT_WRITE_BIT) ? VERDICT(write_mapped(address_of(vma), address_of(file), QUELL_HOOK_file_mprotect)) : 0;
}

static __always_inline int judge_xattr(struct dentry *entry, u32 hook)
{
	if (!WANTED(SETXATTR))
		return 0;
	return VERDICT(judge_entry(entry, entry->d_parent, entry->d_parent->d_inode, entry->d_sb, 0, 0, 0, QUELL_OP_SETXATTR, hook));
}

static __always_inline int on_inode_setxattr(struct dentry *dentry)
{
	if (file_verdict(dentry->d_inode, QUELL_HOOK_inode_setxattr))
		return -EPERM;
	if (write_verdict(dentry, QUELL_HOOK_inode_setxattr))
		return -EPERM;
	return judge_xattr(dentry, QUELL_HOOK_inode_setxattr);
}

static __always_inline int on_inode_removexattr(struct dentry *dentry)
{
	if (file_verdict(dentry->d_inode, QUELL_HOOK_inode_removexattr))
		return -EPERM;
	if (write_verdict(dentry, QUELL_HOOK_inode_removexattr))
		return -EPERM;
	return judge_xattr(dentry, QUELL_HOOK_inode_removexattr);
}

/*
 * What newer kernels have hooks of their own for: POSIX ACLs (6.2), which asked those of extended attributes before, and a
 * file's flags (6.17), which are set without an ioctl, too. They count under the older `hook`.
 */
static __always_inline int on_inode_changed(struct dentry *dentry, u32 hook)
{
	if (file_verdict(dentry->d_inode, hook))
		return -EPERM;
	return VERDICT(write_verdict(dentry, hook));
}

/* What is done with a descriptor and is no reading, writing or mapping counts with those: as file_permission. */
static __always_inline int on_file_ioctl(struct file *file)
{
	return VERDICT(file_verdict(file->f_inode, QUELL_HOOK_file_permission));
}

#define F_UNLCK_TYPE 2

/*
 * flock, fcntl's locks and leases. To let one go is always allowed: it reads and changes nothing, and a lock that its holder
 * cannot release would be in the way of others even after the quarantine.
 */
static __always_inline int on_file_lock(struct file *file, unsigned int type)
{
	if (type == F_UNLCK_TYPE)
		return 0;
	return VERDICT(file_access_verdict(file->f_inode, QUELL_HOOK_file_permission, 1));
}

/* A descriptor comes out of a unix socket's message, or of another process (pidfd_getfd, seccomp's notifications). */
static __always_inline int on_file_receive(struct file *file)
{
	return VERDICT(file_access_verdict(file->f_inode, QUELL_HOOK_file_permission, 1));
}

static __always_inline int on_inode_copy_up(struct dentry *dentry)
{
	if (file_verdict(dentry->d_inode, QUELL_HOOK_inode_copy_up))
		return -EPERM;
	/* its copy would be another file */
	if (executable_verdict(dentry->d_inode, QUELL_HOOK_inode_copy_up))
		return -EPERM;
	return VERDICT(write_verdict(dentry, QUELL_HOOK_inode_copy_up));
}

/*
 * vfs_rmdir calls it behind a removal that was done, where the inode is still known; d_delete would be called for every
 * file too. Others call it for directories that stay: those have links.
 */
static __always_inline int on_shrink_dcache_parent(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	if (quell.contained_files && inode && !inode->i_nlink && contained_may_be(inode->i_ino)) {
		layer_removed(address_of(inode));
		executable_layer_removed(address_of(inode));
	}
	return 0;
}

/* Something is made: a file, a directory, a device, a fifo, a socket or a symbolic link. */
static __always_inline int on_denied_creation(struct dentry *entry, u32 hook)
{
	return VERDICT(write_verdict(entry, hook));
}
