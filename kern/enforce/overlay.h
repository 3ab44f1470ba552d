/* SPDX-License-Identifier: GPL-2.0-only */
/* Which overlays are mounted, by their upper roots, and for which container. */
#pragma once

static __always_inline void overlay_mounted(struct super_block *superblock)
{
	u64 root = (u64)BPF_CORE_READ(superblock, s_root, d_inode);
	struct quell_identity upper;
	u64 nobody = 0;

	if (BPF_CORE_READ(superblock, s_magic) != OVERLAYFS_MAGIC || !quell.overlay.known || !root)
		return;
	overlay_scope(root, &upper);
	if (upper.inode)
		bpf_map_update_elem(&overlays, &upper, &nobody, BPF_ANY);
}

static __always_inline void overlay_deleted(struct super_block *superblock)
{
	u64 root = (u64)BPF_CORE_READ(superblock, s_root, d_inode);
	struct quell_identity upper;

	if (BPF_CORE_READ(superblock, s_magic) != OVERLAYFS_MAGIC || !quell.overlay.known || !root)
		return;
	overlay_scope(root, &upper);
	if (upper.inode)
		bpf_map_delete_elem(&overlays, &upper);
}
