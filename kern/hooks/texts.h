/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that read texts. Executions: between the point of no return and the first instruction, where the arguments are in
 * the process's own memory, and nobody else can change them. They may have been swapped out: only a program that can wait
 * reads them for certain, and such a one cannot judge. It leaves what it found for on_bprm_committed_creds.
 */
#pragma once

#define TEXT_CHUNKS (QUELL_TEXT_BYTES / TEXT_CHUNK)
#define TEXT_ARGUMENT_CHUNKS (QUELL_TEXT_ARGUMENT_BYTES / TEXT_CHUNK)

/* The next bytes. Returns how many there are, 0 if they cannot be read. */
static __always_inline u32 text_read(u32 number_, u64 from, u64 to)
{
	struct text_work *work = bpf_map_lookup_elem(&text_work, &number_);
	u64 size = to - from;

	if (!work || from >= to)
		return 0;
	if (size > TEXT_CHUNK)
		size = TEXT_CHUNK;
	if (bpf_copy_from_user(work->buffer, size, (void *)from))
		return 0;
	return size;
}

/* For the event: what comes first. */
static __always_inline void text_keep(u32 number_, u32 size)
{
	struct text_work *work = bpf_map_lookup_elem(&text_work, &number_);
	struct text_result *result = TEXT_RESULT(number_);

	if (!work)
		return;
	__builtin_memcpy(result->args, work->buffer, QUELL_ARGS_SIZE);
	result->args_size = size > QUELL_ARGS_SIZE ? QUELL_ARGS_SIZE : size;
}

/* Are the arguments at their end in both halves? */
static __always_inline u32 arguments_are_read(u32 number_)
{
	struct text_work *work = bpf_map_lookup_elem(&text_work, &number_);

	if (!work)
		return 1;
	return (work->walks[0].over || work->walks[0].place > QUELL_PLACE_LATER) &&
	       (work->walks[1].over || work->walks[1].place > QUELL_PLACE_LATER);
}

static __always_inline void text_cut(u32 number_)
{
	TEXT_RESULT(number_)->cut = 1;
	count(QUELL_COUNTER_TEXTS_CUT);
}

/* In bprm->mm, which is current's by now: arguments, the environment behind them, then the name of the file. */
__noinline int texts_read(u32 number_, u64 from, u64 to)
{
	for (u32 chunk = 0; chunk < TEXT_CHUNKS; chunk++) {
		u32 size, over;

		if (chunk == TEXT_ARGUMENT_CHUNKS && !arguments_are_read(number_))
			break;
		size = text_read(number_, from, to);
		if (!size)
			break;
		if (!chunk)
			text_keep(number_, size);
		over = text_chunk(number_, 0, size);
		over &= text_chunk(number_, 1, size);
		if (over)
			return 0;
		from += size;
	}
	text_cut(number_);
	return 0;
}

static __always_inline int on_bprm_committing_creds(struct linux_binprm *bprm)
{
	u32 number_;

	if (!(quell.texts & QUELL_TEXTS_EXEC))
		return 0;
	number_ = text_claim();
	if (number_ >= TEXT_RESULTS)
		return 0;
	text_begin(number_, 0, bprm->argc, bprm->envc);
	texts_read(number_, bprm->p, bprm->exec);
	TEXT_RESULT(number_)->owner = bpf_get_current_pid_tgid();
	return 0;
}

/* A text in the kernel's memory, of at most 4,095 bytes. Returns its result's number and one, 0: none was free. */
__noinline u32 text_of_kernel(u64 text, u32 place)
{
	u32 number_ = text_claim();
	struct text_work *work = bpf_map_lookup_elem(&text_work, &number_);
	long size;

	if (!work)
		return 0;
	text_begin(number_, place, 1, 0);
	size = bpf_probe_read_kernel_str(work->buffer, TEXT_CHUNK, (void *)text);
	if (size > 0 && size <= TEXT_CHUNK) {
		text_chunk(number_, 0, size);
		text_chunk(number_, 1, size);
	}
	return number_ + 1;
}

/* By the rules that ask for no path. */
static __always_inline int judge_target_anywhere(u64 entry, u32 texts)
{
	u32 slot = plain_begin(subject_of(bpf_get_current_task_btf()), QUELL_OP_SYMLINK, QUELL_HOOK_symlink_target);

	if (slot >= WORK_NONE)
		return 0;
	WORK(slot)->op.entry = entry;
	WORK(slot)->op.texts = texts;
	WORK(slot)->op.detail = S_IFLNK_BITS | 0777;
	if (texts != TEXTS_NOT_NOW)
		texts_ask(slot);
	return plain_end(slot);
}

static __always_inline int on_symlink_target(struct inode *directory, struct dentry *entry, const char *target)
{
	u32 texts = TEXTS_NOT_NOW;
	int verdict;

	REFUSE((struct inode *)0, QUELL_HOOK_symlink_target);
	if (!WANTED(SYMLINK))
		return 0;
	if (quell.texts & QUELL_TEXTS_TARGET)
		texts = text_of_kernel((u64)target, QUELL_PLACE_TARGET);
	if (!texts)
		texts = TEXTS_NOT_NOW;
	verdict = judge_entry_by(subject_of(bpf_get_current_task_btf()), entry, entry->d_parent, directory, directory->i_sb, 0, 0,
				 S_IFLNK_BITS | 0777, QUELL_OP_SYMLINK, QUELL_HOOK_symlink_target, texts);
	verdict |= judge_target_anywhere(address_of(entry), texts);
	if (texts & TEXTS_RESULT)
		texts_release(texts);
	return VERDICT(verdict);
}

/* Of a mount, those rules that ask what is mounted. */
static __always_inline int on_mount_source(struct super_block *superblock)
{
	u32 slot, texts;
	int verdict;

	if (!(quell.texts & QUELL_TEXTS_SOURCE) || !WANTED(MOUNT))
		return 0;
	slot = plain_begin(subject_of(bpf_get_current_task_btf()), QUELL_OP_MOUNT, QUELL_HOOK_mount_source);
	if (slot >= WORK_NONE)
		return 0;
	WORK(slot)->op.detail = mount_detail(superblock);
	texts = text_of_kernel(address_of(superblock) + offset_of(super_block, s_id), QUELL_PLACE_SOURCE);
	WORK(slot)->op.texts = texts ? texts | TEXTS_NOT_PLAIN : TEXTS_NOT_PLAIN | TEXTS_NOT_NOW;
	if (texts)
		texts_ask(slot);
	verdict = plain_end(slot);
	if (texts)
		texts_release(texts);
	return VERDICT(verdict);
}
