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

struct chain_walk {
	struct work *work;
	u64 dentry;
	u64 mount;
	u64 mount_root;
	u64 root_dentry;
	u64 root_mount; /* 0: up to the namespace's own root */
	u32 end;
	u32 reserved;
};

static long chain_one(u32 i, struct chain_walk *c)
{
	struct work *work = c->work;
	u64 dentry = c->dentry, mount = c->mount;

	if (!work)
		return 1;
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
	if (read_head(&work->head, dentry))
		return 1;
	if (work->head.parent == dentry) {
		c->end = c->root_mount ? CHAIN_OUTSIDE : CHAIN_ROOT;
		return 1;
	}
	if (work->above_count >= WALK_MAX)
		return 1;
	work->above[work->above_count & (WALK_MAX - 1)] = hash_name(&work->head, dentry);
	work->above_count++;
	c->dentry = work->head.parent;
	return 0;
}

__noinline u32 chain(u32 slot, u64 dentry, u64 mount, u64 root_dentry, u64 root_mount)
{
	struct work *work = WORK(slot);
	struct chain_walk c = {
		.work = work, .dentry = dentry, .mount = mount, .root_dentry = root_dentry, .root_mount = root_mount,
	};

	work->above_count = 0;
	read_kernel(c.mount_root, mount + offset_of(mount, mnt) + offset_of(vfsmount, mnt_root));
	bpf_loop(2 * WALK_MAX, chain_one, &c, 0);
	return c.end;
}

/* --- all mounts of a namespace, by list (before 6.8) or by tree */

struct mounts_walk {
	u32 slot;
	u32 mode;      /* who asks: see visit_mount */
	u64 current;
	u64 previous;
	u64 head;
	u64 container;
	u64 root_dentry;
	u64 root_mount;
	u64 superblock;
};

static int visit_mount(struct mounts_walk *m, u64 mount);

/* A step of an in-order walk without a stack: where it came from tells where to go. */
static long mounts_tree_one(u32 i, struct mounts_walk *m)
{
	u64 node[3], current = m->current, previous = m->previous, next; /* parent|color, right, left */

	if (!current)
		return 1;
	if (bpf_probe_read_kernel(node, sizeof(node), (void *)current))
		return 1;
	u64 parent = node[0] & ~3ull;

	if (previous == parent) {
		visit_mount(m, current - bpf_core_field_offset(struct mount___tree, mnt_node));
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

static long mounts_list_one(u32 i, struct mounts_walk *m)
{
	u64 next = 0, current = m->current;

	if (!current || current == m->head)
		return 1;
	if (read_kernel(next, current))
		return 1;
	visit_mount(m, current - bpf_core_field_offset(struct mount___list, mnt_list));
	m->current = next;
	return 0;
}

/* True when every mount of the namespace was visited. */
static __always_inline int mounts_visit(struct mounts_walk *m, u64 ns, u32 max)
{
	m->previous = *(volatile u32 *)&zero;
	if (bpf_core_field_exists(struct mnt_namespace___list, list)) {
		m->head = ns + bpf_core_field_offset(struct mnt_namespace___list, list);
		read_kernel(m->current, m->head);
		bpf_loop(max, mounts_list_one, m, 0);
		return m->current == m->head;
	}
	read_kernel(m->current, ns + bpf_core_field_offset(struct mnt_namespace___tree, mounts));
	bpf_loop(2 * max, mounts_tree_one, m, 0);
	return !m->current;
}
