/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs that refuse: part of the table of contents, quell.bpf.c. */
#pragma once

/* --- what refuses, attached while a containment or a rule needs it: hooks/contain.h */
SEC("lsm/task_alloc")
int BPF_PROG(quell_task_alloc, struct task_struct *task, unsigned long clone_flags, int ret)
{
	return ret ? ret : on_task_alloc();
}

SEC("lsm/file_permission")
int BPF_PROG(quell_file_permission, struct file *file, int mask, int ret)
{
	return ret ? ret : on_file_permission(file, mask);
}

SEC("lsm/mmap_file")
int BPF_PROG(quell_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	return ret ? ret : on_mmap_file(file, prot, flags);
}

SEC("lsm/file_mprotect")
int BPF_PROG(quell_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot,
	     int ret)
{
	return ret ? ret : on_file_mprotect(vma, prot);
}

SEC("lsm/inode_setxattr")
int BPF_PROG(quell_inode_setxattr, void *idmap, struct dentry *dentry)
{
	return on_inode_setxattr(dentry);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(quell_inode_removexattr, void *idmap, struct dentry *dentry)
{
	return on_inode_removexattr(dentry);
}

SEC("lsm/inode_set_acl")
int BPF_PROG(quell_inode_set_acl, void *idmap, struct dentry *dentry)
{
	return on_inode_changed(dentry, QUELL_HOOK_inode_setxattr);
}

SEC("lsm/inode_remove_acl")
int BPF_PROG(quell_inode_remove_acl, void *idmap, struct dentry *dentry)
{
	return on_inode_changed(dentry, QUELL_HOOK_inode_removexattr);
}

SEC("lsm/inode_file_setattr")
int BPF_PROG(quell_inode_file_setattr, struct dentry *dentry)
{
	return on_inode_changed(dentry, QUELL_HOOK_inode_setattr);
}

SEC("lsm/file_ioctl")
int BPF_PROG(quell_file_ioctl, struct file *file, unsigned int command, unsigned long argument, int ret)
{
	return ret ? ret : on_file_ioctl(file);
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(quell_file_ioctl_compat, struct file *file, unsigned int command, unsigned long argument, int ret)
{
	return ret ? ret : on_file_ioctl(file);
}

SEC("lsm/file_lock")
int BPF_PROG(quell_file_lock, struct file *file, unsigned int type, int ret)
{
	return ret ? ret : on_file_lock(file, type);
}

SEC("lsm/file_receive")
int BPF_PROG(quell_file_receive, struct file *file, int ret)
{
	return ret ? ret : on_file_receive(file);
}

SEC("lsm/inode_copy_up")
int BPF_PROG(quell_inode_copy_up, struct dentry *dentry, void *creds, int ret)
{
	return ret ? ret : on_inode_copy_up(dentry);
}

SEC("fentry/shrink_dcache_parent")
int BPF_PROG(quell_shrink_dcache_parent, struct dentry *dentry)
{
	return on_shrink_dcache_parent(dentry);
}

SEC("lsm/inode_create")
int BPF_PROG(quell_deny_create, struct inode *directory, struct dentry *entry, umode_t mode, int ret)
{
	return ret ? ret : on_denied_creation(entry, QUELL_HOOK_inode_create);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(quell_deny_mkdir, struct inode *directory, struct dentry *entry, umode_t mode, int ret)
{
	return ret ? ret : on_denied_creation(entry, QUELL_HOOK_inode_mkdir);
}

SEC("lsm/inode_mknod")
int BPF_PROG(quell_deny_mknod, struct inode *directory, struct dentry *entry, umode_t mode, dev_t device, int ret)
{
	return ret ? ret : on_denied_creation(entry, QUELL_HOOK_inode_mknod);
}

SEC("lsm/inode_symlink")
int BPF_PROG(quell_deny_symlink, struct inode *directory, struct dentry *entry, const char *target, int ret)
{
	return ret ? ret : on_denied_creation(entry, QUELL_HOOK_inode_symlink);
}


/* --- what is cut off from the network: hooks/isolate.h */
SEC("lsm/socket_connect")
int BPF_PROG(quell_isolate_connect, struct socket *socket, u64 address, int size, int ret)
{
	return ret ? ret : on_isolate_connect(socket, address, size);
}

SEC("lsm/socket_bind")
int BPF_PROG(quell_isolate_bind, struct socket *socket, u64 address, int size, int ret)
{
	return ret ? ret : on_isolate_socket(socket, QUELL_HOOK_isolate_bind);
}

SEC("lsm/socket_listen")
int BPF_PROG(quell_isolate_listen, struct socket *socket, int backlog, int ret)
{
	return ret ? ret : on_isolate_socket(socket, QUELL_HOOK_isolate_listen);
}

SEC("lsm/socket_accept")
int BPF_PROG(quell_isolate_accept, struct socket *socket, struct socket *accepted, int ret)
{
	return ret ? ret : on_isolate_socket(socket, QUELL_HOOK_isolate_accept);
}

/*
 * These two are called for each packet of everybody, and ask for as little as they can: arguments are read where they are asked
 * for, and not what another program has answered: once one has refused, the trampoline calls no further one.
 */
SEC("lsm/socket_sendmsg")
int quell_socket_sendmsg(unsigned long long *ctx)
{
	return on_socket_sendmsg(ctx);
}

SEC("lsm/socket_recvmsg")
int quell_socket_recvmsg(unsigned long long *ctx)
{
	return on_socket_recvmsg(ctx);
}

SEC("lsm/socket_getsockopt")
int BPF_PROG(quell_socket_getsockopt, struct socket *socket, int level, int option, int ret)
{
	return ret ? ret : on_socket_getsockopt(socket, level, option);
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(quell_socket_setsockopt, struct socket *socket, int level, int option, int ret)
{
	return ret ? ret : on_socket_setsockopt(level, option);
}
