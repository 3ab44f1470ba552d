/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing that a file is executed, or mapped executable. Reading it stays allowed, so that what is asked is the exec itself
 * (for each file that takes part: a script, then its interpreter) and each map, also one that is made executable later. What
 * has it mapped executable by then goes on. Files are known as in file.h; one that is reached through another overlay, or
 * through an overlay on an overlay, is still the same file: it is looked for at each step down.
 */
#pragma once

#define STACK_DEPTH 3 /* overlays that the kernel puts on each other, and what is below them */

/* The record that holds for current, by anyone's, by its lineage's container, or by its cgroup's. */
static __always_inline struct quell_executable *executable_find(struct quell_executable_key *key)
{
	struct quell_executable *entry = bpf_map_lookup_elem(&denied_executables, key);
	u64 logical, physical;

	if (entry)
		return entry;
	logical = subject_of(bpf_get_current_task_btf());
	physical = current_cgroup_container();
	if (logical) {
		key->container = logical;
		entry = bpf_map_lookup_elem(&denied_executables, key);
	}
	if (!entry && physical && physical != logical) {
		key->container = physical;
		entry = bpf_map_lookup_elem(&denied_executables, key);
	}
	return entry;
}

/* Do those who wait deny it to current, in its lineage's container or in its cgroup's? */
static __always_inline int executable_held(struct quell_file_key *file)
{
	struct quell_hold_key key = { .file = *file, .response = QUELL_RESPONSE_DENY_EXEC };
	u64 logical = subject_of(bpf_get_current_task_btf()), physical = current_cgroup_container();

	key.container = logical;
	if (logical && object_held(&key))
		return 1;
	key.container = physical;
	return physical && physical != logical && object_held(&key);
}

/* The key, as file_facts makes it: of a file by itself, or of a layer's file as it is met through an overlay. 0: it has none. */
static __always_inline int executable_key(u64 inode, u64 through, struct quell_executable_key *key)
{
	u32 device = 0;

	if (!numbers_last(inode))
		return 0;
	identity_of(inode, &key->file.file, &device);
	if (!through)
		return 1;
	if (!overlay_scope(through, &key->file.scope))
		return 0;
	if (!key->file.scope.inode) { /* read-only: nothing names it apart from its device */
		read_kernel(device, read_pointer(through + offset_of(inode, i_sb)) + offset_of(super_block, s_dev));
		key->file.scope.uuid[0] = device;
	}
	return 1;
}

/* Is the file denied to current? A function of its own for the sake of the stack, as the next. */
__noinline int executable_denied(u64 inode, u64 through)
{
	struct quell_executable_key key = {};
	struct quell_executable *entry;

	if (!inode || !executable_key(inode, through, &key))
		return 0;
	entry = executable_find(&key);
	if (!entry)
		return quell.held_objects && executable_held(&key.file);
	__sync_fetch_and_add(&entry->denied, 1);
	return 1;
}

/*
 * A file that was bound as a layer's and copied up since, between the event and the flip (from then on it is not): its copy
 * is denied as well, for good.
 */
__noinline int executable_adopt(u64 copy, u64 lower, u64 through)
{
	struct quell_executable_key key = {};
	struct quell_executable *entry;
	struct quell_pending *p;

	if (!copy || !lower || !executable_key(lower, through, &key))
		return 0;
	entry = executable_find(&key);
	__builtin_memset(&key.file, 0, sizeof(key.file));
	if (!entry || !executable_key(copy, 0, &key) || bpf_map_update_elem(&denied_executables, &key, entry, BPF_NOEXIST))
		return 0;
	contained_filter_add(key.file.file.inode);
	__sync_fetch_and_add(&quell.contained_files, 1);
	/* taken back in this moment: what was just put there must not stay */
	p = bpf_map_lookup_elem(&pending, &entry->pending);
	if (!p || QUELL_WORD_INCIDENT(p->word) != entry->incident || !may_hold(QUELL_WORD_STATE(p->word), p))
		executable_drop(&key);
	return 0;
}

__noinline int executable_refuse(u64 inode, u32 hook)
{
	int is_denied = 0;

	for (int i = 0; i < STACK_DEPTH && inode; i++) {
		u64 upper, lower;

		if (!quell.overlay.known || superblock_magic(inode) != OVERLAYFS_MAGIC) {
			is_denied = executable_denied(inode, 0);
			break;
		}
		upper = overlay_upper(inode);
		lower = overlay_lower(inode);
		/* a copy of another name is a file of its own */
		if (lower && (!upper || !may_be_alias(inode)) && executable_denied(lower, inode)) {
			executable_adopt(upper, lower, inode);
			is_denied = 1;
			break;
		}
		inode = upper ? upper : lower;
	}
	if (!is_denied)
		return 0;
	asm volatile("" : "+r"(hook)); /* as in network_refuse */
	if (hook < QUELL_HOOK_COUNT)
		__sync_fetch_and_add(&quell.denied[hook], 1);
	return -EPERM;
}

/* In front as in file_verdict: with nothing contained there is no more to ask. */
static __always_inline int executable_may_be(struct inode *inode)
{
	return quell.contained_files && inode && (contained_may_be(inode->i_ino) || quell.adopting);
}

static __always_inline int executable_verdict(struct inode *inode, u32 hook)
{
	return executable_may_be(inode) ? executable_refuse(address_of(inode), hook) : 0;
}

/* The inode as who has mapped the file sees it: of what an overlay opened below itself, the overlay's. */
static __always_inline u64 mapped_inode(struct file *file)
{
	u64 entry = entry_of(address_of(file));
	u64 inode = entry ? read_pointer(entry + offset_of(dentry, d_inode)) : 0;

	return inode ? inode : address_of(file->f_inode);
}

/* What is executable already goes on, whatever else is asked for it. */
static __always_inline int made_executable(struct vm_area_struct *vma, struct file *file)
{
	unsigned long flags = 0;

	if (!executable_may_be(file->f_inode))
		return 0;
	read_kernel(flags, address_of(vma) + offset_of(vm_area_struct, vm_flags));
	return (flags & VM_EXEC_BIT) ? 0 : executable_refuse(mapped_inode(file), QUELL_HOOK_file_mprotect);
}

/* Its layer goes: see layer.h. */
static long executable_layer_one(void *map, struct quell_executable_key *key, struct quell_executable *entry, struct layer_removal *removal)
{
	struct quell_executable_key copy = *key;

	if (entry->upper_root.inode && same_identity(&entry->upper_root, &removal->root))
		executable_gone(&copy, entry);
	return 0;
}

__noinline int executable_layer_removed(u64 directory)
{
	struct layer_removal removal = {};
	u32 device;

	identity_of(directory, &removal.root, &device);
	if (layer_is_left(&removal.root))
		bpf_for_each_map_elem(&denied_executables, executable_layer_one, &removal, 0);
	return 0;
}
