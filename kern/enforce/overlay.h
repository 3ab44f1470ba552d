/* SPDX-License-Identifier: GPL-2.0-only */
/* Which overlays are mounted, by their upper roots, and for which container. */
#pragma once

static __always_inline void overlay_mounted(struct super_block *superblock)
{
	overlay_owned((u64)BPF_CORE_READ(superblock, s_root, d_inode), 0, BPF_ANY);
}

struct overlay_end {
	u64 superblock;
};

static long overlay_deleted_one(void *map, struct quell_identity *upper, struct overlay_mount *mount, struct overlay_end *end)
{
	struct quell_identity key = *upper;

	if (mount->superblock == end->superblock)
		bpf_map_delete_elem(&overlays, &key);
	return 0;
}

/*
 * lsm/sb_delete: its root is gone by then, so that it is looked for by its address. Where another one was mounted on the
 * same upper root since, that one's entry stays.
 */
static __always_inline void overlay_deleted(struct super_block *superblock)
{
	struct overlay_end end = { .superblock = (u64)superblock };

	if (BPF_CORE_READ(superblock, s_magic) == OVERLAYFS_MAGIC)
		bpf_for_each_map_elem(&overlays, overlay_deleted_one, &end, 0);
}
