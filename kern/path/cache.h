/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hot path: which cached state does this entry's directory have, and can
 * the operation be let go at once? Every key holds the policy's epoch, the
 * view, the superblock and its generation, so that nothing stale can match.
 * Generations move after the kernel acted (fexit): moved in the LSM hook
 * before it, racing openers cached the old answer. Where only that hook is to
 * be had, for a removal, nothing is cached meanwhile (directory_lives).
 */
#pragma once

#define moves_of(superblock) (&superblock_moves[((superblock) * MIX_A) >> 54])

/*
 * Half and epoch of the policy, read and written as one: with the half of one policy and the epoch of another,
 * states cached for the one were judged by the rules of the other, and found none.
 */
#define policy_word ((volatile u64 *)&quell.half)
_Static_assert(__builtin_offsetof(struct quell_globals, half) % 8 == 0 &&
	       __builtin_offsetof(struct quell_globals, epoch) == __builtin_offsetof(struct quell_globals, half) + 4, "one word");

/* What a view and a superblock put into every key. Never on the stack of a call: frames are short of it. */
struct lookup {
	u64 container;
	u64 base;
	u64 mounts; /* the host's view only */
	u64 superblock;
	u64 policy; /* policy_word */
};

static __always_inline u64 inode_word(struct inode *inode)
{
	return (u64)inode->i_ino ^ (u64)inode->i_generation << 32;
}

static __always_inline u64 dir_key(struct dentry *dentry, u64 inode, u64 base)
{
	u64 key = number(dentry) * MIX_A + inode * MIX_B + base;

	return key_spread(key);
}

/*
 * The host's view is keyed by its namespace's counter of mount changes, and by moves of what its mountpoints are
 * reached by. Not by other moves: a container that renames would have all mounts gathered anew at everybody's opens.
 */
static __always_inline u64 host_mounts(struct task_struct *task)
{
	struct nsproxy *nsproxy = task->nsproxy;
	struct mnt_namespace *ns = nsproxy ? nsproxy->mnt_ns : 0;
	u64 changes = 0;

	if (ns && (u64)ns == quell.host_mount_ns) {
		changes = ns->event;
		asm volatile("" : "+r"(changes)); /* one load for both ways has two kinds of pointers: refused */
		return changes ^ (u64)mount_way_moves << 32;
	}
	read_kernel(changes, quell.host_mount_ns + offset_of(mnt_namespace, event));
	return changes ^ (u64)mount_way_moves << 32;
}

static __always_inline void lookup_view(struct lookup *l, struct task_struct *task, u64 superblock)
{
	u64 view = l->container * MIX_A;

	l->superblock = superblock;
	l->policy = *policy_word;
	if (!l->container)
		view = l->mounts = host_mounts(task);
	l->base = view * MIX_C + (superblock ^ l->policy ^ *moves_of(superblock)) * MIX_D;
}

static __always_inline void lookup_base(struct lookup *l, struct task_struct *task, struct super_block *superblock)
{
	lookup_view(l, task, number(superblock));
}

/* Hash and length of the name, in one load where that is possible. */
static __always_inline u64 name_word(struct dentry *dentry)
{
	if (VERIFIER_TAKES_UNIONS)
		return dentry->d_name.hash_len;
	return dentry->d_name.hash | (u64)dentry->d_name.len << 32;
}

static __always_inline u64 file_key(struct lookup *l, struct dentry *dentry, struct dentry *parent, struct inode *inode)
{
	u64 key = l->base + (number(dentry) ^ name_word(dentry)) * MIX_A + (inode_word(inode) ^ number(parent)) * MIX_B;

	return key_spread(key);
}

static __always_inline void lookup_fill(struct lookup *l, struct work *work)
{
	struct query *q = &work->query;

	work->half = (u32)l->policy;
	q->container = l->container;
	q->root_kind = l->container ? QUELL_NODE_CONTAINER : QUELL_NODE_HOST;
	q->anchors.mounts = l->container ? 0 : l->mounts;
	q->anchors.superblock = l->superblock;
	q->anchors.epoch = l->policy >> 32;
}

#define S_DEAD_BIT (1u << 4)
#define RWSEM_WRITER_BIT 1ull
#define RWSEM_OWNER_BITS 7ull /* flags beside the owner's address */
#define RWSEM_KNOWN bpf_core_field_exists(struct rw_semaphore, count) /* not an RT kernel's */

/*
 * May something be cached of it? Not when it is removed, for its number and address may come back as another's; nor while
 * somebody else has it locked, who may be removing it: rmdir, or a rename over it, takes the lock before its hook is called,
 * and marks it dead before it lets go. Asked after the superblock's generation was read; the lock is read before the mark,
 * or a removal that ends in between would be seen by neither.
 */
#define READ_BEFORE() asm volatile("" : : : "memory")

static __always_inline int directory_lives(u32 flags, u64 lock, u64 owner)
{
	return !(flags & S_DEAD_BIT) &&
	       (!(lock & RWSEM_WRITER_BIT) || (owner & ~RWSEM_OWNER_BITS) == bpf_get_current_task());
}

/* A call: inlined where a hook misses, it cost the way before that registers. */
static __noinline int inode_lives(struct inode *inode)
{
	u64 lock = 0, owner = 0;

	if (RWSEM_KNOWN) {
		owner = inode->i_rwsem.owner.counter;
		lock = inode->i_rwsem.count.counter;
	}
	READ_BEFORE();
	return directory_lives(inode->i_flags, lock, owner);
}

static __always_inline int address_lives(u64 inode)
{
	u64 at = inode + offset_of(inode, i_rwsem), lock = 0, owner = 0;

	if (RWSEM_KNOWN) {
		owner = load_word(at + offset_of(rw_semaphore, owner));
		lock = load_word(at + offset_of(rw_semaphore, count));
	}
	READ_BEFORE();
	return directory_lives(load_word(inode + offset_of(inode, i_flags)), lock, owner);
}

/* Asks for a directory that no hook handed over, by q->key unless it dies. Non-zero: it cannot be read. */
static __always_inline int query_directory(struct query *q, u64 dentry)
{
	u64 inode = read_pointer(dentry + offset_of(dentry, d_inode));

	if (!address_lives(inode))
		q->key = 0;
	q->directory = dentry;
	return !inode || read_kernel(q->inode, inode + offset_of(inode, i_ino)) ||
	       read_kernel(q->generation, inode + offset_of(inode, i_generation));
}

static __always_inline u64 lookup_miss(struct lookup *l, struct dentry *parent, struct inode *inode, u64 key)
{
	struct dentry *above = parent->d_parent;
	struct inode *above_inode = above->d_inode;
	u32 slot = work_claim();
	struct query *q;
	u64 state;

	if (slot >= WORK_NONE)
		return QUELL_DIR_OVERFLOW; /* not known, and not to be remembered */
	WORK_MASKED(slot);
	q = &WORK(slot)->query;
	lookup_fill(l, WORK(slot));
	q->directory = (u64)parent;
	q->inode = inode->i_ino;
	q->generation = inode->i_generation;
	q->key = inode_lives(inode) ? key : 0;
	asm volatile("" : "+r"(slot)); /* its address is worked out anew: kept it costs stack, of which an execution has none */
	WORK(slot)->query.parent_key = above_inode && above != parent ? dir_key(above, inode_word(above_inode), l->base) : 0;
	if (!l->container)
		host_gather(slot);
	state = directory_state(slot);
	work_release(slot);
	return state;
}

/* State of the directory that holds the entry. */
static __always_inline u64 lookup_directory(struct lookup *l, struct dentry *parent, struct inode *inode)
{
	u64 key = dir_key(parent, inode_word(inode), l->base);
	struct dir_slot *slot = dir_slot_of(key);
	u64 state = slot->state;

	if ((slot->check ^ state) != key || !key)
		state = lookup_miss(l, parent, inode, key);
	return state;
}

/* After a move of a directory, or the removal of one whose number and address may come back. */
static __always_inline void superblock_moved(struct super_block *superblock)
{
	u64 n = number(superblock);

	__sync_fetch_and_add(moves_of(n), 1);
}
