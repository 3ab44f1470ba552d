/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container's home: the mounts its runtime made before its first own
 * instruction. A path in a rule means the object there. Recorded once, in
 * bprm_committed_creds of the first process; later mounts, chroot and unshare
 * change nothing. Anchors are inodes, never dentries, so that eviction and
 * umount lose nothing; births tell superblocks apart whose address is reused.
 */
#pragma once

static __always_inline u64 birth_of(u64 superblock)
{
	u64 *birth = bpf_map_lookup_elem(&births, &superblock);

	return birth ? *birth : 0;
}

static __always_inline u32 inode_bit(u64 inode)
{
	return (inode * MIX_A) >> 56;
}

static __always_inline u32 file_mount_bit(u64 inode, u64 container)
{
	return (inode * MIX_A + container * MIX_B) >> 46;
}

static __always_inline void file_mount_note(u64 inode, u64 container)
{
	u32 bit = file_mount_bit(inode, container);

	__sync_fetch_and_or(&file_mount_filter[(bit >> 6) & (FILE_MOUNT_BITS / 64 - 1)], 1ull << (bit & 63));
}

static __always_inline int file_mount_maybe(u64 inode, u64 container)
{
	u32 bit = file_mount_bit(inode, container);

	return (file_mount_filter[(bit >> 6) & (FILE_MOUNT_BITS / 64 - 1)] >> (bit & 63)) & 1;
}

/* Adds the superblock's summary. False when its map is full. */
static __always_inline int home_summarise(struct work *work, u64 container, u64 superblock, u64 inode, int is_file)
{
	struct home_superblock_key key = { container, superblock };
	struct home_superblock *sb = bpf_map_lookup_elem(&home_superblocks, &key);

	if (!sb) {
		__builtin_memset(&work->home_superblock, 0, sizeof(work->home_superblock));
		work->home_superblock.birth = birth_of(superblock);
		bpf_map_update_elem(&home_superblocks, &key, &work->home_superblock, BPF_ANY);
		sb = bpf_map_lookup_elem(&home_superblocks, &key);
		if (!sb)
			return 0;
	}
	if (is_file) {
		sb->files++;
		file_mount_note(inode, container);
	} else if (inode == ROOT_INODE) {
		sb->root = 1;
	} else {
		sb->directories++;
	}
	if (inode != ROOT_INODE) {
		u32 bit = inode_bit(inode);

		sb->filter[(bit >> 6) & 3] |= 1ull << (bit & 63);
	}
	return 1;
}

static __always_inline int home_lost(struct quell_container *c, u32 counter)
{
	c->overflows++;
	count(counter);
	return 0;
}

/* Keeps the texts of the names on the way to a home mount, of which its record has only the hashes. False: not all of them. */
__noinline int home_names_keep(u32 slot)
{
	struct work *work = WORK(slot);
	int kept = 1;

#pragma clang loop unroll(disable)
	for (int i = 0; i < HOME_DEPTH_MAX; i++) {
		if (i >= work->above_count)
			break;
		u64 text = work->above_text[i & (HOME_DEPTH_MAX - 1)];
		u32 length = NAME_LENGTH(text);

		work->wild.home.container = work->mounts.container;
		work->wild.home.hash = work->above[i & (HOME_DEPTH_MAX - 1)];
		if (bpf_map_lookup_elem(&home_names, &work->wild.home))
			continue;
		asm volatile("" : "+r"(length));
		length &= 255;
		work->home_name.length = length;
		bpf_probe_read_kernel(work->home_name.text, length, (void *)NAME_ADDRESS(text));
		if (bpf_map_update_elem(&home_names, &work->wild.home, &work->home_name, BPF_ANY))
			kept = 0;
	}
	return kept;
}

/* Notes the mount whose root is `dentry`; its place is in work->above. */
__noinline int home_put(u32 slot, u64 container, u64 superblock, u64 dentry)
{
	struct work *work = WORK(slot);
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);
	u64 inode = 0, chain_hash = quell.name_key;
	u32 generation = 0, alias = 0;
	u16 mode = 0;

	if (!c || read_head(&work->head, dentry) || !work->head.inode)
		return 0;
	read_kernel(mode, work->head.inode + offset_of(inode, i_mode));
	int is_file = (mode & S_IFMT_BITS) != S_IFDIR_BITS;

	if (work->head.parent == dentry && !is_file) {
		inode = ROOT_INODE;
	} else {
		read_kernel(inode, work->head.inode + offset_of(inode, i_ino));
		read_kernel(generation, work->head.inode + offset_of(inode, i_generation));
	}
	if (work->above_count > HOME_DEPTH_MAX)
		return home_lost(c, QUELL_COUNTER_HOME_OVERFLOW);
	for (int i = 0; i < HOME_DEPTH_MAX; i++) {
		if (i >= work->above_count)
			break;
		u64 hash = work->above[i];

		work->home.components[i] = hash;
		chain_hash = mix(chain_hash, hash);
	}
	chain_hash = mix_length(chain_hash, work->above_count);
	work->home_key.container = container;
	work->home_key.superblock = superblock;
	work->home_key.inode = inode;
	work->home_key.generation = generation;
	work->home.previous = c->last;
	work->home.chain = chain_hash;
	work->home.count = work->above_count;
	work->home.is_file = is_file;
	work->home.aliases = 0;
	/* tried first and looked up then: hardly any is there already */
	for (alias = 0; alias < ALIASES_MAX; alias++) {
		work->home_key.alias = alias;
		if (!bpf_map_update_elem(&homes, &work->home_key, &work->home, BPF_NOEXIST))
			break;
		struct home *known = bpf_map_lookup_elem(&homes, &work->home_key);

		/* the allocator may be out of cached elements for a moment: once more */
		if (!known && bpf_map_update_elem(&homes, &work->home_key, &work->home, BPF_ANY))
			return home_lost(c, QUELL_COUNTER_HOME_FULL);
		if (!known)
			break;
		if (known->chain == chain_hash)
			return 0;
	}
	if (alias == ALIASES_MAX)
		return home_lost(c, QUELL_COUNTER_HOME_OVERFLOW);
	c->last.superblock = superblock;
	c->last.inode = inode;
	c->last.generation = generation;
	c->last.alias = alias;
	c->mounts++;
	if (alias) {
		work->home_key.alias = 0;
		struct home *first = bpf_map_lookup_elem(&homes, &work->home_key);

		if (first)
			first->aliases = alias;
	}
	if (!home_summarise(work, container, superblock, inode, is_file))
		return home_lost(c, QUELL_COUNTER_HOME_FULL);
	return 1;
}

/*
 * Runtimes mount many things beside each other, /etc/hosts and /etc/hostname: above their own names the way of the last
 * one is theirs, too. False when it is not, and then the next one is compared with this one.
 */
static __always_inline int home_beside(struct work *work, u64 mount)
{
	struct home_beside *last = &work->beside;
	u64 up[2]; /* mnt_parent, mnt_mountpoint */

	if (bpf_probe_read_kernel(up, sizeof(up), (void *)(mount + offset_of(mount, mnt_parent))) ||
	    read_head(&work->head, up[1]))
		return 0;
	if (last->count && last->mount == up[0] && last->directory == work->head.parent && last->mount_root != up[1]) {
		work->above[0] = hash_name(&work->head, up[1]);
		work->above_text[0] = head_text(&work->head);
		work->above_count = last->count;
		return 1;
	}
	last->count = 0;
	last->mount = up[0];
	last->directory = work->head.parent;
	read_kernel(last->mount_root, up[0] + offset_of(mount, mnt) + offset_of(vfsmount, mnt_root));
	if (last->mount_root == up[1])
		last->mount = 0; /* on top of another mount: its name is not part of the way */
	return 0;
}

/* One mount of the namespace being recorded. */
static __noinline int home_visit(u32 slot, u64 mount)
{
	struct work *work = WORK(slot);
	u64 *root = work->mounts.root, container = work->mounts.container;

	if (bpf_probe_read_kernel(root, sizeof(work->mounts.root), (void *)(mount + offset_of(mount, mnt))))
		return 0;
	if (!root[0] || !root[1] || mount == work->chain.root_mount)
		return 0;
	u32 end = home_beside(work, mount) ? CHAIN_ROOT : chain(slot, root[0], mount);

	if (end == CHAIN_OUTSIDE) {
		count(QUELL_COUNTER_HOME_OUTSIDE);
		return 0;
	}
	if (end != CHAIN_ROOT) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

		return c ? home_lost(c, QUELL_COUNTER_HOME_OVERFLOW) : 0;
	}
	if (work->beside.mount)
		work->beside.count = work->above_count;
	/* the names of one that is not noted would be nobody's, and stay for good */
	if (!home_put(slot, container, root[1], root[0]))
		return 0;
	if (!home_names_keep(slot))
		count(QUELL_COUNTER_HOME_FULL);
	return 1;
}

struct home_drop_walk {
	u64 container;
	struct home_key key;
};

static long home_drop_one(u32 i, struct home_drop_walk *d)
{
	struct home *h = bpf_map_lookup_elem(&homes, &d->key);
	struct home_superblock_key sb = { d->container, d->key.superblock };

	if (!h)
		return 1;
	struct home_key previous = { d->container, h->previous.superblock, h->previous.inode, h->previous.generation,
				     h->previous.alias };

	for (int i = 0; i < HOME_DEPTH_MAX; i++) {
		struct home_name_key name = { .container = d->container };

		if (i >= h->count)
			break;
		name.hash = h->components[i];
		bpf_map_delete_elem(&home_names, &name);
	}
	bpf_map_delete_elem(&home_superblocks, &sb);
	bpf_map_delete_elem(&homes, &d->key);
	d->key = previous;
	return 0;
}

/* Forgets all home mounts of a container. */
__noinline int home_drop(u64 container)
{
	struct quell_container *c = bpf_map_lookup_elem(&containers, &container);
	struct home_drop_walk d = { .container = container };

	if (!c || !c->mounts)
		return 0;
	d.key.container = container;
	d.key.superblock = c->last.superblock;
	d.key.inode = c->last.inode;
	d.key.generation = c->last.generation;
	d.key.alias = c->last.alias;
	bpf_loop(MOUNTS_MAX, home_drop_one, &d, 0);
	c->mounts = 0;
	__builtin_memset(&c->last, 0, sizeof(c->last));
	return 0;
}

struct home_request {
	u64 container;
	u64 mount_ns;
	u64 root_dentry;
	u64 root_mount;
};

/* The namespace's counter of changes. */
static __always_inline u64 mounts_event(struct work *work, u64 ns)
{
	work->mounts.event = 0;
	read_kernel(work->mounts.event, ns + offset_of(mnt_namespace, event));
	return work->mounts.event;
}

/* 1: recorded; 0: the namespace's mounts changed meanwhile, or no scratch space. */
__noinline int home_record(struct home_request *r)
{
	int settled = 1;
	u32 slot = work_claim();
	struct work *work = WORK(slot);

	if (slot >= WORK_NONE)
		return 0;
	if (r) {
		work->mounts.container = r->container;
		work->chain.root_dentry = r->root_dentry;
		work->chain.root_mount = r->root_mount;
		struct quell_container *c = bpf_map_lookup_elem(&containers, &work->mounts.container);

		if (c) {
			work->mounts.begun = mounts_event(work, r->mount_ns);
			work->above_count = 0;
			work->beside.count = 0;
			work->mounts.superblock = 0;
			read_kernel(work->mounts.superblock, r->root_dentry + offset_of(dentry, d_sb));
			home_put(slot, r->container, work->mounts.superblock, r->root_dentry);
			if (!mounts_visit(slot, r->mount_ns, MOUNTS_MAX, MOUNTS_HOME))
				home_lost(c, QUELL_COUNTER_HOME_OVERFLOW);
			settled = mounts_event(work, r->mount_ns) == work->mounts.begun;
		}
	}
	work_release(slot);
	return settled;
}

static __always_inline void home_record_settled(struct home_request *r)
{
	for (int i = 0; i < 3; i++) {
		if (home_record(r))
			return;
		if (i < 2) {
			count(QUELL_COUNTER_HOME_RETRIED);
			home_drop(r->container);
		}
	}
	count(QUELL_COUNTER_HOME_UNSETTLED);
}
