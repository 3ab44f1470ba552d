/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks that only refuse: attached while a containment needs them (responses.def). */
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

/* The last link is gone and nobody holds it: there is nothing left to contain. */
SEC("lsm/inode_free_security")
int BPF_PROG(quell_inode_free_security, struct inode *inode)
{
	struct file_facts facts = {};
	struct quell_file_entry *entry;
	struct quell_pending_key key;
	struct quell_pending *p;
	u64 word;

	if (!quell.contained_files || BPF_CORE_READ(inode, i_nlink) || !file_facts(address_of(inode), &facts))
		return 0;
	entry = bpf_map_lookup_elem(&contained_files, &facts.key);
	if (!entry || (facts.flags & QUELL_OBJECT_OVERLAY))
		return 0;
	key = entry->pending;
	p = bpf_map_lookup_elem(&pending, &key);
	if (p) {
		word = p->word;
		if (holds(QUELL_WORD_STATE(word)) &&
		    __sync_val_compare_and_swap(&p->word, word, (word & ~255ull) | QUELL_STATE_GONE) == word)
			notice_send(&key, (word & ~255ull) | QUELL_STATE_GONE);
	}
	if (!bpf_map_delete_elem(&contained_files, &facts.key))
		__sync_fetch_and_add(&quell.contained_files, -1);
	return 0;
}
