/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel-private types: what never leaves the kernel side. Bounds stand here
 * with their reasons.
 */
#pragma once

#define WALK_MAX 128      /* components from a directory up to its superblock's root */
#define HOME_DEPTH_MAX 16 /* components of a home mountpoint below the container's root */
#define HITS_MAX 8        /* mounts passed on one walk */
#define ALIASES_MAX 16    /* places of one directory in one container */
#define ANCHORS_MAX 32    /* host mounts of one superblock that are cached; more are searched for */
#define SETS_MAX 16       /* different rule sets reached by the aliases of one entry */
#define FOUND_MAX 8       /* sets of one entry at one place: the trie's, and two of each wild state that counts */
#define ANCHOR_SETS 4     /* of these, what is kept of a single file that the host mounts */
#define ASKED_SETS FOUND_MAX      /* and of what a condition asks for */
#define JUDGED_MAX 128   /* rules judged for one operation: a set has up to 112, aliases may add some; more are counted */
#define ANCESTORS_MAX 8   /* above a process whose executables a rule can ask for */
#define ASKED_OBJECT (ANCESTORS_MAX + 1) /* behind the process and its ancestors */
#define ASKED_TARGET (ANCESTORS_MAX + 2)
#define ASKED_ADDRESS (ANCESTORS_MAX + 3)
#define ASKED_CGROUP (ANCESTORS_MAX + 4)
#define ASKED_MAX 16
#define NODE_NAME_MAX 256 /* with its end: NAME_MAX of a file system */
#define MOUNTS_MAX 4096   /* mounts of a namespace that a recording visits */

/* inode number of a superblock's root in home keys: a root is one whatever its number */
#define ROOT_INODE (~0ull)

/* A home mount: what the runtime mounted where, before the container ran. */
struct home_key {
	u64 container;
	u64 superblock;
	u64 inode;
	u32 generation;
	u32 alias;
};
struct home {
	struct quell_home_link previous; /* of the same container: rmdir follows them */
	u64 chain;                       /* hash over components: the same place twice is one */
	u32 count;                       /* components, leaf first */
	u8 is_file;
	u8 aliases;                      /* more entries of this key, by alias */
	u8 reserved[2];
	u64 components[HOME_DEPTH_MAX];
};
/* The text of a component of a home mount's way: patterns with wildcards ask for it, and those of later policies, too. */
struct home_name_key {
	u64 container;
	u64 hash;
};
struct home_name {
	u32 length;
	u32 reserved;
	u8 text[256];
};
struct home_superblock_key {
	u64 container;
	u64 superblock;
};
struct home_superblock {
	u64 birth;
	u32 directories; /* mounts of directories below its root */
	u32 files;
	u32 root;        /* its root is mounted */
	u32 reserved;
	u64 filter[4];   /* inodes mounted */
};

/* The init namespace's mounts of one superblock, each with its state. */
struct anchors_key {
	u64 mounts;      /* the namespace's counter of changes, and moves on the way to a mountpoint */
	u64 superblock;
	u32 epoch;
	u32 reserved;
};
struct anchor {
	u64 root;        /* dentry */
	u64 state;       /* as a directory */
	u64 sets[ANCHOR_SETS]; /* as an entry: rules on a single mounted file */
};
struct anchors {
	u32 count;
	u32 overflow;
	u32 files;
	u32 reserved;
	u64 filter[16];
	struct anchor list[ANCHORS_MAX];
};

/*
 * The head of a dentry, read in one go. d_parent, d_name, d_inode and the
 * inline name are contiguous on every kernel from 6.1 to 7.2 (a loader test
 * checks it against BTF).
 */
struct dentry_head {
	u64 parent;
	u32 hash;
	u32 length;
	u64 name;
	u64 inode;
	u64 inline_name[4];
};

/* An overlay while it is mounted. */
struct overlay_mount {
	u64 container;  /* whose root it is, 0: nobody's yet */
	u64 superblock; /* the newest one on that upper root */
};

/* The question put to the slow path. */
struct query {
	u64 directory;   /* dentry whose state is asked for */
	u64 entry;       /* dentry judged */
	u64 container;   /* view, 0: host */
	u64 inode;       /* of the directory */
	u64 key;         /* cache key of the directory, 0: do not cache */
	u64 parent_key;
	u64 root_kind;   /* QUELL_NODE_CONTAINER/_HOST or the EXE roots */
	u32 generation;  /* of the directory's inode */
	u32 files;       /* out of the walk: single files are mounted on this superblock */
	struct anchors_key anchors;
};

struct hit {
	u64 what;        /* host: state; container: inode of the home mount */
	u32 generation;
	u32 level;       /* components between the directory and it */
};

/* Up a mount to a root (path/chain.h). */
struct chain_walk {
	u64 dentry;
	u64 mount;
	u64 mount_root;
	u64 root_dentry;
	u64 root_mount; /* 0: up to the namespace's own root */
	u32 end;
	u32 reserved;
};

/* Over the mounts of a namespace (path/chain.h). */
struct mounts_walk {
	u64 current;
	u64 previous;
	u64 head;
	u64 container;  /* whose home is recorded */
	u64 superblock; /* whose mounts are wanted */
	u64 event;      /* the namespace's counter of changes when the walk began */
	u64 begun;      /* the same, of a home that is recorded */
	u64 root[2];    /* mnt_root and mnt_sb of the one that is visited */
	u32 mode;
	u32 reserved;
};

/* What is judged (match/judge.h). */
struct operation {
	u64 entry;   /* what is acted on */
	u64 parent;  /* the directory it is in, 0: not judged as an entry */
	u64 place;   /* judged as a directory with everything below, 0: not */
	u64 entry2;  /* rename, link: the new name */
	u64 state;   /* of the parent, if known */
	u64 detail;  /* what it gives: chmod and create a mode, with its type; chown the user, the group in the upper half; else quell_detail.value */
	u64 target;  /* the task that is acted on, 0: none */
	u64 address[2]; /* of sockets, see quell_detail */
	u32 number;  /* enum quell_operation: the one that is told */
	u32 also;    /* mask of others that it is as well */
	u32 hook;
	u32 known;   /* state is valid */
	u32 files;   /* the entry may be mounted as a single file */
	u32 texts;   /* what is known of its texts: the number of a text_result + 1, and TEXTS_… */
};

/* Rules that ask for texts are judged where these are read, all others elsewhere. In operation.texts. */
#define TEXTS_RESULT 255u
#define TEXTS_NOT_PLAIN 256u /* only rules that ask for texts */
#define TEXTS_NOT_NOW 512u   /* only those that do not */
#define TEXTS_ASK 1024u      /* as texts_executed says: kept by nobody, as stack is short */

/* What the walk over the texts of an operation has found, from there to its judgement (match/texts.h). */
#define TEXT_RESULTS 16
struct text_result {
	u64 since_ns; /* when it was claimed, 0: free */
	u64 owner;    /* the thread */
	u32 cut;      /* there was more than is read */
	u32 args_size;
	u32 begins;   /* it is a container's first: all rules are asked */
	u32 reserved;
	u32 generation[2]; /* by half: whose table was walked, 0: none */
	u64 outputs[2][QUELL_TEXT_OUTPUTS / 64];
	char args[QUELL_ARGS_SIZE];
};

/* Who executes, while its executable is still its own: for rules that are judged when it is another. */
struct execution {
	u64 exe_sets[ASKED_SETS]; /* conditions at its path, up to the first 0 */
	u32 epoch; /* of the policy */
	u32 intact;
};

/* Over one stream of texts, by the table of one half. */
#define TEXT_CHUNK 4096
struct pattern_walk {
	struct quell_text_table *table;
	struct text_work *work;
	u64 argument;  /* number of the text, over all walks */
	u32 half;      /* 0 or 1 */
	u32 number;    /* of the result */
	u32 state;
	u32 origin;    /* where the text begins, of all that is read */
	u32 base;      /* and the chunk */
	u32 offset;    /* bytes of the text that were read, when there is something to say */
	u32 place;     /* QUELL_PLACE_…, or argv's index */
	u32 left;      /* texts of its kind, with this one */
	u32 variables; /* of the environment */
	u32 hits_left;
	u32 list;      /* first of the hits that are taken */
	u32 behind;    /* of a variable's name: its value is nothing to us */
	u32 over;
	u32 chunks;    /* read before this one */
};
struct text_work {
	struct pattern_walk walks[2];
	u8 buffer[TEXT_CHUNK];
	u64 reached[2][QUELL_TEXT_STEPS]; /* by step: number of the text << 16 | where it ended; never cleared */
};

/* What lasts of a file (match/identity.h). */
struct file_facts {
	struct quell_file_key key;
	struct quell_file_key before; /* what the key was before a copy-up; inode 0: there was none */
	struct quell_identity upper_root;
	u32 device;
	u32 overlay_device;
	u32 flags; /* QUELL_OBJECT_OVERLAY, QUELL_OBJECT_LOWER */
	u32 known;
};

/* Where the mount that was recorded last is mounted. */
struct home_beside {
	u64 mount;      /* its parent, 0: not to be compared with */
	u64 mount_root; /* of the parent */
	u64 directory;  /* that holds the mountpoint */
	u32 count;      /* components of the way, 0: unknown */
	u32 reserved;
};

/* A step of the automaton of paths with wildcards (path/wild.h): kept here, for its callers are deep in the stack. */
struct wild_walk {
	u64 name;
	u64 text;
	u64 pair;      /* numbers of the pieces found */
	u64 set_head;
	u64 set_tail;
	u64 every;     /* rules on every entry of the state */
	u32 state;
	u32 flags;     /* pieces that it has */
	u32 next;
	u32 result;
	struct quell_edge_key edge;
	struct home_name_key home;
	struct quell_piece_key piece;
	u64 tail[32];  /* the end of a name, in the first eight words; as many as the verifier asks for */
};

struct work {
	struct query query;
	u64 superblock;
	struct dentry_head head;
	u64 below[WALK_MAX]; /* hashes from the directory up to the superblock's root */
	u64 above[WALK_MAX]; /* hashes from a mountpoint up to the view's root */
	u64 below_text[WALK_MAX]; /* where these names are, see NAME_TEXT */
	u64 above_text[WALK_MAX]; /* 0: of a home mount, by its hash */
	u32 below_count;
	u32 above_count;
	u32 hit_count;
	u32 overflow;
	struct hit hits[HITS_MAX];
	u64 ancestors[WALK_MAX]; /* dentries passed, when anchors must be searched for */
	u64 ancestor_filter;
	u64 name;            /* hash of the judged entry's name */
	u64 name_text;
	u64 found[FOUND_MAX]; /* sets of one entry at one place */
	u32 found_count;
	u32 reserved_found;
	struct wild_walk wild;
	u64 sets[SETS_MAX];
	u32 set_count;
	u32 reserved;
	struct home_key home_key;
	struct home home;
	struct home_name home_name;
	struct home_superblock home_superblock;
	struct home_beside beside;
	struct anchors anchors;
	struct chain_walk chain;
	struct mounts_walk mounts;
	/* the operation being judged */
	struct operation op;
	struct quell_pending_key key;
	struct {
		u64 directory;
		u32 root_kind;
		u32 which;
	} asked_for; /* what the query was before, and what the answer is for */
	u64 asked[ASKED_SETS]; /* conditions at the path that was looked up last; the first 0: none */
	u64 more_of[ASKED_MAX][ASKED_SETS - 1]; /* behind sets_of, where that is not 0; up to the first 0 */
	u64 sets_of[ASKED_MAX]; /* conditions at the paths of: the process, its parent and those above it, the object */
	s32 verdict;
	u32 half;
	u32 intact;          /* mask: whose executable's path can be trusted, of sets_of */
	u32 interest;        /* is any rule about it; and with what needs, as quell_rule */
	u32 needs;
	u32 judged_count;
	u32 sequence;        /* of the name that is judged, an open's only */
	u32 later;           /* needs of the rules that are judged at a later hook of the operation */
	u32 judged[JUDGED_MAX]; /* rules already judged for this operation */
	u32 doubt;           /* the rule hangs on what is not known of the container… */
	u64 doubts[2];       /* …on these of its conditions, as quell_pending */
	u64 doubts_of_group[2];
	struct file_facts facts;
	struct quell_pending entry_new;
	struct quell_hold_key hold_key;
	struct quell_event event;
};
