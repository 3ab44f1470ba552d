/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that have no path, and rules that ask for none: found by the operation alone (the ANY edges of abi.h).
 * A caller begins, says what the operation is about, and ends:
 *
 *	slot = plain_begin(container, QUELL_OP_SIGNAL, QUELL_HOOK_task_kill);
 *	if (slot >= WORK_NONE)
 *		return 0;
 *	WORK(slot)->op.detail = signal;
 *	return VERDICT(plain_end(slot));
 */
#pragma once

static __always_inline u32 root_of(struct lookup *l)
{
	return (l->container ? QUELL_NODE_CONTAINER : QUELL_NODE_HOST) | (u32)l->policy;
}

/* The rules on an operation that ask for no path, 0: none. Of most operations there are none, which a word tells. */
static __always_inline u64 plain_set(struct lookup *l, u32 number_)
{
	if (!(quell.plain[(u32)l->policy != 0][!l->container] >> number_ & 1))
		return 0;
	return edge_set(root_of(l), QUELL_EDGE_ANY, number_);
}

/* Could one of these rules match, by what the operation tells itself? */
static __always_inline int plain_may_match(struct lookup *l, u32 number_, u64 detail)
{
	return quick_passes(&quell.plain_quick[(u32)l->policy != 0][!l->container][number_], detail);
}

/* With the sets that found it, of which one may be 0. */
static __always_inline u32 plain_claim(struct lookup *l, u32 number_, u32 hook, u64 set, u64 other)
{
	u32 slot = work_claim();
	struct work *work = WORK(slot);

	if (slot >= WORK_NONE)
		return WORK_NONE;
	lookup_fill(l, work);
	judge_clear(work);
	work->op = (struct operation){ .number = number_, .hook = hook };
	set_add(work, set);
	set_add(work, other);
	return slot;
}

/* WORK_NONE: no rule is about it. */
static __always_inline u32 plain_begin(u64 container, u32 number_, u32 hook)
{
	struct lookup l = { .container = container };
	u64 set;

	lookup_view(&l, bpf_get_current_task_btf(), 0);
	set = plain_set(&l, number_);
	return set ? plain_claim(&l, number_, hook, set, 0) : WORK_NONE;
}

/* What the conditions of the sets need. */
__noinline int plain_collect(u32 slot)
{
	struct work *work = WORK(slot);
	struct rules_walk r = { .slot = slot, .half = work->half };

	r.set = r.chunk = r.index = zero; /* not as constants, see judge_places */
	work->query.entry = work->op.entry;
	work->query.directory = 0;
	bpf_loop(RULE_STEPS_MAX, interest_one, &r, 0);
	return work->interest;
}

static __always_inline int plain_judge(u32 slot)
{
	if (!plain_collect(slot))
		return 0;
	if (WORK(slot)->needs)
		asked_gather(slot);
	return judge_rules(slot);
}

static __always_inline int plain_end(u32 slot)
{
	int verdict = plain_judge(slot);

	work_release(slot);
	return verdict;
}

/* On another process. */
static __always_inline int judge_target(u32 number_, u32 hook, u64 detail, u64 target)
{
	struct lookup l = { .container = subject_of(bpf_get_current_task_btf()) };
	u32 slot = WORK_NONE;
	u64 set;

	lookup_view(&l, bpf_get_current_task_btf(), 0);
	set = plain_may_match(&l, number_, detail) ? plain_set(&l, number_) : 0;
	if (set)
		slot = plain_claim(&l, number_, hook, set, 0);
	if (slot >= WORK_NONE)
		return 0;
	WORK(slot)->op.detail = detail;
	WORK(slot)->op.target = target;
	return plain_end(slot);
}

/* An operation of current that nothing more is to be said of. */
static __always_inline int judge_plain(u32 number_, u32 hook, u64 detail)
{
	return judge_target(number_, hook, detail, 0);
}
