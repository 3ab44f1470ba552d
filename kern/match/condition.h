/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the conditions of a rule hold? One field is one case here, and a row in fields.def. Asked of the rules that an object's
 * path has found, never before.
 */
#pragma once

struct conditions_walk {
	u32 slot;
	u32 half;
	u32 index; /* of the next condition */
	u32 first; /* of the rule's */
	u8 clause; /* enum truth, of the conditions joined by OR */
	u8 group;  /* of all clauses of the group so far */
	u8 unknown; /* there was a condition that is not known */
	u8 result; /* enum conditions_result */
};

enum conditions_result {
	CONDITIONS_HOLD,
	CONDITIONS_DOUBT, /* they may, see match/named.h */
	CONDITIONS_FAIL,
	CONDITIONS_EXCEPTED,
};

static __always_inline int is_member(u64 set, u32 condition, u32 half)
{
	struct quell_member_key key = { .set = set, .condition = condition, .half = half };

	return set && policy_find(&condition_members, half, &key);
}

/* Does a path have the condition by any of its sets? The trie gives one, patterns with wildcards others. */
__noinline int asked_member(u32 slot, u32 which, u32 condition)
{
	struct work *work = WORK(slot);
	u64 set = work->sets_of[which & (ASKED_MAX - 1)];

	for (int i = 0; i < ASKED_SETS; i++) {
		if (!set)
			break;
		if (is_member(set, condition, work->half))
			return 1;
		if (i < ASKED_SETS - 1)
			set = work->more_of[which & (ASKED_MAX - 1)][i];
	}
	return 0;
}

static __always_inline int set_holds(u32 slot, u32 which, u32 condition, u32 flags)
{
	if ((flags & QUELL_CONDITION_INTACT) && !((WORK(slot)->intact >> (which & 31)) & 1))
		return 0;
	return asked_member(slot, which, condition);
}

__noinline int ancestor_holds(u32 slot, u32 condition, u32 flags)
{
	for (u32 above = 1; above <= ANCESTORS_MAX; above++)
		if (set_holds(slot, above, condition, flags))
			return 1;
	return 0;
}

static __always_inline u32 has_terminal(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, signal, tty) != 0;
}

static __always_inline u32 current_loginuid(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, loginuid.val);
}

/* The effective ids, which decide what it may do; bpf_get_current_uid_gid() tells the real ones. */
static __always_inline u32 current_id(u32 offset)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 id = 0;

	read_kernel(id, (u64)task->cred + offset);
	return id;
}

static __always_inline u64 current_capabilities(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	/* 64 bits on every kernel, by another type since 6.3 */
	return read_pointer((u64)task->cred + offset_of(cred, cap_effective));
}

static __always_inline u32 is_first_process(u64 container)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;

	return c && c->init_pid == task->tgid && c->init_start_ns == task->group_leader->start_boottime;
}

/* The type of what one of its first descriptors is; 0: it is closed. */
static __always_inline u32 descriptor_type(u32 number_)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 table = (u64)BPF_CORE_READ(task, files, fdt, fd);
	u64 file = read_pointer(table + 8 * number_);
	u16 mode = 0;

	if (file)
		read_kernel(mode, read_pointer(file + offset_of(file, f_inode)) + offset_of(inode, i_mode));
	return (mode & S_IFMT_BITS) >> 12;
}

/* memfd_create(2) makes its files on a mount that only the kernel has. */
static __always_inline u32 is_memory_only(u64 inode)
{
	u64 superblock = read_pointer(inode + offset_of(inode, i_sb)), flags = 0;

	read_kernel(flags, superblock + offset_of(super_block, s_flags));
	return superblock_magic(inode) == TMPFS_MAGIC && (flags & SB_KERNMOUNT_BIT);
}

static __always_inline u32 inode_word_of(u64 entry, u32 offset)
{
	u32 value = 0;

	read_kernel(value, read_pointer(entry + offset_of(dentry, d_inode)) + offset);
	return value;
}

static __always_inline u32 mode_of(u64 entry)
{
	u16 mode = 0;

	read_kernel(mode, read_pointer(entry + offset_of(dentry, d_inode)) + offset_of(inode, i_mode));
	return mode;
}

/* Of what is created by its directory's: it has no inode yet. */
static __always_inline u32 filesystem_of(u64 entry)
{
	u64 superblock = read_pointer(entry + offset_of(dentry, d_sb)), magic = 0;

	read_kernel(magic, superblock + offset_of(super_block, s_magic));
	return magic;
}

/* The value that a condition on a number is about. An object that is not there yet has 0 of everything. */
static __always_inline u32 field_value(struct work *work, u32 field)
{
	u64 entry = work->op.entry;

	switch (field) {
	case QUELL_FIELD_UID:
		return current_id(offset_of(cred, euid));
	case QUELL_FIELD_GID:
		return current_id(offset_of(cred, egid));
	case QUELL_FIELD_LOGINUID:
		return current_loginuid();
	case QUELL_FIELD_TERMINAL:
		return has_terminal();
	case QUELL_FIELD_EXE_INTACT:
		return work->intact & 1;
	case QUELL_FIELD_TYPE:
		return ((work->op.number == QUELL_OP_CREATE || work->op.number == QUELL_OP_SYMLINK ? (u32)work->op.detail : mode_of(entry)) & S_IFMT_BITS) >> 12;
	case QUELL_FIELD_MODE:
		return mode_of(entry) & 07777;
	case QUELL_FIELD_NEW_MODE:
		return (u32)work->op.detail & 07777;
	case QUELL_FIELD_NEW_OWNER:
		return (u32)work->op.detail;
	case QUELL_FIELD_NEW_GROUP:
		return work->op.detail >> 32;
	case QUELL_FIELD_OWNER:
		return inode_word_of(entry, offset_of(inode, i_uid));
	case QUELL_FIELD_GROUP:
		return inode_word_of(entry, offset_of(inode, i_gid));
	case QUELL_FIELD_FIRST:
		return is_first_process(work->query.container);
	case QUELL_FIELD_LINKED:
		return inode_word_of(entry, offset_of(inode, i_nlink)) != 0;
	case QUELL_FIELD_MEMFD:
		return is_memory_only(read_pointer(entry + offset_of(dentry, d_inode)));
	case QUELL_FIELD_STDIN:
		return descriptor_type(0);
	case QUELL_FIELD_STDOUT:
		return descriptor_type(1);
	case QUELL_FIELD_FILESYSTEM:
		return work->op.number == QUELL_OP_MOUNT ? (u32)work->op.detail : filesystem_of(entry);
	case QUELL_FIELD_BLOCK_DEVICE:
		return (work->op.detail & QUELL_DETAIL_BLOCK_DEVICE) != 0;
	case QUELL_FIELD_READ_ONLY:
		return (work->op.detail & QUELL_DETAIL_READ_ONLY) != 0;
	case QUELL_FIELD_OPEN_FLAGS:
	case QUELL_FIELD_MOUNT_FLAGS:
	case QUELL_FIELD_TRACE:
	case QUELL_FIELD_SIGNAL:
	case QUELL_FIELD_NEW_UID:
	case QUELL_FIELD_CAPABILITY:
	case QUELL_FIELD_COMMAND:
	case QUELL_FIELD_MODULE_FROM:
		return (u32)work->op.detail;
	case QUELL_FIELD_NEW_GID:
		return work->op.detail >> 32;
	case QUELL_FIELD_FAMILY:
		return work->op.detail & 255;
	case QUELL_FIELD_SOCKET_TYPE:
		return work->op.detail >> 8 & 255;
	case QUELL_FIELD_PROTOCOL:
		return work->op.detail >> 16 & 0xffff;
	case QUELL_FIELD_PORT:
		return work->op.detail >> 32 & 0xffff;
	case QUELL_FIELD_INTACT:
		return is_intact(read_pointer(entry + offset_of(dentry, d_inode)), work->query.container);
	}
	return 0;
}

/* Verified by itself: in the loop over conditions its ways would be gone through once for each state of the loop. */
__noinline int number_holds(u32 slot, u32 field, u32 first, u32 last)
{
	struct work *work = WORK(slot);
	u32 value;

	if (field == QUELL_FIELD_HOLDS)
		return current_capabilities() >> (first & 63) & 1;
	if (field >= QUELL_FIELD_ARGUMENTS && field <= QUELL_FIELD_SOURCE)
		return text_holds(work, first);
	value = field_value(work, field);
	if (field == QUELL_FIELD_MODE || field == QUELL_FIELD_NEW_MODE || field == QUELL_FIELD_OPEN_FLAGS || field == QUELL_FIELD_MOUNT_FLAGS)
		return (value & first) != 0;
	return value >= first && value <= last;
}

static __always_inline int condition_holds(struct quell_condition *c, struct conditions_walk *w)
{
	u32 which;

	switch (c->field) {
	case QUELL_FIELD_ANCESTOR:
		return ancestor_holds(w->slot, w->index, c->flags);
	case QUELL_FIELD_EXE:
		return set_holds(w->slot, 0, w->index, c->flags);
	case QUELL_FIELD_PARENT:
		return set_holds(w->slot, 1, w->index, c->flags);
	case QUELL_FIELD_PATH:
		which = ASKED_OBJECT;
		break;
	case QUELL_FIELD_ADDRESS:
		which = ASKED_ADDRESS;
		break;
	case QUELL_FIELD_TARGET_EXE:
		which = ASKED_TARGET;
		break;
	case QUELL_FIELD_CGROUP:
		which = ASKED_CGROUP;
		break;
	default:
		return number_holds(w->slot, c->field, c->first, c->last);
	}
	return set_holds(w->slot, which, w->index, 0);
}

static __always_inline u32 condition_truth(struct work *work, struct quell_condition *c, struct conditions_walk *w)
{
	u32 truth;

	if (!QUELL_FIELD_IS_IDENTITY(c->field))
		return condition_holds(c, w) != !!(c->flags & QUELL_CONDITION_NOT) ? TRUTH_HOLDS : TRUTH_FAILS;
	truth = named_truth(work, c->first);
	if (truth == TRUTH_UNKNOWN) {
		doubt_add(work, w->index - w->first, !w->unknown);
		w->unknown = 1;
	}
	return c->flags & QUELL_CONDITION_NOT ? TRUTH_HOLDS - truth : truth;
}

static long condition_one(u32 i, struct conditions_walk *w)
{
	struct quell_condition_key key = { .index = w->index, .half = w->half };
	struct quell_condition *c = policy_find(&conditions, key.half, &key);
	u32 flags, truth;

	if (!c) {
		w->result = CONDITIONS_FAIL;
		return 1;
	}
	flags = c->flags;
	truth = condition_truth(WORK(w->slot), c, w);
	if (truth > w->clause)
		w->clause = truth;
	w->index++;
	if (flags & QUELL_CONDITION_OR)
		return 0;
	if (w->clause < w->group)
		w->group = w->clause;
	w->clause = TRUTH_FAILS;
	if (!(flags & QUELL_CONDITION_END))
		return 0;
	if (w->unknown)
		doubt_group_ends(WORK(w->slot), w->group);
	if (w->group == TRUTH_UNKNOWN)
		w->result = CONDITIONS_DOUBT;
	else if (flags & QUELL_CONDITION_EXCEPT && w->group == TRUTH_HOLDS)
		w->result = CONDITIONS_EXCEPTED;
	else if (!(flags & QUELL_CONDITION_EXCEPT) && w->group == TRUTH_FAILS)
		w->result = CONDITIONS_FAIL;
	w->group = TRUTH_HOLDS;
	return w->result >= CONDITIONS_FAIL;
}

/* Of the rule at an index. A rule that is gone, with its policy, does not hold. */
__noinline u32 conditions_ask(u32 slot, u32 index)
{
	struct work *work = WORK(slot);
	struct quell_rule_key key = { .index = index, .half = work->half };
	struct quell_rule *rule = policy_find(&rules, key.half, &key);
	struct conditions_walk w = { .slot = slot, .half = work->half };

	if (!rule)
		return CONDITIONS_FAIL;
	/* not as constants, see judge_places */
	w.index = w.first = rule->condition;
	w.clause = w.result = w.unknown = zero;
	w.group = zero + TRUTH_HOLDS;
	bpf_loop(rule->conditions, condition_one, &w, 0);
	work->doubt = w.result == CONDITIONS_DOUBT;
	return w.result;
}
