/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of abi.h that goes over the ring or belongs to a socket. Include
 * abi.h.
 */
#pragma once

#define QUELL_PATH_SIZE 1024
#define QUELL_PATH2_SIZE 512
#define QUELL_EXE_SIZE 512
#define QUELL_ARGS_SIZE 1024

/* What an operation is about that no path tells. */
#define QUELL_DETAIL_BLOCK_DEVICE (1ull << 32)
#define QUELL_DETAIL_READ_ONLY (1ull << 33)
#define QUELL_TRACE_ATTACH 1u
#define QUELL_TRACE_TRACEME 2u
#define QUELL_MODULE_OF_FILE 1u
#define QUELL_MODULE_OF_MEMORY 2u

#define QUELL_EVENT_FIRST 1u     /* it made the incident */
#define QUELL_EVENT_PATH_CUT 2u  /* path is longer than its field: leaf end kept */
#define QUELL_EVENT_PATH2_CUT 4u
#define QUELL_EVENT_EXE_CUT 8u
#define QUELL_EVENT_ARGS_CUT 16u
#define QUELL_EVENT_NO_ROOM 32u  /* no pending entry could be made: incident is 0 */
#define QUELL_EVENT_NO_ARGS 64u  /* arguments were not in memory */
#define QUELL_EVENT_TEXTS_CUT 128u /* rules have not seen all of the arguments or the environment */

/*
 * Paths are components from the entry up to its superblock's root, each
 * followed by a NUL ("dpkg.log\0log\0var\0"): the kernel side never turns
 * them round. User space places them with the container's mount table.
 */
struct quell_event {
	quell_u64 incident;
	quell_u64 time_ns;
	quell_u64 rule;
	quell_u64 generation;
	quell_u64 container;
	quell_u64 cgroup;
	struct quell_pending_key key;
	quell_u64 hits;
	quell_u64 inode;       /* as the process saw it */
	quell_u32 device;      /* s_dev of the object's superblock */
	quell_u32 exe_device;
	quell_u32 object_flags;
	quell_u32 mode;        /* i_mode */
	quell_u32 operation;
	quell_u32 hook;
	quell_s32 verdict;     /* what the hook returned */
	quell_u32 flags;
	quell_u32 pid;
	quell_u32 tid;
	quell_u32 uid;
	quell_u32 gid;
	quell_u32 loginuid;
	quell_u32 sessionid;
	quell_u32 offers;
	quell_u32 severity;
	quell_u32 chain_count;
	quell_u32 path_size;
	quell_u32 path2_size;  /* rename and link: the new name */
	quell_u32 exe_size;
	quell_u32 args_size;
	quell_u32 device2;
	struct quell_task_ref chain[QUELL_CHAIN_MAX];
	struct quell_file_key file;
	struct quell_detail detail;
	char path[QUELL_PATH_SIZE];
	char path2[QUELL_PATH2_SIZE];
	char exe[QUELL_EXE_SIZE];
	char args[QUELL_ARGS_SIZE];
};
QUELL_SIZE(struct quell_event, 3704);

/*
 * A change of state that the kernel side made by itself; or, with a word of 0, that the key's container was made (turn 0) or
 * has begun (turn 1).
 */
struct quell_notice {
	struct quell_pending_key key;
	quell_u64 word;    /* after the change */
	quell_u64 time_ns;
};
QUELL_SIZE(struct quell_notice, 48);

/* What a descriptor that a process holds is of, by the same identities as an entry's file. */
struct quell_held_file {
	quell_u32 fd;
	quell_u32 known;               /* 0: it has no lasting identity */
	struct quell_file_key file;
	struct quell_file_key before;  /* what it was before a copy-up; inode 0: there was none */
};
QUELL_SIZE(struct quell_held_file, 168);

/* A file that is not executed: by anyone who reaches it, or in one container alone. */
struct quell_executable_key {
	struct quell_file_key file;
	quell_u64 container; /* 0: by anyone */
};
QUELL_SIZE(struct quell_executable_key, 88);

/* One incident may hold several: a file of an image, and what it was copied up to. */
struct quell_executable {
	quell_u64 incident;
	quell_u64 denied;          /* operations refused so far */
	struct quell_pending_key pending;
	struct quell_identity upper_root; /* of the container's root where it lies in it, else 0: with that directory it is gone */
};
QUELL_SIZE(struct quell_executable, 88);

/* who connected to Quell's socket, recorded at connect(2) */
struct quell_peer {
	quell_u64 start_ns;
	quell_u64 cgroup;
	quell_u64 container;
	quell_u32 pid;
	quell_u32 uid;
	quell_u32 loginuid;
	quell_u32 sessionid;
	char comm[16];
};
QUELL_SIZE(struct quell_peer, 56);

/* Who has a file open, or mapped: told once for each descriptor and each map. */
#define QUELL_HOLDS_OPEN 1u
#define QUELL_HOLDS_MAPPED 2u
#define QUELL_HOLDS_WRITABLE 4u
struct quell_holder {
	struct quell_task_ref task; /* the process; actor 0 */
	quell_u32 how;              /* QUELL_HOLDS_… */
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_holder, 48);
