/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a directory up to its superblock's root: component hashes to
 * work->below, and the mounts of the view that were passed to work->hits.
 */
#pragma once

struct up_walk {
	struct work *work;
	u64 dentry;
	struct anchors *anchors;    /* host */
	struct home_superblock *sb; /* container */
	u64 container;
	u64 superblock;
	u32 done;
	u32 reserved;
};

static __always_inline long up_step(struct up_walk *u, struct work *work, struct dentry_head *head, u64 parent)
{
	u32 n = work->below_count;

	if (n >= WALK_MAX)
		return 1;
	work->below[n & (WALK_MAX - 1)] = hash_name(head, u->dentry);
	work->below_text[n & (WALK_MAX - 1)] = head_text(head);
	work->below_count = n + 1;
	u->dentry = parent;
	return 0;
}

static long anchor_one(u32 i, struct up_walk *u)
{
	struct work *work = u->work;
	struct anchors *anchors = u->anchors;

	if (!work || !anchors || i >= ANCHORS_MAX)
		return 1;
	if (anchors->list[i].root == u->dentry)
		hit_add(work, anchors->list[i].state, 0, work->below_count);
	return 0;
}

static long up_host_one(u32 i, struct up_walk *u)
{
	struct work *work = u->work;
	struct anchors *anchors = u->anchors;
	u64 dentry = u->dentry;

	if (!work)
		return 1;
	if (!anchors || anchors->overflow) {
		/* the root of the longest way there is: no place is left, and it is not to be taken for the directory itself */
		if (work->below_count >= WALK_MAX)
			return 1;
		work->ancestors[work->below_count & (WALK_MAX - 1)] = dentry;
		work->ancestor_filter |= 1ull << (ANCHOR_HASH(dentry) >> 58);
	} else if (anchor_maybe(anchors->filter, dentry)) {
		bpf_loop(anchors->count, anchor_one, u, 0);
	}
	struct dentry_head *head = head_at(&work->head, dentry);
	u64 parent = head->parent;

	if (parent == dentry)
		u->done = 1;
	if (!parent || parent == dentry)
		return 1;
	return up_step(u, work, head, parent);
}

static __noinline u32 is_home_directory(struct home_superblock *sb, u64 container, u64 superblock, u64 inode,
					u32 generation)
{
	u32 bit = inode_bit(inode);

	if (!sb || !((sb->filter[(bit >> 6) & 3] >> (bit & 63)) & 1))
		return 0;
	struct home_key key = { container, superblock, inode, generation, 0 };
	struct home *h = bpf_map_lookup_elem(&homes, &key);

	return h && !h->is_file;
}

static long up_home_one(u32 i, struct up_walk *u)
{
	struct work *work = u->work;
	struct home_superblock *sb = u->sb;
	u64 dentry = u->dentry;

	if (!work || !sb)
		return 1;
	struct dentry_head *head = head_at(&work->head, dentry);
	u64 parent = head->parent;

	if (!parent)
		return 1;
	if (parent == dentry) {
		if (sb->root)
			hit_add(work, ROOT_INODE, 0, work->below_count);
		u->done = 1;
		return 1;
	}
	if (sb->directories) {
		u64 at = head->inode, inode = load_word(at + offset_of(inode, i_ino));
		u32 bit = inode_bit(inode);

		if ((sb->filter[(bit >> 6) & 3] >> (bit & 63)) & 1) {
			u32 generation = load_word(at + offset_of(inode, i_generation));

			if (is_home_directory(sb, u->container, u->superblock, inode, generation))
				hit_add(work, inode, generation, work->below_count);
		}
	}
	return up_step(u, work, head, parent);
}

enum walk_end {
	WALK_HITS,    /* work->hits tells where the directory is */
	WALK_SEARCH,  /* host, more mounts than are cached: host_search must find the hits */
	WALK_OUTSIDE, /* below no mount of the view */
	WALK_BOUND,   /* a bound was met */
	WALK_EARLY,   /* the container's home is not recorded yet */
};

__noinline u32 walk_up(u32 slot)
{
	struct work *work = WORK(slot);
	struct up_walk u = { .work = work, .dentry = work->query.directory, .container = work->query.container };

	u.superblock = load_word(u.dentry + offset_of(dentry, d_sb));
	work->superblock = u.superblock;
	work->below_count = 0;
	work->hit_count = 0;
	work->overflow = 0;
	work->query.files = 0;
	if (u.container) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &u.container);
		struct home_superblock_key key = { u.container, u.superblock };

		if (!c || c->home_state != QUELL_HOME_READY)
			return WALK_EARLY;
		u.sb = bpf_map_lookup_elem(&home_superblocks, &key);
		if (!u.sb || u.sb->birth != birth_of(u.superblock))
			return WALK_OUTSIDE;
		work->query.files = u.sb->files;
		bpf_loop(WALK_MAX + 1, up_home_one, &u, 0);
	} else if (work->query.root_kind != QUELL_NODE_HOST) {
		/* cached anchors hold states of the rules' trie: another root is looked up in full */
		work->ancestor_filter = 0;
		bpf_loop(WALK_MAX + 1, up_host_one, &u, 0);
		return u.done ? WALK_SEARCH : WALK_BOUND;
	} else {
		struct anchors_key key = work->query.anchors;

		u.anchors = bpf_map_lookup_elem(&host_anchors, &key);
		if (!u.anchors) {
			count(QUELL_COUNTER_WALK_UNREACHED);
			return WALK_BOUND;
		}
		work->query.files = u.anchors->files;
		work->ancestor_filter = 0;
		bpf_loop(WALK_MAX + 1, up_host_one, &u, 0);
		if (u.anchors->overflow && u.done)
			return WALK_SEARCH;
	}
	if (!u.done || work->overflow)
		return WALK_BOUND;
	return work->hit_count ? WALK_HITS : WALK_OUTSIDE;
}
