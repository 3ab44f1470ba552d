/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks that only refuse, or end what was refused: attached while a containment needs them (responses.def). */
#pragma once

SEC("lsm/task_alloc")
int BPF_PROG(quell_task_alloc, struct task_struct *task, unsigned long clone_flags, int ret)
{
	return ret ? ret : VERDICT(subject_verdict(QUELL_HOOK_task_alloc));
}

SEC("lsm/file_permission")
int BPF_PROG(quell_file_permission, struct file *file, int mask, int ret)
{
	return ret ? ret : VERDICT(file_verdict(file->f_inode, QUELL_HOOK_file_permission));
}

SEC("lsm/mmap_file")
int BPF_PROG(quell_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags, int ret)
{
	if (ret || !file)
		return ret;
	return VERDICT(file_verdict(file->f_inode, QUELL_HOOK_mmap_file));
}

SEC("lsm/file_mprotect")
int BPF_PROG(quell_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot, int ret)
{
	struct file *file = vma->vm_file;

	if (ret || !file)
		return ret;
	return VERDICT(file_verdict(file->f_inode, QUELL_HOOK_file_mprotect));
}

SEC("lsm/inode_setxattr")
int BPF_PROG(quell_inode_setxattr, void *idmap, struct dentry *dentry)
{
	return VERDICT(file_verdict(dentry->d_inode, QUELL_HOOK_inode_setxattr));
}

SEC("lsm/inode_removexattr")
int BPF_PROG(quell_inode_removexattr, void *idmap, struct dentry *dentry)
{
	return VERDICT(file_verdict(dentry->d_inode, QUELL_HOOK_inode_removexattr));
}

SEC("lsm/inode_copy_up")
int BPF_PROG(quell_inode_copy_up, struct dentry *dentry, void *creds, int ret)
{
	return ret ? ret : VERDICT(file_verdict(dentry->d_inode, QUELL_HOOK_inode_copy_up));
}

/*
 * vfs_rmdir calls it behind a removal that was done, where the inode is still known; d_delete would be called for every
 * file too. Others call it for directories that stay: those have links.
 */
SEC("fentry/shrink_dcache_parent")
int BPF_PROG(quell_shrink_dcache_parent, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	if (quell.contained_files && inode && !inode->i_nlink && contained_may_be(inode->i_ino))
		layer_removed(address_of(inode));
	return 0;
}
