/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one description of everything that crosses between the kernel side and
 * user space, with its other parts in abi_policy.h, abi_places.h, abi_requests.h and abi_records.h: map keys and values, ring records,
 * requests to the syscall programs. Compiled by clang for BPF and by the C++ compiler; both check the
 * sizes below, and tests/bpf/abi_test.cpp checks offsets against the object's
 * BTF.
 *
 * Rules: fixed-width fields, in groups of 8 bytes, no pointers, no bitfields,
 * explicit reserved space. Times are CLOCK_BOOTTIME nanoseconds (they go on
 * in suspend, and no wall clock change moves them). Ids of cgroups are
 * kernfs ids. Text fields are raw bytes chosen by whoever acted: untrusted,
 * not terminated when full, escaped by whoever prints them.
 */
#pragma once

#ifdef __BPF__
typedef __u8 quell_u8;
typedef __u16 quell_u16;
typedef __u32 quell_u32;
typedef __s32 quell_s32;
typedef __u64 quell_u64;
#define QUELL_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#else
#include <cstdint>
using quell_u8 = std::uint8_t;
using quell_u16 = std::uint16_t;
using quell_u32 = std::uint32_t;
using quell_s32 = std::int32_t;
using quell_u64 = std::uint64_t;
#define QUELL_SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#endif

/* Pins of another number are not adopted. Raise it with every change here. */
#define QUELL_ABI_VERSION 21u

/*
 * A call of the kernel's bpf_rdonly_cast as it stands in the object: opcode 0x85, source 2 (a function of the kernel), and
 * in the upper half what the loader exchanges for the function's number in the kernel's BTF, 0 where there is none.
 */
#define QUELL_CAST_CALL 0x5143415300002085ull

/* ---- vocabulary, from the .def files ---------------------------------- */

enum quell_operation {
#define OPERATION(name, word, object, hooks) QUELL_OP_##name,
#include "operations.def"
#undef OPERATION
	QUELL_OP_COUNT
};
enum quell_field {
#define FIELD(name, word, place, kind, of, text) QUELL_FIELD_##name,
#include "fields.def"
#undef FIELD
	QUELL_FIELD_COUNT
};
enum quell_response {
#define RESPONSE(name, word, hooks, undo, ...) QUELL_RESPONSE_##name,
#include "responses.def"
#undef RESPONSE
	QUELL_RESPONSE_COUNT
};
enum quell_state {
#define STATE(name, word) QUELL_STATE_##name,
#include "states.def"
#undef STATE
	QUELL_STATE_COUNT
};
enum quell_command {
#define COMMAND(name, word) QUELL_COMMAND_##name,
#include "commands.def"
#undef COMMAND
	QUELL_COMMAND_COUNT
};
enum quell_hook {
#define HOOK(name, program, role) QUELL_HOOK_##name,
#include "hooks.def"
#undef HOOK
	QUELL_HOOK_COUNT
};

/* what a transition does beside changing the state (transitions.def) */
#define QUELL_OUTSIDE 1u
#define QUELL_IN_TIME 2u
#define QUELL_LATE 4u
#define QUELL_FREES 8u
#define QUELL_CONTAINS 16u
#define QUELL_RELEASES 32u
#define QUELL_REMOVES 64u
#define QUELL_HOLDS 128u
#define QUELL_LIFTS 256u

#define QUELL_BIT(n) (1u << (n))
#define QUELL_OP_BIT(n) (1ull << (n)) /* in a mask of operations */

/* Responses that only read: nothing is contained, and what they leave is the daemon's to delete. */
#define QUELL_RESPONSES_EVIDENCE (QUELL_BIT(QUELL_RESPONSE_ACQUIRE_FILE) | QUELL_BIT(QUELL_RESPONSE_CAPTURE))

/* who a rule is about, as a mask */
#define QUELL_SUBJECT_HOST 1u
#define QUELL_SUBJECT_CONTAINER 2u

#include "abi_policy.h"

/* ---- subjects --------------------------------------------------------- */

#define QUELL_CONTAINER_ID_SIZE 64 /* the runtime's id, hex */
enum quell_runtime {
	QUELL_RUNTIME_NONE,
	QUELL_RUNTIME_CRIO,
	QUELL_RUNTIME_CONTAINERD,
	QUELL_RUNTIME_DOCKER,
	QUELL_RUNTIME_PODMAN,
	QUELL_RUNTIME_KUBEPODS,
};

/* A container's record of its home mounts, in the order of its life. */
enum quell_home_state {
	QUELL_HOME_NONE,      /* made, has not executed anything of its own */
	QUELL_HOME_RECORDING,
	QUELL_HOME_READY,
	QUELL_HOME_DEAD,
};

/* a task, safe against reuse of its number */
struct quell_task_ref {
	quell_u64 start_ns; /* start_boottime */
	quell_u32 pid;      /* thread group id, initial pid namespace */
	quell_u32 uid;      /* initial user namespace */
	quell_u64 actor;    /* number of its mark (see quell_task), 0 if none */
	char comm[16];
};
QUELL_SIZE(struct quell_task_ref, 40);

struct quell_home_link {
	quell_u64 superblock;
	quell_u64 inode;
	quell_u32 generation;
	quell_u32 alias;
};
QUELL_SIZE(struct quell_home_link, 24);

#define QUELL_CONTAINER_PROTECTED 1u /* holds Quell or a runtime: never contained */
#define QUELL_CONTAINER_LEFT 2u      /* somebody of it was moved out of its cgroup */
#define QUELL_CONTAINER_REMOVED 4u   /* its cgroup is gone, and who left it may live on: forgotten by request */

struct quell_container {
	quell_u64 born_ns;
	quell_u64 contained;  /* incident that is enforced on all of it, 0 if none */
	quell_u64 paused;     /* incident that has it frozen, 0 if none */
	quell_u64 init_start_ns;
	quell_u32 init_pid;   /* its first process after the runtime's set-up */
	quell_u32 home_state; /* enum quell_home_state */
	quell_u32 runtime;    /* enum quell_runtime */
	quell_u32 flags;
	quell_u32 pending;    /* entries that wait for a decision */
	quell_u32 refused;    /* incidents for which there was no room */
	quell_u32 mounts;     /* home mounts recorded */
	quell_u32 overflows;  /* home mounts that did not fit a bound */
	struct quell_home_link last; /* the newest record; each links to the one before */
	char id[QUELL_CONTAINER_ID_SIZE];
};
QUELL_SIZE(struct quell_container, 152);

/* Kept on a group leader, only where needed: it left its cgroup, or it was bound by a detection. */
#define QUELL_TASK_AWAY 1u   /* home counts, not the cgroup */
#define QUELL_TASK_ACTORS 8
struct quell_task {
	quell_u64 home;  /* container it belongs to, 0: host */
	quell_u64 flags;
	quell_u64 own;   /* its mark, the same for all detections that bind it; not inherited */
	quell_u64 actors[QUELL_TASK_ACTORS]; /* its mark and those of ancestors bound before its birth */
};
QUELL_SIZE(struct quell_task, 88);

/* ---- objects ---------------------------------------------------------- */

/* A file that survives eviction, umount, reuse of its number and reboot. */
struct quell_identity {
	quell_u64 uuid[2];    /* s_uuid; {s_dev, 0} where that is 0 */
	quell_u64 inode;
	quell_u64 subvolume;  /* 0: files of btrfs, which need it, have no identity yet */
	quell_u32 generation;
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_identity, 40);

/* scope: the overlay's upper root, where only a lower inode exists; else 0 */
struct quell_file_key {
	struct quell_identity file;
	struct quell_identity scope;
};
QUELL_SIZE(struct quell_file_key, 80);

/* ---- pending containments --------------------------------------------- */

#define QUELL_PENDING_MAX 1024
#define QUELL_PENDING_PER_SUBJECT 64
#define QUELL_PENDING_RESERVED 256 /* of the 1,024: only for a subject that has none */
#define QUELL_CHAIN_MAX 8

/*
 * What an operation is about, beside a path. value: of an open its flags; of signal, capability and bpf the number; of ptrace QUELL_TRACE_…, of
 * module-load QUELL_MODULE_…; of setuid the user id, the group id in the upper half; of mount s_magic, and
 * QUELL_DETAIL_BLOCK_DEVICE; of sockets family, type << 8, protocol << 16, port << 32.
 */
struct quell_detail {
	quell_u64 value;
	quell_u8 address[16]; /* of sockets: 4 bytes, or 16; network order */
	quell_u32 target_pid; /* of the process that is acted on, 0: none */
	quell_u32 reserved;
	char target_comm[16];
};
QUELL_SIZE(struct quell_detail, 48);

/* Events with the same key are one incident. */
struct quell_pending_key {
	quell_u64 rule;      /* quell_rule.id */
	quell_u64 container; /* 0: host */
	quell_u64 actor_start_ns;
	quell_u32 actor_pid; /* parent inside the container, else the process itself */
	quell_u32 turn;      /* 0; more while earlier turns are approved or enforcing */
};
QUELL_SIZE(struct quell_pending_key, 32);

#define QUELL_TURNS_MAX 4

/* A file whose quarantine is enforced. */
struct quell_file_entry {
	quell_u64 incident;
	quell_u64 denied;          /* operations refused so far */
	struct quell_pending_key pending;
	struct quell_identity upper_root; /* of the overlay it belongs to, else 0 */
	quell_u32 device;          /* s_dev of the backing superblock when flipped */
	quell_u32 overlay_device;  /* s_dev of the overlay, 0 if none */
};
QUELL_SIZE(struct quell_file_entry, 96);

/*
 * What stays allowed to a container whose network is cut. Addresses are in network order, those of IPv4 as ::ffff:a.b.c.d;
 * whom it means is told by the other side's address and port.
 */
#define QUELL_ALLOWED_MAX 16
#define QUELL_ALLOWANCE_FOUR 1u /* of IPv4 */
#define QUELL_ALLOWANCE_NODE 2u /* only TCP connections that come from there: the probes of the node's agent */
struct quell_allowance {
	quell_u32 address[4];
	quell_u32 mask[4];
	quell_u32 port; /* 0: every one */
	quell_u32 flags;
};
QUELL_SIZE(struct quell_allowance, 40);

#define QUELL_ISOLATION_LOOPBACK 1u
struct quell_terms {
	quell_u32 flags; /* QUELL_ISOLATION_… */
	quell_u32 count;
	struct quell_allowance allowed[QUELL_ALLOWED_MAX];
};
QUELL_SIZE(struct quell_terms, 648);

#include "abi_places.h"

/* A container whose network is cut: by an incident, or while those wait whose rule wants it. */
struct quell_isolation {
	quell_u64 incident;        /* 0: nobody has decided yet */
	quell_u64 denied;          /* operations refused so far */
	struct quell_pending_key pending;
	struct quell_terms terms;
	quell_u64 until_ns;        /* of those who wait: the deadline of one of them; 1: it is being removed; 0: an incident's */
};
QUELL_SIZE(struct quell_isolation, 704);

#define QUELL_WORD(incident, state) ((quell_u64)(incident) << 8 | (state))
#define QUELL_WORD_INCIDENT(word) ((word) >> 8)
#define QUELL_WORD_STATE(word) ((quell_u32)((word) & 255))

/* object of the first event */
#define QUELL_OBJECT_FILE 1u      /* regular: can be quarantined */
#define QUELL_OBJECT_LAST_LINK 2u /* its last name was being removed */
#define QUELL_OBJECT_OVERLAY 4u
#define QUELL_OBJECT_LOWER 8u     /* only a lower inode existed: key has a scope */
#define QUELL_OBJECT_LASTS 16u    /* of quell_open_file: of whatever kind, it can be told from others by what lasts */
#define QUELL_OBJECT_RESTORED 4096u /* put in force again after a restart: times, pids and devices are of before it */
#define QUELL_OBJECT_ORPHAN 8192u /* and the container that it was of did not come over that */
#define QUELL_OBJECT_OWN 32u      /* lies in the root of the container that it is about */
#define QUELL_OBJECT_ACTOR 64u    /* there was no object: it is the executable of who acted */

#define QUELL_BESIDE_CAPTURE 1u /* evidence before a kill */
#define QUELL_BESIDE_COPY 2u    /* the content of what is quarantined */
#define QUELL_BESIDE_HOLDERS 4u /* who holds the file within the container is killed */
#define QUELL_BESIDE_FROZEN 8u  /* it is frozen for the capture, and by nobody but Quell */

#define QUELL_DOUBT_MIXED 1u     /* repeats hang on more than what all of them hang on */
#define QUELL_DOUBT_WITHDRAWN 2u /* it did not hold: rejected by Quell itself */

struct quell_pending {
	quell_u64 word;       /* incident << 8 | state; every change is a compare-and-swap of all of it */
	quell_u64 deadline_ns;
	quell_u64 first_ns;
	quell_u64 last_ns;
	quell_u64 hits;
	quell_u64 approved_ns; /* when it was flipped */
	quell_u32 request;     /* the daemon's number of the request that flipped it */
	quell_u32 beside;      /* QUELL_BESIDE_…, of the approval: what a daemon that dies behind the flip leaves to the next one */
	quell_u64 generation;  /* policy it was made under */
	quell_u64 part_of;     /* of one that is asked for: the incident that it is approved with, 0: none */
	quell_u32 offers;      /* mask, what BPF could bind */
	quell_u32 response;    /* the one approved (enum quell_response), valid from approved on */
	quell_u32 approver_uid;
	quell_u32 approver_loginuid;
	quell_u32 severity;
	quell_u32 operation;
	quell_u32 hook;
	quell_u32 object_flags;
	quell_u32 chain_count;
	quell_u32 target;      /* index into chain: whom kill-process hits, valid from approved on */
	struct quell_task_ref chain[QUELL_CHAIN_MAX]; /* 0: who acted, then its ancestors up to the container's init */
	struct quell_file_key file;
	struct quell_identity upper_root;
	struct quell_file_key place; /* the directory that the object is in; 0: not bound */
	quell_u64 inode;       /* as the process saw it: the overlay's number */
	quell_u32 device;
	quell_u32 overlay_device;
	struct quell_detail detail;
	quell_u64 doubts[2];   /* conditions of its rule that were not known (match/named.h), by their place in it; 0: it is sure */
	quell_u32 doubt_flags; /* QUELL_DOUBT_… */
	quell_u32 contains;    /* 1: from the flip on, of stop-container from its second step on */
	quell_u32 wanted;      /* mask of responses: what its rule wants in force while it waits… */
	quell_u32 held;        /* …and which of them it holds, or did, with others perhaps (kern/pending/hold.h) */
	char name[64];         /* last component of the object, cut */
};
QUELL_SIZE(struct quell_pending, 792);

/* ---- requests to the syscall programs --------------------------------- */

/* A deadline is moved no further than this from now. */
#define QUELL_EXTEND_MAX_NS (7ull * 24 * 3600 * 1000000000)

/* One transition of one entry. In: all but the last group. */
struct quell_transition {
	struct quell_pending_key key;
	quell_u64 incident;
	quell_u32 request;
	quell_u32 beside;             /* QUELL_BESIDE_…: approved with it, done by the daemon */
	quell_u64 approver_container; /* container of who asks, 0: host */
	quell_u64 deadline_ns;        /* not 0: a later deadline, and `to` is `from` */
	quell_u32 from;
	quell_u32 to;
	quell_u32 response;
	quell_u32 target;
	quell_u32 approver_uid;
	quell_u32 approver_loginuid;
	/* out */
	quell_u64 seen;    /* the word found, when it was not the expected one */
	quell_u64 time_ns; /* when the compare-and-swap succeeded */
	quell_s32 error;   /* 0, or a negative errno, see kern/pending/transition.h */
	/* in */
	quell_u32 doubt;   /* 1: who the container is is known now. To its own state: it holds; to rejected: it does not */
	union {
		struct quell_terms terms;   /* of isolate-network */
		struct quell_places places; /* of deny-write */
	};
};
QUELL_SIZE(struct quell_transition, 1400);

/* Where overlayfs keeps its layers; from the module's BTF, by user space. */
struct quell_overlay_layout {
	quell_s32 known;       /* 0: not learnt yet, overlay inodes have no layers */
	quell_s32 vfs_inode;   /* of struct ovl_inode */
	quell_s32 upper;       /* ovl_inode.__upperdentry */
	quell_s32 lower;       /* ovl_inode.lowerpath.dentry (6.1), -1 if absent */
	quell_s32 entry;       /* ovl_inode.oe (6.5 and later), -1 if absent */
	quell_s32 entry_lower; /* ovl_entry.__lowerstack[0].dentry */
};
QUELL_SIZE(struct quell_overlay_layout, 24);

enum quell_counter {
#define COUNTER(name, loud, text) QUELL_COUNTER_##name,
#include "counters.def"
#undef COUNTER
	QUELL_COUNTER_COUNT
};

/* Which tasks an iterator is asked for (see kern/subject/iterate.h). */
struct quell_task_query {
	quell_u64 container; /* in it by cgroup or by lineage; 0: none */
	quell_u64 actor;     /* bearing this mark; 0: none */
	quell_u64 mark_start_ns; /* give `actor` to descendants of this task… */
	quell_u32 mark_pid;      /* …0: do not */
	quell_u32 marked;        /* out: tasks that were newly marked */
	quell_u64 home;          /* out: the container of `pid`, 0: host */
	quell_u32 pid;           /* that process alone, whatever it belongs to, unless it must never be hit; 0: none. Of no weight beside `container` or `actor` */
	quell_u32 descriptor;    /* of the asking process: the file that quell_iter_files tells of */
	struct quell_file_key executable; /* processes that execute it, of the container where one is given; inode 0: not asked */
};
QUELL_SIZE(struct quell_task_query, 128);

/* What is lasting about an open file, as the kernel side binds the object of an event. */
struct quell_open_file {
	struct quell_file_key file;
	struct quell_identity upper_root;
	quell_u64 inode;
	quell_u32 device;
	quell_u32 overlay_device;
	quell_u32 object_flags; /* QUELL_OBJECT_…; without FILE it is no regular file, or cannot be told from others */
	quell_u32 mode;         /* i_mode */
	char name[64];
};
QUELL_SIZE(struct quell_open_file, 208);

/*
 * The words both sides look at all the time, in one page-aligned map that
 * user space maps. Who writes which stands in docs/architecture.md, Globals.
 */
struct quell_globals {
	/* in front of every hook, read as one word: 0 means there is nothing to refuse */
	quell_u32 contained_subjects; /* containers and lineages */
	quell_u32 contained_files;    /* and containers that may not write below some places, executables that are denied, held objects */
	quell_u64 generation;         /* current policy */
	quell_u32 half;               /* where it was loaded: QUELL_NODE_HALF or 0 */
	quell_u32 epoch;              /* part of every cache key; moves with each switch */
	quell_u64 operations;         /* union over its rules */
	quell_u32 armed;              /* mask of responses whose hooks are attached */
	quell_u32 identities;         /* how many the policy asks for: 0, and nobody is told that a container began */
	quell_u32 texts;              /* mask of QUELL_TEXTS_…: what rules ask for */
	quell_u32 isolated;           /* containers whose network is cut; in front of the hooks that cut it */
	quell_u32 kept;               /* mask of responses that the policy wants at once: their hooks stay attached */
	quell_u32 reserved_kept;
	quell_u64 name_key;           /* keys the hashes of names */
	quell_u64 next_incident;
	quell_u64 next_actor;
	quell_u64 pending_total;
	quell_u64 pending_host;
	/* who must never be hit */
	quell_u64 self_start_ns;
	quell_u64 self_container;
	quell_u32 self_pid;
	quell_u32 enabled_offers;     /* mask of responses the configuration allows */
	/* learnt once, from the first process above the loader */
	quell_u64 host_root;          /* address of the host's root dentry */
	quell_u64 host_mount_ns;
	quell_u64 own_address;        /* of this structure */
	struct quell_overlay_layout overlay;
	struct quell_task_query query;
	quell_u32 adopting;           /* while the daemon looks at a file it has contained: no filter */
	quell_u32 scanned;            /* 1: the containers that ran before the load were found */
	quell_u64 removed_containers; /* kept without a cgroup */
	quell_u64 canary_denied;      /* times the canary's removal was refused */
	quell_u64 counters[QUELL_COUNTER_COUNT];
	quell_u64 denied[QUELL_HOOK_COUNT]; /* operations refused, by hook */
	quell_u64 matched[QUELL_HOOK_COUNT]; /* operations a rule matched, by hook */
	/* in front of the LEAF edges, one for each half: a clear bit says that no rule names such an entry */
	quell_u64 leaf_filter[2][QUELL_LEAF_BITS / 64];
	quell_u64 plain[2][2]; /* by half, and container or host: mask of the operations that have a QUELL_EDGE_ANY */
	struct quell_quick plain_quick[2][2][QUELL_OP_COUNT]; /* the same for each operation: of all rules behind the edge */
	quell_u32 network_levels[2][2]; /* by half, and IPv4 or IPv6: mask of the numbers of pieces */
	quell_u64 network_filter[2][QUELL_NETWORK_BITS / 64];
	struct quell_gate gate[2];
	quell_u32 write_denied; /* containers that may not write below some places, and places that are held; each counts in contained_files, too */
	quell_u32 held_objects; /* denied while nobody has decided; each counts in contained_files, too */
	quell_u64 followed;           /* workloads that a containment follows: 0, and only a policy's identities have containers told */
	/* whose holders are asked for, and its numbers: the layer's, and as the process saw it */
	struct quell_file_key sought;
	quell_u64 sought_inode;
};

#include "abi_requests.h"
#include "abi_records.h"
