/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel side as a table of contents: one program a hook, in the order in
 * which they run in a container's life. An earlier refusal is kept. What they
 * do stands in the folders; hooks.def names the hooks. What is not an LSM hook
 * sits where one lock keeps the kernel from being twice at once: another run
 * would be left out (docs/design/015-one-lock.md).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define __BPF__ 1
#include "abi.h"
#include "compat.h"
#include "types.h"
extern struct quell_globals quell;
#include "number.h"
#include "maps.h"
#include "state.h"
#include "path/name.h"
#include "path/trie.h"
#include "path/wild.h"
#include "path/descend.h"
#include "path/chain.h"
#include "path/home.h"
#include "path/host.h"
#include "path/walk.h"
#include "path/resolve.h"
#include "path/cache.h"
#include "path/text.h"
#include "match/identity.h"
#include "subject/hold.h"
#include "subject/container.h"
#include "subject/lineage.h"
#include "subject/exec.h"
#include "subject/actor.h"
#include "subject/iterate.h"
#include "subject/holders.h"
#include "match/asked.h"
#include "match/named.h"
#include "match/texts.h"
#include "match/condition.h"
#include "ring.h"
#include "pending/table.h"
#include "pending/budget.h"
#include "pending/entry.h"
#include "pending/note.h"
#include "match/rate.h"
#include "match/judge.h"
#include "match/place.h"
#include "match/plain.h"
#include "enforce/subject.h"
#include "enforce/held_files.h"
#include "enforce/held_executables.h"
#include "enforce/file.h"
#include "enforce/layer.h"
#include "enforce/overlay.h"
#include "enforce/network.h"
#include "enforce/isolation.h"
#include "enforce/denial.h"
#include "enforce/held_objects.h"
#include "enforce/places.h"
#include "pending/hold.h"
#include "enforce/executable.h"
#include "enforce/stock.h"
#include "pending/transition.h"
#include "pending/request.h"
#include "pending/restore.h"
#include "setup.h"
#include "hooks/plain.h"
#include "hooks/socket.h"
#include "hooks/life.h"
#include "hooks/operations.h"
#include "hooks/texts.h"
#include "hooks/contain.h"
#include "hooks/isolate.h"
#include "hooks/requests.h"

/* --- who there is, and where things are: hooks/life.h */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(quell_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	return on_cgroup_mkdir(cgroup);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(quell_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	return on_cgroup_rmdir(cgroup);
}

SEC("fentry/css_set_move_task")
int BPF_PROG(quell_css_set_move_task, struct task_struct *task, struct css_set *from, struct css_set *to)
{
	return on_css_set_move_task(task, from, to);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(quell_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	return ret ? ret : on_bprm_check_security(bprm);
}

SEC("lsm.s/bprm_committing_creds")
int BPF_PROG(quell_bprm_committing_creds, struct linux_binprm *bprm)
{
	return on_bprm_committing_creds(bprm);
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(quell_bprm_committed_creds, struct linux_binprm *bprm)
{
	return on_bprm_committed_creds(bprm);
}

SEC("lsm/sb_alloc_security")
int BPF_PROG(quell_sb_alloc_security, struct super_block *superblock, int ret)
{
	return ret ? ret : on_sb_alloc_security(superblock);
}

SEC("lsm/sb_free_security")
int BPF_PROG(quell_sb_free_security, struct super_block *superblock)
{
	return on_sb_free_security(superblock);
}

SEC("lsm/sb_kern_mount")
int BPF_PROG(quell_sb_kern_mount, struct super_block *superblock, int ret)
{
	return ret ? ret : on_sb_kern_mount(superblock);
}

SEC("lsm/sb_delete")
int BPF_PROG(quell_sb_delete, struct super_block *superblock)
{
	return on_sb_delete(superblock);
}

SEC("fexit/__d_move")
int BPF_PROG(quell_d_move, struct dentry *dentry, struct dentry *target, bool exchange)
{
	return on_d_move(dentry, target, exchange);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(quell_inode_rmdir, struct inode *directory, struct dentry *dentry, int ret)
{
	return ret ? ret : on_inode_rmdir(directory, dentry);
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(quell_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk, int ret)
{
	return ret ? ret : on_unix_stream_connect(other, newsk);
}


/* --- what rules see, and what a containment refuses: hooks/operations.h */
SEC("lsm/file_open")
int BPF_PROG(quell_file_open, struct file *file, int ret)
{
	return ret ? ret : on_file_open(file);
}

SEC("fentry/rw_verify_area")
int BPF_PROG(quell_rw_verify_area, int access, struct file *file, u64 position)
{
	return on_rw_verify_area(access, file, position);
}

SEC("lsm/inode_unlink")
int BPF_PROG(quell_inode_unlink, struct inode *directory, struct dentry *dentry, int ret)
{
	return ret ? ret : on_inode_unlink(directory, dentry);
}

SEC("lsm/inode_rename")
int quell_inode_rename(unsigned long long *ctx)
{
	return on_inode_rename(ctx);
}

SEC("lsm/inode_setattr")
int quell_inode_setattr(unsigned long long *ctx)
{
	return on_inode_setattr(ctx);
}

SEC("lsm/inode_link")
int BPF_PROG(quell_inode_link, struct dentry *from, struct inode *directory, struct dentry *to, int ret)
{
	return ret ? ret : on_inode_link(from, directory, to);
}

SEC("lsm/inode_create")
int BPF_PROG(quell_inode_create, struct inode *directory, struct dentry *entry, umode_t mode, int ret)
{
	return ret ? ret : on_created(directory, entry, mode, QUELL_HOOK_inode_create);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(quell_inode_mkdir, struct inode *directory, struct dentry *entry, umode_t mode, int ret)
{
	return ret ? ret : on_created(directory, entry, mode | S_IFDIR_BITS, QUELL_HOOK_inode_mkdir);
}

SEC("lsm/inode_mknod")
int BPF_PROG(quell_inode_mknod, struct inode *directory, struct dentry *entry, umode_t mode, dev_t device, int ret)
{
	return ret ? ret : on_created(directory, entry, mode, QUELL_HOOK_inode_mknod);
}

SEC("lsm/inode_symlink")
int BPF_PROG(quell_inode_symlink, struct inode *directory, struct dentry *entry, const char *target, int ret)
{
	return ret ? ret : on_created(directory, entry, S_IFLNK_BITS | 0777, QUELL_HOOK_inode_symlink);
}

SEC("lsm/inode_symlink")
int BPF_PROG(quell_symlink_target, struct inode *directory, struct dentry *entry, const char *target, int ret)
{
	return ret ? ret : on_symlink_target(directory, entry, target);
}

SEC("lsm/sb_kern_mount")
int BPF_PROG(quell_mount_source, struct super_block *superblock, int ret)
{
	return ret ? ret : on_mount_source(superblock);
}

SEC("lsm/sb_mount")
int BPF_PROG(quell_sb_mount, const char *source, const struct path *path, const char *type,
	     unsigned long flags, void *data, int ret)
{
	return ret ? ret : on_sb_mount(path, flags);
}

SEC("lsm/move_mount")
int BPF_PROG(quell_move_mount, const struct path *from, const struct path *to, int ret)
{
	return ret ? ret : on_move_mount(to);
}

SEC("lsm/sb_umount")
int BPF_PROG(quell_sb_umount, struct vfsmount *mount, int flags, int ret)
{
	return ret ? ret : on_sb_umount(mount);
}

SEC("fentry/do_move_mount")
int quell_do_move_mount(unsigned long long *ctx)
{
	return on_do_move_mount(ctx);
}


/* --- what rules see that has no path: hooks/plain.h, hooks/socket.h */
SEC("lsm/sb_pivotroot")
int BPF_PROG(quell_sb_pivotroot, const struct path *from, const struct path *to, int ret)
{
	return ret ? ret : on_sb_pivotroot();
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(quell_ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	return ret ? ret : on_ptrace_access_check(child, mode);
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(quell_ptrace_traceme, struct task_struct *parent, int ret)
{
	return ret ? ret : on_ptrace_traceme(parent);
}

SEC("lsm/task_kill")
int BPF_PROG(quell_task_kill, struct task_struct *target, void *info, int signal, const struct cred *cred, int ret)
{
	return ret ? ret : on_task_kill(target, signal);
}

SEC("lsm/task_fix_setuid")
int BPF_PROG(quell_task_fix_setuid, struct cred *to, const struct cred *from, int flags, int ret)
{
	return ret ? ret : on_task_fix_ids(to, from, QUELL_HOOK_task_fix_setuid);
}

SEC("lsm/task_fix_setgid")
int BPF_PROG(quell_task_fix_setgid, struct cred *to, const struct cred *from, int flags, int ret)
{
	return ret ? ret : on_task_fix_ids(to, from, QUELL_HOOK_task_fix_setgid);
}

SEC("lsm/capable")
int BPF_PROG(quell_capable, const struct cred *cred, struct user_namespace *ns, int capability, unsigned int options, int ret)
{
	return ret ? ret : on_capable(capability, options);
}

SEC("lsm/userns_create")
int BPF_PROG(quell_userns_create, const struct cred *cred, int ret)
{
	return ret ? ret : on_userns_create();
}

/* 6.15 put an argument behind: the earlier verdict is not looked for, it ends the chain by itself. */
SEC("lsm/bpf")
int BPF_PROG(quell_bpf, int command)
{
	return on_bpf(command);
}

SEC("lsm/kernel_read_file")
int BPF_PROG(quell_kernel_read_file, struct file *file, int id, bool contents, int ret)
{
	return ret ? ret : on_kernel_read_file(id);
}

SEC("lsm/kernel_load_data")
int BPF_PROG(quell_kernel_load_data, int id, bool contents, int ret)
{
	return ret ? ret : on_kernel_load_data(id);
}

SEC("tp_btf/io_uring_create")
int BPF_PROG(quell_io_uring_create)
{
	return on_io_uring_create();
}

SEC("lsm/socket_connect")
int BPF_PROG(quell_socket_connect, struct socket *socket, u64 address, int size, int ret)
{
	return ret ? ret : on_socket_connect(socket, address, size);
}

SEC("lsm/socket_bind")
int BPF_PROG(quell_socket_bind, struct socket *socket, u64 address, int size, int ret)
{
	return ret ? ret : on_socket_bind(socket, address, size);
}

SEC("lsm/socket_listen")
int BPF_PROG(quell_socket_listen, struct socket *socket, int backlog, int ret)
{
	return ret ? ret : on_socket_listen(socket);
}

SEC("lsm/socket_accept")
int BPF_PROG(quell_socket_accept, struct socket *socket, struct socket *accepted, int ret)
{
	return ret ? ret : on_socket_accept(socket);
}

SEC("lsm/socket_create")
int BPF_PROG(quell_socket_create, int family, int type, int protocol, int of_kernel, int ret)
{
	return ret ? ret : on_socket_create(family, type, protocol, of_kernel);
}

SEC("lsm/unix_may_send")
int BPF_PROG(quell_unix_may_send, struct socket *socket, struct socket *other, int ret)
{
	return ret ? ret : on_unix_may_send(other);
}


#include "programs/contain.h"
#include "programs/requests.h"

char LICENSE[] SEC("license") = "GPL";
