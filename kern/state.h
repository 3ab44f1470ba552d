/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel side keeps outside of maps: the globals shared with user
 * space, the caches in front of the path matcher, filters, and scratch space.
 * All of it is rebuilt on demand or lives as long as the pinned programs.
 */
#pragma once

/* shared with user space, see abi.h; a section of its own so that it can be mapped alone */
struct quell_globals quell SEC(".data.quell") = { .epoch = 1, .next_incident = 1, .next_actor = 1 };

/* --- caches (kern/path/cache.h): direct-mapped, torn writes fail the check */
#define DIR_SLOTS (1u << 15)
#define FILE_SLOTS (1u << 15)
#define VIEW_SLOTS (1u << 10)
#define PLACE_SLOTS (1u << 8)
#define SUPERBLOCK_SLOTS (1u << 10)

struct dir_slot {
	u64 check; /* key ^ state */
	u64 state;
};
static struct dir_slot dir_cache[DIR_SLOTS];
static struct dir_slot place_cache[PLACE_SLOTS]; /* the places of home mounts */
static u64 file_cache[FILE_SLOTS];           /* keys of files that no open rule wants */
static struct dir_slot view_cache[VIEW_SLOTS]; /* cgroup -> container */
static u32 superblock_moves[SUPERBLOCK_SLOTS]; /* generation of a superblock: a directory moved */

#define key_spread(key) ((key) ^ (key) >> 32)
#define dir_slot_of(key) (&dir_cache[((key) >> 40) & (DIR_SLOTS - 1)])
#define place_slot_of(key) (&place_cache[((key) >> 40) & (PLACE_SLOTS - 1)])
#define file_slot_of(key) (&file_cache[((key) >> 40) & (FILE_SLOTS - 1)])

/* --- filters: a clear bit is certain, a set bit leads to the exact test */
#define AWAY_TASKS (1u << 22)
static u64 away_bits[AWAY_TASKS / 64];      /* by thread group id: has a tag; as exact as pid_max */
#define FILE_MOUNT_BITS (1u << 18)
static u64 file_mount_filter[FILE_MOUNT_BITS / 64]; /* inodes that are mounted as single files */
#define CONTAINED_BITS (1u << 16)
static u64 contained_filter[CONTAINED_BITS / 64];   /* inode numbers whose quarantine is enforced */
#define ISOLATED_BITS (1u << 12)
static u64 isolated_filter[ISOLATED_BITS / 64];     /* containers whose network is cut */
#define WRITE_DENIED_BITS (1u << 12)
static u64 write_denied_filter[WRITE_DENIED_BITS / 64]; /* containers that may not write below some places */

/*
 * What mountpoints of the host are reached by: a filter of dentries (path/chain.h), and how often one of them was moved.
 */
#define MOUNT_WAYS 65536
static u64 mount_ways[MOUNT_WAYS / 64];
static volatile u32 mount_ways_clearing;
static u32 mount_way_moves;

/* set at the load: quell_do_move_mount is told of a struct mount, else of a struct path; the skeleton names its type */
const volatile quell_u32 move_tells_mount;
static u64 superblock_births; /* numbers superblocks, whose addresses are reused */
static volatile u32 zero;              /* volatile reads of it keep 6.1 from folding a callback's first values */

/* --- scratch space: claimed by exchange, since LSM programs can be preempted */
#define WORK_SLOTS 64
static struct work work_slots[WORK_SLOTS];
static u32 work_busy[WORK_SLOTS];

#define WORK(i) (&work_slots[(i) & (WORK_SLOTS - 1)])
#define WORK_NONE WORK_SLOTS
/* After a comparison with WORK_NONE, which the verifier may have seen of a copy: without this WORK() leaves out its mask. */
#define WORK_MASKED(i) asm volatile("" : "+r"(i))

/* Every slot is tried: with fewer candidates events were missed under preemption. */
__noinline u32 work_search(u32 first)
{
	for (u32 k = 1; k < WORK_SLOTS; k++) {
		u32 i = (first + k * 17) & (WORK_SLOTS - 1);

		if (!__sync_lock_test_and_set(&work_busy[i], 1))
			return i;
	}
	count(QUELL_COUNTER_SCRATCH_FULL);
	return WORK_NONE;
}

static __always_inline u32 work_claim(void)
{
	u32 i = bpf_get_smp_processor_id() & (WORK_SLOTS - 1);

	if (__sync_lock_test_and_set(&work_busy[i], 1))
		return work_search(i);
	return i;
}

static __always_inline void work_release(u32 i)
{
	*(volatile u32 *)&work_busy[i & (WORK_SLOTS - 1)] = 0;
}
