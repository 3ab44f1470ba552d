/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashes of a dentry's name, keyed, the same for both sides (user/bpf/name_hash.h). */
#pragma once

#define read_head(head, at) \
	bpf_probe_read_kernel(head, sizeof(struct dentry_head), (void *)((at) + offset_of(dentry, d_parent)))

/* Names that are not inline, or longer than what read_head brought along. */
__noinline u64 hash_long_name(u64 address, u32 length)
{
	u64 words[4], hash = quell.name_key;
	u32 left = length & 255, offset = 0;

	for (int block = 0; block < 8; block++) {
		if (!left)
			break;
		u32 n = left > 32 ? 32 : left;

		if (bpf_probe_read_kernel(words, 32, (void *)(address + offset)))
			return 0;
		for (int j = 0; j < 4; j++) {
			u32 done = j * 8;

			if (done >= n)
				break;
			hash = mix(hash, n - done < 8 ? low_bytes(words[j], n - done) : words[j]);
		}
		left -= n;
		offset += 32;
	}
	return mix_length(hash, length);
}

/* Hash of the name in `head`, which was read from `dentry`. */
static __always_inline u64 hash_name(struct dentry_head *head, u64 dentry)
{
	u32 length = head->length;
	u64 hash = quell.name_key;

	if (length == 0 || length > 31 ||
	    head->name != dentry + offset_of(dentry, d_parent) + offsetof(struct dentry_head, inline_name))
		return hash_long_name(head->name, length);
	for (int i = 0; i < 4; i++) {
		u32 done = i * 8;

		if (done >= length)
			break;
		hash = mix(hash, length - done < 8 ? low_bytes(head->inline_name[i], length - done) : head->inline_name[i]);
	}
	return mix_length(hash, length);
}
