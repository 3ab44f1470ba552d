/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lower file is contained within one overlay, which its upper root names.
 * No hook meets it again once that directory is removed: `podman rm` has no
 * file of it to remove.
 */
#pragma once

/*
 * Whoever is in a container may mount overlays of his own and remove what they stand on: that ends nothing. Nor does it while
 * an overlay stands on the directory, through which its lower files are reached as before; one that leaked from a container
 * that has ended keeps nothing (as in removal_allowed).
 */
static __always_inline int layer_is_left(struct quell_identity *root)
{
	struct overlay_mount *mount;
	u64 container;

	if (current_cgroup_container() || subject_of(bpf_get_current_task_btf()))
		return 0;
	mount = bpf_map_lookup_elem(&overlays, root);
	if (!mount)
		return 1;
	container = mount->container; /* 0: of one that has not begun, or of nobody's */
	return container && !bpf_map_lookup_elem(&containers, &container);
}

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
	if (layer_is_left(&removal.root))
		bpf_for_each_map_elem(&contained_files, layer_removed_one, &removal, 0);
	return 0;
}
