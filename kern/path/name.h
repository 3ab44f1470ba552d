/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashes of a dentry's name, keyed, the same for both sides (user/bpf/name_hash.h). */
#pragma once

#define read_head(head, at) \
	bpf_probe_read_kernel(head, sizeof(struct dentry_head), (void *)((at) + offset_of(dentry, d_parent)))

_Static_assert(sizeof(struct dentry_head) <= 8 * WORDS_MAX, "a head can be loaded as words");

/*
 * The head of a dentry for walks: where it is, for a program that may load it there itself, else read to `room`. A parent
 * of 0: it cannot be read.
 */
static __always_inline struct dentry_head *head_at(struct dentry_head *room, u64 dentry)
{
	if (VERIFIER_CASTS)
		return words_at(dentry + offset_of(dentry, d_parent));
	read_head(room, dentry);
	return room;
}

/* Names that are not inline, or longer than what read_head brought along. Two words at a time: stack is short. */
__noinline u64 hash_long_name(u64 address, u32 length)
{
	u64 words[2], hash = quell.name_key;
	u32 left = length & 255;

	for (int block = 0; block < 16; block++) {
		if (!left)
			break;
		if (bpf_probe_read_kernel(words, sizeof(words), (void *)(address + block * sizeof(words))))
			return 0;
		hash = mix(hash, left < 8 ? low_bytes(words[0], left) : words[0]);
		if (left > 8)
			hash = mix(hash, left < 16 ? low_bytes(words[1], left) : words[1]);
		left = left > 16 ? left - 16 : 0;
	}
	return mix_length(hash, length);
}

/* Hash of the name in `head`, which is of `dentry`. */
static __always_inline u64 hash_name(struct dentry_head *head, u64 dentry)
{
	u64 hash = quell.name_key, inline_name = dentry + offset_of(dentry, d_parent) + offsetof(struct dentry_head, inline_name);
	u32 length = head->length;

	if (length == 0 || length > 31 || head->name != inline_name)
		return hash_long_name(head->name, length);
	for (int i = 0; i < 4; i++) {
		u32 left = length - i * 8;

		if (left <= 8)
			return mix_length(mix(hash, low_bytes(head->inline_name[i], left)), length);
		hash = mix(hash, head->inline_name[i]);
	}
	return 0; /* not reached: 31 are four words */
}
