/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity of a file that outlives its inode in memory: {filesystem UUID,
 * number, generation}. An overlay inode is never an identity: its upper's is,
 * else its lower's with the overlay as scope, so that the layer shared with
 * other containers is not meant. A file of btrfs has none: a number says
 * nothing without its subvolume, and the one of another would be meant too.
 */
#pragma once

static __always_inline void identity_of(u64 inode, struct quell_identity *id, u32 *device)
{
	u64 superblock = read_pointer(inode + offset_of(inode, i_sb));

	__builtin_memset(id, 0, sizeof(*id));
	*device = 0;
	read_kernel(*device, superblock + offset_of(super_block, s_dev));
	read_kernel(id->inode, inode + offset_of(inode, i_ino));
	read_kernel(id->generation, inode + offset_of(inode, i_generation));
	bpf_probe_read_kernel(id->uuid, sizeof(id->uuid), (void *)(superblock + offset_of(super_block, s_uuid)));
	if (!id->uuid[0] && !id->uuid[1])
		id->uuid[0] = *device;
}

static __always_inline int same_identity(struct quell_identity *one, struct quell_identity *other)
{
	return one->inode == other->inode && one->generation == other->generation && one->subvolume == other->subvolume &&
	       one->uuid[0] == other->uuid[0] && one->uuid[1] == other->uuid[1];
}

static __always_inline int same_file(struct quell_file_key *one, struct quell_file_key *other)
{
	return same_identity(&one->file, &other->file) && same_identity(&one->scope, &other->scope);
}

static __always_inline u64 overlay_upper(u64 inode)
{
	u64 dentry = read_pointer(inode - quell.overlay.vfs_inode + quell.overlay.upper);

	return dentry ? read_pointer(dentry + offset_of(dentry, d_inode)) : 0;
}

static __always_inline u64 overlay_lower(u64 inode)
{
	u64 base = inode - quell.overlay.vfs_inode, dentry, entry;

	if (quell.overlay.entry >= 0) {
		u32 layers = 0;

		entry = read_pointer(base + quell.overlay.entry);
		if (!entry)
			return 0;
		read_kernel(layers, entry); /* ovl_entry.__numlower comes first */
		if (!layers)
			return 0;
		dentry = read_pointer(entry + quell.overlay.entry_lower);
	} else {
		dentry = read_pointer(base + quell.overlay.lower);
	}
	return dentry ? read_pointer(dentry + offset_of(dentry, d_inode)) : 0;
}

static __always_inline u32 superblock_magic(u64 inode)
{
	u64 superblock = read_pointer(inode + offset_of(inode, i_sb)), magic = 0;

	read_kernel(magic, superblock + offset_of(super_block, s_magic));
	return magic;
}

/* Does an inode's number mean one file of its file system? */
static __always_inline int numbers_last(u64 inode)
{
	return superblock_magic(inode) != BTRFS_MAGIC;
}

/* The overlay's upper root, which names the overlay: zero when it has none. 0: it is not to be told from others. */
static __always_inline int overlay_scope(u64 inode, struct quell_identity *scope)
{
	u64 superblock = read_pointer(inode + offset_of(inode, i_sb));
	u64 root = read_pointer(superblock + offset_of(super_block, s_root));
	u64 root_inode = root ? read_pointer(root + offset_of(dentry, d_inode)) : 0;
	u64 upper = root_inode ? overlay_upper(root_inode) : 0;
	u32 device;

	__builtin_memset(scope, 0, sizeof(*scope));
	if (!upper)
		return 1;
	identity_of(upper, scope, &device);
	return numbers_last(upper);
}

/* Everything that is lasting about the file behind an inode. */
__noinline int file_facts(u64 inode, struct file_facts *f)
{
	u64 upper, lower;

	if (!f)
		return 0;
	__builtin_memset(f, 0, sizeof(*f));
	if (!inode)
		return 0;
	if (superblock_magic(inode) != OVERLAYFS_MAGIC) {
		identity_of(inode, &f->key.file, &f->device);
		f->known = numbers_last(inode);
		return f->known;
	}
	f->flags = QUELL_OBJECT_OVERLAY;
	if (!quell.overlay.known)
		return 0;
	u64 superblock = read_pointer(inode + offset_of(inode, i_sb));

	read_kernel(f->overlay_device, superblock + offset_of(super_block, s_dev));
	f->known = overlay_scope(inode, &f->upper_root);
	upper = overlay_upper(inode);
	lower = overlay_lower(inode);
	if (lower) {
		identity_of(lower, &f->before.file, &f->device);
		f->before.scope = f->upper_root;
		f->known &= numbers_last(lower);
		if (!f->upper_root.inode) /* a read-only overlay: nothing names it apart from its device */
			f->before.scope.uuid[0] = f->overlay_device;
	}
	if (upper) {
		identity_of(upper, &f->key.file, &f->device);
	} else {
		if (!lower)
			return f->known = 0;
		f->key = f->before;
		f->flags |= QUELL_OBJECT_LOWER;
	}
	return f->known;
}

/* The overlay that an inode is of is mounted, and is the root of a container. 0: of none yet. */
static __always_inline void overlay_owned(u64 inode, u64 container, u64 how)
{
	struct overlay_mount mount = { .container = container };
	struct quell_identity upper;

	if (!inode || !quell.overlay.known || superblock_magic(inode) != OVERLAYFS_MAGIC)
		return;
	overlay_scope(inode, &upper);
	mount.superblock = read_pointer(inode + offset_of(inode, i_sb));
	if (!upper.inode)
		return;
	/* an int, as kernels before 6.4 return it: their inlined call leaves the upper half of a long 0 */
	int failed = bpf_map_update_elem(&overlays, &upper, &mount, how);

	/* the allocator may be out of cached elements for a moment: once more, as in home_put */
	if (failed && failed != -EEXIST && failed != -E2BIG)
		failed = bpf_map_update_elem(&overlays, &upper, &mount, how);
	if (failed && failed != -EEXIST)
		count(QUELL_COUNTER_HOME_FULL);
}

/* Does a file lie in the root of that container? */
static __always_inline int lies_in_root_of(struct file_facts *facts, u64 container)
{
	struct overlay_mount *mount;

	if (!container || !facts->upper_root.inode)
		return 0;
	mount = bpf_map_lookup_elem(&overlays, &facts->upper_root);
	return mount && mount->container == container;
}
