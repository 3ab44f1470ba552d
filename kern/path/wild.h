/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths with wildcards: the automaton beside the trie (abi_policy.h has its
 * edges, docs/design/020 the reasons). A name's text is asked for only where
 * a state has patterns with a star inside a name; all else goes by hash. In
 * front of entries stands a filter over the last or first bytes of a name.
 */
#pragma once

/* Where a name is, and its length: kernel addresses have their upper byte set. */
#define NAME_TEXT(address, length) (((u64)(address) << 8 >> 8) | (u64)(length) << 56)
#define NAME_ADDRESS(text) ((text) | 0xffull << 56)
#define NAME_LENGTH(text) ((u32)((text) >> 56))

static __always_inline u64 head_text(struct dentry_head *head)
{
	return NAME_TEXT(head->name, head->length);
}

/* The same, but the addresses of its fields are not worked out before a loop, to be kept on the stack. */
static __always_inline struct work *wild_work(struct work *work)
{
	asm volatile("" : "+r"(work));
	return work;
}

/* All of it is kept in work->wild: on the stack there is no room so deep down. */
static __always_inline struct quell_edge *wild_edge(struct work *work, u32 kind, u64 name)
{
	work->wild.edge.node = QUELL_WILD_NODE(work->wild.state) | work->half;
	work->wild.edge.kind = kind;
	work->wild.edge.name = name;
	return policy_find(&edges, work->half, &work->wild.edge);
}

/* Of a home mount's way only the hash is at hand. False: its text was not kept. */
static __always_inline int wild_has_text(struct work *work)
{
	if (work->wild.text)
		return 1;
	work->wild.home.container = work->query.container;
	work->wild.home.hash = work->wild.name;
	struct home_name *known = bpf_map_lookup_elem(&home_names, &work->wild.home);

	if (!known)
		return 0;
	work->wild.text = NAME_TEXT(address_of(known->text), known->length);
	return 1;
}

static __always_inline u32 piece_bytes(struct work *work)
{
	u32 length = NAME_LENGTH(work->wild.text), n = length < QUELL_PIECE_BYTES ? length : QUELL_PIECE_BYTES;

	asm volatile("" : "+r"(n)); /* or the mask is left out, which is what the verifier goes by */
	return n & (2 * QUELL_PIECE_BYTES - 1);
}

/* The longest piece of the state with which the name begins. */
static __always_inline struct quell_piece *piece_head(struct work *work, u32 kind)
{
	u32 n = piece_bytes(work);

	work->wild.piece.length = 32 + 8 * n;
	work->wild.piece.root = QUELL_PIECE_ROOT(work->wild.state, kind) | work->half;
	bpf_probe_read_kernel(work->wild.piece.text, n, (void *)NAME_ADDRESS(work->wild.text));
	return bpf_map_lookup_elem(&name_pieces, &work->wild.piece);
}

/* With which it ends, which is looked for backwards: the end is read to that of eight words, which change places and sides. */
static __always_inline struct quell_piece *piece_tail(struct work *work, u32 kind)
{
	u32 n = piece_bytes(work), at = (QUELL_PIECE_BYTES - n) & (QUELL_PIECE_BYTES - 1);
	u64 *key = (u64 *)work->wild.piece.text;

	work->wild.piece.length = 32 + 8 * n;
	work->wild.piece.root = QUELL_PIECE_ROOT(work->wild.state, kind) | work->half;
	bpf_probe_read_kernel((u8 *)work->wild.tail + at, n,
			      (void *)(NAME_ADDRESS(work->wild.text) + NAME_LENGTH(work->wild.text) - n));
	for (int i = 0; i < 8; i++)
		key[i] = __builtin_bswap64(work->wild.tail[7 - i]);
	return bpf_map_lookup_elem(&name_pieces, &work->wild.piece);
}

/* A directory in such a state is below again: no look-up. */
static __always_inline u64 wild_stay(u64 state)
{
	u32 wild = STATE_WILD(state);

	return (u64)wild << 48 | (state & QUELL_DIR_WILD) | (wild >= QUELL_WILD_STAY_ALL ? QUELL_DIR_ALL : 0);
}

#define WILD_UNKNOWN (~0u)

/* One directory down from work->wild.state, to .result: a reference, WILD_UNKNOWN where its name's text is not known. */
static __always_inline void wild_step(struct work *work)
{
	struct quell_edge *edge;
	struct quell_piece *piece;

	work->wild.result = 0;
#pragma clang loop unroll(disable)
	for (int turn = 0; turn < 2; turn++) {
		work = wild_work(work);
		edge = wild_edge(work, QUELL_EDGE_NAME, work->wild.name);
		if (edge) {
			work->wild.result = edge->child;
			return;
		}
		edge = wild_edge(work, QUELL_EDGE_OTHER, 0);
		if (!edge)
			return;
		if (!turn)
			work->wild.result = edge->child;
		work->wild.next = edge->cover;
		work->wild.flags = edge->flags;
		if (work->wild.flags & (QUELL_WILD_HEADS | QUELL_WILD_TAILS)) {
			if (!wild_has_text(work)) {
				work->wild.result = WILD_UNKNOWN;
				return;
			}
			work->wild.pair = 0;
			if (work->wild.flags & QUELL_WILD_HEADS) {
				piece = piece_head(work, 0);
				if (piece)
					work->wild.pair = (u64)piece->id << 32;
			}
			if (work->wild.flags & QUELL_WILD_TAILS) {
				piece = piece_tail(work, 1);
				if (piece)
					work->wild.pair |= piece->id;
			}
			edge = work->wild.pair ? wild_edge(work, QUELL_EDGE_PAIR, work->wild.pair) : 0;
			if (edge) {
				work->wild.result = edge->child;
				return;
			}
		}
		if (!work->wild.next)
			return;
		work->wild.state = work->wild.next;
	}
}

static __always_inline void found_add(struct work *work, u64 set)
{
	u32 n = work->found_count;

	if (!set)
		return;
	if (n >= FOUND_MAX) {
		count(QUELL_COUNTER_RULES_OVERFLOW);
		return;
	}
	work->found[n & (FOUND_MAX - 1)] = set;
	work->found_count = n + 1;
}

/* What a state says of an entry by the pieces of its name. False: nothing. */
static __always_inline int wild_pieces(struct work *work)
{
	struct quell_piece *piece;
	struct quell_edge *edge;

	work->wild.pair = work->wild.set_head = work->wild.set_tail = 0;
	if (work->wild.flags & QUELL_WILD_LEAF_HEADS) {
		piece = piece_head(work, 2);
		if (piece) {
			work->wild.set_head = piece->set;
			work->wild.pair = (u64)piece->id << 32;
		}
	}
	if (work->wild.flags & QUELL_WILD_LEAF_TAILS) {
		piece = piece_tail(work, 3);
		if (piece) {
			work->wild.set_tail = piece->set;
			work->wild.pair |= piece->id;
		}
	}
	if ((u32)work->wild.pair && work->wild.pair >> 32) {
		edge = wild_edge(work, QUELL_EDGE_PAIR_LEAF, work->wild.pair);
		if (edge) {
			found_add(work, edge->set);
			return 1;
		}
	}
	found_add(work, work->wild.set_head);
	found_add(work, work->wild.set_tail);
	return work->wild.set_head || work->wild.set_tail;
}

/* The sets of the states that count for an entry, one after the other. */
static __always_inline void wild_sets(struct work *work)
{
	struct quell_edge *edge;

#pragma clang loop unroll(disable)
	for (int turn = 0; turn < QUELL_WILD_CHAIN; turn++) {
		work = wild_work(work);
		if (!work->wild.state)
			return;
		edge = wild_edge(work, QUELL_EDGE_OTHER, 0);
		if (!edge)
			return;
		work->wild.every = edge->set;
		work->wild.flags = edge->flags & (QUELL_WILD_LEAF_HEADS | QUELL_WILD_LEAF_TAILS);
		work->wild.next = edge->next;
		edge = wild_edge(work, QUELL_EDGE_LEAF, work->wild.name);
		if (edge) {
			found_add(work, edge->set);
		} else if (!work->wild.flags) {
			found_add(work, work->wild.every);
		} else if (!wild_has_text(work)) {
			count(QUELL_COUNTER_WALK_OVERFLOW);
			found_add(work, work->wild.every);
		} else if (!wild_pieces(work)) {
			found_add(work, work->wild.every);
		}
		work->wild.state = work->wild.next;
	}
}

/* All sets on an entry of a directory in that state, to work->found. */
__noinline int entry_sets(u32 slot, u64 name, u64 text, u64 state)
{
	struct work *work = WORK(slot);

	work->found_count = 0;
	found_add(work, entry_set(name, state));
	if (!(state & (QUELL_DIR_WILD | QUELL_DIR_ALL)))
		return 0;
	work->wild.name = name;
	work->wild.text = text;
	work->wild.state = STATE_WILD(state);
	wild_sets(work);
	return 0;
}

/*
 * Is the word among those of that kind? Three slots of 20,000 patterns' let through one other word in 250, and nearly all are
 * told by the first: a word costs one look.
 */
static __always_inline int gate_has(struct quell_gate *gate, u32 kind, u32 bytes)
{
	return (gate->slots[QUELL_GATE_SLOT(bytes)] & kind) &&
	       (gate->slots[QUELL_GATE_SLOT2(bytes)] & QUELL_GATE_AGAIN(kind)) &&
	       (gate->slots[QUELL_GATE_SLOT3(bytes)] & QUELL_GATE_AGAIN(kind));
}

/* By the bits of the kinds that the state has. */
static __always_inline int gate_passes(struct quell_gate *gate, u32 kinds, u64 name, u32 length)
{
	u32 bytes;

	if (kinds & (QUELL_GATE_TAIL4 | QUELL_GATE_TAIL2)) {
		bytes = load_half_word(name + length - sizeof(bytes));
		if ((kinds & QUELL_GATE_TAIL4) && gate_has(gate, QUELL_GATE_TAIL4, bytes))
			return 1;
		if ((kinds & QUELL_GATE_TAIL2) && gate_has(gate, QUELL_GATE_TAIL2, bytes >> 16))
			return 1;
	}
	if (!(kinds & (QUELL_GATE_HEAD4 | QUELL_GATE_HEAD2)))
		return 0;
	bytes = load_half_word(name);
	if ((kinds & QUELL_GATE_HEAD4) && gate_has(gate, QUELL_GATE_HEAD4, bytes))
		return 1;
	return (kinds & QUELL_GATE_HEAD2) && gate_has(gate, QUELL_GATE_HEAD2, bytes & 0xffff);
}

/*
 * Could a pattern with wildcards be about an entry of that name, or of either name where there are both, in a directory of
 * that state? What lies around a name in memory is not asked about: it can only open the gate. In front of a name come
 * other fields, so that a word that ends with it can be read.
 */
static __always_inline int gate_opens_to(u64 state, u64 name, u32 length, u64 name2, u32 length2, int both, u32 half)
{
	struct quell_gate *gate = quell.gate;
	u32 wild = STATE_WILD(state), kinds;

	asm volatile("" : "+r"(gate)); /* one instruction with its place in `quell` */
	gate += half / QUELL_NODE_HALF & 1;
	asm volatile("" : "+r"(gate)); /* or its number and a slot's become one, of which 6.1 does not see the bounds */
	kinds = gate->kinds[wild < QUELL_WILD_STAY ? wild : 0];
	/* names and endings anywhere: a way of their own, with little to keep */
	if (kinds == QUELL_GATE_TAIL4) {
		if (gate_has(gate, QUELL_GATE_TAIL4, load_half_word(name + length - sizeof(u32))))
			return 1;
		return both && gate_has(gate, QUELL_GATE_TAIL4, load_half_word(name2 + length2 - sizeof(u32)));
	}
	return gate_passes(gate, kinds, name, length) || (both && gate_passes(gate, kinds, name2, length2));
}

static __always_inline int gate_opens(u64 state, u64 name, u32 length, u32 half)
{
	return gate_opens_to(state, name, length, 0, 0, 0, half);
}
