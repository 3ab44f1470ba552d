/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of abi.h: what user space asks of the syscall programs, besides transitions. Same rules. */
#pragma once

/* What the loader tells the kernel side. */
struct quell_setup {
	quell_u64 name_key;
	quell_u64 first_incident; /* ids are never reused: higher than any in the history */
	quell_u32 self_pid;       /* 0: keep */
	quell_u32 learn_host;     /* take the first process above the caller as the host */
};
QUELL_SIZE(struct quell_setup, 24);

/* Makes a loaded generation the current one. */
struct quell_switch {
	quell_u64 generation;
	quell_u64 operations; /* union of its rules' operations */
	quell_u32 half;       /* QUELL_NODE_HALF or 0: where it was loaded */
	quell_u32 texts;      /* mask of QUELL_TEXTS_… */
};
QUELL_SIZE(struct quell_switch, 24);

/* Nobody is left of a container whose cgroup is gone. */
struct quell_forget {
	quell_u64 container;
	quell_s32 error; /* ENOENT: no such one, or its cgroup is there */
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_forget, 16);

#define QUELL_RULE_MANUAL (~0ull) /* in a key's rule: somebody asked for it, and no rule did */
#define QUELL_ACTOR_NEW (~0ull)   /* in a chain: to be given a mark of its own */

/*
 * A pending entry that somebody asks for, without an event. In: the key's container, and of the entry offers, deadline_ns (from
 * now), severity, chain and object. Out: the key, under which it is found. Where it restores, also in: the key's rule, and the
 * entry whole, as it was.
 */
struct quell_request {
	struct quell_pending_key key; /* out: whole */
	struct quell_pending entry;
	quell_s32 error;              /* see kern/pending/request.h, restore.h */
	quell_u32 restore;            /* 1: a quarantine that was in force before a restart */
};
QUELL_SIZE(struct quell_request, 832);
