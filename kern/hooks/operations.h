/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that rules see (operations.def). Each first refuses what is
 * contained, then judges.
 */
#pragma once

#define WANTED(operation) (quell.operations & QUELL_BIT(QUELL_OP_##operation))

static __always_inline int on_file_open(struct file *file)
{
	u32 mode;

	REFUSE(file->f_inode, QUELL_HOOK_file_open);
	mode = (u32)file->f_mode;
	/* the open of a layer's file below an overlay's: the overlay's own was judged */
	if (mode & FMODE_BACKING_BIT)
		return 0;
	if (!bpf_core_type_exists(struct backing_file) && file->f_inode != file->f_path.dentry->d_inode)
		return 0;
	if (!(mode & FMODE_READ_BIT) || !WANTED(OPEN_READ))
		return 0;
	return VERDICT(judge_open(file, QUELL_OP_OPEN_READ, QUELL_HOOK_file_open));
}

static __always_inline int on_inode_unlink(struct inode *directory, struct dentry *dentry)
{
	REFUSE(dentry->d_inode, QUELL_HOOK_inode_unlink);
	return VERDICT(judge_entry(dentry, dentry->d_parent, directory, directory->i_sb, 0, 0, QUELL_OP_DELETE,
			   QUELL_HOOK_inode_unlink));
}

/* One name of a rename: ctx holds {directory, dentry} of the old name first, of the new one behind. */
#define RENAME_DIRECTORY(ctx, which) ((struct inode *)(ctx)[2 * (which)])
#define RENAME_ENTRY(ctx, which) ((struct dentry *)(ctx)[2 * (which) + 1])

static __always_inline int judge_rename(unsigned long long *ctx, int which, u64 place)
{
	struct inode *directory = RENAME_DIRECTORY(ctx, which);
	struct dentry *entry = RENAME_ENTRY(ctx, which);

	return judge_entry(entry, entry->d_parent, directory, directory->i_sb, which ? 0 : RENAME_ENTRY(ctx, 1), place,
			   QUELL_OP_RENAME, QUELL_HOOK_inode_rename);
}

/* Arguments are read from ctx where they are needed: kept over the first judgement they cost stack. */
static __always_inline int on_inode_rename(unsigned long long *ctx)
{
	int ret = (int)ctx[4];
	struct inode *inode, *over;
	u64 place = 0;

	if (ret)
		return ret;
	inode = RENAME_ENTRY(ctx, 0)->d_inode;
	REFUSE(inode, QUELL_HOOK_inode_rename);
	over = RENAME_ENTRY(ctx, 1)->d_inode;
	if (!is_null(over) && file_verdict(over, QUELL_HOOK_inode_rename))
		return -EPERM;
	if (!WANTED(RENAME))
		return 0;
	/* a directory takes everything below it along */
	if (inode && (inode->i_mode & S_IFMT_BITS) == S_IFDIR_BITS)
		place = address_of(RENAME_ENTRY(ctx, 0));
	if (judge_rename(ctx, 0, place))
		return -EPERM;
	/* a new name takes nothing away; an existing one is replaced or exchanged */
	over = RENAME_ENTRY(ctx, 1)->d_inode;
	if (is_null(over))
		return 0;
	return VERDICT(judge_rename(ctx, 1, 0));
}

/* 6.3 put an idmap in front: the arguments are read by hand, since the verifier takes no variable offset into ctx. */
static __always_inline int on_inode_setattr(unsigned long long *ctx)
{
	struct dentry *dentry;
	struct iattr *attributes;
	struct inode *inode;

	if (SETATTR_HAS_IDMAP)
		asm volatile("%0 = *(u64 *)(%2 + 8)\n%1 = *(u64 *)(%2 + 16)"
			     : "=&r"(dentry), "=&r"(attributes) : "r"(ctx));
	else
		asm volatile("%0 = *(u64 *)(%2 + 0)\n%1 = *(u64 *)(%2 + 8)"
			     : "=&r"(dentry), "=&r"(attributes) : "r"(ctx));
	inode = dentry->d_inode;
	REFUSE(inode, QUELL_HOOK_inode_setattr);
	if (!(attributes->ia_valid & ATTR_SIZE_BIT) || !inode)
		return 0;
	/* growing loses nothing; an empty file has nothing to lose */
	if (attributes->ia_size >= inode->i_size || !WANTED(TRUNCATE))
		return 0;
	return VERDICT(judge_entry(dentry, dentry->d_parent, dentry->d_parent->d_inode, dentry->d_sb, 0, 0, QUELL_OP_TRUNCATE,
			   QUELL_HOOK_inode_setattr));
}

static __always_inline int on_inode_link(struct dentry *from, struct dentry *to)
{
	REFUSE(from->d_inode, QUELL_HOOK_inode_link);
	if (!WANTED(LINK))
		return 0;
	return VERDICT(judge_entry(from, from->d_parent, from->d_parent->d_inode, from->d_sb, to, 0, QUELL_OP_LINK,
			   QUELL_HOOK_inode_link));
}

static __always_inline int on_sb_mount(const struct path *path, unsigned long flags)
{
	REFUSE((struct inode *)0, QUELL_HOOK_sb_mount);
	/* changes a mount, hides nothing; a bind that names a propagation too is a bind */
	if ((flags & MS_REMOUNT_BIT) || ((flags & MS_PROPAGATION_BITS) && !(flags & MS_BIND_BIT)) || !WANTED(MOUNT_OVER))
		return 0;
	return VERDICT(judge_place(place_of(path->dentry), QUELL_OP_MOUNT_OVER, QUELL_HOOK_sb_mount));
}

static __always_inline int on_move_mount(const struct path *to)
{
	REFUSE((struct inode *)0, QUELL_HOOK_move_mount);
	if (!WANTED(MOUNT_OVER))
		return 0;
	return VERDICT(judge_place(place_of(to->dentry), QUELL_OP_MOUNT_OVER, QUELL_HOOK_move_mount));
}

/* The place that a mount leaves. One that was never attached, a clone by open_tree(2), leaves none. */
static __always_inline int judge_unmount(u64 mount, u32 hook)
{
	u64 mountpoint = 0;

	if (!WANTED(UNMOUNT) || read_pointer(mount + offset_of(mount, mnt_parent)) == mount)
		return 0;
	read_kernel(mountpoint, mount + offset_of(mount, mnt_mountpoint));
	if (!mountpoint)
		return 0;
	return judge_place(place_at(mountpoint), QUELL_OP_UNMOUNT, hook);
}

static __always_inline int on_sb_umount(struct vfsmount *mount)
{
	REFUSE((struct inode *)0, QUELL_HOOK_sb_umount);
	return VERDICT(judge_unmount((u64)mount - offset_of(mount, mnt), QUELL_HOOK_sb_umount));
}

/*
 * A mount leaves its place without an umount. move_mount(2) has a hook with the old place, but judging two places in one
 * program takes more stack than 6.1 has; mount(2) has none. Told, not refused: by then all hooks have been asked.
 */
static __always_inline int on_do_move_mount(unsigned long long *ctx)
{
	u64 mount = address_of((void *)ctx[0]);

	if (!move_tells_mount)
		mount = read_pointer(mount + offset_of(path, mnt)) - offset_of(mount, mnt);
	judge_unmount(mount, QUELL_HOOK_do_move_mount);
	return 0;
}
