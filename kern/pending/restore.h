/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A quarantine that was in force before a restart, as the history has it: the
 * same incident, approved by whom it was, and refused from here on, whether
 * its file system is mounted or not. It is *approved*, and said to be enforced
 * when the daemon has seen that it is, as after any flip. Only what is told by
 * something lasting can be meant: the number of a device is another's by now.
 *
 * Errors: ESRCH no such container; EINVAL no quarantine, not approved, of no
 * number that was given to an incident, or not lasting; EEXIST that file is
 * contained; ENOSPC no room.
 */
#pragma once

/* One daemon asks, on one thread. The entry lies in `requested`. */
static struct quell_transition restoring;

/* Is it told by a UUID? */
static __always_inline int identity_lasts(struct quell_identity *id)
{
	return id->uuid[1] || id->uuid[0] >> 32;
}

static __always_inline int identity_given(struct quell_identity *id)
{
	return id->inode || id->uuid[0] || id->uuid[1];
}

static __always_inline int file_lasts(struct quell_pending *entry)
{
	if (!entry->file.file.inode || !identity_lasts(&entry->file.file))
		return 0;
	if (identity_given(&entry->file.scope) && !identity_lasts(&entry->file.scope))
		return 0;
	return !identity_given(&entry->upper_root) || identity_lasts(&entry->upper_root);
}

#define RESTORED_FLAGS (QUELL_OBJECT_FILE | QUELL_OBJECT_OVERLAY | QUELL_OBJECT_LOWER | QUELL_OBJECT_ORPHAN)

static __always_inline int restore(struct quell_request *r)
{
	struct quell_pending_key key = { .rule = r->key.rule, .container = r->key.container };
	struct quell_pending *entry = &requested;
	u64 container = key.container, incident;
	int error;

	if (container && !bpf_map_lookup_elem(&containers, &container))
		return -ESRCH;
	__builtin_memcpy(entry, &r->entry, sizeof(*entry));
	incident = QUELL_WORD_INCIDENT(entry->word);
	if (!incident || incident >= quell.next_incident || !entry->approved_ns || entry->chain_count > QUELL_CHAIN_MAX ||
	    entry->response != QUELL_RESPONSE_QUARANTINE_FILE || !(entry->object_flags & QUELL_OBJECT_FILE) || !file_lasts(entry))
		return -EINVAL;
	if (bpf_map_lookup_elem(&contained_files, &entry->file))
		return -EEXIST;
	entry->offers = QUELL_BIT(QUELL_RESPONSE_QUARANTINE_FILE);
	entry->object_flags = (entry->object_flags & RESTORED_FLAGS) | QUELL_OBJECT_RESTORED;
	if (container)
		entry->object_flags &= ~QUELL_OBJECT_ORPHAN;
	for (int i = 0; i < QUELL_CHAIN_MAX; i++) /* its processes are told of, and bear no marks */
		entry->chain[i].actor = 0;
	entry->request = entry->beside = 0; /* who held it has ended with the host, or may be another by now */
	entry->wanted = entry->held = 0; /* it is decided */
	__builtin_memset(&entry->place, 0, sizeof(entry->place));
	entry->doubts[0] = entry->doubts[1] = 0;
	entry->doubt_flags = 0;
	entry->contains = 1;
	entry->word = QUELL_WORD(incident, QUELL_STATE_APPROVED);
	key.turn = (u32)incident; /* no event is a repeat of it */
	error = pending_add(&key, entry);
	if (error)
		return error == -EEXIST ? -EEXIST : -ENOSPC;
	restoring.key = key;
	restoring.incident = incident;
	error = file_contain(&restoring, entry);
	if (error) {
		bpf_map_delete_elem(&pending, &key);
		return error;
	}
	r->key = key;
	return 0;
}
