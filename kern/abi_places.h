/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of abi.h: where a container may not write, and what is denied to it while nobody has decided. Same rules. */
#pragma once

/* Directories and files that a container may no longer change: these, and what lies below them. By what they are, not by their paths. */
#define QUELL_PLACES_MAX 16
struct quell_places {
	quell_u32 count; /* 0: the place of the entry, see quell_pending */
	quell_u32 reserved;
	struct quell_file_key at[QUELL_PLACES_MAX];
};
QUELL_SIZE(struct quell_places, 1288);

/* A container that may not write below some places. */
struct quell_write_denial {
	quell_u64 incident;
	quell_u64 denied;          /* operations refused so far */
	struct quell_pending_key pending;
	quell_u64 filter;          /* bits of the places' inode numbers: a clear one is certain */
	struct quell_places places;
};
QUELL_SIZE(struct quell_write_denial, 1344);

/* An object that is denied to a container while nobody has decided; its value is the boot time until which it is. */
struct quell_hold_key {
	struct quell_file_key file; /* deny-write: the directory; deny-exec: the executable */
	quell_u64 container;
	quell_u32 response;
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_hold_key, 96);
