/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's view: the init namespace's mounts of one superblock, each with
 * the state of its mountpoint, gathered when the namespace's counter of
 * changes moved. Never a superblock's own list of mounts: that holds those of
 * every container.
 */
#pragma once

#define HOST_MOUNTS_MAX (4 * MOUNTS_MAX) /* that a walk visits */

#define ANCHOR_HASH(x) ((x) * MIX_A)
#define anchor_maybe(filter, x) (((filter)[(ANCHOR_HASH(x) >> 60) & 15] >> (ANCHOR_HASH(x) >> 54 & 63)) & 1)

/* A directory bound at many places that say the same is one hit. */
static __noinline int hit_known(struct work *work, u64 what, u32 generation, u32 level)
{
	for (u32 i = 0; i < HITS_MAX; i++) {
		if (i >= work->hit_count)
			break;
		if (work->hits[i].what == what && work->hits[i].level == level && work->hits[i].generation == generation)
			return 1;
	}
	return 0;
}

static __always_inline void hit_add(struct work *work, u64 what, u32 generation, u32 level)
{
	u32 n = work->hit_count;

	if (hit_known(work, what, generation, level))
		return;
	if (n >= HITS_MAX) {
		work->overflow = 1;
		return;
	}
	work->hits[n & (HITS_MAX - 1)].what = what;
	work->hits[n & (HITS_MAX - 1)].generation = generation;
	work->hits[n & (HITS_MAX - 1)].level = level;
	work->hit_count = n + 1;
}

#define NO_LEVEL (WALK_MAX + 1)

struct level_search {
	struct work *work;
	u64 dentry;
	u32 level;
	u32 reserved;
};

static long level_one(u32 i, struct level_search *s)
{
	struct work *work = s->work;

	if (!work || i > work->below_count)
		return 1;
	if (work->ancestors[i & (WALK_MAX - 1)] != s->dentry)
		return 0;
	s->level = i;
	return 1;
}

/* How far above the directory a dentry was passed, NO_LEVEL if it was not. */
__noinline u32 ancestor_level(u32 slot, u64 dentry)
{
	struct work *work = WORK(slot);
	struct level_search s = { .work = work, .dentry = dentry, .level = NO_LEVEL };

	if ((work->ancestor_filter >> (ANCHOR_HASH(dentry) >> 58)) & 1)
		bpf_loop(WALK_MAX, level_one, &s, 0);
	return s.level;
}

/* The rules on a single mounted file, to work->found: its mountpoint is an entry of the directory above it. */
static __always_inline void mounted_file_sets(u32 slot, struct work *work, u32 count_, u32 root)
{
	work->found_count = 0;
	if (count_)
		entry_sets(slot, work->above[0], work->above_text[0], trie_descend(slot, root_state(root), count_, 1, 1));
}

/* Notes a mount of the superblock in work->anchors. Beyond what the list holds, its place is not worked out. */
static __always_inline int anchor_note(struct work *work, u64 root, u32 *is_file)
{
	u64 inode = 0, number = 0;
	u16 mode = 0;

	read_kernel(inode, root + offset_of(dentry, d_inode));
	read_kernel(mode, inode + offset_of(inode, i_mode));
	*is_file = (mode & S_IFMT_BITS) != S_IFDIR_BITS;
	if (*is_file) {
		read_kernel(number, inode + offset_of(inode, i_ino));
		file_mount_note(number, 0);
		work->anchors.files++;
	}
	work->anchors.filter[(ANCHOR_HASH(root) >> 60) & 15] |= 1ull << (ANCHOR_HASH(root) >> 54 & 63);
	if (work->anchors.count >= ANCHORS_MAX)
		work->anchors.overflow = 1;
	return work->anchors.overflow;
}

static __always_inline u64 host_event(void)
{
	u64 event = 0;

	read_kernel(event, quell.host_mount_ns + offset_of(mnt_namespace, event));
	return event;
}

/*
 * A walk that did not come back to the list's head: there were more mounts than it visits, which is loud; or one of them
 * was taken away under it, and led to where such mounts are collected. The counter of changes moves when that is done.
 */
static __always_inline void host_walk_failed(void)
{
	u32 mounts = 0;

	if (bpf_core_field_exists(struct mnt_namespace___list, list))
		read_kernel(mounts, quell.host_mount_ns + bpf_core_field_offset(struct mnt_namespace___list, mounts));
	else
		read_kernel(mounts, quell.host_mount_ns + bpf_core_field_offset(struct mnt_namespace, nr_mounts));
	count(mounts > HOST_MOUNTS_MAX ? QUELL_COUNTER_WALK_OVERFLOW : QUELL_COUNTER_ANCHOR_RACES);
}

static __noinline int host_visit(u32 slot, u64 mount)
{
	u64 state;
	struct work *work = WORK(slot);
	struct mounts_walk *m = &work->mounts;
	u64 *root = m->root;
	u32 host = QUELL_NODE_HOST, level = NO_LEVEL, is_file = 0;

	if (bpf_probe_read_kernel(root, sizeof(m->root), (void *)(mount + offset_of(mount, mnt))))
		return 0;
	if (root[1] != m->superblock)
		return 0;
	if (m->mode == MOUNTS_SEARCH) {
		level = ancestor_level(slot, root[0]);
		if (level == NO_LEVEL)
			return 0;
		host = work->query.root_kind;
	} else if (m->mode == MOUNTS_FILE ? root[0] != work->query.entry : anchor_note(work, root[0], &is_file)) {
		return 0;
	}
	if (chain(slot, root[0], mount) != CHAIN_ROOT) {
		count(host_event() == m->event ? QUELL_COUNTER_WALK_OVERFLOW : QUELL_COUNTER_ANCHOR_RACES);
		state = STATE(QUELL_DIR_OVERFLOW, 0, 0);
	} else {
		state = trie_descend(slot, root_state(host | work->half), work->above_count, 1, 0);
	}
	if (m->mode == MOUNTS_SEARCH) {
		hit_add(work, state, 0, level);
		return 0;
	}
	if (m->mode == MOUNTS_FILE) {
		mounted_file_sets(slot, work, work->above_count, host | work->half);
		sets_take(slot);
		return 0;
	}
	u32 n = work->anchors.count;
	struct anchor *anchor = &work->anchors.list[n & (ANCHORS_MAX - 1)];

	anchor->root = root[0];
	anchor->state = state;
	work->found_count = 0;
	if (is_file)
		mounted_file_sets(slot, work, work->above_count, host | work->half);
	if (work->found_count > ANCHOR_SETS)
		count(QUELL_COUNTER_RULES_OVERFLOW);
	for (int i = 0; i < ANCHOR_SETS; i++)
		anchor->sets[i] = i < work->found_count ? work->found[i] : 0;
	work->anchors.count = n + 1;
	return 0;
}

static int visit_mount(u32 slot, u64 mount)
{
	return WORK(slot)->mounts.mode == MOUNTS_HOME ? home_visit(slot, mount) : host_visit(slot, mount);
}

/* Gathers the mounts of the queried directory's superblock, unless they are there. */
__noinline int host_gather(u32 slot)
{
	struct work *work = WORK(slot);

	if (bpf_map_lookup_elem(&host_anchors, &work->query.anchors))
		return 1;
	read_kernel(work->mounts.superblock, work->query.directory + offset_of(dentry, d_sb));
	work->chain.root_dentry = 0;
	work->chain.root_mount = 0;
	work->anchors.count = 0;
	work->anchors.overflow = 0;
	work->anchors.files = 0;
	for (int i = 0; i < 16; i++)
		work->anchors.filter[i] = 0;
	work->mounts.event = host_event();
	count(QUELL_COUNTER_ANCHOR_BUILDS);
	if (!mounts_visit(slot, quell.host_mount_ns, HOST_MOUNTS_MAX, MOUNTS_GATHER))
		host_walk_failed();
	bpf_map_update_elem(&host_anchors, &work->query.anchors, &work->anchors, BPF_ANY);
	return 0;
}

/* More anchors than are cached: look among all mounts for the ancestors just collected, or for one mounted file. */
__noinline int host_search(u32 slot, u32 mode)
{
	struct work *work = WORK(slot);

	work->mounts.superblock = work->superblock;
	work->chain.root_dentry = 0;
	work->chain.root_mount = 0;
	work->mounts.event = host_event();
	count(QUELL_COUNTER_ANCHOR_SCANS);
	if (!mounts_visit(slot, quell.host_mount_ns, HOST_MOUNTS_MAX, mode))
		host_walk_failed();
	return 0;
}
