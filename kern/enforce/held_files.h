/* SPDX-License-Identifier: GPL-2.0-only */
/* Which files are held: the filter in front, and the end of one. */
#pragma once

static __always_inline u32 contained_bit(u64 inode)
{
	return ((u32)inode * 0x9E3779B1u) >> 16;
}

static __always_inline void contained_filter_add(u64 inode)
{
	u32 bit = contained_bit(inode);

	__sync_fetch_and_or(&contained_filter[(bit >> 6) & (CONTAINED_BITS / 64 - 1)], 1ull << (bit & 63));
}

/* A clear bit is certain. */
static __always_inline int contained_may_be(u64 inode)
{
	u32 bit = contained_bit(inode);

	return (contained_filter[(bit >> 6) & (CONTAINED_BITS / 64 - 1)] >> (bit & 63)) & 1;
}

/* There is nothing left to contain. */
static __always_inline void file_gone(struct quell_file_key *file, struct quell_file_entry *entry)
{
	struct quell_pending *p = bpf_map_lookup_elem(&pending, &entry->pending);

	if (p)
		pending_lose(&entry->pending, p);
	if (!bpf_map_delete_elem(&contained_files, file))
		__sync_fetch_and_add(&quell.contained_files, -1);
}
