/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lower file is contained within one overlay, which its upper root names.
 * No hook meets it again once that directory is removed: `podman rm` has no
 * file of it to remove.
 */
#pragma once

struct layer_removal {
	struct quell_identity root;
};

static long layer_removed_one(void *map, struct quell_file_key *key, struct quell_file_entry *entry,
			      struct layer_removal *removal)
{
	struct quell_file_key file = *key;

	if (same_identity(&file.scope, &removal->root))
		file_gone(&file, entry);
	return 0;
}

__noinline int layer_removed(u64 directory)
{
	struct layer_removal removal = {};
	u32 device;

	identity_of(directory, &removal.root, &device);
	bpf_for_each_map_elem(&contained_files, layer_removed_one, &removal, 0);
	return 0;
}
