/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing operations on a quarantined file. First a filter over the low 32
 * bits of the inode number, which an overlay's inode shares with its layer's;
 * a hit leads to the exact, lasting identity.
 */
#pragma once

/* Put in force again after a restart that its container did not come over (pending/restore.h). */
static __always_inline int is_orphan(struct quell_file_entry *entry)
{
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &entry->pending);

	return p && (p->object_flags & QUELL_OBJECT_ORPHAN);
}

/*
 * The runtime may always remove a dead container: a host task may unlink a
 * layer's file once no overlay stands on that layer, or the container whose
 * root it is has ended. That may be a later one than the event's: it was
 * started again on the same layer.
 */
static __always_inline int removal_allowed(struct quell_file_entry *entry, u32 hook)
{
	struct quell_identity root = entry->upper_root;
	u64 container = entry->pending.container;
	struct overlay_mount *mount;

	if (hook != QUELL_HOOK_inode_unlink || current_cgroup_container() ||
	    subject_of(bpf_get_current_task_btf()))
		return 0;
	if (!container && !is_orphan(entry))
		return 0;
	if (root.inode) {
		mount = bpf_map_lookup_elem(&overlays, &root);
		if (!mount)
			return 1;
		container = mount->container; /* 0: mounted for one that has not begun */
	} else if (!container) {
		return 1; /* of an orphan: in a volume */
	}
	return container && !bpf_map_lookup_elem(&containers, &container);
}

/*
 * The lower file has other names: each that is copied up becomes a file of its
 * own, and only who looks at the path of the event, the daemon, knows which.
 */
static __always_inline int may_be_alias(u64 inode)
{
	u64 lower = overlay_lower(inode);
	u32 links = 0;

	read_kernel(links, lower + offset_of(inode, i_nlink));
	return links > 1 && !(quell.adopting && bpf_get_current_pid_tgid() >> 32 == quell.self_pid);
}

/*
 * A file that was contained as a lower one and copied up since, between the
 * event and the flip: the entry moves to the upper's identity, for good.
 */
static __always_inline struct quell_file_entry *file_adopt(u64 inode, struct file_facts *facts)
{
	struct quell_file_entry *entry, *moved;
	struct quell_pending *p;
	int is_counted;

	if (!facts->before.file.inode || (facts->flags & QUELL_OBJECT_LOWER))
		return 0;
	entry = bpf_map_lookup_elem(&contained_files, &facts->before);
	if (!entry || may_be_alias(inode))
		return 0;
	p = bpf_map_lookup_elem(&pending, &entry->pending);
	if (!p || bpf_map_update_elem(&contained_files, &facts->key, entry, BPF_NOEXIST))
		return entry;
	contained_filter_add(facts->key.file.inode);
	p->file = facts->key;
	is_counted = !bpf_map_delete_elem(&contained_files, &facts->before); /* else who took it back has counted it down */
	moved = bpf_map_lookup_elem(&contained_files, &facts->key);
	if (may_hold(QUELL_WORD_STATE(p->word), p))
		return moved;
	/* taken back in this moment: what was just put there must not stay */
	if (!bpf_map_delete_elem(&contained_files, &facts->key) && is_counted)
		__sync_fetch_and_add(&quell.contained_files, -1);
	return 0;
}

/*
 * The last name of the file goes, by a removal that was allowed. Judged here and not when the inode is freed, which would
 * be a program at every unlink of the host.
 */
static __always_inline void file_removed(u64 inode, struct quell_file_key *file, struct quell_file_entry *entry)
{
	u32 links = 0;

	read_kernel(links, inode + offset_of(inode, i_nlink));
	if (links <= 1)
		file_gone(file, entry);
}

/*
 * `reads`: it is opened for reading, or read, and nothing else. That is the way to evidence of it: a child of the daemon,
 * which nobody else can become, is let read what all others are refused.
 */
__noinline int file_refuse(u64 inode, u32 hook, u32 reads)
{
	struct file_facts facts = {};
	struct quell_file_entry *entry;

	if (hook >= QUELL_HOOK_COUNT || !file_facts(inode, &facts))
		return 0;
	entry = bpf_map_lookup_elem(&contained_files, &facts.key);
	if (!entry)
		entry = file_adopt(inode, &facts);
	if (!entry && (facts.flags & QUELL_OBJECT_LOWER)) { /* the layer's own file, for all who use it */
		__builtin_memset(&facts.key.scope, 0, sizeof(facts.key.scope));
		entry = bpf_map_lookup_elem(&contained_files, &facts.key);
	}
	if (!entry)
		return 0;
	if (reads && is_loader(bpf_get_current_task_btf()))
		return 0;
	if (removal_allowed(entry, hook)) {
		file_removed(inode, &facts.key, entry);
		return 0;
	}
	__sync_fetch_and_add(&entry->denied, 1);
	asm volatile("" : "+r"(hook)); /* as in network_refuse */
	if (hook < QUELL_HOOK_COUNT)
		__sync_fetch_and_add(&quell.denied[hook], 1);
	return -EPERM;
}

static __always_inline int file_access_verdict(struct inode *inode, u32 hook, u32 reads)
{
	if (!quell.contained_files || !inode)
		return 0;
	/* the daemon's own look at a file that was just contained goes past the filter, for file_adopt */
	if (!contained_may_be(inode->i_ino) && !quell.adopting)
		return 0;
	return file_refuse(address_of(inode), hook, reads);
}

static __always_inline int file_verdict(struct inode *inode, u32 hook)
{
	return file_access_verdict(inode, hook, 0);
}

/* The verifier wants to see the range of what a hook returns. */
#define VERDICT(verdict) ((verdict) ? -EPERM : 0)

#define anything_contained (*(volatile u64 *)&quell.contained_subjects)
_Static_assert(__builtin_offsetof(struct quell_globals, contained_subjects) % 8 == 0 &&
	       __builtin_offsetof(struct quell_globals, contained_files) ==
		       __builtin_offsetof(struct quell_globals, contained_subjects) + 4, "one word");

/*
 * All of them, in front of every hook that detection keeps attached: one load while there is nothing to refuse. `change` is the
 * verdict of write_verdict() and its like (enforce/places.h) where something is changed, 0 elsewhere; `reads`: see file_refuse.
 */
#define REFUSE_BOTH(inode, change, hook, reads)                        \
	do {                                                           \
		if (anything_contained) {                              \
			int verdict_ = subject_verdict(hook);          \
			if (!verdict_)                                 \
				verdict_ = file_access_verdict(inode, hook, reads); \
			if (!verdict_)                                 \
				verdict_ = (change);                   \
			if (verdict_)                                  \
				return -EPERM;                         \
		}                                                      \
	} while (0)
#define REFUSE(inode, hook) REFUSE_BOTH(inode, 0, hook, 0)
#define REFUSE_CHANGE(inode, change, hook) REFUSE_BOTH(inode, change, hook, 0)
