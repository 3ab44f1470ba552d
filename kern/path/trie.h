/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules' trie, and what is known of a directory: its state, one u64 of
 * flags, trie node, covering node and the state of the patterns with wildcards
 * (abi.h has the flags and edges, wild.h the last of them). A state holds the
 * generation's half in its node ids, so that a reload never mixes.
 */
#pragma once

#define STATE(flags, node, cover) ((u64)(flags) | (u64)(node) << 8 | (u64)(cover) << 28)
#define STATE_NODE(state) ((u32)((state) >> 8) & 0xfffff)
#define STATE_COVER(state) ((u32)((state) >> 28) & 0xfffff)
#define STATE_WILD(state) ((u32)((state) >> 48))
/* A state without these bits: no rule looks at anything directly in that directory. */
#define STATE_LOOK \
	(QUELL_DIR_ALL | QUELL_DIR_LEAVES | QUELL_DIR_WILD | QUELL_DIR_ALIASES | QUELL_DIR_FILES | QUELL_DIR_OVERFLOW)

static __always_inline struct quell_edge *edge_find(u32 node, u32 kind, u64 name)
{
	struct quell_edge_key key = { .node = node, .kind = kind, .name = name };

	return policy_find(&edges, node & QUELL_NODE_HALF, &key);
}

/* What an edge says of the patterns with wildcards, as part of a state: their own one, and its flags. */
static __always_inline u64 wild_state(u32 reference)
{
	return (u64)QUELL_WILD_ID(reference) << 48 | QUELL_WILD_FLAGS(reference);
}

/* The state of a view's root. */
static __noinline u64 root_state(u32 root)
{
	struct quell_edge *edge = edge_find(root, QUELL_EDGE_ROOT, 0);

	if (!edge)
		return 0;
	return STATE(edge->flags | (edge->cover ? QUELL_DIR_ALL : 0), root, edge->cover) | wild_state(edge->next);
}

/* One component down, but for the patterns with wildcards. */
static __always_inline u64 trie_step(struct work *work, u64 state, u64 name)
{
	u32 node = STATE_NODE(state), cover = STATE_COVER(state), flags = 0;

	if (node) {
		/* not on the stack, which is short here */
		work->wild.edge.node = node;
		work->wild.edge.kind = QUELL_EDGE_NAME;
		work->wild.edge.name = name;
		struct quell_edge *edge = policy_find(&edges, node & QUELL_NODE_HALF, &work->wild.edge);

		node = 0;
		if (edge) {
			node = edge->child;
			flags = edge->flags;
			if (edge->cover)
				cover = edge->cover;
		}
	}
	if (cover)
		flags |= QUELL_DIR_ALL;
	return STATE(flags, node, cover);
}

/* Union of what two places of one directory say: where both say something else, judge each event by both. */
static __always_inline u64 state_merge(u64 a, u64 b)
{
	u64 nodes_a = a << 16 >> 24, nodes_b = b << 16 >> 24;
	u32 wild_a = STATE_WILD(a), wild_b = STATE_WILD(b);

	if (((a | b) & QUELL_DIR_ALIASES) || (nodes_a && nodes_b && nodes_a != nodes_b) ||
	    (wild_a && wild_b && wild_a != wild_b))
		return ((a | b) & 0xff) | QUELL_DIR_ALIASES;
	return a | b;
}

static __always_inline void set_add(struct work *work, u64 set)
{
	if (!set)
		return;
#pragma clang loop unroll(disable)
	for (int i = 0; i < SETS_MAX; i++) {
		if (i >= work->set_count)
			break;
		if (work->sets[i] == set)
			return;
	}
	if (work->set_count >= SETS_MAX) {
		count(QUELL_COUNTER_RULES_OVERFLOW);
		return;
	}
	work->sets[work->set_count & (SETS_MAX - 1)] = set;
	work->set_count++;
}

static __always_inline u64 edge_set(u32 node, u32 kind, u64 name)
{
	struct quell_edge *edge = edge_find(node, kind, name);

	return edge ? edge->set : 0;
}

/* Does a rule name such an entry of the node? A look at a bit decides for most names, without a lookup. */
static __always_inline int leaf_is_watched(u32 node, u64 name)
{
	u32 bit = QUELL_LEAF_BIT(node & ~QUELL_NODE_HALF, name);
	u64 word = quell.leaf_filter[(node & QUELL_NODE_HALF) != 0][(bit >> 6) & (QUELL_LEAF_BITS / 64 - 1)];

	return (word >> (bit & 63)) & 1 && edge_set(node, QUELL_EDGE_LEAF, name) != 0;
}

/*
 * Rules on an entry named work->name in a directory of that state. The
 * compiler made each set whole: the exact name's includes the star's and the
 * cover's, the star's includes the cover's.
 */
static __always_inline u64 entry_set(u64 name, u64 state)
{
	u32 node = STATE_NODE(state), cover = STATE_COVER(state);
	u64 set;

	if (state & QUELL_DIR_LEAVES) {
		set = edge_set(node, QUELL_EDGE_LEAF, name);
		if (set)
			return set;
	}
	if (!(state & QUELL_DIR_ALL))
		return 0;
	if (node) {
		set = edge_set(node, QUELL_EDGE_STAR, 0);
		if (set)
			return set;
	}
	return cover ? edge_set(cover, QUELL_EDGE_COVER, 0) : 0;
}
