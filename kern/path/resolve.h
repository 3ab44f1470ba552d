/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slow path: the state of a directory in a view, from the hits of a walk
 * and the trie; and the rules on an entry by every place it is seen at.
 */
#pragma once

enum judge_what {
	JUDGE_STATE,  /* merge the states of all places */
	JUDGE_ENTRY,  /* collect the sets of the entry work->name at all places */
	JUDGE_PLACE,  /* collect the sets in and below the directory at all places */
	JUDGE_ASKED,  /* the set of conditions of the entry work->name, at its first place that has one */
};

struct places {
	u32 slot;
	u32 what;
	u64 container;
	u64 superblock;
	u64 rules;  /* which ones, 0: asked by another root than theirs */
	u64 result;
	u32 root;   /* kind and half */
	u32 hit;
	u32 alias;
	u32 any;
};

/* Never 0, as an empty slot. */
static __always_inline u64 place_key(u64 chain, u64 rules)
{
	u64 key = chain + rules;

	return key_spread(key) | 1;
}

/* The components of a home mount's place, to work->above; their hash. A call: each turn of the loop would go on in all that follows. */
__noinline u64 home_components(struct home *h, u32 slot)
{
	struct work *work = WORK(slot);
	u64 chain = quell.name_key;

	if (!h)
		return 0;
	for (int j = 0; j < HOME_DEPTH_MAX; j++) {
		if (j >= h->count)
			break;
		u64 hash = h->components[j];

		work->above[j] = hash;
		work->above_text[j] = 0;
		chain = mix(chain, hash);
	}
	return chain;
}

/*
 * State of a home mount's place, by the hash over its components: so often asked for that it is cached, for all containers
 * that have a mount there. What is cached is of the hash of what was read here, for the mount may be forgotten meanwhile
 * and its memory be another's.
 */
static __always_inline u64 home_place(struct home *h, struct places *p)
{
	u64 key = place_key(h->chain, p->rules), chain, state;
	struct dir_slot *slot = place_slot_of(key);
	u32 n = h->count;

	state = slot->state;
	if ((slot->check ^ state) == key && p->rules)
		return state;
	chain = home_components(h, p->slot);
	state = trie_descend(p->slot, root_state(p->root), n, 1, 0);
	if (!p->rules || (state & QUELL_DIR_OVERFLOW))
		return state;
	key = place_key(mix_length(chain, n), p->rules);
	slot = place_slot_of(key);
	slot->check = key ^ state;
	slot->state = state;
	return state;
}

/* Each alias of each hit in turn. */
static long place_one(u32 i, struct places *p)
{
	u32 slot = p->slot, hit = p->hit;
	struct work *work = WORK(slot);
	u64 state;

	if (hit >= work->hit_count || hit >= HITS_MAX)
		return 1;
	u32 level = work->hits[hit & (HITS_MAX - 1)].level;

	if (!p->container) {
		state = work->hits[hit & (HITS_MAX - 1)].what;
		p->hit = hit + 1;
	} else {
		struct home_key key = { p->container, p->superblock, work->hits[hit & (HITS_MAX - 1)].what,
					work->hits[hit & (HITS_MAX - 1)].generation, p->alias };
		struct home *h = bpf_map_lookup_elem(&homes, &key);

		if (!h) {
			p->hit = hit + 1;
			p->alias = 0;
			return 0;
		}
		state = home_place(h, p);
		if ((h->aliases && p->alias == 0) || (p->alias && p->alias < ALIASES_MAX - 1)) {
			p->alias++;
		} else {
			p->hit = hit + 1;
			p->alias = 0;
		}
	}
	if (level)
		state = trie_descend(slot, state, level, 0, 0);
	if (p->what == JUDGE_ENTRY)
		collect_entry_set(slot, state);
	else if (p->what == JUDGE_PLACE)
		collect_place_sets(slot, state);
	else if (p->what == JUDGE_ASKED)
		collect_asked(slot, work, state);
	p->result = p->any ? state_merge(p->result, state) : state;
	p->any = 1;
	return 0;
}

__noinline u64 judge_places(u32 slot, u32 what)
{
	struct work *work = WORK(slot);
	struct places p = { .slot = slot, .what = what, .container = work->query.container,
			    .superblock = work->superblock };

	p.root = work->query.root_kind | work->half;
	if (work->query.root_kind == QUELL_NODE_CONTAINER)
		p.rules = ((u64)work->query.anchors.epoch << 32 | work->half) * MIX_A;
	/* 6.1 verifies the callback once: constants here would fold its branches away */
	u32 none = zero;

	p.hit = none;
	p.alias = none;
	p.any = none;
	p.result = none;
	bpf_loop(HITS_MAX * ALIASES_MAX, place_one, &p, 0);
	return p.result | (work->query.files ? QUELL_DIR_FILES : 0);
}

/* Of pidfds, memfds, namespaces and the like: no user can mount it, so its files are at no path that anybody could mean. */
static __always_inline int is_never_mounted(u64 superblock)
{
	u64 flags = 0;

	read_kernel(flags, superblock + offset_of(super_block, s_flags));
	return !!(flags & SB_NOUSER_BIT);
}

/*
 * Walks up from query.directory and judges. Returns its state; with an
 * overflow or unreached flag where no judgement could be made. For the host,
 * host_gather comes before: a call from here would be a frame too deep.
 */
__noinline u64 resolve(u32 slot, u32 what)
{
	struct work *work = WORK(slot);
	u32 end;

	end = walk_up(slot);
	if (end == WALK_SEARCH) {
		host_search(slot, MOUNTS_SEARCH);
		end = work->overflow ? WALK_BOUND : work->hit_count ? WALK_HITS : WALK_OUTSIDE;
	}
	switch (end) {
	case WALK_HITS:
		return judge_places(slot, what);
	case WALK_EARLY:
		count(QUELL_COUNTER_HOME_NOT_READY);
		return STATE(QUELL_DIR_OVERFLOW | QUELL_DIR_UNREACHED, 0, 0);
	case WALK_BOUND:
		count(QUELL_COUNTER_WALK_OVERFLOW);
		return STATE(QUELL_DIR_OVERFLOW, 0, 0);
	}
	if (!is_never_mounted(work->superblock))
		count(QUELL_COUNTER_WALK_OUTSIDE);
	return STATE(QUELL_DIR_UNREACHED | (work->query.files ? QUELL_DIR_FILES : 0), 0, 0);
}

/* Is this directory itself a mount of the view? Then its parent's state says nothing of it. */
static __always_inline int is_mount_root(struct work *work)
{
	u64 directory = work->query.directory, superblock = 0;

	if (work->query.container) {
		struct home_superblock_key key = { work->query.container };
		struct home_superblock *sb;

		read_kernel(superblock, directory + offset_of(dentry, d_sb));
		key.superblock = superblock;
		sb = bpf_map_lookup_elem(&home_superblocks, &key);
		if (!sb)
			return 1;
		return sb->directories ? is_home_directory(sb, key.container, superblock, work->query.inode,
							   work->query.generation) : 0;
	}
	struct anchors_key key = work->query.anchors;
	struct anchors *anchors = bpf_map_lookup_elem(&host_anchors, &key);

	if (!anchors)
		return 1;
	/* a false positive of the filter costs a full walk, nothing else */
	return anchor_maybe(anchors->filter, directory);
}

/* A directory that no cache knew: one step from its parent where that is known, else the whole walk. Key 0: it dies. */
__noinline u64 directory_state(u32 slot)
{
	struct work *work = WORK(slot);
	u64 key = work->query.key, parent_key = work->query.parent_key, state;
	struct dir_slot *parent = dir_slot_of(parent_key);
	u64 parent_state = parent->state;
	struct dentry_head *head = 0;

	count(QUELL_COUNTER_DIR_MISSES);
	if (parent_key && (parent->check ^ parent_state) == parent_key &&
	    !(parent_state & (QUELL_DIR_OVERFLOW | QUELL_DIR_UNREACHED | QUELL_DIR_ALIASES)) && !is_mount_root(work))
		head = head_at(&work->head, work->query.directory);
	if (head && head->parent) {
		u64 name = hash_name(head, work->query.directory);

		if (STATE_WILD(parent_state) < QUELL_WILD_STAY) {
			state = trie_step(work, parent_state, name) | wild_stay(parent_state);
		} else {
			work->below[0] = name;
			work->below_text[0] = head_text(head);
			state = trie_descend(slot, parent_state, 1, 0, 0);
		}
		state |= parent_state & QUELL_DIR_FILES;
		count(QUELL_COUNTER_DIR_STEPS);
	} else {
		state = resolve(slot, JUDGE_STATE);
		if (state & QUELL_DIR_OVERFLOW)
			return state;
	}
	if (!key)
		return state | QUELL_DIR_DYING;
	struct dir_slot *self = dir_slot_of(key);

	self->check = key ^ state;
	self->state = state;
	return state;
}

struct anchor_search {
	struct work *work;
	struct anchors *anchors;
	u64 root;
};

static long anchor_set_one(u32 i, struct anchor_search *s)
{
	struct work *work = s->work;
	struct anchors *anchors = s->anchors;

	if (!work || !anchors || i >= ANCHORS_MAX)
		return 1;
	if (anchors->list[i].root != s->root)
		return 0;
	for (int n = 0; n < ANCHOR_SETS; n++)
		set_add(work, anchors->list[i].sets[n]);
	return 0;
}

/* 1: more mounts than are cached, this one must be searched for. */
static __always_inline int mounted_file_of_host(struct work *work, u64 entry, u64 superblock)
{
	struct anchors *anchors = bpf_map_lookup_elem(&host_anchors, &work->query.anchors);

	if (!anchors || !anchor_maybe(anchors->filter, entry))
		return 0;
	work->superblock = superblock;
	if (anchors->overflow)
		return 1;
	struct anchor_search search = { .work = work, .anchors = anchors, .root = entry };

	bpf_loop(anchors->count, anchor_set_one, &search, 0);
	return 0;
}

static long mounted_file_one(u32 alias, struct slot_context *x)
{
	struct work *work = WORK(x->slot);
	struct home *h;
	u32 more, n;

	work->home_key.alias = alias;
	h = bpf_map_lookup_elem(&homes, &work->home_key);
	if (!h || !h->is_file || !h->count)
		return 1;
	more = h->aliases;
	n = h->count;
	bpf_probe_read_kernel(work->above, sizeof(h->components), h->components);
	__builtin_memset(work->above_text, 0, HOME_DEPTH_MAX * sizeof(u64));
	mounted_file_sets(x->slot, work, n, work->query.root_kind | work->half);
	sets_take(x->slot);
	return !more && !alias;
}

/* A file that is mounted as such: its rules are those of its mountpoint. 1: the caller calls host_search, a frame less deep. */
__noinline int mounted_file(u32 slot)
{
	struct work *work = WORK(slot);
	struct slot_context x = { .slot = slot };
	u64 entry = work->query.entry, superblock = read_pointer(entry + offset_of(dentry, d_sb));
	u64 inode = read_pointer(entry + offset_of(dentry, d_inode));
	struct home_superblock_key key = { work->query.container, superblock };
	struct home_superblock *sb;

	if (!work->query.container)
		return mounted_file_of_host(work, entry, superblock);
	sb = bpf_map_lookup_elem(&home_superblocks, &key);
	if (!sb || sb->birth != birth_of(superblock))
		return 0;
	work->home_key.container = key.container;
	work->home_key.superblock = superblock;
	read_kernel(work->home_key.inode, inode + offset_of(inode, i_ino));
	read_kernel(work->home_key.generation, inode + offset_of(inode, i_generation));
	bpf_loop(ALIASES_MAX, mounted_file_one, &x, 0);
	return 0;
}
