/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashes of a dentry's name, keyed, the same for both sides (user/bpf/name_hash.h). */
#pragma once

#define read_head(head, at) \
	bpf_probe_read_kernel(head, sizeof(struct dentry_head), (void *)((at) + offset_of(dentry, d_parent)))

/* The same for walks: see load_word. hash_name_loaded reads the words of the inline name that there are. */
static __always_inline int load_head(struct dentry_head *head, u64 dentry)
{
	u64 at = dentry + offset_of(dentry, d_parent);

	if (!VERIFIER_CASTS)
		return read_head(head, dentry) != 0;
	head->parent = load_word(at);
	head->length = load_word(at + offsetof(struct dentry_head, hash)) >> 32;
	head->name = load_word(at + offsetof(struct dentry_head, name));
	head->inode = load_word(at + offsetof(struct dentry_head, inode));
	return !head->parent;
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

static __always_inline u64 hash_head(struct dentry_head *head, u64 dentry, int loaded)
{
	u64 hash = quell.name_key, inline_name = dentry + offset_of(dentry, d_parent) + offsetof(struct dentry_head, inline_name);
	u32 length = head->length;

	if (length == 0 || length > 31 || head->name != inline_name)
		return hash_long_name(head->name, length);
	for (int i = 0; i < 4; i++) {
		u32 done = i * 8;

		if (done >= length)
			break;
		u64 word = loaded ? load_word(inline_name + done) : head->inline_name[i];

		hash = mix(hash, length - done < 8 ? low_bytes(word, length - done) : word);
	}
	return mix_length(hash, length);
}

/* Hash of the name in `head`, which was read from `dentry`. */
static __always_inline u64 hash_name(struct dentry_head *head, u64 dentry)
{
	return hash_head(head, dentry, 0);
}

static __always_inline u64 hash_name_loaded(struct dentry_head *head, u64 dentry)
{
	return hash_head(head, dentry, VERIFIER_CASTS);
}
