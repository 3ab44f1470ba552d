/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on what only an address is known of: places to mount on, and entries that no hook hands over. */
#pragma once

/* Does no rule look at the entry of a directory in that state, or below it? */
static __always_inline int entry_is_quiet(u32 slot, u64 entry, u64 state)
{
	struct dentry_head *head;
	u32 node = STATE_NODE(state);
	u64 name;

	if (state & (QUELL_DIR_ALL | QUELL_DIR_ALIASES | QUELL_DIR_OVERFLOW))
		return 0;
	if (STATE_WILD(state) >= QUELL_WILD_STAY)
		return 0;
	if (!(state & (QUELL_DIR_LEAVES | QUELL_DIR_WILD)) && !node)
		return 1;
	head = head_at(&WORK(slot)->head, entry);
	if (!head->parent || ((state & QUELL_DIR_WILD) && gate_opens(state, head->name, head->length, WORK(slot)->half)))
		return 0;
	name = hash_name(head, entry);
	return !edge_find(node, QUELL_EDGE_NAME, name) && !leaf_is_watched(node, name);
}

/* A place to mount on, or to take a mount off: an address, and what its directory's key is made of. */
struct place {
	u64 dentry;
	u64 parent;
	u64 superblock;
	u64 parent_inode; /* inode_word */
};

/* Where the verifier knows what a pointer leads to, its fields cost a tenth of what read_kernel costs. */
static __always_inline struct place place_of(struct dentry *dentry)
{
	struct dentry *parent = dentry->d_parent;
	struct inode *inode = parent->d_inode;

	return (struct place){ address_of(dentry), address_of(parent), number(dentry->d_sb),
			       is_null(inode) ? 0 : inode_word(inode) };
}

static __always_inline struct place place_at(u64 dentry)
{
	u64 parent = read_pointer(dentry + offset_of(dentry, d_parent));
	u64 inode = read_pointer(parent + offset_of(dentry, d_inode)), number_ = 0;
	u32 generation = 0;

	read_kernel(number_, inode + offset_of(inode, i_ino));
	read_kernel(generation, inode + offset_of(inode, i_generation));
	return (struct place){ dentry, parent, number_of_address(read_pointer(dentry + offset_of(dentry, d_sb))),
			       number_ ^ (u64)generation << 32 };
}

/*
 * Is the place one that no rule is about? A runtime mounts dozens of times for a container, nearly always at such places,
 * and for them one look at the directory that holds it is enough.
 */
static __always_inline int place_is_quiet(u32 slot, struct lookup *l, struct place *place)
{
	struct query *q = &WORK(slot)->query;
	struct dir_slot *cached;
	u64 state;

	if (place->parent == place->dentry || !place->parent_inode)
		return 0;
	q->key = key_spread(number_of_address(place->parent) * MIX_A + place->parent_inode * MIX_B + l->base);
	cached = dir_slot_of(q->key);
	state = cached->state;
	if ((cached->check ^ state) != q->key) {
		q->parent_key = 0;
		if (query_directory(q, place->parent))
			return 0;
		if (!l->container)
			host_gather(slot);
		state = directory_state(slot);
	}
	if (!entry_is_quiet(slot, place->dentry, state))
		return 0;
	q->directory = place->dentry;
	if ((l->container || (state & QUELL_DIR_FILES)) && query_directory(q, place->dentry))
		return 0;
	/* the mount on the place may be at another one of the view: that one's rules count */
	return !is_mount_root(WORK(slot)) && !((state & QUELL_DIR_FILES) && file_mount_maybe(q->inode, l->container));
}

/* An operation on an entry of which only the address is at hand. */
static __always_inline int judge_entry_at(u64 entry, u32 number_, u32 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lookup l = { .container = subject_of(task) };
	struct place place = place_at(entry);
	u32 slot = work_claim();
	int verdict;

	if (slot >= WORK_NONE)
		return 0;
	lookup_view(&l, task, place.superblock);
	lookup_fill(&l, WORK(slot));
	WORK(slot)->op = (struct operation){ .entry = entry, .parent = place.parent, .number = number_, .hook = hook, .files = 1 };
	verdict = judge(slot);
	work_release(slot);
	return verdict;
}

/* A mount onto, or off, a place: the entry itself and everything below it. */
static __always_inline int judge_place(struct place place, u32 number_, u64 detail, u32 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lookup l = { .container = subject_of(task) };
	u32 slot = work_claim();
	int verdict;

	if (slot >= WORK_NONE)
		return 0;
	lookup_view(&l, task, place.superblock);
	lookup_fill(&l, WORK(slot));
	if (place_is_quiet(slot, &l, &place)) {
		work_release(slot);
		return 0;
	}
	WORK(slot)->op = (struct operation){ .entry = place.dentry,
					     .parent = place.parent == place.dentry ? 0 : place.parent, .place = place.dentry,
					     .detail = detail, .number = number_, .hook = hook, .files = 1 };
	verdict = judge(slot);
	work_release(slot);
	return verdict;
}
