/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operation on an entry to the rules that match it. The hot path ends
 * in judge_entry; what follows runs only where a rule looks.
 *
 * Frames are scarce (8) and so is stack (512 bytes over all of them): what is
 * inlined here and what is a global function follows from that.
 */
#pragma once

struct rules_walk {
	u32 slot;
	u32 set;
	u32 chunk;
	u32 index;
	u32 half;
	u32 rule; /* looked for among the judged */
};

/* The next rule of the collected sets, 0 at the end. */
static __always_inline int rules_next(struct rules_walk *r, struct work *work, u32 *rule)
{
	struct quell_set_key key = { .chunk = r->chunk, .half = r->half };
	struct quell_set *set;

	if (r->set >= work->set_count || r->set >= SETS_MAX)
		return 0;
	key.set = work->sets[r->set & (SETS_MAX - 1)];
	set = policy_find(&rule_sets, key.half, &key);
	if (!set || r->index >= set->count || r->index >= QUELL_SET_CHUNK) {
		if (set && set->more && r->chunk + 1 < QUELL_SET_CHUNKS_MAX) {
			r->chunk++;
		} else {
			if (set && set->more)
				count(QUELL_COUNTER_RULES_OVERFLOW);
			r->set++;
			r->chunk = 0;
		}
		r->index = 0;
		*rule = ~0u;
		return 1;
	}
	*rule = set->rules[r->index];
	r->index++;
	if (r->index >= set->count && !set->more) { /* the last one: no look-up to find that out */
		r->set++;
		r->chunk = 0;
		r->index = 0;
	}
	return 1;
}

/* Is any rule about it, anywhere? */
#define WANTED(operation) (quell.operations & QUELL_OP_BIT(QUELL_OP_##operation))

#define OPENS (QUELL_OP_BIT(QUELL_OP_OPEN_READ) | QUELL_OP_BIT(QUELL_OP_OPEN_WRITE))

/* An open may be two. */
static __always_inline u32 operations_of(struct operation *op)
{
	return QUELL_BIT(op->number) | op->also;
}

/* What is remembered of a file holds for any open of it. */
static __always_inline u32 operations_remembered(struct operation *op)
{
	u32 all = operations_of(op);

	return all & OPENS ? OPENS : all;
}

/* Is it judged at another hook of the same operation, or was what it asks for not read? */
static __always_inline int is_elsewhere(struct quell_rule *rule, struct work *work)
{
	return work->op.texts & (rule->needs & QUELL_NEED_TEXTS ? TEXTS_NOT_NOW : TEXTS_NOT_PLAIN);
}

/* Puts by who executes, if a rule that is judged when it is another will ask. In the program's own frame. */
static __always_inline void execution_keep(u32 slot)
{
	if (!(WORK(slot)->later & QUELL_NEED_EXE))
		return;
	asked_find_exe(slot, 0);
	execution_store(slot);
}

static __always_inline int quick_passes(struct quell_quick *quick, u64 detail)
{
	return quick->bits >> (detail >> (quick->at & 63) & 63) & 1;
}

static long interest_one(u32 i, struct rules_walk *r)
{
	struct work *work = WORK(r->slot);
	struct quell_rule_key key = { .half = r->half };
	struct quell_rule *rule;

	if (!rules_next(r, work, &key.index))
		return 1;
	if (key.index == ~0u)
		return 0;
	rule = policy_find(&rules, key.half, &key);
	if (!rule || !(rule->operations & operations_remembered(&work->op)))
		return 0;
	/* most connections are to other ports: nothing is looked up for them */
	if (!quick_passes(&rule->quick, work->op.detail))
		return 0;
	if (is_elsewhere(rule, work)) {
		u32 n = work->judged_count;

		work->later |= rule->needs;
		if (n < JUDGED_MAX) { /* as if it was: the deepest way has no room for one more question */
			work->judged[n & (JUDGED_MAX - 1)] = key.index;
			work->judged_count = n + 1;
		}
		return 0;
	}
	work->interest = 1;
	if (rule->operations & operations_of(&work->op))
		work->needs |= rule->needs;
	return 0;
}

#define RULE_SEEN (~0u)

static long judged_same(u32 i, struct rules_walk *r)
{
	if (i >= JUDGED_MAX)
		return 1;
	if (WORK(r->slot)->judged[i] != r->rule)
		return 0;
	r->rule = RULE_SEEN;
	return 1;
}

/* Is that the daemon? By its start, too: a dead one's number may be anybody's. */
static __always_inline int is_self(u64 task)
{
	u64 leader = read_pointer(task + offset_of(task_struct, group_leader)), start = 0;
	u32 pid = 0;

	read_kernel(pid, task + offset_of(task_struct, tgid));
	read_kernel(start, leader + offset_of(task_struct, start_boottime));
	return pid == quell.self_pid && start == quell.self_start_ns;
}

/* What loads programs for the daemon, or takes evidence for it: its child, or a child of that. */
static __always_inline int is_loader(struct task_struct *task)
{
	u64 parent = read_pointer(address_of(task) + offset_of(task_struct, real_parent));

	return is_self(parent) || is_self(read_pointer(parent + offset_of(task_struct, real_parent)));
}

/* Never those that the host, or Quell, cannot live without. */
__noinline int rule_denies(u32 slot)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct work *work = WORK(slot);
	u64 container = work->query.container;
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;
	u32 hook = work->op.hook;

	if (is_protected(task->tgid, task->group_leader->start_boottime, task->flags) || is_loader(task) || (c && (c->flags & QUELL_CONTAINER_PROTECTED))) {
		count(QUELL_COUNTER_DENY_SPARED);
		return 0;
	}
	if (!work->verdict && hook < QUELL_HOOK_COUNT)
		__sync_fetch_and_add(&quell.denied[hook], 1);
	work->verdict = -EPERM;
	return 0;
}

/* Little is kept over the calls: a frame is rounded up to 32 bytes on 6.1, and this is the deepest way. */
static long judge_one(u32 i, struct rules_walk *r)
{
	struct work *work = WORK(r->slot);
	struct quell_rule_key key = { .half = r->half };
	struct quell_rule *rule;
	u32 n;

	if (!rules_next(r, work, &key.index))
		return 1;
	if (key.index == ~0u)
		return 0;
	rule = policy_find(&rules, key.half, &key);
	if (!rule || !(rule->operations & operations_of(&work->op)))
		return 0;
	/* a call and not a loop: the verifier goes through every turn of a loop, in every program */
	r->rule = key.index;
	bpf_loop(work->judged_count, judged_same, r, 0);
	if (r->rule == RULE_SEEN)
		return 0;
	n = work->judged_count;
	if (n >= JUDGED_MAX) {
		count(QUELL_COUNTER_RULES_OVERFLOW);
		return 1;
	}
	work->judged[n & (JUDGED_MAX - 1)] = key.index;
	work->judged_count = n + 1;
	work->doubt = 0;
	if (rule->conditions) {
		n = conditions_ask(r->slot, r->rule);
		if (n == CONDITIONS_EXCEPTED)
			count(QUELL_COUNTER_EXCEPTED);
		if (n >= CONDITIONS_FAIL)
			return 0;
	}
	if (work->op.also) /* tell what the rule is about */
		work->op.number = work->op.also & rule->operations & QUELL_OP_BIT(QUELL_OP_OPEN_WRITE) ? QUELL_OP_OPEN_WRITE :
												      QUELL_OP_OPEN_READ;
	if (rule->flags & QUELL_RULE_SILENT) {
		work->verdict = -EPERM;
		__sync_fetch_and_add(&quell.canary_denied, 1);
		return 0;
	}
	n = rule->threshold || rule->once_ns ? rate_ask(r->slot, r->rule) : RATE_TELL;
	if (n == RATE_BELOW)
		return 0;
	if (rule->flags & QUELL_RULE_DENY && !work->doubt)
		rule_denies(r->slot);
	if (n == RATE_TELL)
		pending_note(r->slot, r->rule);
	return 0;
}

#define RULE_STEPS_MAX (SETS_MAX * QUELL_SET_CHUNKS_MAX * (QUELL_SET_CHUNK + 1))

static __always_inline void collect_sets(u32 slot, struct work *work)
{
	struct operation *op = &work->op;

	struct dentry_head *head = op->parent ? head_at(&work->head, op->entry) : 0;

	if (head && head->parent) {
		work->name = hash_name(head, op->entry);
		work->name_text = head_text(head);
		if (op->known && !(op->state & QUELL_DIR_ALIASES)) {
			collect_entry_set(slot, op->state);
		} else {
			work->query.directory = op->parent;
			resolve(slot, JUDGE_ENTRY);
		}
	}
	if (op->place) {
		work->query.directory = op->place;
		resolve(slot, JUDGE_PLACE);
	}
	if (op->files && mounted_file(slot))
		host_search(slot, MOUNTS_FILE);
}

/* Or is all that is asked for in the state of its directory? */
static __always_inline int needs_mounts(struct operation *op)
{
	return !op->known || op->place || op->files || (op->state & QUELL_DIR_ALIASES);
}

static __always_inline void judge_clear(struct work *work)
{
	work->set_count = 0;
	work->judged_count = 0;
	work->interest = 0;
	work->needs = 0;
	work->later = 0;
	work->intact = 0;
	__builtin_memset(work->sets_of, 0, sizeof(work->sets_of));
	work->verdict = 0;
}

/*
 * Finds all rules that look at the path of work->op, and says whether one is about such an operation there; work->needs is
 * what their conditions ask for.
 */
__noinline int judge_collect(u32 slot)
{
	struct work *work = WORK(slot);
	struct rules_walk r = { .slot = slot, .half = work->half };

	r.set = r.chunk = r.index = zero; /* not as constants, see judge_places */
	work->query.entry = work->op.entry;
	work->query.directory = work->op.parent ? work->op.parent : work->op.place;
	judge_clear(work);
	if (!work->query.container && needs_mounts(&work->op))
		host_gather(slot);
	collect_sets(slot, work);
	if (work->set_count)
		bpf_loop(RULE_STEPS_MAX, interest_one, &r, 0);
	return work->interest;
}

/* By all rules that were found. Returns the verdict. */
__noinline int judge_rules(u32 slot)
{
	struct work *work = WORK(slot);
	struct rules_walk r = { .slot = slot, .half = work->half };

	r.set = r.chunk = r.index = zero;
	bpf_loop(RULE_STEPS_MAX, judge_one, &r, 0);
	return work->verdict;
}

/*
 * Judges work->op. In the program's own frame, what it calls goes deep. work->interest tells whether any rule is about such
 * an operation there, so that an open can be remembered.
 */
static __always_inline int judge(u32 slot)
{
	if (!judge_collect(slot))
		return 0;
	if (WORK(slot)->needs)
		asked_gather(slot);
	return judge_rules(slot);
}

/* Could the file be one that is mounted as such? */
static __always_inline u32 maybe_mounted_file(struct inode *inode, u64 container)
{
	return inode && file_mount_maybe(inode->i_ino, container);
}

#define STATE_INTERESTING(state) ((state) & (STATE_LOOK & ~QUELL_DIR_FILES))

/* Has the entry a name that a rule gives for this directory? Where that could not be found out, it may. */
static __always_inline int name_is_watched(u32 slot, u64 entry, u64 state)
{
	struct dentry_head *head = head_at(&WORK(slot)->head, entry);

	if (!head->parent)
		return 1;
	return leaf_is_watched(STATE_NODE(state), hash_name(head, entry));
}

static __always_inline int name_passes(struct dentry *entry, u64 state, u32 half)
{
	return gate_opens(state, (u64)entry->d_name.name, entry->d_name.len, half);
}

/* An operation of a subject on an entry of a directory. */
static __always_inline int judge_entry_by(u64 container, struct dentry *entry, struct dentry *parent,
					  struct inode *directory, struct super_block *superblock, struct dentry *entry2,
					  u64 place, u64 detail, u32 number_, u32 hook, u32 texts)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lookup l = { .container = container };
	u32 files = 0, by_name = 0, slot;
	u64 state;
	int verdict;

	if (!directory)
		return 0;
	lookup_base(&l, task, superblock);
	state = lookup_directory(&l, parent, directory);
	if ((state & STATE_LOOK) == QUELL_DIR_WILD && !place) {
		/* patterns with wildcards alone, which may hold anywhere: a look at the name's ends is enough for most */
		if (!name_passes(entry, state, (u32)l.policy))
			return 0;
	} else {
		if (!(state & STATE_LOOK) && !place)
			return 0;
		if (state & QUELL_DIR_FILES) {
			files = maybe_mounted_file(entry->d_inode, l.container);
			if (!STATE_INTERESTING(state) && !files && !place)
				return 0;
		}
		by_name = !(STATE_INTERESTING(state) & ~(QUELL_DIR_LEAVES | QUELL_DIR_WILD)) && !files && !place;
	}
	slot = work_claim();
	if (slot >= WORK_NONE)
		return 0;
	WORK_MASKED(slot);
	if (texts) /* at once: what it needs is not kept, which an execution has no stack for */
		lookup_fill(&l, WORK(slot));
	/* a directory with some watched names, /run or /etc: most names are others */
	if (by_name && !((state & QUELL_DIR_WILD) && name_passes(entry, state, (u32)l.policy)) &&
	    !((state & QUELL_DIR_LEAVES) && name_is_watched(slot, address_of(entry), state))) {
		work_release(slot);
		return 0;
	}
	if (!texts)
		lookup_fill(&l, WORK(slot));
	WORK(slot)->op = (struct operation){ .entry = (u64)entry, .parent = (u64)parent, .place = place,
					     .entry2 = (u64)entry2, .state = state, .detail = detail, .number = number_,
					     .hook = hook, .known = 1, .files = files, .texts = texts };
	if (texts && texts != TEXTS_NOT_NOW)
		texts_ask(slot);
	verdict = judge(slot);
	if (texts == TEXTS_NOT_NOW && number_ == QUELL_OP_EXEC)
		execution_keep(slot);
	work_release(slot);
	return verdict;
}

static __always_inline int judge_entry(struct dentry *entry, struct dentry *parent, struct inode *directory,
				       struct super_block *superblock, struct dentry *entry2, u64 place, u64 detail,
				       u32 number_, u32 hook)
{
	return judge_entry_by(subject_of(bpf_get_current_task_btf()), entry, parent, directory, superblock, entry2, place,
			      detail, number_, hook, 0);
}

/*
 * A dentry's name is read for the key of its file, and once more to be judged, and a file that is renamed in between moves no
 * generation: what was said of the one name must not be remembered of the other. The counter moves before and after.
 */
static __always_inline u32 name_sequence(struct dentry *entry)
{
	u32 sequence = entry->d_seq.seqcount.sequence;

	READ_BEFORE();
	return sequence;
}

#define NAME_MOVING 1u /* an odd counter */

/* In a directory where only patterns with wildcards look: is the name one of theirs, or perhaps another one by now? */
static __noinline int open_passes(struct lookup *l, struct dentry *entry, struct inode *inode, u64 key, u64 state)
{
	u32 sequence = name_sequence(entry);

	if ((sequence & NAME_MOVING) || file_key(l, entry, entry->d_parent, inode) != key)
		return 1;
	if (name_passes(entry, state, (u32)l->policy))
		return 1;
	READ_BEFORE();
	return sequence != name_sequence(entry);
}

/* An open: most are let go after one look into the file cache. */
static __always_inline int judge_open(struct file *file, u32 operations, u32 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lookup l = { .container = subject_of(task) };
	struct dentry *entry = file->f_path.dentry, *parent = entry->d_parent;
	struct inode *inode = file->f_inode, *directory;
	u32 files, slot, interest, moved;
	u64 key, state;
	int verdict = 0;

	lookup_base(&l, task, inode->i_sb);
	key = file_key(&l, entry, parent, inode);
	if (*file_slot_of(key) == key)
		return 0;
	directory = parent->d_inode;
	if (!directory)
		return 0;
	state = lookup_directory(&l, parent, directory);
	files = (state & QUELL_DIR_FILES) && maybe_mounted_file(inode, l.container);
	if (STATE_INTERESTING(state) == QUELL_DIR_WILD && !files && !open_passes(&l, entry, inode, key, state))
		state &= ~(u64)QUELL_DIR_WILD;
	if (STATE_INTERESTING(state) || files) {
		slot = work_claim();
		if (slot >= WORK_NONE)
			return 0;
		lookup_fill(&l, WORK(slot));
		WORK(slot)->op = (struct operation){ .entry = (u64)entry, .parent = (u64)parent, .state = state,
						     .number = operations & QUELL_OP_BIT(QUELL_OP_OPEN_WRITE) ?
								       QUELL_OP_OPEN_WRITE : QUELL_OP_OPEN_READ,
						     .also = operations, .hook = hook, .known = 1, .files = files };
		WORK(slot)->op.detail = file->f_flags;
		WORK(slot)->sequence = name_sequence(entry);
		if (file_key(&l, entry, entry->d_parent, inode) != key)
			WORK(slot)->sequence = NAME_MOVING;
		verdict = judge(slot);
		interest = WORK(slot)->interest;
		READ_BEFORE();
		moved = (WORK(slot)->sequence & NAME_MOVING) || WORK(slot)->sequence != name_sequence(entry);
		work_release(slot);
		if (interest || moved || (state & QUELL_DIR_OVERFLOW))
			return verdict;
	}
	asm volatile("" : "+r"(key)); /* the slot's address is not kept from above, where that cost the hot way a store */
	if (!(state & QUELL_DIR_DYING))
		*file_slot_of(key) = key;
	return verdict;
}
