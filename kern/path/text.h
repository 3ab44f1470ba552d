/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths as text, for events only: components from the entry up to its
 * superblock's root, each with its NUL. Never used to match.
 */
#pragma once

struct text_walk {
	struct work *work;
	u64 dentry;
	u32 which;  /* 0 path, 1 path2, 2 exe */
	u32 size;
	u32 cut;
	u32 done;
};

static __always_inline long text_put(char *to, u32 room, u32 mask, struct text_walk *t, u64 name)
{
	u32 at = t->size;
	long n;

	if (at + 256 > room) { /* a component has at most 255 bytes */
		t->cut = 1;
		return 1;
	}
	n = bpf_probe_read_kernel_str(to + (at & mask), 256, (void *)name);
	if (n <= 0)
		return 1;
	t->size = at + n;
	return 0;
}

static long text_one(u32 i, struct text_walk *t)
{
	struct work *work = t->work;
	u64 dentry = t->dentry;
	long end;

	if (!work || read_head(&work->head, dentry))
		return 1;
	if (work->head.parent == dentry) {
		t->done = 1;
		return 1;
	}
	if (t->which == 0)
		end = text_put(work->event.path, QUELL_PATH_SIZE, QUELL_PATH_SIZE - 1, t, work->head.name);
	else if (t->which == 1)
		end = text_put(work->event.path2, QUELL_PATH2_SIZE, QUELL_PATH2_SIZE - 1, t, work->head.name);
	else
		end = text_put(work->event.exe, QUELL_EXE_SIZE, QUELL_EXE_SIZE - 1, t, work->head.name);
	t->dentry = work->head.parent;
	return end;
}

/* Returns the size written; bit 31 tells that the root end is missing. */
__noinline u32 text_write(u32 slot, u64 dentry, u32 which)
{
	struct text_walk t = { .work = WORK(slot), .dentry = dentry, .which = which };

	t.size = zero; /* 6.1 verifies the callback once: a constant would fold the test for room away */
	bpf_loop(WALK_MAX, text_one, &t, 0);
	return t.size | (t.done && !t.cut ? 0 : 1u << 31);
}
