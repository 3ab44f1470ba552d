/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map: who writes it, who reads it, why it has that size. All of them
 * are pinned under /sys/fs/bpf/quell/maps and outlive the daemon. Hashes are
 * allocated as they fill; the number of buckets is what a maximum costs.
 */
#pragma once

#define HASH_MAP(name_, max_, key_, value_)                          \
	struct {                                                     \
		__uint(type, BPF_MAP_TYPE_HASH);                     \
		__uint(max_entries, max_);                           \
		__uint(map_flags, BPF_F_NO_PREALLOC);                \
		__type(key, key_);                                   \
		__type(value, value_);                               \
	} name_ SEC(".maps")

/*
 * Maps within a map: the loader makes each as large as what it puts in, and takes a whole generation away at once. This is
 * their shape.
 */
#define MAPS_OF(name_, type_, flags_, many_, key_, value_)           \
	struct {                                                     \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);            \
		__uint(max_entries, many_);                          \
		__type(key, u32);                                    \
		__array(values, struct {                             \
			__uint(type, type_);                         \
			__uint(max_entries, 1);                      \
			__uint(map_flags, flags_);                   \
			__uint(key_size, sizeof(key_));              \
			__uint(value_size, sizeof(value_));          \
		});                                                  \
	} name_ SEC(".maps")
#define POLICY_MAP(name_, key_, value_) MAPS_OF(name_, BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, 2, key_, value_)

/* --- policy: written by the loader, a map for each half (kern/path, kern/match) */
POLICY_MAP(edges, struct quell_edge_key, struct quell_edge);
POLICY_MAP(rule_sets, struct quell_set_key, struct quell_set);
POLICY_MAP(rules, struct quell_rule_key, struct quell_rule);
POLICY_MAP(conditions, struct quell_condition_key, struct quell_condition);
POLICY_MAP(condition_members, struct quell_member_key, u32);
/* never allocated in front: kernels take a trie in no other way */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, QUELL_NETWORKS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct quell_network_key);
	__type(value, struct quell_network);
} networks SEC(".maps");
/* pieces of names, of paths with wildcards */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, QUELL_PIECES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct quell_piece_key);
	__type(value, struct quell_piece);
} name_pieces SEC(".maps");
/* on threads that execute what rules about texts look at, from the check to the judgement */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct execution);
} executions SEC(".maps");
/* the automaton of texts, of a generation that has some */
MAPS_OF(text_tables, BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, 2, u32, struct quell_text_table);
/* what its walks keep: made, and pinned, when a policy first asks for texts */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TEXT_RESULTS);
	__type(key, u32);
	__type(value, struct text_work);
} text_work SEC(".maps");

/* by container, of the policies that ask who it is */
HASH_MAP(named_containers, 2 * 2048, struct quell_named_key, struct quell_named);

/*
 * Of rules with a threshold or once-per, by subject; the one that was asked for least recently goes first. One, made when a
 * policy first has such a rule: it is allocated in front.
 */
MAPS_OF(rates, BPF_MAP_TYPE_LRU_HASH, 0, 1, struct quell_rate_key, struct quell_rate);

/* --- subjects: written at cgroup_mkdir and cgroup_rmdir (kern/subject) */
/* cgroup -> its container; one per cgroup inside a container. A full map is counted and found by ancestors. */
HASH_MAP(members, 8192, u64, u64);
/* by the cgroup id of the container's outermost cgroup; a node runs a few hundred */
HASH_MAP(containers, 2048, u64, struct quell_container);
/* on group leaders that left their cgroup or were bound by a detection */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct quell_task);
} tasks SEC(".maps");

/* --- paths: home mounts of containers (kern/path/home.h) */
HASH_MAP(homes, 32768, struct home_key, struct home);
/* names on the ways to home mounts: a container has some 25 */
HASH_MAP(home_names, 16384, struct home_name_key, struct home_name);
HASH_MAP(home_superblocks, 8192, struct home_superblock_key, struct home_superblock);
HASH_MAP(births, 8192, u64, u64);
/* the host's mounts of a superblock, rebuilt when they change; the loser is rebuilt */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, struct anchors_key);
	__type(value, struct anchors);
} host_anchors SEC(".maps");

/* --- containments: written by the hooks and the transition program only, sealed by BPF_MAP_FREEZE */
HASH_MAP(pending, 2 * QUELL_PENDING_MAX, struct quell_pending_key, struct quell_pending);
HASH_MAP(contained_actors, 1024, u64, u64);
HASH_MAP(contained_files, 2048, struct quell_file_key, struct quell_file_entry);
/* by container */
HASH_MAP(isolations, QUELL_PENDING_MAX, u64, struct quell_isolation);
HASH_MAP(write_denials, QUELL_PENDING_MAX, u64, struct quell_write_denial);
/* by file, and by container where it is denied in that one alone */
HASH_MAP(denied_executables, QUELL_PENDING_MAX, struct quell_executable_key, struct quell_executable);
/* while nobody has decided: until when */
HASH_MAP(held_objects, QUELL_PENDING_MAX, struct quell_hold_key, u64);
/* by the identity of an overlay's upper root, while that overlay is mounted */
HASH_MAP(overlays, 2048, struct quell_identity, struct overlay_mount);

/* --- to user space */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 19);
} ring SEC(".maps");

/* --- who connects: the daemon marks its listening socket, the hook notes each peer */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u32);
} listeners SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct quell_peer);
} peers SEC(".maps");

/* brings the structures into the object's BTF, for tests/bpf/abi_test.cpp: here they are sizes only */
struct {
	struct quell_edge_key edge_key;
	struct quell_edge edge;
	struct quell_set_key set_key;
	struct quell_set set;
	struct quell_rule_key rule_key;
	struct quell_rule rule;
	struct quell_condition_key condition_key;
	struct quell_condition condition;
	struct quell_member_key member_key;
	struct quell_rate_key rate_key;
	struct quell_rate rate;
	struct quell_text_table texts;
} *policy_maps_anchor;

/* Numbers of maps within a map, where the stack is short. */
static const u32 map_numbers[2] = { 0, 1 };

/* A half's element of a policy's map, 0: there is none. */
static __always_inline void *policy_find(void *maps, u32 half, const void *key)
{
	void *map = bpf_map_lookup_elem(maps, &map_numbers[half != 0]);

	return map ? bpf_map_lookup_elem(map, key) : 0;
}
