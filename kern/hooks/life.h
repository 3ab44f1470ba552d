/* SPDX-License-Identifier: GPL-2.0-only */
/* Who there is, and where things are: containers, tasks, superblocks, moves, peers. */
#pragma once

/*
 * For user space to find out who it is; told at its making, and when it has begun (turn 1): by then its runtime has written
 * all, and nothing of its own has run.
 */
static __noinline int container_tell(u64 container, u32 begun)
{
	struct quell_pending_key key = { .container = container, .turn = begun };

	if (quell.identities | quell.followed)
		notice_send(&key, 0);
	return 0;
}

static __always_inline int on_cgroup_mkdir(struct cgroup *cgroup)
{
	u64 container;

	view_forget(cgroup);
	container = cgroup_seen(cgroup);
	if (container) {
		runtime_seen();
		container_tell(container, 0);
	}
	return 0;
}

static __always_inline void names_forget(u64 container)
{
	struct quell_named_key key = { .container = container };

	bpf_map_delete_elem(&named_containers, &key);
	key.half = QUELL_NODE_HALF;
	bpf_map_delete_elem(&named_containers, &key);
}

static __always_inline void container_forget(u64 id, struct quell_container *c)
{
	c->home_state = QUELL_HOME_DEAD;
	home_drop(id);
	if (c->pending || c->paused)
		pending_vanish(id, c->paused);
	container_ends(c);
	bpf_map_delete_elem(&containers, &id);
	isolation_ends(id);
	denial_ends(id);
	executables_end(id);
	objects_end(id);
	names_forget(id);
}

/* Who left the cgroup belongs to its container still. The daemon looks for them, and says when nobody is left. */
static __always_inline int on_cgroup_rmdir(struct cgroup *cgroup)
{
	u64 id = cgroup_id(cgroup);
	struct quell_container *c = bpf_map_lookup_elem(&containers, &id);

	bpf_map_delete_elem(&members, &id);
	if (!c)
		return 0;
	if (!(c->flags & QUELL_CONTAINER_LEFT)) {
		container_forget(id, c);
		return 0;
	}
	__sync_fetch_and_or(&c->flags, QUELL_CONTAINER_REMOVED);
	__sync_fetch_and_add(&quell.removed_containers, 1);
	return 0;
}

/* From nowhere: the child of a fork. To nowhere: the task ends. */
static __always_inline int on_css_set_move_task(struct task_struct *task, struct css_set *from, struct css_set *to)
{
	if (is_null(to))
		return 0;
	if (is_null(from))
		task_born(task, to->dfl_cgrp);
	else
		task_moves(task, from->dfl_cgrp, to->dfl_cgrp);
	return 0;
}

/* A call: stack is short. */
static __noinline u64 subject_executed(void)
{
	return subject_of(bpf_get_current_task_btf());
}

/* A call: in the program's own frame it would cost stack that the judgement needs. */
static __noinline u32 plain_begin_exec(u64 container, u32 hook)
{
	return plain_begin(container, QUELL_OP_EXEC, hook);
}

/* By the subject that the process will be of: a shell that a runtime starts in a container is the container's. */
static __always_inline int judge_exec(u64 container, struct linux_binprm *bprm, u32 hook, u32 texts)
{
	struct dentry *entry = bprm->file->f_path.dentry;

	int verdict = judge_entry_by(container, entry, entry->d_parent, entry->d_parent->d_inode, entry->d_sb, 0, 0, 0, QUELL_OP_EXEC, hook, texts);
	u32 slot = plain_begin_exec(texts == TEXTS_ASK ? subject_executed() : container, hook);

	if (slot >= WORK_NONE)
		return verdict;
	WORK(slot)->op.entry = address_of(entry);
	WORK(slot)->op.texts = texts;
	if (texts == TEXTS_ASK)
		texts_ask(slot);
	verdict |= plain_judge(slot);
	if (texts == TEXTS_NOT_NOW)
		execution_keep(slot);
	work_release(slot);
	return verdict;
}

/* Asked for each file that takes part: a script, then its interpreter. */
static __always_inline int on_bprm_check_security(struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 container;

	task_pin_for_exec(task);
	if (anything_contained && (subject_verdict(QUELL_HOOK_bprm_check_security) ||
				   executable_verdict(bprm->file->f_inode, QUELL_HOOK_bprm_check_security)))
		return -EPERM;
	if (!WANTED(EXEC))
		return 0;
	container = subject_becoming(task);
	if (container && !home_is_ready(container))
		return 0; /* its first exec, which is judged when its mounts are known */
	return VERDICT(judge_exec(container, bprm, QUELL_HOOK_bprm_check_security, TEXTS_NOT_NOW));
}

/*
 * Here nothing can be refused any more, only ended: before its first instruction. Asked are all rules of a container's first
 * process, and of others those that ask for the texts that on_bprm_committing_creds has read.
 */
static __always_inline int on_bprm_committed_creds(struct linux_binprm *bprm)
{
	u64 begun = task_executed(bpf_get_current_task_btf());

	if (begun)
		container_tell(begun, 1);
	if (!texts_wanted(begun))
		return 0;
	if (WANTED(EXEC) && judge_exec(subject_executed(), bprm, QUELL_HOOK_bprm_committed_creds, TEXTS_ASK))
		bpf_send_signal(9);
	texts_release_current();
	return 0;
}

static __always_inline int on_sb_alloc_security(struct super_block *superblock)
{
	u64 address = (u64)superblock, birth;

	birth = __sync_fetch_and_add(&superblock_births, 1) + 1;
	superblock_moved(superblock);
	if (bpf_map_update_elem(&births, &address, &birth, BPF_ANY))
		count(QUELL_COUNTER_HOME_FULL);
	return 0;
}

static __always_inline int on_sb_free_security(struct super_block *superblock)
{
	u64 address = (u64)superblock;

	bpf_map_delete_elem(&births, &address);
	return 0;
}

static __always_inline int on_sb_kern_mount(struct super_block *superblock)
{
	overlay_mounted(superblock);
	return on_kern_mount(superblock);
}

static __always_inline int on_sb_delete(struct super_block *superblock)
{
	overlay_deleted(superblock);
	return 0;
}

static __always_inline int on_d_move(struct dentry *dentry, struct dentry *target, bool exchange)
{
	struct inode *inode = dentry->d_inode, *other = target->d_inode;

	mount_way_moved(address_of(dentry));
	if (exchange)
		mount_way_moved(address_of(target));
	if ((inode && (inode->i_mode & S_IFMT_BITS) == S_IFDIR_BITS) ||
	    (exchange && other && (other->i_mode & S_IFMT_BITS) == S_IFDIR_BITS))
		superblock_moved(dentry->d_sb);
	return 0;
}

/*
 * Where inodes have no generation, a removed directory's number and address come back as another's. From here on until it
 * is dead it is locked, and of such a directory nothing is cached (directory_lives in path/cache.h).
 */
static __always_inline int on_inode_rmdir(struct inode *directory, struct dentry *dentry)
{
	if (anything_contained && write_verdict(dentry, QUELL_HOOK_inode_rmdir))
		return -EPERM;
	if (!directory->i_generation)
		superblock_moved(directory->i_sb);
	return 0;
}

static __always_inline int on_unix_stream_connect(struct sock *other, struct sock *newsk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct quell_peer peer = {};

	if (!bpf_sk_storage_get(&listeners, other, 0, 0))
		return on_unix_connect(other);
	peer.pid = task->tgid;
	peer.start_ns = task->group_leader->start_boottime;
	peer.uid = bpf_get_current_uid_gid();
	peer.loginuid = BPF_CORE_READ(task, loginuid.val);
	peer.sessionid = BPF_CORE_READ(task, sessionid);
	peer.cgroup = bpf_get_current_cgroup_id();
	peer.container = subject_of(task);
	if (!peer.container) /* of the host, and moved into one: it would be killed with it */
		peer.container = current_cgroup_container();
	bpf_get_current_comm(peer.comm, sizeof(peer.comm));
	bpf_sk_storage_get(&peers, newsk, &peer, BPF_SK_STORAGE_GET_F_CREATE);
	return 0;
}
