/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing a container to change what lies below some places. Who acts decides, by its container; what is acted on is looked
 * for from its entry upwards, within its file system: each directory's lasting identity is compared, so that a bind mount, a
 * rename above, another mount namespace or an old descriptor lead to the same one. An overlay's directory is known by its
 * upper's identity, or by its lower's in that overlay, whichever a place was bound by: it may have been copied up since.
 */
#pragma once

/* Is anything denied to the container, by a decision or by those who wait? No is certain. */
static __always_inline int write_may_be_denied(u64 container)
{
	return write_denied_may_be(container) && (quell.held_objects || bpf_map_lookup_elem(&write_denials, &container));
}

struct places_of {
	u64 container;
	u64 now;
	u64 found; /* out */
};

static long places_of_one(void *map, struct quell_hold_key *key, u64 *until, struct places_of *of)
{
	if (key->container != of->container || key->response != QUELL_RESPONSE_DENY_WRITE || *until <= of->now)
		return 0;
	of->found = 1;
	return 1;
}

/* Here yes is certain, too. */
static __noinline int write_is_denied(u64 container)
{
	struct places_of of = { .container = container };

	if (bpf_map_lookup_elem(&write_denials, &container))
		return 1;
	of.now = bpf_ktime_get_boot_ns();
	of.found = zero;
	if (quell.held_objects)
		bpf_for_each_map_elem(&held_objects, places_of_one, &of, 0);
	return of.found != 0;
}

/* `denial`: null where nothing was decided. */
static __always_inline int place_may_be(struct quell_write_denial *denial, u64 inode)
{
	u64 number_ = 0;

	read_kernel(number_, inode + offset_of(inode, i_ino));
	return (denial && (denial->filter & place_bit(number_))) || (quell.held_objects && contained_may_be(number_));
}

static __always_inline int place_listed(struct quell_write_denial *denial, struct quell_hold_key *held)
{
	struct quell_file_key *key = &held->file;

	if (quell.held_objects && object_held(held))
		return 1;
	if (!denial)
		return 0;
	for (u32 n = 0; n < QUELL_PLACES_MAX; n++) {
		if (n >= denial->places.count)
			break;
		if (denial->places.at[n].file.inode == key->file.inode && same_file(&denial->places.at[n], key))
			return 1;
	}
	return 0;
}

/* Is that inode one of the places? A function of its own for the sake of the stack, and of the verifier's time. */
__noinline int is_place(u64 container, u64 inode)
{
	struct quell_write_denial *denial = bpf_map_lookup_elem(&write_denials, &container);
	struct quell_hold_key key = { .container = container, .response = QUELL_RESPONSE_DENY_WRITE };
	u64 layer = inode;
	u32 device;

	if (!inode)
		return 0;
	if (superblock_magic(inode) == OVERLAYFS_MAGIC) {
		if (!quell.overlay.known)
			return 0;
		layer = overlay_upper(inode);
	}
	if (layer && place_may_be(denial, layer)) {
		identity_of(layer, &key.file.file, &device);
		if (place_listed(denial, &key))
			return 1;
	}
	if (layer == inode)
		return 0;
	layer = overlay_lower(inode);
	if (!layer || !place_may_be(denial, layer))
		return 0;
	identity_of(layer, &key.file.file, &device);
	overlay_scope(inode, &key.file.scope);
	if (!key.file.scope.inode) { /* as file_facts names a read-only overlay */
		read_kernel(device, read_pointer(inode + offset_of(inode, i_sb)) + offset_of(super_block, s_dev));
		key.file.scope.uuid[0] = device;
	}
	return place_listed(denial, &key);
}

/* It was opened by its handle while its name was at nobody's hand: what is above it is not known. */
static __always_inline int is_disconnected(u64 entry)
{
	u32 flags = 0;

	read_kernel(flags, entry + offset_of(dentry, d_flags));
	return (flags & DCACHE_DISCONNECTED_BIT) != 0;
}

/* The directory that an overlay writes into, of its root: whatever is changed in the overlay is changed below there. 0: none. */
static __always_inline u64 overlay_written(u64 root)
{
	u64 inode = read_pointer(root + offset_of(dentry, d_inode));

	if (!inode || !quell.overlay.known || superblock_magic(inode) != OVERLAYFS_MAGIC)
		return 0;
	return read_pointer(inode - quell.overlay.vfs_inode + quell.overlay.upper);
}

/*
 * Is the entry, or a directory above it in its file system, one of the places? Nobody can move it out of one meanwhile: that
 * is refused. What lies deeper than can be walked, or has nothing above it that is known, may be below one, and is taken for it,
 * where the container has any. A function of its own, since it is asked for two containers.
 */
__noinline int below_place(u64 container, u64 entry)
{
	if (!entry || !write_may_be_denied(container))
		return 0;
	for (u32 n = 0; n < WALK_MAX; n++) {
		u64 above;

		if (is_place(container, read_pointer(entry + offset_of(dentry, d_inode))))
			return 1;
		above = read_pointer(entry + offset_of(dentry, d_parent));
		if (!above || above == entry) {
			if (is_disconnected(entry))
				break;
			above = overlay_written(entry);
		}
		if (!above)
			return 0;
		entry = above;
	}
	return write_is_denied(container);
}

/* The verdict for current where it changes something at an entry. */
__noinline int write_refuse(u64 entry, u32 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 container = subject_of(task);
	struct quell_write_denial *denial;
	int is_below;

	if (hook >= QUELL_HOOK_COUNT)
		return 0;
	is_below = write_denied_may_be(container) && below_place(container, entry);
	if (!is_below && away_test(task->tgid)) { /* by lineage, or by cgroup */
		container = current_cgroup_container();
		is_below = write_denied_may_be(container) && below_place(container, entry);
	}
	if (!is_below || is_protected(task->tgid, task->group_leader->start_boottime, task->flags))
		return 0;
	denial = bpf_map_lookup_elem(&write_denials, &container);
	if (denial)
		__sync_fetch_and_add(&denial->denied, 1);
	asm volatile("" : "+r"(hook)); /* as in network_refuse */
	if (hook < QUELL_HOOK_COUNT)
		__sync_fetch_and_add(&quell.denied[hook], 1);
	return -EPERM;
}

/* Is anything denied to current, by lineage or by cgroup? No is certain, and asks for nothing of the file. */
static __always_inline int write_may_be_refused(void)
{
	u64 container;

	return quell.write_denied && (!subject_at_once(&container) || write_denied_may_be(container));
}

static __always_inline int write_verdict(struct dentry *entry, u32 hook)
{
	return write_may_be_refused() ? write_refuse(address_of(entry), hook) : 0;
}

/* What is written into a pipe, a socket or a device is not kept where its name is. */
static __always_inline int keeps_content(struct file *file)
{
	return (file->f_inode->i_mode & S_IFMT_BITS) == S_IFREG_BITS;
}

/*
 * The entry by which a file was opened. What an overlay opens below itself is asked for as well, and stands there under the
 * first of its names that the overlay met; the overlay's own entry is beside that file from 6.8 on, and in it before. What
 * others open so (FUSE hands a file through) is asked for as what it is: its name in there says nothing of where it lies.
 */
static __always_inline u64 entry_of(u64 file)
{
	u64 entry = read_pointer(file + offset_of(file, f_path.dentry)), user;
	u32 mode = 0;

	read_kernel(mode, file + offset_of(file, f_mode));
	if (!(mode & FMODE_BACKING_BIT) || !bpf_core_field_exists(struct backing_file, user_path))
		return entry;
	user = read_pointer(file + offset_of(backing_file, user_path.dentry));
	return user && superblock_magic(read_pointer(user + offset_of(dentry, d_inode))) == OVERLAYFS_MAGIC ? user : entry;
}

/* An open file that is written to. */
static __always_inline int write_held(struct file *file, u32 hook)
{
	return write_may_be_refused() && keeps_content(file) ? write_refuse(entry_of(address_of(file)), hook) : 0;
}

/* lsm/file_open: for writing, also by open_by_handle_at(2) and through /proc/PID/fd. */
static __always_inline int write_opened(struct file *file)
{
	return ((u32)file->f_mode & FMODE_WRITE_BIT) ? write_held(file, QUELL_HOOK_file_open) : 0;
}

/* A shared map that is made writable. The kernel maps what an overlay opened below itself. */
static __always_inline int write_mapped(u64 vma, u64 file, u32 hook)
{
	unsigned long flags = 0;
	u64 inode;
	u16 kind = 0;

	if (!write_may_be_refused())
		return 0;
	read_kernel(flags, vma + offset_of(vm_area_struct, vm_flags));
	inode = read_pointer(file + offset_of(file, f_inode));
	read_kernel(kind, inode + offset_of(inode, i_mode));
	if (!(flags & VM_SHARED_BIT) || (kind & S_IFMT_BITS) != S_IFREG_BITS)
		return 0;
	return write_refuse(entry_of(file), hook);
}
