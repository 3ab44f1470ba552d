/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which executables are denied: a record is made at the flip, and goes with an undo, with the root that the file lies in, or
 * with the one container in which it is denied. What they refuse stands in executable.h. They count in contained_files.
 */
#pragma once

/*
 * A container's own file is denied to whoever reaches it. What it shares with others, a volume or a mount of the host, is
 * denied in that container alone: nobody else's program stops for its incident.
 */
static __always_inline u64 executable_scope(u64 container, struct quell_pending *p)
{
	return (p->object_flags & QUELL_OBJECT_OWN) ? 0 : container;
}

static __always_inline int executable_refused(struct quell_transition *t, struct quell_pending *p)
{
	struct quell_executable_key key = { .file = p->file };
	u64 container = t->key.container;

	if (p->object_flags & QUELL_OBJECT_LAST_LINK)
		return -ESRCH;
	if (container) {
		struct quell_container *c = bpf_map_lookup_elem(&containers, &container);

		if (!c)
			return -ESRCH;
		if (container == quell.self_container || (c->flags & QUELL_CONTAINER_PROTECTED)) {
			count(QUELL_COUNTER_PROTECTED);
			return -EACCES;
		}
	}
	key.container = executable_scope(container, p);
	return bpf_map_lookup_elem(&denied_executables, &key) ? -EEXIST : 0;
}

static __always_inline int executable_drop(struct quell_executable_key *key)
{
	int error = bpf_map_delete_elem(&denied_executables, key);

	if (!error)
		__sync_fetch_and_add(&quell.contained_files, -1);
	return error;
}

/* A frame of its own, for the sake of the stack. */
static __noinline int executable_contain(struct quell_pending_key *of, u64 incident, struct quell_pending *p)
{
	struct quell_executable_key key = { .file = p->file };
	struct quell_executable entry = { .incident = incident, .pending = *of };

	key.container = executable_scope(of->container, p);
	if (p->object_flags & QUELL_OBJECT_OWN)
		entry.upper_root = p->upper_root;
	if (bpf_map_update_elem(&denied_executables, &key, &entry, BPF_NOEXIST)) {
		count(QUELL_COUNTER_FILES_FULL);
		return -ENOSPC;
	}
	contained_filter_add(p->file.file.inode);
	contained_filter_add(p->inode);
	if (entry.upper_root.inode)
		contained_filter_add(entry.upper_root.inode); /* for layer_removed */
	__sync_fetch_and_add(&quell.contained_files, 1);
	/* that one was removed in this moment: nobody else would take it back */
	if (!key.container || bpf_map_lookup_elem(&containers, &key.container))
		return 0;
	executable_drop(&key);
	return -ESRCH;
}

struct executable_end {
	u64 incident;  /* whose are dropped… */
	u64 container; /* …or in which alone they are denied: these are lost */
};

static long executable_release_one(void *map, struct quell_executable_key *key, struct quell_executable *entry,
				   struct executable_end *end)
{
	struct quell_executable_key copy = *key;

	if (entry->incident == end->incident)
		executable_drop(&copy);
	return 0;
}

/* What this incident holds, and nothing else. */
static __always_inline void executable_release(u64 incident)
{
	struct executable_end end = { .incident = incident };

	bpf_for_each_map_elem(&denied_executables, executable_release_one, &end, 0);
}

/* There is nothing left to deny. */
static __always_inline void executable_gone(struct quell_executable_key *key, struct quell_executable *entry)
{
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &entry->pending);

	if (p && QUELL_WORD_INCIDENT(p->word) == entry->incident)
		pending_lose(&entry->pending, p);
	executable_drop(key);
}

static long executable_lose_one(void *map, struct quell_executable_key *key, struct quell_executable *entry, struct executable_end *end)
{
	struct quell_executable_key copy = *key;

	if (copy.container == end->container)
		executable_gone(&copy, entry);
	return 0;
}

/* The container has ended, and nobody of it is left. */
static __noinline int executables_end(u64 container)
{
	struct executable_end end = { .container = container };

	if (quell.contained_files)
		bpf_for_each_map_elem(&denied_executables, executable_lose_one, &end, 0);
	return 0;
}
