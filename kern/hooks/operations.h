/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that rules see (operations.def). Each first refuses what is
 * contained, then judges.
 */
#pragma once

/* Their bits stand in the order of a file's modes. */
_Static_assert(QUELL_OP_OPEN_WRITE == QUELL_OP_OPEN_READ + 1 && FMODE_READ_BIT == 1 && FMODE_WRITE_BIT == 2, "one shift");
#define OPERATIONS_OF_MODE(mode) (((mode) & 3) << QUELL_OP_OPEN_READ)

static __always_inline int on_file_open(struct file *file)
{
	u32 mode, operations;

	REFUSE_BOTH(file->f_inode, write_opened(file), QUELL_HOOK_file_open, !((u32)file->f_mode & FMODE_WRITE_BIT));
	mode = (u32)file->f_mode;
	/* the open of a layer's file below an overlay's: the overlay's own was judged */
	if (mode & FMODE_BACKING_BIT)
		return 0;
	if (!bpf_core_type_exists(struct backing_file) && file->f_inode != file->f_path.dentry->d_inode)
		return 0;
	operations = OPERATIONS_OF_MODE(mode) & quell.operations;
	if (!operations)
		return 0;
	return VERDICT(judge_open(file, operations, QUELL_HOOK_file_open));
}

#define ACCESS_WRITE 1 /* of rw_verify_area() */

/*
 * A write that begins before the end of a file that is there: it takes content away. Every read and write of the host comes
 * by here, so that it is attached for rules that ask for it only. What appends is told its place later. An overlay's
 * file is written once more below, which is not judged. Told, not refused.
 */
static __always_inline int on_rw_verify_area(int access, struct file *file, u64 position)
{
	struct inode *inode;
	struct dentry *entry;
	s64 at = 0;

	if (access != ACCESS_WRITE || !position || !WANTED(OVERWRITE))
		return 0;
	inode = file->f_inode;
	if ((file->f_flags & O_APPEND_BIT) || (inode->i_mode & S_IFMT_BITS) != S_IFREG_BITS)
		return 0;
	read_kernel(at, position);
	if (at >= inode->i_size || (file->f_mode & FMODE_BACKING_BIT))
		return 0;
	entry = file->f_path.dentry;
	if (!bpf_core_type_exists(struct backing_file) && inode != entry->d_inode)
		return 0;
	judge_entry(entry, entry->d_parent, entry->d_parent->d_inode, inode->i_sb, 0, 0, 0, QUELL_OP_OVERWRITE,
		    QUELL_HOOK_rw_verify_area);
	return 0;
}

static __always_inline int on_inode_unlink(struct inode *directory, struct dentry *dentry)
{
	REFUSE_CHANGE(dentry->d_inode, write_verdict(dentry, QUELL_HOOK_inode_unlink), QUELL_HOOK_inode_unlink);
	return VERDICT(judge_entry(dentry, dentry->d_parent, directory, directory->i_sb, 0, 0, 0, QUELL_OP_DELETE,
			   QUELL_HOOK_inode_unlink));
}

/* Of an entry that is there: only the verifier of 7.x takes it for one that may not be. */
static __always_inline u32 mode_at(struct dentry *entry)
{
	struct inode *inode = entry->d_inode;

	return inode ? inode->i_mode : 0;
}

/* One name of a rename: ctx holds {directory, dentry} of the old name first, of the new one behind. */
#define RENAME_DIRECTORY(ctx, which) ((struct inode *)(ctx)[2 * (which)])
#define RENAME_ENTRY(ctx, which) ((struct dentry *)(ctx)[2 * (which) + 1])

static __always_inline int judge_rename(unsigned long long *ctx, int which, u64 place, u64 detail, u32 number_)
{
	struct inode *directory = RENAME_DIRECTORY(ctx, which);
	struct dentry *entry = RENAME_ENTRY(ctx, which);

	return judge_entry(entry, entry->d_parent, directory, directory->i_sb, which ? 0 : RENAME_ENTRY(ctx, 1), place,
			   detail, number_, QUELL_HOOK_inode_rename);
}

/* Both names in one directory: may a rule be about either of them? One look-up, and one question to the gate. */
static __always_inline int rename_is_watched(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *entry = RENAME_ENTRY(ctx, 0), *entry2 = RENAME_ENTRY(ctx, 1);
	struct inode *directory = RENAME_DIRECTORY(ctx, 0);
	struct lookup l = { .container = subject_of(task) };
	u64 state;

	if (entry->d_parent != entry2->d_parent)
		return 1;
	lookup_base(&l, task, directory->i_sb);
	state = lookup_directory(&l, entry->d_parent, directory);
	if (!(state & STATE_LOOK))
		return 0;
	return (state & STATE_LOOK) != QUELL_DIR_WILD ||
	       gate_opens_to(state, (u64)entry->d_name.name, entry->d_name.len, (u64)entry2->d_name.name,
			     entry2->d_name.len, 1, (u32)l.policy);
}

/* Arguments are read from ctx where they are needed: kept over the first judgement they cost stack. */
static __always_inline int on_inode_rename(unsigned long long *ctx)
{
	int ret = (int)ctx[4];
	struct inode *inode, *over;
	u64 place = 0;
	u32 number_, is_directory;

	if (ret)
		return ret;
	inode = RENAME_ENTRY(ctx, 0)->d_inode;
	REFUSE_CHANGE(inode, write_verdict(RENAME_ENTRY(ctx, 0), QUELL_HOOK_inode_rename) || write_verdict(RENAME_ENTRY(ctx, 1), QUELL_HOOK_inode_rename),
		      QUELL_HOOK_inode_rename);
	over = RENAME_ENTRY(ctx, 1)->d_inode;
	if (!is_null(over) && file_verdict(over, QUELL_HOOK_inode_rename))
		return -EPERM;
	is_directory = inode && (inode->i_mode & S_IFMT_BITS) == S_IFDIR_BITS;
	/* attached for a containment alone it has nothing to look up */
	if (!(quell.operations & (QUELL_OP_BIT(QUELL_OP_RENAME) | QUELL_OP_BIT(QUELL_OP_CREATE))))
		return 0;
	if (!is_directory && !rename_is_watched(ctx))
		return 0;
	/* a directory takes everything below it along */
	if (is_directory)
		place = address_of(RENAME_ENTRY(ctx, 0));
	if (WANTED(RENAME) && judge_rename(ctx, 0, place, 0, QUELL_OP_RENAME))
		return -EPERM;
	/* a new name takes nothing away, it is created; an existing one is replaced or exchanged */
	over = RENAME_ENTRY(ctx, 1)->d_inode;
	number_ = is_null(over) ? QUELL_OP_CREATE : QUELL_OP_RENAME;
	if (!(quell.operations & QUELL_OP_BIT(number_)))
		return 0;
	return VERDICT(judge_rename(ctx, 1, 0, mode_at(RENAME_ENTRY(ctx, 0)), number_));
}

/* The bit of what a change of attributes is, 0 for none that rules see. What the kernel forces is not who acts: a write takes setuid away. */
static __always_inline u64 setattr_operation(struct iattr *attributes, struct inode *inode)
{
	u32 valid = attributes->ia_valid;

	/* growing loses nothing; an empty file has nothing to lose */
	if (valid & ATTR_SIZE_BIT)
		return attributes->ia_size < inode->i_size ? QUELL_OP_BIT(QUELL_OP_TRUNCATE) : 0;
	if (valid & (ATTR_UID_BIT | ATTR_GID_BIT))
		return QUELL_OP_BIT(QUELL_OP_CHOWN);
	return (valid & (ATTR_MODE_BIT | ATTR_FORCE_BIT)) == ATTR_MODE_BIT ? QUELL_OP_BIT(QUELL_OP_CHMOD) : 0;
}

/* An owner that is not given stays: no id is as large. */
static __always_inline u64 setattr_detail(struct iattr *attributes, u32 number_)
{
	u32 valid = attributes->ia_valid, user = ~0u, group = ~0u;

	if (number_ == QUELL_OP_CHMOD)
		return attributes->ia_mode;
	if (number_ != QUELL_OP_CHOWN)
		return 0;
	if (valid & ATTR_UID_BIT)
		user = attributes->ia_uid.val;
	if (valid & ATTR_GID_BIT)
		group = attributes->ia_gid.val;
	return (u64)group << 32 | user;
}

/* 6.3 put an idmap in front: the arguments are read by hand, since the verifier takes no variable offset into ctx. */
static __always_inline int on_inode_setattr(unsigned long long *ctx)
{
	struct dentry *dentry;
	struct iattr *attributes;
	struct inode *inode;
	u32 number_;

	if (SETATTR_HAS_IDMAP)
		asm volatile("%0 = *(u64 *)(%2 + 8)\n%1 = *(u64 *)(%2 + 16)"
			     : "=&r"(dentry), "=&r"(attributes) : "r"(ctx));
	else
		asm volatile("%0 = *(u64 *)(%2 + 0)\n%1 = *(u64 *)(%2 + 8)"
			     : "=&r"(dentry), "=&r"(attributes) : "r"(ctx));
	inode = dentry->d_inode;
	REFUSE_CHANGE(inode, write_verdict(dentry, QUELL_HOOK_inode_setattr), QUELL_HOOK_inode_setattr);
	if (!inode)
		return 0;
	number_ = setattr_operation(attributes, inode);
	if (!(quell.operations & number_))
		return 0;
	number_ = number_ == QUELL_OP_BIT(QUELL_OP_TRUNCATE) ? QUELL_OP_TRUNCATE :
		  number_ == QUELL_OP_BIT(QUELL_OP_CHOWN)	  ? QUELL_OP_CHOWN :
							    QUELL_OP_CHMOD;
	return VERDICT(judge_entry(dentry, dentry->d_parent, dentry->d_parent->d_inode, dentry->d_sb, 0, 0,
				   setattr_detail(attributes, number_), number_, QUELL_HOOK_inode_setattr));
}

static __always_inline int judge_creation(struct inode *directory, struct dentry *entry, u32 mode, u32 hook)
{
	if (!WANTED(CREATE))
		return 0;
	return VERDICT(judge_entry(entry, entry->d_parent, directory, directory->i_sb, 0, 0, mode, QUELL_OP_CREATE, hook));
}

static __always_inline int on_inode_link(struct dentry *from, struct inode *directory, struct dentry *to)
{
	/* a new name outside would be a way to what is below */
	REFUSE_CHANGE(from->d_inode, write_verdict(from, QUELL_HOOK_inode_link) || write_verdict(to, QUELL_HOOK_inode_link), QUELL_HOOK_inode_link);
	if (WANTED(LINK) && judge_entry(from, from->d_parent, from->d_parent->d_inode, from->d_sb, to, 0, 0, QUELL_OP_LINK,
					QUELL_HOOK_inode_link))
		return -EPERM;
	return judge_creation(directory, to, mode_at(from), QUELL_HOOK_inode_link);
}

/* A file, directory, device, fifo, socket or symbolic link: all hooks tell of the directory and the entry first. */
static __always_inline int on_created(struct inode *directory, struct dentry *entry, u32 mode, u32 hook)
{
	REFUSE((struct inode *)0, hook);
	return judge_creation(directory, entry, mode, hook);
}

static __always_inline int on_sb_mount(const struct path *path, unsigned long flags)
{
	REFUSE((struct inode *)0, QUELL_HOOK_sb_mount);
	/* changes a mount, hides nothing; a bind that names a propagation too is a bind */
	if ((flags & MS_REMOUNT_BIT) || ((flags & MS_PROPAGATION_BITS) && !(flags & MS_BIND_BIT)) || !WANTED(MOUNT_OVER))
		return 0;
	return VERDICT(judge_place(place_of(path->dentry), QUELL_OP_MOUNT_OVER, (u32)flags, QUELL_HOOK_sb_mount));
}

static __always_inline int on_move_mount(const struct path *to)
{
	REFUSE((struct inode *)0, QUELL_HOOK_move_mount);
	if (!WANTED(MOUNT_OVER))
		return 0;
	return VERDICT(judge_place(place_of(to->dentry), QUELL_OP_MOUNT_OVER, 0, QUELL_HOOK_move_mount));
}

/* The place that a mount leaves. One that was never attached, a clone by open_tree(2), leaves none. A call: stack is short. */
static __noinline u64 mountpoint_of(u64 mount)
{
	if (read_pointer(mount + offset_of(mount, mnt_parent)) == mount)
		return 0;
	return read_pointer(mount + offset_of(mount, mnt_mountpoint));
}

static __always_inline int judge_unmount(u64 mount, u32 hook)
{
	u64 mountpoint = WANTED(UNMOUNT) ? mountpoint_of(mount) : 0;

	return mountpoint ? judge_place(place_at(mountpoint), QUELL_OP_UNMOUNT, 0, hook) : 0;
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
