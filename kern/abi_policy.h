/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of abi.h that a policy is loaded into: what finds rules, the rules, and what they ask. Include abi.h.
 */
#pragma once

/* ---- policy image: trie of path components ---------------------------- */

/*
 * Rules' paths are one trie. A node stands for a directory; an edge is found
 * by {node, kind, hash of the component}. Node ids have 20 bits; the highest
 * is the generation's half, so that two generations live side by side in one
 * map while a new one is loaded, and a hook that began with the old root ends
 * in the old trie.
 */
#define QUELL_NODE_BITS 20
#define QUELL_NODE_HALF (1u << 19)
#define QUELL_NODE_CONTAINER 1u      /* root: paths in a container's root */
#define QUELL_NODE_HOST 2u           /* root: paths in the host's root */
#define QUELL_NODE_ASK_CONTAINER 3u  /* root: paths in conditions, in a container's root */
#define QUELL_NODE_ASK_HOST 4u       /* root: paths in conditions, in the host's root */
#define QUELL_NODE_ASK_CGROUP 5u     /* root: paths of cgroups in conditions */
#define QUELL_NODE_FIRST 16u         /* the first id the compiler may give away */

enum quell_edge_kind {
	QUELL_EDGE_NAME = 0,  /* a directory of that name below the node */
	QUELL_EDGE_LEAF = 1,  /* an entry of exactly that name in the node: `/x/name` */
	QUELL_EDGE_STAR = 2,  /* every entry of the node (a star at the end); hash 0 */
	QUELL_EDGE_COVER = 3, /* everything below the node (two stars at the end); hash 0 */
	QUELL_EDGE_ROOT = 4,  /* flags and cover of a root node itself; hash 0 */
	QUELL_EDGE_BELOW = 5, /* rules whose object lies below the node; hash 0 */
	QUELL_EDGE_ANY = 6,   /* of a root: rules on an operation that ask for no path; hash: the operation */
	QUELL_EDGE_OTHER = 7,     /* of a wild state: what holds for every name, see below; hash 0 */
	QUELL_EDGE_PAIR = 8,      /* of a wild state: a directory whose name begins and ends so; hash: the numbers of both pieces */
	QUELL_EDGE_PAIR_LEAF = 9, /* of a wild state: an entry whose name begins and ends so */
};

/* flags of a node, and the low byte of a directory's cached state */
#define QUELL_DIR_ALL 1u       /* every entry matches (star or cover) */
#define QUELL_DIR_LEAVES 2u    /* entries of some names match */
#define QUELL_DIR_WILD 4u      /* entries of some names match, by patterns with wildcards */
#define QUELL_DIR_ALIASES 8u   /* seen at places with different rules: judge each */
#define QUELL_DIR_FILES 16u    /* single files are mounted on this superblock */
#define QUELL_DIR_UNREACHED 32u /* below no mount of this view */
#define QUELL_DIR_OVERFLOW 64u /* a bound was met: counted, never cached */
#define QUELL_DIR_DYING 128u   /* removed, or perhaps being removed: never cached */

struct quell_edge_key {
	quell_u32 node;
	quell_u32 kind;
	quell_u64 name; /* keyed hash of the component */
};
QUELL_SIZE(struct quell_edge_key, 16);

/* The bit of a LEAF edge in its half's filter, for both sides. */
#define QUELL_LEAF_BITS 65536u
#define QUELL_LEAF_BIT(node, name) ((quell_u32)(((name) ^ (quell_u64)(node) * 0xC2B2AE3D27D4EB4Full) >> 48))

struct quell_edge {
	quell_u32 child; /* node, 0 if none */
	quell_u32 cover; /* the node whose `**` covers the child, 0 if none */
	quell_u32 flags; /* QUELL_DIR_ALL, QUELL_DIR_LEAVES of the child */
	quell_u32 next;  /* ROOT: the wild state it begins with, as a reference; OTHER: the wild state whose entries count, too */
	quell_u64 set; /* LEAF, STAR, COVER, BELOW: the rules, see quell_set */
};
QUELL_SIZE(struct quell_edge, 24);

/*
 * Paths with wildcards that no trie takes are an automaton of their own, beside it: a directory has a node of the trie and a
 * state of the automaton, 16 bits of it. Its edges are those of the node QUELL_WILD_NODE(state). NAME and PAIR lead to
 * `child`, OTHER says what becomes of every name that they do not have. The rules on an entry are those of its state, and of
 * the states that follow by `next`; in one state, an exact name's LEAF says all, else a pair's, else that of each piece.
 *   OTHER: child   what follows (a reference), 0: nothing
 *          cover   the state that is asked next, where this one has no edge for a name
 *          flags   QUELL_WILD_…: which pieces of names it has
 *          next    the state whose entries count, too
 *          set     rules on every entry
 */
#define QUELL_WILD_MAX 65536u /* states, 0: nothing can match any more */
#define QUELL_WILD_NODE(state) (1u << QUELL_NODE_BITS | (state))
#define QUELL_WILD_CHAIN 3    /* states whose entries count in one directory */
/* states without edges to directories: every directory below has them again, without a look-up */
#define QUELL_WILD_STAY 1024u
#define QUELL_WILD_STAY_ALL 512u /* of these from here on with rules on every entry, QUELL_DIR_ALL */
/* a reference: the state, and what a directory in it has of QUELL_DIR_ALL and QUELL_DIR_WILD */
#define QUELL_WILD_REFERENCE(state, flags) ((state) | (flags) << 16)
#define QUELL_WILD_ID(reference) ((reference) & 0xffffu)
#define QUELL_WILD_FLAGS(reference) ((reference) >> 16 & (QUELL_DIR_ALL | QUELL_DIR_WILD))
#define QUELL_WILD_HEADS 1u      /* names of directories by how they begin */
#define QUELL_WILD_TAILS 2u      /* and by how they end */
#define QUELL_WILD_LEAF_HEADS 4u /* of entries */
#define QUELL_WILD_LEAF_TAILS 8u

/* A piece of a name, by longest prefix: of the name, or of the name read backwards. */
#define QUELL_PIECE_BYTES 64
#define QUELL_PIECES_MAX 131072
struct quell_piece_key {
	quell_u32 length; /* 32 and the piece's, in bits */
	quell_u32 root;   /* QUELL_PIECE_ROOT and the half */
	quell_u8 text[QUELL_PIECE_BYTES];
};
QUELL_SIZE(struct quell_piece_key, 72);
/* kind: the position of the flag QUELL_WILD_… */
#define QUELL_PIECE_ROOT(state, kind) ((state) << 2 | (kind))

/* It says what shorter pieces of its state say, too. */
struct quell_piece {
	quell_u64 set;  /* of entries: rules on such names, 0: none */
	quell_u32 id;   /* for PAIR and PAIR_LEAF, 0: in none */
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_piece, 16);

/*
 * In front of the entries of wild states, one for each half: by a name's last or first bytes, a byte of kinds for each hash.
 * Where no kind is set that the directory's state asks for, no pattern is about such an entry. A pattern with a single byte to
 * tell it by has the slots of all pairs with that byte. A word has three slots: what the first says of it, the upper half of
 * two others says again, as another filter of the same size.
 */
#define QUELL_GATE_SLOTS 32768u
#define QUELL_GATE_TAIL4 1u
#define QUELL_GATE_TAIL2 2u
#define QUELL_GATE_HEAD4 4u
#define QUELL_GATE_HEAD2 8u
/* Bytes as a word in memory's order; 32 bits wide throughout: the kernel side pays for each instruction. */
#define QUELL_GATE_SLOT(bytes) ((quell_u32)(bytes) * 0x9E3779B1u >> 17)
#define QUELL_GATE_SLOT2(bytes) ((quell_u32)(bytes) * 0x85EBCA77u >> 17)
#define QUELL_GATE_SLOT3(bytes) ((quell_u32)(bytes) * 0xC2B2AE3Du >> 17)
#define QUELL_GATE_AGAIN(kind) ((kind) << 4)
struct quell_gate {
	quell_u8 kinds[QUELL_WILD_STAY]; /* by state; [0], which is none, for those from there on */
	quell_u8 slots[QUELL_GATE_SLOTS];
};

/* of one generation: each map is made as large as it must be */
#define QUELL_EDGES_MAX 131072
#define QUELL_SETS_MAX 131072 /* chunks of sets */
#define QUELL_RULES_MAX 32768
#define QUELL_CONDITIONS_MAX 65536
#define QUELL_MEMBERS_MAX 131072

/* An interned set of rules, in chunks: {id, 0}, {id, 1}, … while `more`. */
#define QUELL_SET_CHUNK 14
#define QUELL_SET_CHUNKS_MAX 8 /* rules judged for one operation: 112 */
struct quell_set_key {
	quell_u64 set;
	quell_u32 chunk;
	quell_u32 half; /* QUELL_NODE_HALF or 0 */
};
QUELL_SIZE(struct quell_set_key, 16);

struct quell_set {
	quell_u32 count;
	quell_u32 more;
	quell_u32 rules[QUELL_SET_CHUNK]; /* indexes into the generation's rules */
};
QUELL_SIZE(struct quell_set, 64);

/* What a rule's conditions speak of that is not at hand: looked up once, before they are asked. */
#define QUELL_NEED_EXE 1u
#define QUELL_NEED_PARENT 2u
#define QUELL_NEED_ANCESTORS 4u
#define QUELL_NEED_OBJECT 8u /* the object's path */
#define QUELL_NEED_TARGET 16u /* the process that is acted on */
#define QUELL_NEED_CGROUP 32u
#define QUELL_NEED_TEXTS 64u /* what the automaton of texts says: arguments, environment, a link's target */

#define QUELL_RULE_DENY 1u    /* the hook refuses the operation (the canary) */
#define QUELL_RULE_SILENT 2u  /* no incident (the canary) */

/* Responses that can be in force while nobody has decided (kern/pending/hold.h): the check refuses all others. */
#define QUELL_HOLDABLE (QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK) | QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER) | \
			QUELL_BIT(QUELL_RESPONSE_DENY_WRITE) | QUELL_BIT(QUELL_RESPONSE_DENY_EXEC))

struct quell_rule_key {
	quell_u32 index;
	quell_u32 half;
};
QUELL_SIZE(struct quell_rule_key, 8);

/* Asked before anything is looked up: six bits of quell_detail.value, from `at` on, say which of `bits` must be set for a match. */
struct quell_quick {
	quell_u64 bits;
	quell_u32 at;
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_quick, 16);

struct quell_rule {
	quell_u64 id;         /* stable over generations: FNV-1a of "policy/rule" */
	quell_u64 expires_ns; /* from the event to the end of the offer */
	quell_u64 operations; /* mask of QUELL_OP_BIT(QUELL_OP_…) */
	quell_u32 subjects;   /* mask of QUELL_SUBJECT_… */
	quell_u32 offers;     /* mask of QUELL_BIT(QUELL_RESPONSE_…) */
	quell_u32 flags;
	quell_u32 severity;   /* 0 info … 4 critical */
	quell_u32 condition;  /* index of its first one… */
	quell_u32 conditions; /* …and how many follow one another, 0: none */
	quell_u32 needs;      /* mask of QUELL_NEED_…: what must be looked up before they are asked */
	quell_u32 threshold;  /* matches of one subject within within_ns before it fires, 0: each */
	quell_u64 within_ns;
	quell_u64 once_ns;    /* it speaks again of one subject after that, 0: at once */
	struct quell_quick quick;
	quell_u32 wanted;     /* mask of QUELL_BIT(QUELL_RESPONSE_…): in force while nobody has decided, of QUELL_HOLDABLE */
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_rule, 96);

/* How often a rule has matched a subject: kept only for rules with a threshold or once_ns. */
#define QUELL_RATES_MAX 16384
struct quell_rate_key {
	quell_u64 rule; /* quell_rule.id */
	quell_u64 container; /* 0: the host */
};
QUELL_SIZE(struct quell_rate_key, 16);

struct quell_rate {
	quell_u64 begun_ns;  /* of the span that is counted */
	quell_u64 told_ns;   /* when it spoke last */
	quell_u64 count;     /* within that span */
};
QUELL_SIZE(struct quell_rate, 24);

/*
 * What a rule asks of an operation on its paths: groups of conditions. All of the first group must hold (`where` and
 * `match`, perhaps none), and of each later one (`except`) something must not.
 */
#define QUELL_RULE_CONDITIONS_MAX 128 /* of one rule */
#define QUELL_CONDITION_NOT 1u     /* holds where the value is another */
#define QUELL_CONDITION_OR 2u      /* it or the next one */
#define QUELL_CONDITION_END 4u     /* the last of its group */
#define QUELL_CONDITION_INTACT 8u  /* the executable counts only if it is intact, or its path says nothing */
#define QUELL_CONDITION_EXCEPT 16u /* of an exception */

struct quell_condition_key {
	quell_u32 index;
	quell_u32 half;
};
QUELL_SIZE(struct quell_condition_key, 8);

/* PATHS: {set at the path, index of the condition} is a member. NAMES: `first` is an identity. Others: first <= value <= last; BITS: any of `first`. */
struct quell_condition {
	quell_u32 field; /* enum quell_field */
	quell_u32 flags;
	quell_u32 first;
	quell_u32 last;
};
QUELL_SIZE(struct quell_condition, 16);

/*
 * Who a container is (its name, image, labels) is known to user space alone: of each list of texts that conditions ask for,
 * an identity, it says whether it holds for a container. Not said yet: not known.
 */
#define QUELL_IDENTITIES_MAX 256 /* of a policy */
#define QUELL_FIELD_IS_IDENTITY(field) ((field) >= QUELL_FIELD_CONTAINER_NAME && (field) <= QUELL_FIELD_CONTAINER_CGROUP)
struct quell_named_key {
	quell_u64 container;
	quell_u32 half;
	quell_u32 reserved;
};
QUELL_SIZE(struct quell_named_key, 16);

struct quell_named {
	quell_u64 known[QUELL_IDENTITIES_MAX / 64];
	quell_u64 holds[QUELL_IDENTITIES_MAX / 64];
};
QUELL_SIZE(struct quell_named, 64);

/*
 * Addresses, by longest prefix: what it says holds for what is in it, and includes what shorter prefixes say. An address of
 * IPv4 that is mapped into IPv6 is asked for as one of IPv4.
 */
#define QUELL_NETWORKS_MAX 131072
#define QUELL_NETWORK_SIX 16u
struct quell_network_key {
	quell_u32 length; /* 32 and the prefix's, in bits */
	quell_u32 root;   /* QUELL_NODE_CONTAINER or _HOST, the half, and QUELL_NETWORK_SIX */
	quell_u8 address[16];
};
QUELL_SIZE(struct quell_network_key, 24);

/*
 * In front of them, one for each half: a prefix's first whole pieces, of 8 bits for IPv4 and 16 for IPv6, mixed one after the other.
 * A mask says how many pieces there are prefixes of; where an address has a clear bit for each of them, no network holds it.
 */
#define QUELL_NETWORK_BITS 262144u
#define QUELL_NETWORK_LEVELS 9 /* none to eight pieces */
#define QUELL_NETWORK_FOUR_LEVELS 5
#define QUELL_NETWORK_SEED(six) ((six) ? 0x51F0C4D3A7ull : 0x4D1B2E93C7ull)
#define QUELL_NETWORK_MIX(hash, piece) (((hash) ^ (piece)) * 0xD6E8FEB86659FD93ull)
#define QUELL_NETWORK_BIT(hash) ((quell_u32)((hash) >> 46))

struct quell_network {
	quell_u64 set;   /* rules that are found by it, 0: none */
	quell_u64 asked; /* set of conditions, 0: none */
};
QUELL_SIZE(struct quell_network, 16);

/* Present: the paths of the condition are among what the set stands for. */
struct quell_member_key {
	quell_u64 set;
	quell_u32 condition;
	quell_u32 half;
};
QUELL_SIZE(struct quell_member_key, 16);

/*
 * Patterns over texts, as one automaton (docs/design/016, policy/automaton/table.h): its arrays one behind the other in
 * `words`, each found by the index of its first word. A condition on texts holds if the bit of its output, `first`, is set.
 */
#define QUELL_TEXT_WORDS (1u << 19) /* 2 MiB: 10,000 patterns in the manner of detection rules */
#define QUELL_TEXT_OUTPUTS 16384u
#define QUELL_TEXT_STEPS 4096u      /* parts between stars: 8 bytes each for every walk that runs */
#define QUELL_TEXT_ARGUMENT_BYTES 32768u /* of arguments that are read */
#define QUELL_TEXT_BYTES 61440u     /* with the environment behind them */
#define QUELL_TEXT_HITS 65536u

/* where a text stands, as bits of a pattern's: argv[0] to argv[7], all arguments behind, and */
#define QUELL_PLACE_LATER 8u
#define QUELL_PLACE_ENVIRONMENT 9u
#define QUELL_PLACE_TARGET 10u
#define QUELL_PLACE_SOURCE 11u
#define QUELL_PLACES 12u

struct quell_text_head {
	quell_u32 generation; /* whose it is, 0: none; written last */
	quell_u32 places;     /* mask: where any of its patterns looks */
	quell_u32 start;
	quell_u32 hitting;    /* states below have hits */
	quell_u32 row_shift;
	quell_u32 states;     /* from here on where each array begins */
	quell_u32 cells;
	quell_u32 rows;
	quell_u32 lists;      /* two words a state */
	quell_u32 hits;
	quell_u32 steps;      /* four words each */
	quell_u32 reserved;
	quell_u8 classes[256];
};
QUELL_SIZE(struct quell_text_head, 304);

struct quell_text_table {
	struct quell_text_head head;
	quell_u32 words[QUELL_TEXT_WORDS];
};

/* Which rules ask for texts, so that what reads them must be attached: a mask in quell_globals.texts. */
#define QUELL_TEXTS_EXEC 1u
#define QUELL_TEXTS_TARGET 2u
#define QUELL_TEXTS_SOURCE 4u
