/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of operations that have no path. Each first refuses what is contained, then judges. What `detail` holds stands in
 * abi_records.h, struct quell_detail.
 */
#pragma once

#define CONTAINED_OR_UNWANTED(operation, hook)                     \
	do {                                                       \
		if (subject_verdict(QUELL_HOOK_##hook))            \
			return -EPERM;                             \
		if (!WANTED(operation))                            \
			return 0;                                  \
	} while (0)

static __always_inline int on_sb_pivotroot(void)
{
	CONTAINED_OR_UNWANTED(PIVOT_ROOT, sb_pivotroot);
	return VERDICT(judge_plain(QUELL_OP_PIVOT_ROOT, QUELL_HOOK_sb_pivotroot, 0));
}

#define SB_RDONLY_BIT 1u

static __always_inline u64 mount_detail(struct super_block *superblock)
{
	u64 detail = (u32)superblock->s_magic;

	if (!is_null(superblock->s_bdev))
		detail |= QUELL_DETAIL_BLOCK_DEVICE;
	if (superblock->s_flags & SB_RDONLY_BIT)
		detail |= QUELL_DETAIL_READ_ONLY;
	return detail;
}

/* Rules on what it is called are judged by a second program (hooks/texts.h), which is there only for them. */
static __always_inline int on_kern_mount(struct super_block *superblock)
{
	u32 slot;

	CONTAINED_OR_UNWANTED(MOUNT, sb_kern_mount);
	slot = plain_begin(subject_of(bpf_get_current_task_btf()), QUELL_OP_MOUNT, QUELL_HOOK_sb_kern_mount);
	if (slot >= WORK_NONE)
		return 0;
	WORK(slot)->op.detail = mount_detail(superblock);
	WORK(slot)->op.texts = TEXTS_NOT_NOW;
	return VERDICT(plain_end(slot));
}

#define PTRACE_MODE_ATTACH_BIT 2u

/* Also for /proc/PID/mem and process_vm_writev; looking into /proc only reads. */
static __always_inline int on_ptrace_access_check(struct task_struct *child, u32 mode)
{
	CONTAINED_OR_UNWANTED(PTRACE, ptrace_access_check);
	if (!(mode & PTRACE_MODE_ATTACH_BIT))
		return 0;
	return VERDICT(judge_target(QUELL_OP_PTRACE, QUELL_HOOK_ptrace_access_check, QUELL_TRACE_ATTACH, address_of(child)));
}

static __always_inline int on_ptrace_traceme(struct task_struct *parent)
{
	CONTAINED_OR_UNWANTED(PTRACE, ptrace_traceme);
	return VERDICT(judge_target(QUELL_OP_PTRACE, QUELL_HOOK_ptrace_traceme, QUELL_TRACE_TRACEME, address_of(parent)));
}

/* Signal 0 asks whether somebody is there. */
static __always_inline int on_task_kill(struct task_struct *target, u32 signal)
{
	CONTAINED_OR_UNWANTED(SIGNAL, task_kill);
	if (!signal)
		return 0;
	return VERDICT(judge_target(QUELL_OP_SIGNAL, QUELL_HOOK_task_kill, signal, address_of(target)));
}

/* Of both calls: whoever gets another effective id. */
static __always_inline int on_task_fix_ids(struct cred *to, const struct cred *from, u32 hook)
{
	u32 uid = to->euid.val, gid = to->egid.val;

	if (subject_verdict(hook))
		return -EPERM;
	if (!WANTED(SETUID) || (uid == from->euid.val && gid == from->egid.val))
		return 0;
	return VERDICT(judge_plain(QUELL_OP_SETUID, hook, (u64)gid << 32 | uid));
}

#define CAP_OPT_NOAUDIT_BIT 2u /* it only wants to know, and goes on without */

static __always_inline int on_capable(u32 capability, u32 options)
{
	CONTAINED_OR_UNWANTED(CAPABILITY, capable);
	if (options & CAP_OPT_NOAUDIT_BIT)
		return 0;
	return VERDICT(judge_plain(QUELL_OP_CAPABILITY, QUELL_HOOK_capable, capability));
}

static __always_inline int on_userns_create(void)
{
	CONTAINED_OR_UNWANTED(USER_NAMESPACE, userns_create);
	return VERDICT(judge_plain(QUELL_OP_USER_NAMESPACE, QUELL_HOOK_userns_create, 0));
}

static __always_inline int on_bpf(u32 command)
{
	CONTAINED_OR_UNWANTED(BPF, bpf);
	return VERDICT(judge_plain(QUELL_OP_BPF, QUELL_HOOK_bpf, command));
}

static __always_inline int on_kernel_read_file(u32 id)
{
	CONTAINED_OR_UNWANTED(MODULE_LOAD, kernel_read_file);
	if (!reads_module(id))
		return 0;
	return VERDICT(judge_plain(QUELL_OP_MODULE_LOAD, QUELL_HOOK_kernel_read_file, QUELL_MODULE_OF_FILE));
}

static __always_inline int on_kernel_load_data(u32 id)
{
	CONTAINED_OR_UNWANTED(MODULE_LOAD, kernel_load_data);
	if (id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE))
		return 0;
	return VERDICT(judge_plain(QUELL_OP_MODULE_LOAD, QUELL_HOOK_kernel_load_data, QUELL_MODULE_OF_MEMORY));
}

/* A tracepoint: told, not refused. */
static __always_inline int on_io_uring_create(void)
{
	if (WANTED(IO_URING))
		judge_plain(QUELL_OP_IO_URING, QUELL_HOOK_io_uring_create, 0);
	return 0;
}
