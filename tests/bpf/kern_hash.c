// SPDX-License-Identifier: Apache-2.0
// kern/path/name.h compiled for this machine: a dentry is a piece of our own
// memory, and reading the kernel's is copying, or loading where the verifier
// has casts.
#include <linux/types.h>
#include <stddef.h>
#include <string.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
#define __BPF__ 1
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline, unused))
#include "kern/abi.h"
#include "kern/types.h"

struct dentry {
    u64 before[3];
    struct dentry_head d_parent;
};

static struct quell_globals quell;
#define bpf_core_field_offset(type, field) offsetof(type, field)
static long bpf_probe_read_kernel(void *to, u32 size, const void *from) {
    memcpy(to, from, size);
    return 0;
}
static int VERIFIER_CASTS;
#define bpf_core_type_id_kernel(type) 0
static void *rdonly_cast(u64 address, u32 type) {
    (void)type;
    return (void *)address;
}
#include "kern/number.h"
#include "kern/path/name.h"

// The hash of a name that lies inside the dentry (at most 39 bytes and its end) or in memory of its own.
u64 quell_test_kern_hash(u64 key, const char *name, u32 length, int is_inline, int casts) {
    char longer[512] = {0};
    struct dentry dentry;
    struct dentry_head head;

    memset(&dentry, 0xa5, sizeof(dentry));  // what follows a name must not matter
    memset(longer, 0xa5, sizeof(longer));
    memcpy(longer, name, length);
    VERIFIER_CASTS = casts;
    quell.name_key = key;
    dentry.d_parent.parent = (u64)&dentry;
    dentry.d_parent.length = length;
    dentry.d_parent.name = (u64)(is_inline ? (char *)dentry.d_parent.inline_name : longer);
    if (is_inline) memcpy(dentry.d_parent.inline_name, name, length);
    return hash_name(head_at(&head, (u64)&dentry), (u64)&dentry);
}
