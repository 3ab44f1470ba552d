/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flip puts into a map comes from that map's stock of free elements on this CPU. Where the stock is below its mark
 * behind an insertion, the kernel fills it up in an interrupt, in the middle of the flip: 12 to 48 allocations, some 50,000
 * instructions. So one is taken and given back when a containment is prepared, and the flip finds the stock full.
 */
#pragma once

/* Under a key that is nobody's: no file, container or actor has it. `denial_empty` is zero, and longer than any of these values. */
#define STOCK(map_, type_)                                                                    \
	do {                                                                                  \
		type_ nobodys;                                                                \
                                                                                              \
		__builtin_memset(&nobodys, 0xff, sizeof(nobodys));                            \
		if (!bpf_map_update_elem(&map_, &nobodys, &denial_empty, BPF_NOEXIST))        \
			bpf_map_delete_elem(&map_, &nobodys);                                 \
	} while (0)

static __always_inline int stock_fill(void)
{
	STOCK(contained_actors, u64);
	STOCK(contained_files, struct quell_file_key);
	STOCK(isolations, u64);
	STOCK(write_denials, u64);
	STOCK(denied_executables, struct quell_executable_key);
	return 0;
}
