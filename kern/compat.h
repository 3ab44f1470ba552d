/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ. Each shim says what changed and when, and is chosen
 * by what the running kernel's BTF holds, never by its version. The `___old`
 * flavours are matched by libbpf without their suffix.
 */
#pragma once

/* 6.8 turned a namespace's list of mounts into a tree. */
struct mnt_namespace___list {
	struct list_head list;
	unsigned int mounts;
} __attribute__((preserve_access_index));
struct mnt_namespace___tree {
	struct rb_root mounts;
} __attribute__((preserve_access_index));
struct mount___list {
	struct list_head mnt_list;
} __attribute__((preserve_access_index));
struct mount___tree {
	struct rb_node mnt_node;
} __attribute__((preserve_access_index));

/* Somewhere before that the verifier began to take a union's second member. 6.1 refuses it, 6.12 does not. */
#define VERIFIER_TAKES_UNIONS (!bpf_core_field_exists(struct mnt_namespace___list, list))

/*
 * 6.2 brought bpf_rdonly_cast, which makes a number a pointer whose loads are guarded. Asked for by what 6.8 changed: no
 * type or member tells of it, and a kernel between them has the helper.
 */
#define VERIFIER_CASTS VERIFIER_TAKES_UNIONS

/*
 * Its call, by hand: the loader puts the function's number in the place of QUELL_CAST_CALL (user/bpf/casts.h). As an extern
 * libbpf would look for it in the BTF of modules where the kernel lacks it, which takes CAP_SYS_ADMIN.
 */
static __always_inline void *rdonly_cast(u64 address, u64 type)
{
	register u64 first asm("r1") = address;
	register u64 second asm("r2") = type;
	register void *object asm("r0");

	asm volatile(".8byte %3" : "=r"(object), "+r"(first), "+r"(second) : "i"(QUELL_CAST_CALL) : "r3", "r4", "r5");
	return object;
}

/* 7.0 moved the count of a cgroup's populated sets of tasks to the state that all subsystems have. */
struct cgroup___before {
	int nr_populated_csets;
} __attribute__((preserve_access_index));
struct cgroup_subsys_state___populated {
	int nr_populated_csets;
} __attribute__((preserve_access_index));

/* 6.15 put the parent of a kernfs node under RCU, and renamed it. */
struct kernfs_node___plain {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));
#define KERNFS_PARENT \
	(bpf_core_field_exists(struct kernfs_node___rcu, __parent) ? \
		 bpf_core_field_offset(struct kernfs_node___rcu, __parent) : \
		 bpf_core_field_offset(struct kernfs_node___plain, parent))

/* 6.3 gave inode_setattr an idmap in front; struct mnt_idmap came with it. */
#define SETATTR_HAS_IDMAP bpf_core_type_exists(struct mnt_idmap)

/*
 * 6.5 marks the file that a stacked filesystem opens below with
 * FMODE_BACKING; before, such a file's inode is not its dentry's.
 */
#define FMODE_BACKING_BIT (1u << 24)
#define O_APPEND_BIT 02000u

/* 6.19 renamed dentry.d_iname to d_shortname; the bytes stayed where they were. */
#define DENTRY_INLINE_NAME_OFFSET 40 /* from d_parent: d_parent 8, d_name 16, d_inode 8, then the name… */

/* 6.17 reads compressed modules under a number of their own. */
enum kernel_read_file_id___compressed { READING_MODULE_COMPRESSED___compressed };

static __always_inline int reads_module(u32 id)
{
	if (bpf_core_enum_value_exists(enum kernel_read_file_id___compressed, READING_MODULE_COMPRESSED___compressed) &&
	    id == bpf_core_enum_value(enum kernel_read_file_id___compressed, READING_MODULE_COMPRESSED___compressed))
		return 1;
	return id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE);
}

/* Flags and modes that BTF does not carry. */
#define FMODE_READ_BIT 1u
#define FMODE_WRITE_BIT 2u
#define ATTR_MODE_BIT (1u << 0)
#define ATTR_UID_BIT (1u << 1)
#define ATTR_GID_BIT (1u << 2)
#define ATTR_SIZE_BIT (1u << 3)
#define ATTR_FORCE_BIT (1u << 9)
#define PF_EXITING_BIT 0x00000004u
#define PF_KTHREAD_BIT 0x00200000u
#define CSS_DYING_BIT 16u
#define MS_REMOUNT_BIT (1u << 5)
#define MS_BIND_BIT (1u << 12)
#define MS_PROPAGATION_BITS ((1u << 17) | (1u << 18) | (1u << 19) | (1u << 20))
#define S_IFMT_BITS 0170000
#define S_IFDIR_BITS 0040000
#define S_IFREG_BITS 0100000
#define S_IFLNK_BITS 0120000
#define S_IFSOCK_BITS 0140000
#define S_IFCHR_BITS 0020000
#define OVERLAYFS_MAGIC 0x794c7630
#define TMPFS_MAGIC 0x01021994
#define SB_KERNMOUNT_BIT (1ull << 22)
#define SB_NOUSER_BIT (1ull << 31)
#define BTRFS_MAGIC 0x9123683e
#define PROT_WRITE_BIT 2
#define PROT_EXEC_BIT 4
#define MAP_SHARED_BIT 1 /* of MAP_SHARED_VALIDATE, too */
#define VM_SHARED_BIT 8
#define MAY_WRITE_BIT 2
#define DCACHE_DISCONNECTED_BIT (1u << 5)
#define VM_WRITE_BIT 2ull
#define VM_SHARED_FLAG 8ull
#define VM_EXEC_BIT 4
#define AF_INET_NUMBER 2
#define AF_INET6_NUMBER 10

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define E2BIG 7 /* a map that is full */
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ETIME 62
#define EOPNOTSUPP 95
#define EALREADY 114
