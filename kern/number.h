/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small arithmetic that the rest leans on: pointers as numbers, mixing, and
 * the keyed hash of a path component. user/bpf/name_hash.h computes the same
 * hash for the trie; a test compares the two.
 */
#pragma once

#define MIX_A 0x9E3779B97F4A7C15ull
#define MIX_B 0xC2B2AE3D27D4EB4Full
#define MIX_C 0xD6E8FEB86659FD93ull
#define MIX_D 0xA0761D6478BD642Full

/*
 * A kernel pointer as a number for cache keys. The verifier forbids arithmetic
 * on it, but takes pointer minus pointer; the constant offset does not matter
 * to an identity.
 */
static __always_inline u64 number(const void *pointer)
{
	u64 n = (u64)pointer;

	asm volatile("%0 -= %1" : "+r"(n) : "r"(&quell));
	return n;
}

/*
 * Is a pointer that was loaded through another one NULL? Before 7.0 the
 * verifier takes dentry.d_inode for never NULL and removes a plain test, with
 * the branch: a rename to a fresh name was refused for that reason.
 */
#define is_null(pointer) (address_of(pointer) == 0)

/* The same for an address that was read as a number. */
static __always_inline u64 number_of_address(u64 address)
{
	return address - quell.own_address;
}

/* A pointer as the number that it is: what global functions take. */
static __always_inline u64 address_of(const void *pointer)
{
	return number(pointer) + quell.own_address;
}

static __always_inline u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * MIX_A;
	return hash ^ (hash >> 29);
}

/* The first `length & 7` bytes of a little-endian word. */
static __always_inline u64 low_bytes(u64 word, u32 length)
{
	u32 rest = length & 7;

	return rest ? word & ((1ull << (rest * 8)) - 1) : word;
}

/* The running value of a name's hash starts with quell.name_key and ends here. */
static __always_inline u64 mix_length(u64 hash, u32 length)
{
	return mix(hash, (u64)length * MIX_B);
}

#define read_kernel(to, address) bpf_probe_read_kernel(&(to), sizeof(to), (const void *)(address))
#define offset_of(type, field) bpf_core_field_offset(struct type, field)

static __always_inline u64 count(u32 counter)
{
	return __sync_fetch_and_add(&quell.counters[counter], 1);
}

static __always_inline u64 read_pointer(u64 address)
{
	u64 value = 0;

	read_kernel(value, address);
	return value;
}

/*
 * Words at an address that the program may load itself, where VERIFIER_CASTS: at a tenth of what the helper costs. To the
 * verifier they are a struct rusage, 18 words by the kernel's ABI. What cannot be read gives 0.
 */
#define WORDS_MAX 18

static __always_inline void *words_at(u64 address)
{
	return rdonly_cast(address, bpf_core_type_id_kernel(struct rusage));
}

/* One word, where it must be cheap. It takes more stack, which most callers are short of. */
static __always_inline u64 load_word(u64 address)
{
	return VERIFIER_CASTS ? *(u64 *)words_at(address) : read_pointer(address);
}

static __always_inline u32 read_half_word(u64 address)
{
	u32 value = 0;

	read_kernel(value, address);
	return value;
}

static __always_inline u32 load_half_word(u64 address)
{
	return VERIFIER_CASTS ? *(u32 *)words_at(address) : read_half_word(address);
}
