/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a place in a mount up to a root, across mounts: the components of a
 * mountpoint as its namespace sees it. Hashes go to work->above.
 */
#pragma once

enum chain_end {
	CHAIN_BROKEN,  /* deeper than WALK_MAX, or memory that changed under the walk */
	CHAIN_ROOT,    /* reached the root asked for */
	CHAIN_OUTSIDE, /* ended elsewhere: not below that root */
};

struct slot_context {
	u32 slot;
	u32 reserved;
};

/* Two bits for each dentry on the way to a mountpoint of the host: what is on none is let go. */
#define MOUNT_WAY_BIT(dentry, shift) (((dentry) * MIX_A) >> (shift) & (MOUNT_WAYS - 1))

static __always_inline u64 *mount_way_word(u32 bit)
{
	return &mount_ways[(bit >> 6) & (MOUNT_WAYS / 64 - 1)];
}

static __always_inline int mount_way_maybe(u64 dentry)
{
	u32 one = MOUNT_WAY_BIT(dentry, 48), two = MOUNT_WAY_BIT(dentry, 32);

	return (*mount_way_word(one) >> (one & 63)) & (*mount_way_word(two) >> (two & 63)) & 1;
}

static __always_inline void mount_way_add(u64 dentry)
{
	u32 one = MOUNT_WAY_BIT(dentry, 48), two = MOUNT_WAY_BIT(dentry, 32);

	if (mount_way_maybe(dentry))
		return;
	__sync_fetch_and_or(mount_way_word(one), 1ull << (one & 63));
	__sync_fetch_and_or(mount_way_word(two), 1ull << (two & 63));
}

static long mount_way_clear_one(u32 i, void *unused)
{
	mount_ways[i & (MOUNT_WAYS / 64 - 1)] = 0;
	return 0;
}

/*
 * A dentry was moved, perhaps on the way to a mountpoint of the host: every view that was gathered is stale, and the filter
 * begins anew. It may have been on a way that is gone, or have the memory of one that was: slabs hand it out again at once,
 * and then each of its moves would cost everybody a view. Emptied first and counted then, so that what is noted in between
 * is of a view that is stale, too; and who moves in between cannot know, and counts.
 */
static __noinline int mount_way_moved(u64 dentry)
{
	if (mount_way_maybe(dentry)) {
		__sync_fetch_and_add(&mount_ways_clearing, 1);
		bpf_loop(MOUNT_WAYS / 64, mount_way_clear_one, 0, 0);
		__sync_fetch_and_add(&mount_way_moves, 1);
		__sync_fetch_and_add(&mount_ways_clearing, -1);
	} else if (mount_ways_clearing) {
		__sync_fetch_and_add(&mount_way_moves, 1);
	}
	return 0;
}

static long chain_one(u32 i, struct slot_context *x)
{
	struct work *work = WORK(x->slot);
	struct chain_walk *c = &work->chain;
	u64 dentry = c->dentry, mount = c->mount;

	/* of the host's mounts; before name and parent are read, so that a move from now on is noticed */
	if (!c->root_mount)
		mount_way_add(dentry);
	if (mount == c->root_mount && dentry == c->root_dentry) {
		c->end = CHAIN_ROOT;
		return 1;
	}
	if (dentry == c->mount_root) {
		u64 up[2]; /* mnt_parent, mnt_mountpoint */

		if (bpf_probe_read_kernel(up, sizeof(up), (void *)(mount + offset_of(mount, mnt_parent))))
			return 1;
		if (up[0] == mount) {
			c->end = c->root_mount ? CHAIN_OUTSIDE : CHAIN_ROOT;
			return 1;
		}
		c->mount = up[0];
		c->dentry = up[1];
		return read_kernel(c->mount_root, up[0] + offset_of(mount, mnt) + offset_of(vfsmount, mnt_root)) ? 1 : 0;
	}
	struct dentry_head *head = head_at(&work->head, dentry);
	u64 parent = head->parent;

	if (!parent)
		return 1;
	if (parent == dentry) {
		c->end = c->root_mount ? CHAIN_OUTSIDE : CHAIN_ROOT;
		return 1;
	}
	if (work->above_count >= WALK_MAX)
		return 1;
	work->above[work->above_count & (WALK_MAX - 1)] = hash_name(head, dentry);
	work->above_text[work->above_count & (WALK_MAX - 1)] = head_text(head);
	work->above_count++;
	c->dentry = parent;
	return 0;
}

/* From `dentry` in `mount` up to work->chain.root_dentry on .root_mount, or to the namespace's root. */
static __always_inline u32 chain(u32 slot, u64 dentry, u64 mount)
{
	struct work *work = WORK(slot);
	struct slot_context x = { .slot = slot };

	work->above_count = 0;
	work->chain.dentry = dentry;
	work->chain.mount = mount;
	work->chain.end = CHAIN_BROKEN;
	read_kernel(work->chain.mount_root, mount + offset_of(mount, mnt) + offset_of(vfsmount, mnt_root));
	bpf_loop(2 * WALK_MAX, chain_one, &x, 0);
	return work->chain.end;
}

/* --- all mounts of a namespace, by list (before 6.8) or by tree */

enum mounts_mode { MOUNTS_HOME, MOUNTS_GATHER, MOUNTS_SEARCH, MOUNTS_FILE };

static int visit_mount(u32 slot, u64 mount);

/* A step of an in-order walk without a stack: where it came from tells where to go. */
static long mounts_tree_one(u32 i, struct slot_context *x)
{
	struct mounts_walk *m = &WORK(x->slot)->mounts;
	u64 node[3], current = m->current, previous = m->previous, next; /* parent|color, right, left */

	if (!current)
		return 1;
	if (bpf_probe_read_kernel(node, sizeof(node), (void *)current))
		return 1;
	u64 parent = node[0] & ~3ull;

	if (previous == parent) {
		visit_mount(x->slot, current - bpf_core_field_offset(struct mount___tree, mnt_node));
		next = node[2] ? node[2] : node[1] ? node[1] : parent;
	} else if (previous && previous == node[2]) {
		next = node[1] ? node[1] : parent;
	} else {
		next = parent;
	}
	m->previous = current;
	m->current = next;
	return 0;
}

static long mounts_list_one(u32 i, struct slot_context *x)
{
	struct mounts_walk *m = &WORK(x->slot)->mounts;
	u64 next = 0, current = m->current;

	if (!current || current == m->head)
		return 1;
	if (read_kernel(next, current))
		return 1;
	visit_mount(x->slot, current - bpf_core_field_offset(struct mount___list, mnt_list));
	m->current = next;
	return 0;
}

/* Every mount of the namespace, at most `max`; true when all of them were visited. */
static __always_inline int mounts_visit(u32 slot, u64 ns, u32 max, u32 mode)
{
	struct mounts_walk *m = &WORK(slot)->mounts;
	struct slot_context x = { .slot = slot };

	m->mode = mode;
	m->previous = 0;
	m->current = 0;
	m->head = 0;
	if (bpf_core_field_exists(struct mnt_namespace___list, list)) {
		m->head = ns + bpf_core_field_offset(struct mnt_namespace___list, list);
		read_kernel(m->current, m->head);
		bpf_loop(max, mounts_list_one, &x, 0);
		return m->current == m->head;
	}
	read_kernel(m->current, ns + bpf_core_field_offset(struct mnt_namespace___tree, mounts));
	bpf_loop(2 * max, mounts_tree_one, &x, 0);
	return !m->current;
}
